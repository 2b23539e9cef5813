package datasources_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// running is the provider as any program talks to it, without the program.
type running struct {
	tfprotov6.ProviderServer
	t       *testing.T
	schemas *tfprotov6.GetProviderSchemaResponse
}

func serve(t *testing.T, w *acctest.World) running {
	t.Helper()
	s := running{ProviderServer: plugin.New(provider.New("test", w.Options())()), t: t}
	var err error
	if s.schemas, err = s.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	resp, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: s.object(s.schemas.Provider, nil)})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}
	return s
}

// object is a value of a schema that has only the given attributes.
func (s running) object(schema *tfprotov6.Schema, attrs map[string]any) *tfprotov6.DynamicValue {
	s.t.Helper()
	kind, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		s.t.Fatal("a schema is no object")
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, attrs[name])
	}
	dynamic, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		s.t.Fatal(err)
	}
	return &dynamic
}

// listed is a result of a listing: a secret, or what is said instead.
type listed struct {
	name     string
	identity map[string]string
	object   *tftypes.Value
	problem  string
}

// list yields what the provider streams.
func (s running) list(vendor string, config map[string]any, limit int64) func(func(listed) bool) {
	s.t.Helper()
	typeName := "oauthsecret_" + vendor + "_client_secret"
	lists, ok := s.ProviderServer.(tfprotov6.ListResourceServer)
	if !ok {
		s.t.Fatal("the provider lists nothing")
	}
	stream, err := lists.ListResource(s.t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, IncludeResource: true, Limit: limit, Config: s.object(s.schemas.ListResourceSchemas[typeName], config),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return func(yield func(listed) bool) {
		for result := range stream.Results {
			found := listed{name: result.DisplayName}
			for _, d := range result.Diagnostics {
				found.problem += d.Severity.String() + ": " + d.Summary + "\n" + d.Detail
			}
			if result.Identity != nil {
				found.identity = s.identity(typeName, result.Identity)
				object := s.value(typeName, result.Resource)
				found.object = &object
			}
			if !yield(found) {
				return
			}
		}
	}
}

// all lists everything. That a list ends at its limit is said exactly where it does, at its last secret.
func (s running) all(vendor string, config map[string]any, limit int64) (ids, problems []string) {
	s.t.Helper()
	cut := false
	defer func() {
		if cut != (limit > 0 && int64(len(ids)) == limit) {
			s.t.Errorf("%d of at most %d were listed, and that the list ends at its limit was said: %t", len(ids), limit, cut)
		}
	}()
	for found := range s.list(vendor, config, limit) {
		if found.problem != "" && found.identity == nil {
			problems = append(problems, found.problem)
			continue
		}
		cut = strings.Contains(found.problem, "the list ends at its limit")
		if found.problem != "" && !cut {
			problems = append(problems, found.problem)
		}
		id := found.identity["oauth_client_id"] + found.identity["oauth_app_id"] + found.identity["secret_id"]
		ids = append(ids, id)
	}
	return ids, problems
}

func (s running) value(typeName string, dynamic *tfprotov6.DynamicValue) tftypes.Value {
	s.t.Helper()
	value, err := dynamic.Unmarshal(s.schemas.ResourceSchemas[typeName].ValueType())
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}

func (s running) identity(typeName string, data *tfprotov6.ResourceIdentityData) map[string]string {
	s.t.Helper()
	schemas, err := s.GetResourceIdentitySchemas(s.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := data.IdentityData.Unmarshal(schemas.IdentitySchemas[typeName].ValueType())
	if err != nil {
		s.t.Fatal(err)
	}
	var parts map[string]tftypes.Value
	if err := value.As(&parts); err != nil {
		s.t.Fatal(err)
	}
	texts := map[string]string{}
	for name, part := range parts {
		var text string
		if err := part.As(&text); err != nil {
			s.t.Fatal(err)
		}
		texts[name] = text
	}
	return texts
}

// imported is the object after an import by identity and the read that follows it.
func (s running) imported(vendor string, found listed, data *tfprotov6.ResourceIdentityData) tftypes.Value {
	s.t.Helper()
	typeName := "oauthsecret_" + vendor + "_client_secret"
	taken, err := s.ImportResourceState(s.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: data})
	if err != nil || len(taken.Diagnostics) > 0 {
		s.t.Fatal(found, err, taken)
	}
	read, err := s.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: taken.ImportedResources[0].State, CurrentIdentity: taken.ImportedResources[0].Identity, Private: taken.ImportedResources[0].Private,
	})
	if err != nil || len(read.Diagnostics) > 0 {
		s.t.Fatal(found, err, read)
	}
	return s.value(typeName, read.NewState)
}

func TestList_IsWhatAnImportGives(t *testing.T) {
	t.Parallel()
	for vendor, config := range map[string]map[string]any{
		"cloudflare":       nil,
		"csp":              nil,
		"identity_service": {"client_id": acctest.Application},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			at := time.Now().Add(1000 * time.Hour)
			w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &at)
			w.Cloudflare.AddClient(acctest.Account, clientID(1))
			w.Cloudflare.RotateElsewhere(acctest.Account, clientID(1))
			w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
			w.CSP.AddApp(acctest.Org, "other", simulator.AppSpec{})
			s := serve(t, w)
			typeName := "oauthsecret_" + vendor + "_client_secret"
			stream, err := s.ProviderServer.(tfprotov6.ListResourceServer).ListResource(t.Context(), &tfprotov6.ListResourceRequest{
				TypeName: typeName, IncludeResource: true, Config: s.object(s.schemas.ListResourceSchemas[typeName], config),
			})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for result := range stream.Results {
				if len(result.Diagnostics) > 0 {
					t.Fatal(result.Diagnostics[0])
				}
				n++
				object := s.value(typeName, result.Resource)
				if after := s.imported(vendor, listed{name: result.DisplayName}, result.Identity); !after.Equal(object) {
					t.Errorf("%s is listed as\n%s\nand imported as\n%s", result.DisplayName, object, after)
				}
				noSecrets(t, w, object.String())
			}
			if n != 2 {
				t.Errorf("%d were listed, want 2", n)
			}
			unchanged(t, w)
		})
	}
}

func TestList_Cloudflare(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	w.Cloudflare.AddClient(acctest.Account, clientID(1), simulator.CloudflareClientSpec{Name: "Rotated"})
	w.Cloudflare.AddClient(acctest.Account, clientID(2), simulator.CloudflareClientSpec{AuthMethod: simulator.AuthMethodNone})
	w.Cloudflare.RotateElsewhere(acctest.Account, clientID(1))
	s := serve(t, w)
	for name, tt := range map[string]struct {
		config map[string]any
		limit  int64
		want   []string
	}{
		"all":          {nil, 100, []string{acctest.OAuthClient, clientID(1)}}, // a public client has no secret
		"no limit":     {nil, 0, []string{acctest.OAuthClient, clientID(1)}},
		"limited":      {nil, 1, []string{acctest.OAuthClient}},
		"previous":     {map[string]any{"has_previous_secret": true}, 100, []string{clientID(1)}},
		"no previous":  {map[string]any{"has_previous_secret": false}, 100, []string{acctest.OAuthClient}},
		"with account": {map[string]any{"account_id": acctest.Account}, 100, []string{acctest.OAuthClient, clientID(1)}},
	} {
		ids, problems := s.all("cloudflare", tt.config, tt.limit)
		if !slices.Equal(ids, tt.want) || problems != nil {
			t.Errorf("%s: %v, %v, want %v", name, ids, problems, tt.want)
		}
	}
	for found := range s.list("cloudflare", map[string]any{"has_previous_secret": true}, 1) {
		same(t, "name", found.name, "Rotated ("+clientID(1)+")")
		same(t, "identity", found.identity, map[string]string{"account_id": acctest.Account, "oauth_client_id": clientID(1)})
	}
	counted(t, w, map[string]int{"": 1, "cloudflare.list": 1})
	unchanged(t, w)
}

func TestList_Cloudflare_WithoutTheFlag(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = simulator.FlagAbsent })
	s := serve(t, w)
	if ids, problems := s.all("cloudflare", nil, 1); len(ids) != 1 || problems != nil {
		t.Errorf("without a filter: %v, %v", ids, problems)
	}
	ids, problems := s.all("cloudflare", map[string]any{"has_previous_secret": true}, 1)
	if len(ids) != 0 || len(problems) != 1 || !strings.HasPrefix(problems[0], "WARNING: Clients without an answer were left out") {
		t.Errorf("with a filter: %v, %v", ids, problems)
	}
}

func TestList_CSP_FetchesAsFarAsNeeded(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	for i := range 450 {
		w.CSP.AddApp(acctest.Org, fmt.Sprintf("app-%03d", i), simulator.AppSpec{Public: i < 150, Immutable: i >= 440})
	}
	s := serve(t, w)
	for _, tt := range []struct {
		limit        int64
		found, pages int
	}{{0, 291, 3}, {1000, 291, 3}, {50, 50, 1}, {51, 51, 2}, {1, 1, 1}} {
		w.ResetJournal()
		ids, problems := s.all("csp", nil, tt.limit)
		if len(ids) != tt.found || problems != nil {
			t.Errorf("limit %d: %d were listed, want %d; %v", tt.limit, len(ids), tt.found, problems)
		}
		counted(t, w, map[string]int{"csp.list": tt.pages})
	}
	w.ResetJournal()
	for range s.list("csp", nil, 0) {
		break
	}
	counted(t, w, map[string]int{"csp.list": 1})
	w.ResetJournal()
	s.list("csp", nil, 0) // whose results nobody takes
	counted(t, w, map[string]int{"": 0})
	if ids, _ := s.all("csp", map[string]any{"search_term": "billing"}, 0); !slices.Equal(ids, []string{acctest.OAuthApp}) {
		t.Errorf("the search found %v", ids)
	}
	unchanged(t, w)
}

func TestList_IdentityService(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	first := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)[0].ID
	add := func(after time.Duration) string {
		at := time.Now().Add(after)
		id, _ := w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &at)
		return id
	}
	expired, soon, deleted, late := add(-time.Hour), add(100*time.Hour), add(100*time.Hour), add(9000*time.Hour)
	w.IdentityService.DeleteSecretElsewhere(deleted)
	s := serve(t, w)
	for name, tt := range map[string]struct {
		config map[string]any
		want   []string
	}{
		"all":              {nil, []string{soon, late, first}},
		"not expired":      {map[string]any{"expired": false}, []string{soon, late, first}},
		"expired":          {map[string]any{"expired": true}, []string{expired}},
		"expiring":         {map[string]any{"expiring_within": "720h"}, []string{soon}},
		"expiring, tenant": {map[string]any{"expiring_within": "1h", "tenant": acctest.Tenant}, nil},
		"both":             {map[string]any{"expiring_within": "720h", "expired": true}, nil},
	} {
		config := map[string]any{"client_id": acctest.Application}
		for k, v := range tt.config {
			config[k] = v
		}
		ids, problems := s.all("identity_service", config, 100)
		if !slices.Equal(ids, tt.want) || problems != nil {
			t.Errorf("%s: %v, %v, want %v", name, ids, problems, tt.want)
		}
	}
	counted(t, w, map[string]int{"": 1, "identity_service.list": 1})
	unchanged(t, w)
}

func TestList_Errors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(*acctest.World)
		vendor  string
		config  map[string]any
		want    []string
	}{
		"no scope": {
			func(w *acctest.World) { delete(w.Env, "CSP_ORG_ID") }, "csp", nil, []string{"ERROR: Missing org_id", "CSP_ORG_ID"},
		},
		"no credential": {
			func(w *acctest.World) { delete(w.Env, "CLOUDFLARE_API_TOKEN") }, "cloudflare", nil, []string{"ERROR: Missing credentials", "CLOUDFLARE_API_TOKEN"},
		},
		"forbidden": {
			func(w *acctest.World) { w.CSP.Set(func(s *simulator.CSPSwitches) { s.Forbidden = true }) }, "csp", nil,
			[]string{"ERROR: Unable to list the client secrets", `org_id = "` + acctest.Org, "Organization Owner"},
		},
		"unknown application": {
			nil, "identity_service",
			map[string]any{"client_id": "nobody"},
			[]string{"ERROR: Unable to list the client secrets", `client_id = "nobody", tenant = "acme"`, "ids:app_admin"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			if tt.prepare != nil {
				tt.prepare(w)
			}
			ids, problems := serve(t, w).all(tt.vendor, tt.config, 100)
			if len(ids) != 0 || len(problems) != 1 {
				t.Fatalf("%v, %v", ids, problems)
			}
			for _, want := range tt.want {
				if !strings.Contains(problems[0], want) {
					t.Errorf("the error lacks %q: %s", want, problems[0])
				}
			}
			noSecrets(t, w, problems[0])
		})
	}
}

// A page that fails is an error after the results before it, so that nobody takes a part for the whole.
func TestList_CSP_LaterPageFails(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	for i := range 300 {
		w.CSP.AddApp(acctest.Org, fmt.Sprintf("app-%03d", i), simulator.AppSpec{})
	}
	w.Inject(simulator.Fault{Operation: "csp.list", Skip: 1, Times: -1, Kind: simulator.Answer, Status: 403, Body: "{}"})
	ids, problems := serve(t, w).all("csp", nil, 0)
	if len(ids) != 200 || len(problems) != 1 || !strings.HasPrefix(problems[0], "ERROR: Unable to list the client secrets") {
		t.Errorf("%d were listed, then %v", len(ids), problems)
	}
}

func TestList_RefusesBadFilters(t *testing.T) {
	t.Parallel()
	s := serve(t, acctest.NewWorld(t))
	for vendor, config := range map[string]map[string]any{
		"cloudflare":       {"account_id": "short"},
		"csp":              {"search_term": ""},
		"identity_service": {"client_id": "a", "expiring_within": "30 days"},
	} {
		typeName := "oauthsecret_" + vendor + "_client_secret"
		resp, err := s.ProviderServer.(tfprotov6.ListResourceServer).ValidateListResourceConfig(context.Background(), &tfprotov6.ValidateListResourceConfigRequest{
			TypeName: typeName, Config: s.object(s.schemas.ListResourceSchemas[typeName], config),
		})
		if err != nil || len(resp.Diagnostics) != 1 {
			t.Errorf("%s: %v, %v", vendor, err, resp)
		}
	}
}
