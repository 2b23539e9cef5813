package datasources_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// world is a world for tests that run at the same time.
func world(t *testing.T) *acctest.World {
	t.Helper()
	t.Parallel()
	acctest.NeedCLI(t)
	return acctest.NewWorld(t)
}

func TestAudit_CloudflareClientsOneByOne_OneList(t *testing.T) {
	w := world(t)
	var ids []string
	for i := range 200 {
		ids = append(ids, clientID(i))
		w.Cloudflare.AddClient(acctest.Account, ids[i], simulator.CloudflareClientSpec{Name: fmt.Sprint("Client ", i)})
	}
	w.Cloudflare.RotateElsewhere(acctest.Account, ids[7])
	w.Cloudflare.RotateElsewhere(acctest.Account, ids[107])
	p := acctest.NewProgram(t, `
data "oauthsecret_cloudflare_oauth_client" "all" {
  for_each        = toset(`+encoded(ids)+`)
  oauth_client_id = each.key
}
output "read" { value = length(data.oauthsecret_cloudflare_oauth_client.all) }
output "names" { value = [for c in data.oauthsecret_cloudflare_oauth_client.all : c.name if c.has_previous_secret] }
`, w.Env)
	p.Must("apply", "-auto-approve")
	counted(t, w, map[string]int{"": 1, "cloudflare.list": 1})
	got := outputs(t, p)
	same(t, "read", got["read"], 200)
	same(t, "names", got["names"], []string{"Client 7", "Client 107"})
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"))
	unchanged(t, w)
}

func TestAudit_CSPAppsOneByOne_InPages(t *testing.T) {
	w := world(t)
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
	var ids []string
	for i := range 450 {
		ids = append(ids, fmt.Sprintf("app-%03d", i))
		w.CSP.AddApp(acctest.Org, ids[i], simulator.AppSpec{Public: i == 3})
	}
	p := acctest.NewProgram(t, `
data "oauthsecret_csp_oauth_app" "all" {
  for_each     = toset(`+encoded(ids[:200])+`)
  oauth_app_id = each.key
}
data "oauthsecret_csp_oauth_apps" "all" {}
output "read" { value = length(data.oauthsecret_csp_oauth_app.all) }
output "listed" { value = length(data.oauthsecret_csp_oauth_apps.all.oauth_app_ids) }
output "old" { value = [for a in data.oauthsecret_csp_oauth_app.all : a.oauth_app_id if a.secret_age == null] }
output "public" { value = [for a in data.oauthsecret_csp_oauth_apps.all.oauth_apps : a.id if a.public_client] }
`, w.Env)
	p.Must("apply", "-auto-approve")
	counted(t, w, map[string]int{"": 1 + 3, "csp.login_api_token": 1, "csp.list": 3}) // 451 apps in pages of 200
	got := outputs(t, p)
	same(t, "read", got["read"], 200)
	same(t, "listed", got["listed"], 451)
	same(t, "old", got["old"], []string{})
	same(t, "public", got["public"], []string{acctest.Org + "/app-003"})
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"))
	unchanged(t, w)
}

func TestAudit_CloudflareLists_ShareOneCall(t *testing.T) {
	w := world(t)
	w.Cloudflare.AddClient(acctest.Account, clientID(1), simulator.CloudflareClientSpec{Name: "Rotated", AuthMethod: simulator.AuthMethodPost})
	w.Cloudflare.AddClient(acctest.Account, clientID(2), simulator.CloudflareClientSpec{Name: "Public", AuthMethod: simulator.AuthMethodNone, Visibility: "public"})
	w.Cloudflare.RotateElsewhere(acctest.Account, clientID(1))
	p := acctest.NewProgram(t, `
data "oauthsecret_cloudflare_oauth_clients" "all" {}
data "oauthsecret_cloudflare_oauth_clients" "rotated" { has_previous_secret = true }
data "oauthsecret_cloudflare_oauth_clients" "clean" { has_previous_secret = false }
data "oauthsecret_cloudflare_oauth_client" "rotated" { oauth_client_id = "`+clientID(1)+`" }
output "all" { value = data.oauthsecret_cloudflare_oauth_clients.all.oauth_client_ids }
output "rotated" { value = data.oauthsecret_cloudflare_oauth_clients.rotated.oauth_clients }
output "clean" { value = data.oauthsecret_cloudflare_oauth_clients.clean.oauth_client_ids }
output "public" { value = [for c in data.oauthsecret_cloudflare_oauth_clients.all.oauth_clients : c.name if c.token_endpoint_auth_method == "none"] }
output "one" { value = data.oauthsecret_cloudflare_oauth_client.rotated }
`, w.Env)
	p.Must("apply", "-auto-approve")
	counted(t, w, map[string]int{"": 1, "cloudflare.list": 1})
	got := outputs(t, p)
	same(t, "all", got["all"], []string{acctest.OAuthClient, clientID(1), clientID(2)})
	same(t, "clean", got["clean"], []string{acctest.OAuthClient, clientID(2)})
	same(t, "public", got["public"], []string{"Public"})
	items, ok := got["rotated"].([]any)
	if !ok || len(items) != 1 {
		t.Fatalf("rotated is %v", got["rotated"])
	}
	for _, v := range []any{items[0], got["one"]} {
		client, _ := v.(map[string]any)
		if client["created_at"] == nil || client["updated_at"] == nil {
			t.Errorf("dates are missing: %v", client)
		}
		for name, want := range map[string]any{
			"id": acctest.Account + "/" + clientID(1), "oauth_client_id": clientID(1), "name": "Rotated", "has_previous_secret": true,
			"token_endpoint_auth_method": "client_secret_post", "visibility": "private", "grant_types": []string{"authorization_code"},
			"redirect_uris": []string{"https://example.com/oauth/callback"},
		} {
			same(t, name, client[name], want)
		}
	}
	same(t, "account_id", got["one"].(map[string]any)["account_id"], acctest.Account)
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"))
	unchanged(t, w)
}

func TestAudit_CloudflareFilter_SaysWhatItCannotTell(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = simulator.FlagAbsent })
	p := acctest.NewProgram(t, `
data "oauthsecret_cloudflare_oauth_clients" "rotated" { has_previous_secret = true }
data "oauthsecret_cloudflare_oauth_client" "one" { oauth_client_id = "`+acctest.OAuthClient+`" }
output "rotated" { value = data.oauthsecret_cloudflare_oauth_clients.rotated.oauth_client_ids }
output "unknown" { value = data.oauthsecret_cloudflare_oauth_client.one.has_previous_secret == null }
`, w.Env)
	if out := p.Must("apply", "-auto-approve"); !acctest.Words("Cloudflare does not say of 1 client(s) whether they have a previous secret").MatchString(out) {
		t.Errorf("no warning about the client without an answer:\n%s", out)
	}
	got := outputs(t, p)
	same(t, "rotated", got["rotated"], []string{})
	same(t, "unknown", got["unknown"], true)
}

func TestAudit_CSPSearch(t *testing.T) {
	w := world(t)
	w.CSP.AddApp(acctest.Org, "one", simulator.AppSpec{DisplayName: "Payroll", Overlap: time.Hour, OwnerOnly: true})
	w.CSP.AddApp(acctest.Org, "two", simulator.AppSpec{DisplayName: "Payroll archive", Immutable: true})
	p := acctest.NewProgram(t, `
data "oauthsecret_csp_oauth_apps" "payroll" { search_term = "payroll" }
data "oauthsecret_csp_oauth_app" "one" {
  org_id       = "`+acctest.Org+`"
  oauth_app_id = "one"
}
output "found" { value = { for a in data.oauthsecret_csp_oauth_apps.payroll.oauth_apps : a.oauth_app_id => a.immutable } }
output "one" { value = data.oauthsecret_csp_oauth_app.one }
`, w.Env)
	p.Must("apply", "-auto-approve")
	counted(t, w, map[string]int{"": 3, "csp.login_api_token": 1, "csp.list": 1, "csp.get": 1})
	got := outputs(t, p)
	same(t, "found", got["found"], map[string]bool{"one": false, "two": true})
	one, _ := got["one"].(map[string]any)
	for name, want := range map[string]any{
		"id": acctest.Org + "/one", "name": "Payroll", "secret_age": nil, "default_overlap_seconds": 3600, "public_client": false,
		"immutable": false, "owner_only_secret_rotation": true, "grant_types": []string{"client_credentials"}, "updated_by": "owner@example.invalid",
	} {
		same(t, name, one[name], want)
	}
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"))
	unchanged(t, w)
}

func TestAudit_IdentityServiceSecrets(t *testing.T) {
	w := world(t)
	add := func(after time.Duration) (string, time.Time) {
		at := time.Now().Add(after).UTC().Truncate(time.Second)
		id, _ := w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &at)
		return id, at
	}
	expired, expiredAt := add(-time.Hour)
	soon, soonAt := add(5 * 24 * time.Hour)
	deleted, _ := add(10 * 24 * time.Hour)
	late, _ := add(400 * 24 * time.Hour)
	w.IdentityService.DeleteSecretElsewhere(deleted)
	p := acctest.NewProgram(t, `
locals { client_id = "`+acctest.Application+`" }
data "oauthsecret_identity_service_client_secrets" "all" { client_id = local.client_id }
data "oauthsecret_identity_service_client_secrets" "kept" {
  client_id       = local.client_id
  include_deleted = false
}
data "oauthsecret_identity_service_client_secrets" "soon" {
  client_id       = local.client_id
  expiring_within = "720h"
}
output "all" { value = data.oauthsecret_identity_service_client_secrets.all.client_secrets }
output "kept" { value = data.oauthsecret_identity_service_client_secrets.kept.secret_ids }
output "soon" { value = data.oauthsecret_identity_service_client_secrets.soon.secret_ids }
output "valid" { value = [for s in data.oauthsecret_identity_service_client_secrets.all.client_secrets : s.secret_id if s.valid] }
`, w.Env)
	p.Must("apply", "-auto-approve")
	counted(t, w, map[string]int{"": 1, "identity_service.list": 1})
	got := outputs(t, p)
	all, _ := got["all"].([]any)
	if len(all) != 5 {
		t.Fatalf("all is %v", all)
	}
	entry := func(id string, at any, expired, deleted bool) map[string]any {
		return map[string]any{
			"id": acctest.Tenant + "/" + acctest.Application + "/" + id, "secret_id": id, "expires_at": at,
			"expired": expired, "deleted": deleted, "valid": !expired && !deleted,
		}
	}
	same(t, "the expired one", all[0], entry(expired, rotation.Stamp(expiredAt), true, false))
	same(t, "the next to expire", all[1], entry(soon, rotation.Stamp(soonAt), false, false))
	initial, _ := all[4].(map[string]any)
	first, _ := initial["secret_id"].(string)
	same(t, "the first one", initial, entry(first, nil, false, false))
	same(t, "kept", got["kept"], []string{expired, soon, late, first})
	same(t, "soon", got["soon"], []string{soon})
	same(t, "valid", got["valid"], []string{soon, late, first})
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"))
	unchanged(t, w)
}

func TestAudit_Errors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*acctest.World)
		config  string
		want    []string
	}{
		"unknown Cloudflare client": {
			config: `data "oauthsecret_cloudflare_oauth_client" "x" { oauth_client_id = "nobody" }`,
			want:   []string{"Unable to read the OAuth client", `oauth_client_id = "nobody", account_id = "` + acctest.Account, "the client does not exist there"},
		},
		"unknown CSP app": {
			config: `data "oauthsecret_csp_oauth_app" "x" { oauth_app_id = "nobody" }`,
			want:   []string{"Unable to read the OAuth app", `oauth_app_id = "nobody"`, "the client does not exist there"},
		},
		"unknown application": {
			config: `data "oauthsecret_identity_service_client_secrets" "x" { client_id = "nobody" }`,
			want:   []string{"Unable to list the client secrets", `client_id = "nobody", tenant = "acme"`, "needs the role ids:app_admin"},
		},
		"no permission to list": {
			prepare: func(w *acctest.World) {
				w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Permissions.List = false })
			},
			config: `data "oauthsecret_cloudflare_oauth_clients" "x" {}`,
			want:   []string{"Unable to list the OAuth clients", `account_id = "` + acctest.Account, "needs the permissions OAuth Client Read"},
		},
		"wrong credential": {
			prepare: func(w *acctest.World) { w.Env["CLOUDFLARE_API_TOKEN"] = "wrong" },
			config:  `data "oauthsecret_cloudflare_oauth_clients" "x" {}`,
			want:    []string{"Unable to list the OAuth clients", "Check cloudflare.api_token (CLOUDFLARE_API_TOKEN)"},
		},
		"no credential": {
			prepare: func(w *acctest.World) { delete(w.Env, "CSP_API_TOKEN") },
			config:  `data "oauthsecret_csp_oauth_apps" "x" {}`,
			want:    []string{"Missing credentials", "CSP_API_TOKEN"},
		},
		"no scope": {
			prepare: func(w *acctest.World) { delete(w.Env, "IDENTITY_SERVICE_TENANT") },
			config:  `data "oauthsecret_identity_service_client_secrets" "x" { client_id = "a" }`,
			want:    []string{"Missing tenant", "identity_service.tenant", "IDENTITY_SERVICE_TENANT"},
		},
		"no answer in time": {
			prepare: func(w *acctest.World) {
				w.Inject(simulator.Fault{Operation: "identity_service.list", Times: -1, Kind: simulator.Timeout})
			},
			config: "data \"oauthsecret_identity_service_client_secrets\" \"x\" {\n  client_id = \"a\"\n  timeouts { read = \"1s\" }\n}",
			want:   []string{"Unable to list the client secrets", "give it more time in the timeouts block"},
		},
		"bad duration": {
			config: "data \"oauthsecret_identity_service_client_secrets\" \"x\" {\n  client_id = \"a\"\n  expiring_within = \"30 days\"\n}",
			want:   []string{"Invalid duration", "expiring_within must be a duration above zero", "a duration above zero"},
		},
		"empty search": {
			config: `data "oauthsecret_csp_oauth_apps" "x" { search_term = "" }`,
			want:   []string{"search_term string length must be at least 1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			if tt.prepare != nil {
				tt.prepare(w)
			}
			p := acctest.NewProgram(t, tt.config, w.Env)
			out, code := p.Run("plan")
			if code == 0 {
				t.Fatalf("the plan succeeded:\n%s", out)
			}
			for _, want := range tt.want {
				if !acctest.Words(want).MatchString(out) {
					t.Errorf("the error lacks %q:\n%s", want, out)
				}
			}
			noSecrets(t, w, out)
			unchanged(t, w)
		})
	}
}

// One account may be read client by client only: that is no reason to fail.
func TestAudit_CloudflareWithoutPermissionToList_ReadsOneByOne(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Permissions.List = false })
	ids := []string{clientID(1), clientID(2), clientID(3)}
	for _, id := range ids {
		w.Cloudflare.AddClient(acctest.Account, id)
	}
	p := acctest.NewProgram(t, `
data "oauthsecret_cloudflare_oauth_client" "all" {
  for_each        = toset(`+encoded(ids)+`)
  oauth_client_id = each.key
}
`, w.Env)
	p.Must("plan")
	counted(t, w, map[string]int{"cloudflare.list": 1, "cloudflare.get": 3})
}

func TestAudit_UnknownConfiguration(t *testing.T) {
	w := world(t)
	token := w.Env["CLOUDFLARE_API_TOKEN"]
	delete(w.Env, "CLOUDFLARE_API_TOKEN")
	config := func(dependsOn string) string {
		return `
resource "terraform_data" "token" { input = "` + token + `" }
provider "oauthsecret" {
  cloudflare { api_token = terraform_data.token.output }
}
data "oauthsecret_cloudflare_oauth_clients" "all" {
  ` + dependsOn + `
}
output "ids" { value = data.oauthsecret_cloudflare_oauth_clients.all.oauth_client_ids }
`
	}
	t.Run("is not an error", func(t *testing.T) {
		p := acctest.NewProgram(t, config(""), w.Env)
		out := p.Must("plan")
		if !acctest.Words("this data source could not be read: its results are null in this run").MatchString(out) {
			t.Errorf("no warning:\n%s", out)
		}
		counted(t, w, map[string]int{"": 0})
	})
	t.Run("is read at apply with depends_on", func(t *testing.T) {
		p := acctest.NewProgram(t, config("depends_on = [terraform_data.token]"), w.Env)
		if out := p.Must("apply", "-auto-approve"); strings.Contains(out, "Warning: The vendor") {
			t.Errorf("an undue warning:\n%s", out)
		}
		same(t, "ids", outputs(t, p)["ids"], []string{acctest.OAuthClient})
	})
}
