package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// oneError checks that there is exactly one diagnostic, an error with these words.
func oneError(t *testing.T, diags diag.Diagnostics, words ...string) {
	t.Helper()
	if len(diags) != 1 || !diags.HasError() {
		t.Fatalf("%d diagnostics, want one error: %v", len(diags), diags)
	}
	for _, word := range words {
		if !strings.Contains(diags[0].Summary()+"\n"+diags[0].Detail(), word) {
			t.Errorf("the error %q does not say %q", diags[0], word)
		}
	}
}

type mistake struct {
	vendor string
	given  map[string]string
	words  []string
}

func mistakes() map[string]mistake {
	const half, conflict = "Incomplete credentials", "Conflicting credentials"
	url := func(vendor, name, value, reason string) mistake {
		given := map[string]map[string]string{
			"cloudflare":       {"api_token": "x"},
			"csp":              {"api_token": "x"},
			"identity_service": {"access_token": "x"},
		}[vendor]
		given[name] = value
		return mistake{vendor, given, []string{"Invalid address", vendor + "." + name, variable(vendor, name), reason}}
	}
	const plain = "plain http is allowed for loopback addresses only"
	return map[string]mistake{
		"cloudflare email alone":  {"cloudflare", map[string]string{"email": "a"}, []string{half, "cloudflare.email", "CLOUDFLARE_EMAIL", "cloudflare.api_key", "CLOUDFLARE_API_KEY"}},
		"cloudflare key alone":    {"cloudflare", map[string]string{"api_key": "a"}, []string{half, "cloudflare.email", "CLOUDFLARE_EMAIL", "cloudflare.api_key", "CLOUDFLARE_API_KEY"}},
		"cloudflare both":         {"cloudflare", map[string]string{"api_token": "a", "email": "b", "api_key": "c"}, []string{conflict, "cloudflare.api_token", "CLOUDFLARE_API_TOKEN", "cloudflare.email", "CLOUDFLARE_EMAIL"}},
		"cloudflare token + half": {"cloudflare", map[string]string{"api_token": "a", "api_key": "c"}, []string{conflict, "cloudflare.api_token", "cloudflare.api_key", "CLOUDFLARE_API_KEY"}},
		"csp id alone":            {"csp", map[string]string{"client_id": "a"}, []string{half, "csp.client_id", "CSP_CLIENT_ID", "csp.client_secret", "CSP_CLIENT_SECRET"}},
		"csp secret alone":        {"csp", map[string]string{"client_secret": "a"}, []string{half, "csp.client_id", "CSP_CLIENT_ID", "csp.client_secret", "CSP_CLIENT_SECRET"}},
		"csp all three":           {"csp", map[string]string{"api_token": "a", "client_id": "b", "client_secret": "c", "access_token": "d"}, []string{conflict, "CSP_API_TOKEN", "CSP_CLIENT_ID", "CSP_CLIENT_SECRET", "CSP_ACCESS_TOKEN"}},
		"csp two tokens":          {"csp", map[string]string{"api_token": "a", "access_token": "d"}, []string{conflict, "csp.api_token", "csp.access_token"}},
		"ids id alone":            {"identity_service", map[string]string{"client_id": "a"}, []string{half, "IDENTITY_SERVICE_CLIENT_ID", "IDENTITY_SERVICE_CLIENT_SECRET"}},
		"ids secret alone":        {"identity_service", map[string]string{"client_secret": "a"}, []string{half, "IDENTITY_SERVICE_CLIENT_ID", "IDENTITY_SERVICE_CLIENT_SECRET"}},
		"ids both":                {"identity_service", map[string]string{"access_token": "a", "client_id": "b", "client_secret": "c"}, []string{conflict, "identity_service.access_token", "IDENTITY_SERVICE_ACCESS_TOKEN", "identity_service.client_id"}},
		"cloudflare http":         url("cloudflare", "base_url", "http://api.example.com", plain),
		"cloudflare http token":   url("cloudflare", "token_url", "http://10.0.0.1/token", plain),
		"csp http":                url("csp", "base_url", "http://console.example.com", plain),
		"ids http":                url("identity_service", "base_url", "http://localhost.example.com", plain),
		"ids http token":          url("identity_service", "token_url", "http://id.example.com/token", plain),
		"not a URL":               url("csp", "base_url", "console.example.com", "must start with https://"),
		"a password in the URL":   url("csp", "base_url", "https://user:password@console.example.com", "must not hold a user name or password"),
		"line break in a token":   {"cloudflare", map[string]string{"api_token": "abc\n"}, []string{"Invalid configuration of Cloudflare", "line break", "cloudflare.api_token (or the environment variable CLOUDFLARE_API_TOKEN)"}},
		"line break in csp":       {"csp", map[string]string{"access_token": "abc\n"}, []string{"line break", "csp.access_token"}},
		"line break in ids":       {"identity_service", map[string]string{"access_token": "abc\n"}, []string{"line break", "identity_service.access_token"}},
	}
}

// A mistake in a block that was written is one error of the provider, whoever uses it.
func TestMistakes_InTheBlock(t *testing.T) {
	t.Parallel()
	for name, m := range mistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			_, diags := configure(t, w, blocks{m.vendor: toAny(m.given)})
			oneError(t, diags, m.words...)
			// Terraform prints the lines of the place, and with them the credentials that stand there.
			if placed, ok := diags[0].(diag.DiagnosticWithPath); ok {
				t.Errorf("the error is at %s: %v", placed.Path(), diags[0])
			}
			for _, value := range m.given {
				if len(value) > 3 && strings.Contains(diags[0].Detail(), value) {
					t.Errorf("the error repeats %q", value)
				}
			}
		})
	}
}

// The same mistake in the environment is an error only of what uses that vendor.
func TestMistakes_InTheEnvironment(t *testing.T) {
	t.Parallel()
	for name, m := range mistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			for attribute, value := range m.given {
				w.Env[variable(m.vendor, attribute)] = value
			}
			connections, diags := configure(t, w, nil)
			none(t, diags)
			var used diag.Diagnostics
			if connections[m.vendor].Usable(&used) {
				t.Error("the vendor is usable")
			}
			oneError(t, used, m.words...)
		})
	}
}

func TestMistakes_NothingGiven(t *testing.T) {
	t.Parallel()
	for vendor, words := range map[string][]string{
		"cloudflare":       {"Missing credentials", "cloudflare.api_token", "CLOUDFLARE_API_TOKEN", "cloudflare.email", "CLOUDFLARE_EMAIL", "cloudflare.api_key", "CLOUDFLARE_API_KEY"},
		"csp":              {"Missing credentials", "csp.api_token", "CSP_API_TOKEN", "csp.client_id", "CSP_CLIENT_ID", "csp.client_secret", "CSP_CLIENT_SECRET", "csp.access_token", "CSP_ACCESS_TOKEN"},
		"identity_service": {"Missing credentials", "identity_service.access_token", "IDENTITY_SERVICE_ACCESS_TOKEN", "identity_service.client_id", "IDENTITY_SERVICE_CLIENT_ID", "IDENTITY_SERVICE_CLIENT_SECRET"},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			for _, given := range []blocks{nil, {vendor: {}}, {vendor: {"base_url": "https://api.example.com"}}} {
				connections, diags := configure(t, world(t), given)
				none(t, diags)
				var used diag.Diagnostics
				if connections[vendor].Usable(&used) {
					t.Error("the vendor is usable")
				}
				oneError(t, used, words...)
			}
		})
	}
}

func TestMistakes_CACertificate(t *testing.T) {
	t.Parallel()
	w := world(t)
	given := working(w)
	given["csp"]["ca_certificate_pem"] = "not a certificate"
	_, diags := configure(t, w, given)
	oneError(t, diags, "certificate")
}

// https anywhere and http on loopback are accepted.
func TestAddresses_Accepted(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://api.example.com/v4/", "http://127.0.0.1:8080/x", "http://localhost:1", "http://[::1]:1/x"} {
		for vendor, token := range map[string]string{"cloudflare": "api_token", "csp": "api_token", "identity_service": "access_token"} {
			connections, diags := configure(t, world(t), blocks{vendor: {token: "x", "base_url": address}})
			none(t, diags)
			var used diag.Diagnostics
			if !connections[vendor].Usable(&used) {
				t.Errorf("%s: %s is not usable: %v", vendor, address, used)
			}
		}
	}
}

const idsSecret = `
resource "oauthsecret_identity_service_client_secret" "app" {
  client_id = "` + acctest.Application + `"
}
`

// Through the CLI: a vendor that is not configured is an error only when it is used, and then at plan.
func TestCLI_NotConfigured(t *testing.T) {
	t.Parallel()
	acctest.NeedCLI(t)
	t.Run("used", func(t *testing.T) {
		t.Parallel()
		w := acctest.NewWorld(t)
		delete(w.Env, "IDENTITY_SERVICE_ACCESS_TOKEN")
		w.Run(t, resource.TestStep{Config: idsSecret, PlanOnly: true, ExpectError: matching("Missing credentials")})
		if said := w.Said(); len(said) != 1 {
			t.Errorf("%d errors: %+v", len(said), said)
		}
		if sent := w.Journal(); len(sent) > 0 {
			t.Errorf("sent %v", acctest.Operations(sent))
		}
	})
	t.Run("half given and used", func(t *testing.T) {
		t.Parallel()
		w := acctest.NewWorld(t)
		delete(w.Env, "IDENTITY_SERVICE_ACCESS_TOKEN")
		w.Env["IDENTITY_SERVICE_CLIENT_ID"] = "x"
		w.Run(t, resource.TestStep{Config: idsSecret, PlanOnly: true, ExpectError: matching("Incomplete credentials")})
		if said := w.Said(); len(said) != 1 {
			t.Errorf("%d errors: %+v", len(said), said)
		}
	})
	t.Run("not used", func(t *testing.T) {
		t.Parallel()
		w := acctest.NewWorld(t)
		delete(w.Env, "CLOUDFLARE_API_TOKEN")
		w.Env["CSP_CLIENT_ID"] = "half"
		w.Run(t, resource.TestStep{Config: idsSecret, Check: w.Changed("identity_service.add")})
	})
}

// A provider attribute that is known only at apply: no error at plan, and it works at apply.
func TestCLI_UnknownAtPlan(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	delete(w.Env, "IDENTITY_SERVICE_ACCESS_TOKEN")
	delete(w.Env, "IDENTITY_SERVICE_TENANT")
	config := func(input string) string {
		return `
resource "terraform_data" "token" {
  input = "` + input + `"
}
provider "oauthsecret" {
  identity_service {
    access_token = replace(terraform_data.token.output, "/^.*:/", "")
    tenant       = "` + acctest.Tenant + `"
  }
}
` + idsSecret
	}
	w.Run(t,
		resource.TestStep{
			Config: config("1:" + simulator.IdentityServiceAccessToken),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("oauthsecret_identity_service_client_secret.app", plancheck.ResourceActionCreate),
				acctest.OnPlan(func() {
					if sent := w.Journal(); len(sent) > 0 {
						t.Errorf("the plan sent %v", acctest.Operations(sent))
					}
				}),
			}},
			Check: resource.ComposeTestCheckFunc(w.Changed("identity_service.add"), resource.TestCheckResourceAttr("oauthsecret_identity_service_client_secret.app", "tenant", acctest.Tenant)),
		},
		// Unknown again, with a secret in state: it stays.
		resource.TestStep{
			PreConfig: w.ResetJournal,
			Config:    config("2:" + simulator.IdentityServiceAccessToken),
			Check:     resource.ComposeTestCheckFunc(w.Changed(), w.VersionIs("oauthsecret_identity_service_client_secret.app", 1)),
		},
	)
}
