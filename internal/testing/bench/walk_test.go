package bench

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// parallelism is Terraform's default.
const parallelism = 10

const (
	account = "023e105f4ecef8ad9ca31a8372d0c353"
	org     = "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11"
	tenant  = "acme"
)

// fleet is N client secrets of one vendor and what Terraform remembers of them between two walks.
type fleet struct {
	sim    *simulator.Simulator
	kind   string
	schema tftypes.Object
	ids    []map[string]string
	states []*tfprotov6.DynamicValue
	notes  [][]byte
}

// mostSecrets is how many secrets one application of the Identity Service has in these fleets; larger ones have more
// applications, of ten secrets each.
const mostSecrets = 1000

// newFleet registers n clients of a vendor: of one account, one organization, or one application with n secrets.
func newFleet(b *testing.B, vendor string, n int) *fleet {
	b.Helper()
	f := &fleet{sim: simulator.New(simulator.Options{}), kind: "oauthsecret_" + vendor + "_client_secret"}
	f.states, f.notes = make([]*tfprotov6.DynamicValue, n), make([][]byte, n)
	for i := range n {
		id := fmt.Sprintf("%032x", i)
		switch vendor {
		case "cloudflare":
			f.sim.Cloudflare.AddClient(account, id)
			f.ids = append(f.ids, map[string]string{"oauth_client_id": id, "account_id": account})
		case "csp":
			f.sim.CSP.AddApp(org, id, simulator.AppSpec{})
			f.ids = append(f.ids, map[string]string{"oauth_app_id": id, "org_id": org})
		default:
			app := "app"
			if n > mostSecrets {
				app = fmt.Sprintf("app-%d", i/10)
			}
			f.sim.IdentityService.AddApplication(tenant, app)
			f.ids = append(f.ids, map[string]string{"client_id": app, "tenant": tenant})
		}
	}
	return f
}

// server starts a provider process, as every walk of Terraform does.
func (f *fleet) server(b *testing.B) tfprotov6.ProviderServer {
	b.Helper()
	env := simulator.Environment("http://127.0.0.1")
	s := plugin.New(provider.New("bench", provider.Options{
		Transport: f.sim.Transport(),
		Getenv:    func(name string) string { return env[name] },
	})())
	schemas, err := s.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		b.Fatal(err)
	}
	f.schema = schemas.ResourceSchemas[f.kind].ValueType().(tftypes.Object)
	unlimited := tftypes.NewValue(tftypes.Number, 1e6)
	config := map[string]tftypes.Value{}
	configType := schemas.Provider.ValueType().(tftypes.Object)
	for name, kind := range configType.AttributeTypes {
		block := map[string]tftypes.Value{}
		for attribute, t := range kind.(tftypes.Object).AttributeTypes {
			block[attribute] = tftypes.NewValue(t, nil)
		}
		block["requests_per_second"] = unlimited // the vendors' own pace would be measured otherwise
		config[name] = tftypes.NewValue(kind, block)
	}
	resp, err := s.ConfigureProvider(b.Context(), &tfprotov6.ConfigureProviderRequest{Config: dynamic(b, configType, tftypes.NewValue(configType, config))})
	check(b, err, resp.Diagnostics)
	return s
}

func dynamic(b *testing.B, t tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	b.Helper()
	value, err := tfprotov6.NewDynamicValue(t, v)
	if err != nil {
		b.Fatal(err)
	}
	return &value
}

func check(b *testing.B, err error, diags []*tfprotov6.Diagnostic) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			b.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
}

// config is the configuration of resource i, with defaults as Terraform proposes them.
func (f *fleet) config(i int, quarter, retireAfter string) (config, proposed tftypes.Value) {
	config, proposed = f.object(i, quarter, retireAfter, nil), f.object(i, quarter, retireAfter, tftypes.UnknownValue)
	return config, proposed
}

func (f *fleet) object(i int, quarter, retireAfter string, computed any) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, t := range f.schema.AttributeTypes {
		values[name] = tftypes.NewValue(t, nil)
	}
	if computed != nil {
		for _, name := range []string{
			"id", "client_secret", "encrypted_client_secret", "client_secret_sha256", "version", "rotated_at", "rotation_due_at",
			"has_previous_secret", "previous_secret_expires_at", "verified", "secret_id", "previous_secret_id", "expires_at",
			"on_create", "on_destroy", "on_external_rotation", "on_pending_rotation", "rotation_mode", "allow_self_rotation",
		} {
			if t, ok := f.schema.AttributeTypes[name]; ok {
				values[name] = tftypes.NewValue(t, computed)
			}
		}
	}
	for name, id := range f.ids[i] {
		values[name] = tftypes.NewValue(tftypes.String, id)
	}
	values["rotate_when_changed"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"q": tftypes.NewValue(tftypes.String, quarter)})
	if retireAfter != "" {
		values["retire_previous_after"] = tftypes.NewValue(tftypes.String, retireAfter)
	}
	return tftypes.NewValue(f.schema, values)
}

// each runs do for all resources at Terraform's parallelism.
func (f *fleet) each(do func(i int)) {
	var wg sync.WaitGroup
	turn := make(chan struct{}, parallelism)
	for i := range f.ids {
		wg.Add(1)
		turn <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-turn }()
			do(i)
		}()
	}
	wg.Wait()
}

// plan is a plan walk: refresh and plan of every resource. It keeps what the refresh recorded.
func (f *fleet) plan(b *testing.B, quarter, retireAfter string) {
	b.Helper()
	server := f.server(b)
	f.each(func(i int) {
		read, err := server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: f.kind, CurrentState: f.states[i], Private: f.notes[i]})
		check(b, err, read.Diagnostics)
		f.states[i], f.notes[i] = read.NewState, read.Private
		f.planned(b, server, i, quarter, retireAfter)
	})
}

// planned plans one resource from its state.
func (f *fleet) planned(b *testing.B, server tfprotov6.ProviderServer, i int, quarter, retireAfter string) (*tfprotov6.DynamicValue, *tfprotov6.PlanResourceChangeResponse) {
	b.Helper()
	config, proposed := f.config(i, quarter, retireAfter)
	prior := f.states[i]
	if prior == nil {
		prior = dynamic(b, f.schema, tftypes.NewValue(f.schema, nil))
	} else {
		proposed = f.keepComputed(b, prior, proposed)
	}
	configured := dynamic(b, f.schema, config)
	resp, err := server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: f.kind, PriorState: prior, ProposedNewState: dynamic(b, f.schema, proposed), Config: configured, PriorPrivate: f.notes[i],
	})
	check(b, err, resp.Diagnostics)
	return configured, resp
}

// keepComputed is Terraform's proposal: computed values come from the prior state.
func (f *fleet) keepComputed(b *testing.B, prior *tfprotov6.DynamicValue, proposed tftypes.Value) tftypes.Value {
	b.Helper()
	before, err := prior.Unmarshal(f.schema)
	if err != nil {
		b.Fatal(err)
	}
	var old, values map[string]tftypes.Value
	if before.As(&old) != nil || proposed.As(&values) != nil {
		b.Fatal("a state is no object")
	}
	for name, v := range values {
		if !v.IsKnown() {
			values[name] = old[name]
		}
	}
	return tftypes.NewValue(f.schema, values)
}

// apply is an apply walk over all resources.
func (f *fleet) apply(b *testing.B, quarter, retireAfter string) {
	b.Helper()
	server := f.server(b)
	f.each(func(i int) {
		prior := f.states[i]
		configured, plan := f.planned(b, server, i, quarter, retireAfter)
		if prior == nil {
			prior = dynamic(b, f.schema, tftypes.NewValue(f.schema, nil))
		}
		resp, err := server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
			TypeName: f.kind, PriorState: prior, PlannedState: plan.PlannedState, Config: configured, PlannedPrivate: plan.PlannedPrivate,
		})
		check(b, err, resp.Diagnostics)
		f.states[i], f.notes[i] = resp.NewState, resp.Private
	})
}
