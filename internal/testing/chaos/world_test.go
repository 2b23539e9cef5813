package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// vendor is what the tests know about one of them.
type vendor struct {
	name          string // as in type names
	id            simulator.Vendor
	scope, client string // attribute names
	parent        string // account, organization, tenant
	listed        bool   // secrets with ids, instead of two slots
	env           string // of the scope
	// change makes a secret; looks are the operations by which its lost answer is settled.
	change string
	looks  []string
}

var (
	cloudflare = vendor{
		name: "cloudflare", id: simulator.Cloudflare, scope: "account_id", client: "oauth_client_id",
		parent: "023e105f4ecef8ad9ca31a8372d0c353", env: "CLOUDFLARE_ACCOUNT_ID",
		change: "cloudflare.rotate", looks: []string{"cloudflare.get", "cloudflare.list"},
	}
	csp = vendor{
		name: "csp", id: simulator.CSP, scope: "org_id", client: "oauth_app_id",
		parent: "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11", env: "CSP_ORG_ID",
		change: "csp.rotate", looks: []string{"csp.token", "csp.introspect", "csp.get"},
	}
	identityService = vendor{
		name: "identity_service", id: simulator.IdentityService, scope: "tenant", client: "client_id",
		parent: "acme", listed: true, env: "IDENTITY_SERVICE_TENANT",
		change: "identity_service.add", looks: []string{"identity_service.list"},
	}
	vendors = []vendor{cloudflare, csp, identityService}
)

func (v vendor) secretType() string     { return "oauthsecret_" + v.name + "_client_secret" }
func (v vendor) completionType() string { return "oauthsecret_" + v.name + "_rotation_completion" }

// theClient is the client of a world with one client.
const theClient = "app-1"

// clientOf is the client of a resource. A second secret of one has a name with a stroke.
func clientOf(name string) string {
	client, _, _ := strings.Cut(name, "/")
	return client
}

// nameOf is the name of the resource of an address, "" where it holds no secret.
func nameOf(addr string) string {
	name, ok := strings.CutPrefix(addr, "secret.")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, deposed(""))
}

// Addresses of a world with one client.
const (
	theSecret     = "secret." + theClient
	theCompletion = "completion." + theClient
)

// world is a vendor, a client at it, a configuration's state, and a consumer that uses the secret.
type world struct {
	*simulator.Simulator
	t      *testing.T
	vendor vendor
	tf     *terraform
	// clock is the provider's; the simulator has its own.
	clock     clock.Clock
	transport http.RoundTripper
	env       map[string]string

	// held is the secret that the consumer of each client uses; consumers guards it while applies run at once.
	held      map[string]string
	consumers sync.Mutex
	// stored are the resources whose state ever held a secret, by its client and fingerprint.
	stored map[string]string
	// said is everything that was said since the last reset.
	said []diagnostic
}

func newWorld(t *testing.T, v vendor, clients ...string) *world {
	if today := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC); time.Until(today) > 20*365*24*time.Hour {
		time.Sleep(time.Until(today)) // a bubble begins in 2000, when CSP's timestamps had a digit less, by which their unit is told
	}
	w := &world{
		Simulator: simulator.New(simulator.Options{}), t: t, vendor: v, clock: clock.System,
		held: map[string]string{}, stored: map[string]string{},
		env: simulator.Environment("https://sim.invalid"),
	}
	w.env[v.env] = v.parent
	w.transport = w.Transport()
	if len(clients) == 0 {
		clients = []string{theClient}
	}
	for _, client := range clients {
		w.held[client] = w.add(client)
	}
	w.tf = w.terraform()
	return w
}

func (w *world) add(client string) string {
	switch w.vendor.id {
	case simulator.Cloudflare:
		return w.Cloudflare.AddClient(w.vendor.parent, client)
	case simulator.CSP:
		return w.CSP.AddApp(w.vendor.parent, client, simulator.AppSpec{Age: 400 * 24 * time.Hour})
	default:
		return w.IdentityService.AddApplication(w.vendor.parent, client)
	}
}

// terraform is a working directory with an empty state.
func (w *world) terraform() *terraform {
	return &terraform{
		start: func() tfprotov6.ProviderServer { return newServer(w) },
		state: map[string]*object{},
	}
}

func newServer(w *world) tfprotov6.ProviderServer {
	options := provider.Options{}
	if w != nil {
		options = provider.Options{Clock: w.clock, Transport: w.transport, Getenv: func(name string) string { return w.env[name] }}
	}
	return plugin.New(provider.New("test", options)())
}

// withConsumers puts the consumers' provider beside the product's. storing: an update that fails stores the planned values.
func withConsumers(product tfprotov6.ProviderServer, store *consumer.Store, storing bool) tfprotov6.ProviderServer {
	consumers := providerserver.NewProtocol6(store.Provider())()
	on := consumer.KeepPrior
	if storing {
		on = consumer.StorePlanned
	}
	kind := schemasOf(consumers).Provider.ValueType()
	resp, err := consumers.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{
		Config: pack(kind, build(kind, settings{"on_failed_update": on})),
	})
	if err != nil || len(resp.Diagnostics) > 0 {
		panic(fmt.Sprint(err, resp.Diagnostics))
	}
	return providers{product, consumers}
}

// providers are the product's provider and, for what begins with consumer_, the consumers'.
type providers struct {
	tfprotov6.ProviderServer
	consumers tfprotov6.ProviderServer
}

func (p providers) of(typeName string) tfprotov6.ProviderServer {
	if strings.HasPrefix(typeName, "consumer_") {
		return p.consumers
	}
	return p.ProviderServer
}

// ReadResource implements tfprotov6.ProviderServer.
func (p providers) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return p.of(req.TypeName).ReadResource(ctx, req)
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (p providers) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return p.of(req.TypeName).PlanResourceChange(ctx, req)
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (p providers) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return p.of(req.TypeName).ApplyResourceChange(ctx, req)
}

// records is the history of a client's secrets.
func (w *world) records(client string) []simulator.SecretRecord {
	switch w.vendor.id {
	case simulator.Cloudflare:
		return w.Cloudflare.Secrets(w.vendor.parent, client)
	case simulator.CSP:
		return w.CSP.Secrets(w.vendor.parent, client)
	default:
		return w.IdentityService.Secrets(w.vendor.parent, client)
	}
}

func (w *world) accepts(client, secret string) bool {
	switch w.vendor.id {
	case simulator.Cloudflare:
		return w.Cloudflare.Accepts(w.vendor.parent, client, secret)
	case simulator.CSP:
		return w.CSP.Accepts(w.vendor.parent, client, secret)
	default:
		return w.IdentityService.Accepts(w.vendor.parent, client, secret)
	}
}

// secretBlock configures the secret of a client.
func (w *world) secretBlock(name string, extra map[string]any) block {
	return block{addr: "secret." + name, kind: w.vendor.secretType(), attrs: func(getter) map[string]any {
		attrs := map[string]any{w.vendor.client: clientOf(name)}
		for name, value := range extra {
			if _, known := schemaOf(w.vendor.secretType()).ValueType().(tftypes.Object).AttributeTypes[name]; known {
				attrs[name] = value
			}
		}
		return attrs
	}}
}

// completionBlock completes the rotations of a client after its consumer.
func (w *world) completionBlock(name string) block {
	addr := "secret." + name
	return block{addr: "completion." + name, kind: w.vendor.completionType(), after: []string{addr}, attrs: func(get getter) map[string]any {
		attrs := map[string]any{w.vendor.client: clientOf(name), "version": get(addr, "version")}
		if w.vendor.listed {
			attrs["previous_secret_id"] = get(addr, "previous_secret_id")
		}
		return attrs
	}}
}

// config is the usual configuration of theClient.
func (w *world) config(extra map[string]any) config {
	return config{w.secretBlock(theClient, extra)}
}

// after takes over what a command left: its diagnostics, what it stored, what the consumers use now.
func (w *world) after(tf *terraform, r result) result {
	w.said = append(w.said, r.diags...)
	tf.mu.Lock()
	defer tf.mu.Unlock()
	for addr, o := range tf.state {
		if name := nameOf(addr); name != "" {
			if sum, ok := attr(o.value, "client_secret_sha256").(string); ok {
				w.stored[clientOf(name)+" "+sum] = name
			}
		}
	}
	return r
}

// consume gives a new secret to the consumer, as an apply does after the secret itself was applied.
func (w *world) consume(addr string, value tftypes.Value) {
	name := nameOf(addr)
	if name == "" {
		return
	}
	sum, _ := attr(value, "client_secret_sha256").(string)
	w.consumers.Lock()
	defer w.consumers.Unlock()
	for _, r := range w.records(clientOf(name)) {
		if fingerprint(r.Value) == sum {
			w.held[name] = r.Value
		}
	}
}

func (w *world) apply(ctx context.Context, cfg config) result {
	w.tf.applied = w.consume
	return w.after(w.tf, w.tf.apply(ctx, cfg))
}

func (w *world) plan(ctx context.Context, cfg config) result {
	return w.after(w.tf, w.tf.plan(ctx, cfg))
}

// must is an apply that has to succeed.
func (w *world) must(cfg config) {
	w.t.Helper()
	if r := w.apply(context.Background(), cfg); r.failed() {
		w.t.Fatalf("preparation failed: %s", r.text())
	}
}

func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (w *world) wasStored(client, secret string) bool { return w.owner(client, secret) != "" }

// owner is the resource whose state held a secret of a client.
func (w *world) owner(client, secret string) string {
	return w.stored[client+" "+fingerprint(secret)]
}

// current is the fingerprint in state, "" without one.
func current(tf *terraform, name string) string {
	tf.mu.Lock()
	defer tf.mu.Unlock()
	o := tf.state["secret."+name]
	if o == nil {
		return ""
	}
	sum, _ := attr(o.value, "client_secret_sha256").(string)
	return sum
}

// leaks are diagnostics that hold a secret.
func (w *world) leaks() (found []string) {
	secrets := w.AllIssued()
	for _, d := range w.said {
		text := d.text()
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				found = append(found, fmt.Sprintf("a secret stands in %q", d.summary))
			}
		}
	}
	return found
}

// death is a secret that was ended, not by its date.
type death struct {
	client string
	simulator.SecretRecord
}

// deaths are the secrets of a client that were ended on purpose since a moment.
func (w *world) deaths(client string, before map[string]bool) (dead []death) {
	for _, r := range w.records(client) {
		// A value that the user chose may have been set twice.
		if r.Deleted && !before[r.Value] && !w.accepts(client, r.Value) {
			dead = append(dead, death{client, r})
		}
	}
	return dead
}

func (w *world) dead(client string) map[string]bool {
	dead := map[string]bool{}
	for _, r := range w.records(client) {
		if r.EndedAt != nil {
			dead[r.Value] = true
		}
	}
	return dead
}

// orphans are live secrets that a request of the provider made and that no state ever held.
func (w *world) orphans(client string) (lost []simulator.SecretRecord) {
	for _, r := range w.records(client) {
		if r.Origin == simulator.OriginAPI && r.EndedAt == nil && !w.wasStored(client, r.Value) {
			lost = append(lost, r)
		}
	}
	return lost
}

const hour = time.Hour

// slotElsewhere is somebody else at work at a vendor with two slots: what is 0 for a rotation, 1 for the end of one, 2 for both.
// It reports false, and does nothing, at a vendor with many secrets.
func (w *world) slotElsewhere(r *rand.Rand, client string, what int) bool {
	parent := w.vendor.parent
	switch w.vendor.id {
	case simulator.Cloudflare:
		switch what {
		case 0:
			w.Cloudflare.RotateElsewhere(parent, client)
		case 1:
			w.Cloudflare.DeleteRotatedElsewhere(parent, client)
		default:
			w.Cloudflare.RotateAndDeleteElsewhere(parent, client)
		}
	case simulator.CSP:
		switch what {
		case 0:
			w.CSP.RotateElsewhere(parent, client, fmt.Sprintf("Somebody~elses.%d", r.IntN(1e9)), time.Hour)
		case 1:
			w.CSP.EndRotationElsewhere(parent, client)
		default:
			w.CSP.RegenerateElsewhere(parent, client)
		}
	default:
		return false
	}
	return true
}
