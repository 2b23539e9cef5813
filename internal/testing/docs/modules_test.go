package docs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// TestModules_Test runs the test files of each module: against mocks as a user would, and against the simulator.
func TestModules_Test(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"cloudflare", "csp", "identity-service"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			p := newProjectFrom(t, acctest.NewWorld(t), filepath.Join("modules/rotating-client-secret", vendor), ".")
			p.run("init", "-input=false")
			p.run("validate")
			for _, directory := range []string{"tests", "tests/simulator"} {
				out := p.run("test", "-test-directory="+directory)
				if !strings.Contains(out, "Success!") || strings.Contains(out, "Success! 0 passed") {
					t.Error(out)
				}
			}
		})
	}
}

// TestModules_ManyClients: every client is rotated, and only after its consumer has the new secret is the previous one
// deleted.
func TestModules_ManyClients(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	p := newProjectFrom(t, w, "modules", "many-clients")
	var clients []string
	for _, id := range []string{"client-a", "client-b", "client-c"} {
		w.Cloudflare.AddClient(acctest.Account, id)
		clients = append(clients, fmt.Sprintf("%s = { oauth_client_id = %q }", strings.TrimPrefix(id, "client-"), id))
	}
	p.Vars["clients"] = "{" + strings.Join(clients, ", ") + "}"
	p.Vars["quarter"] = "2026-Q1"
	p.run("init", "-input=false")
	p.run("validate")
	p.run("apply", "-input=false", "-auto-approve")
	p.empty()
	p.Vars["quarter"] = "2026-Q2"
	p.run("apply", "-input=false", "-auto-approve")
	p.empty()
	for _, id := range []string{"client-a", "client-b", "client-c"} {
		secrets := w.Cloudflare.Secrets(acctest.Account, id)
		if len(secrets) != 3 || secrets[0].EndedAt == nil || secrets[1].EndedAt == nil || secrets[2].EndedAt != nil {
			t.Errorf("%s: %d secrets were made, or one too many is valid", id, len(secrets))
		}
	}
	p.run("destroy", "-input=false", "-auto-approve")
}

// TestModules_FiftyClients puts for_each on the module itself.
func TestModules_FiftyClients(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	p := newProjectFrom(t, w, "modules/rotating-client-secret", ".")
	for i := range 50 {
		w.Cloudflare.AddClient(acctest.Account, fmt.Sprintf("client-%d", i))
	}
	p.write("main.tf", `
module "secret" {
  source   = "./cloudflare"
  for_each = toset([for i in range(50) : "client-${i}"])

  oauth_client_id     = each.key
  rotate_when_changed = { quarter = "2026-Q1" }
}
`)
	p.run("init", "-input=false")
	p.run("apply", "-input=false", "-auto-approve")
	w.ResetJournal()
	p.empty()
	for _, e := range w.Journal() {
		if e.Operation != "cloudflare.list" {
			t.Errorf("the plan sent %s", e.Operation)
		}
	}
}

// TestModules_SeveralAccounts: each account's clients are rotated with that account's provider configuration.
func TestModules_SeveralAccounts(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	const other = "0123456789abcdef0123456789abcdef"
	w.Cloudflare.AddClient(other, "staging-client")
	p := newProjectFrom(t, w, "modules", "several-accounts")
	p.Vars["production"] = fmt.Sprintf("{ account_id = %q, oauth_client_ids = [%q] }", acctest.Account, acctest.OAuthClient)
	p.Vars["staging"] = fmt.Sprintf("{ account_id = %q, oauth_client_ids = [\"staging-client\"] }", other)
	p.Vars["production_api_token"] = w.Env["CLOUDFLARE_API_TOKEN"]
	p.Vars["staging_api_token"] = w.Env["CLOUDFLARE_API_TOKEN"]
	p.life()
	if len(w.Cloudflare.Secrets(acctest.Account, acctest.OAuthClient)) != 2 || len(w.Cloudflare.Secrets(other, "staging-client")) != 2 {
		t.Error("not both accounts were rotated")
	}
}
