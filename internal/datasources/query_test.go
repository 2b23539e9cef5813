package datasources_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func queries(t *testing.T, w *acctest.World, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: w.Factories(),
		Steps:                    steps,
	})
}

func TestQuery_Cloudflare(t *testing.T) {
	needQuery(t)
	w := world(t)
	w.Cloudflare.AddClient(acctest.Account, clientID(1), simulator.CloudflareClientSpec{Name: "Rotated"})
	w.Cloudflare.RotateElsewhere(acctest.Account, clientID(1))
	rotated := map[string]knownvalue.Check{
		"account_id": knownvalue.StringExact(acctest.Account), "oauth_client_id": knownvalue.StringExact(clientID(1)),
	}
	const address = "oauthsecret_cloudflare_client_secret.rotated"
	queries(t, w, resource.TestStep{
		Query: true,
		Config: `
provider "oauthsecret" {}
list "oauthsecret_cloudflare_client_secret" "all" {
  provider = oauthsecret
}
list "oauthsecret_cloudflare_client_secret" "rotated" {
  provider         = oauthsecret
  include_resource = true
  config {
    has_previous_secret = true
  }
}
list "oauthsecret_cloudflare_client_secret" "one" {
  provider = oauthsecret
  limit    = 1
}
`,
		QueryResultChecks: []querycheck.QueryResultCheck{
			querycheck.ExpectLength("oauthsecret_cloudflare_client_secret.all", 2),
			querycheck.ExpectLength("oauthsecret_cloudflare_client_secret.one", 1),
			querycheck.ExpectLength(address, 1),
			querycheck.ExpectIdentity(address, rotated),
			querycheck.ExpectResourceDisplayName(address, queryfilter.ByResourceIdentity(rotated), knownvalue.StringExact("Rotated ("+clientID(1)+")")),
			querycheck.ExpectResourceKnownValues(address, queryfilter.ByResourceIdentity(rotated), []querycheck.KnownValueCheck{
				{Path: tfjsonpath.New("id"), KnownValue: knownvalue.StringExact(acctest.Account + "/" + clientID(1))},
				{Path: tfjsonpath.New("version"), KnownValue: knownvalue.Int64Exact(0)},
				{Path: tfjsonpath.New("on_create"), KnownValue: knownvalue.StringExact("rotate")},
				{Path: tfjsonpath.New("has_previous_secret"), KnownValue: knownvalue.Bool(true)},
				{Path: tfjsonpath.New("client_secret"), KnownValue: knownvalue.Null()},
			}),
		},
	}, resource.TestStep{
		PreConfig: func() { w.Env["CLOUDFLARE_API_TOKEN"] = "wrong" },
		Query:     true,
		Config: `
provider "oauthsecret" {}
list "oauthsecret_cloudflare_client_secret" "all" {
  provider = oauthsecret
}
`,
		ExpectError: acctest.Words("Unable to list the client secrets"),
	})
	unchanged(t, w)
}

func TestQuery_IdentityService(t *testing.T) {
	needQuery(t)
	w := world(t)
	at := time.Now().Add(100 * time.Hour)
	id, _ := w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &at)
	queries(t, w, resource.TestStep{
		Query: true,
		Config: `
provider "oauthsecret" {}
list "oauthsecret_identity_service_client_secret" "soon" {
  provider = oauthsecret
  config {
    client_id       = "` + acctest.Application + `"
    expiring_within = "720h"
  }
}
`,
		QueryResultChecks: []querycheck.QueryResultCheck{
			querycheck.ExpectLength("oauthsecret_identity_service_client_secret.soon", 1),
			querycheck.ExpectIdentity("oauthsecret_identity_service_client_secret.soon", map[string]knownvalue.Check{
				"tenant": knownvalue.StringExact(acctest.Tenant), "client_id": knownvalue.StringExact(acctest.Application), "secret_id": knownvalue.StringExact(id),
			}),
		},
	})
	unchanged(t, w)
}

func TestQuery_CSP(t *testing.T) {
	needQuery(t)
	w := world(t)
	w.CSP.AddApp(acctest.Org, "payroll", simulator.AppSpec{})
	queries(t, w, resource.TestStep{
		Query: true,
		Config: `
provider "oauthsecret" {}
list "oauthsecret_csp_client_secret" "payroll" {
  provider = oauthsecret
  config {
    search_term = "payroll"
  }
}
`,
		QueryResultChecks: []querycheck.QueryResultCheck{
			querycheck.ExpectLength("oauthsecret_csp_client_secret.payroll", 1),
			querycheck.ExpectIdentity("oauthsecret_csp_client_secret.payroll", map[string]knownvalue.Check{
				"org_id": knownvalue.StringExact(acctest.Org), "oauth_app_id": knownvalue.StringExact("payroll"),
			}),
		},
	})
	unchanged(t, w)
}

// From finding the secrets to managing them: what is generated imports without a change, and then plans empty.
func TestQuery_GeneratedConfigurationPlansEmpty(t *testing.T) {
	needQuery(t)
	w := world(t)
	at := time.Now().Add(1000 * time.Hour)
	gone := time.Now().Add(-time.Hour)
	w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &at)
	w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &gone)
	for i := range 50 {
		w.Cloudflare.AddClient(acctest.Account, clientID(i))
	}
	w.Cloudflare.AddClient(acctest.Account, clientID(50), simulator.CloudflareClientSpec{AuthMethod: simulator.AuthMethodNone})
	w.Cloudflare.RotateElsewhere(acctest.Account, clientID(1))
	p := acctest.NewProgram(t, "", w.Env)
	p.Write("all.tfquery.hcl", `
list "oauthsecret_cloudflare_client_secret" "cf" {
  provider = oauthsecret
}
list "oauthsecret_csp_client_secret" "csp" {
  provider = oauthsecret
}
list "oauthsecret_identity_service_client_secret" "ids" {
  for_each = toset(["`+acctest.Application+`"])
  provider = oauthsecret
  config {
    client_id = each.key
  }
}
`)
	p.Must("query", "-generate-config-out=generated.tf")
	const imports = "Plan: 54 to import, 0 to add, 0 to change, 0 to destroy." // 51 + 1 + 2
	if out := p.Must("apply", "-auto-approve"); !strings.Contains(out, imports) {
		t.Fatalf("the apply lacks %q:\n%s", imports, out)
	}
	if out, code := p.Run("plan", "-detailed-exitcode"); code != 0 {
		t.Errorf("the plan after the import is not empty:\n%s", out)
	}
	noSecrets(t, w, p.Output.String(), p.Read("terraform.tfstate"), p.Read("generated.tf"))
	unchanged(t, w)
}
