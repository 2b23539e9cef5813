package provider_test

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// read asks the vendor for its client and checks what arrived there.
func read(t *testing.T, w *acctest.World, connections session.Connections, s scheme) {
	t.Helper()
	w.ResetJournal()
	if _, err := connections[s.vendor].Read(t.Context(), clients[s.vendor]); err != nil {
		t.Fatalf("%v, after %v", err, acctest.Operations(w.Journal()))
	}
	if got, want := acctest.Operations(w.Journal()), append(slices.Clone(s.login), s.read); !slices.Equal(got, want) {
		t.Fatalf("sent %v, want %v", got, want)
	}
	journal := w.Journal()
	last := journal[len(journal)-1]
	for _, name := range []string{"Authorization", "X-Auth-Email", "X-Auth-Key"} {
		if slices.Contains(last.HeaderNames, name) != slices.Contains(s.headers, name) {
			t.Errorf("%s carries %v, want %v among them and no other", last.Operation, last.HeaderNames, s.headers)
		}
	}
	if last.UserAgent != "terraform-provider-oauthsecret/test Terraform/1.11.4" {
		t.Errorf("the user agent is %q", last.UserAgent)
	}
}

// Every way to log in, from attributes and from the environment; an attribute wins over its variable.
func TestLogin_EverySchemeReachesTheRequest(t *testing.T) {
	t.Parallel()
	for _, s := range schemes(world(t)) {
		t.Run(s.name()+"/attributes", func(t *testing.T) {
			t.Parallel()
			w := world(t)
			s := sameIn(w, s)
			block := toAny(s.settings)
			block["base_url"] = baseURL(w, s.vendor)
			for name := range s.settings {
				w.Env[variable(s.vendor, name)] = "wrong"
			}
			w.Env[variable(s.vendor, "base_url")] = "http://127.0.0.1:1/nowhere"
			if s.settings["access_token"] == "" && s.vendor != "cloudflare" {
				w.Env[variable(s.vendor, "access_token")] = "another scheme in somebody's shell"
			}
			connections, diags := configure(t, w, blocks{s.vendor: block})
			none(t, diags)
			read(t, w, connections, s)
		})
		t.Run(s.name()+"/environment", func(t *testing.T) {
			t.Parallel()
			w := world(t)
			s := sameIn(w, s)
			for name, value := range s.settings {
				w.Env[variable(s.vendor, name)] = value
			}
			w.Env[variable(s.vendor, "base_url")] = baseURL(w, s.vendor)
			connections, diags := configure(t, w, nil)
			none(t, diags)
			read(t, w, connections, s)
		})
	}
}

// sameIn is the scheme with the addresses of w.
func sameIn(w *acctest.World, s scheme) scheme {
	for _, other := range schemes(w) {
		if other.name() == s.name() {
			return other
		}
	}
	panic("no such scheme")
}

func none(t *testing.T, diags diag.Diagnostics) {
	t.Helper()
	if len(diags) > 0 {
		t.Fatalf("%v", diags)
	}
}

// working are the settings that reach every vendor of w.
func working(w *acctest.World) blocks {
	given := blocks{}
	for _, s := range schemes(w) {
		if given[s.vendor] == nil {
			given[s.vendor] = toAny(s.settings)
			given[s.vendor]["base_url"] = baseURL(w, s.vendor)
		}
	}
	return given
}

func TestSettings_DefaultScope(t *testing.T) {
	t.Parallel()
	for vendor, name := range map[string]string{"cloudflare": "account_id", "csp": "org_id", "identity_service": "tenant"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			given := working(w)
			w.Env[variable(vendor, name)] = "of the environment"
			connections, diags := configure(t, w, given)
			none(t, diags)
			if got := connections[vendor].DefaultScope; got != "of the environment" {
				t.Errorf("the default is %q", got)
			}
			given[vendor][name] = "of the block"
			connections, diags = configure(t, w, given)
			none(t, diags)
			if got := connections[vendor].DefaultScope; got != "of the block" {
				t.Errorf("the default is %q", got)
			}
		})
	}
}

// The organization of the login goes with it.
func TestSettings_OrganizationOfTheLogin(t *testing.T) {
	t.Parallel()
	w := world(t)
	connections, diags := configure(t, w, blocks{"csp": {
		"client_id": simulator.CSPLoginClientID, "client_secret": simulator.CSPLoginClientSecret, "base_url": baseURL(w, "csp"), "org_id": simulator.CSPLoginOrgID,
	}})
	none(t, diags)
	if _, err := connections["csp"].Read(t.Context(), clients["csp"]); err != nil {
		t.Fatal(err)
	}
	if fields := w.Journal()[0].Fields; !slices.Contains(fields, "orgId") {
		t.Errorf("the login sent %v", fields)
	}
}

func TestSettings_TokenURLIsWhereProofsGo(t *testing.T) {
	t.Parallel()
	for vendor, c := range map[string]struct{ path, operation string }{
		"cloudflare":       {simulator.CloudflareTokenPath, "cloudflare.token"},
		"identity_service": {simulator.IdentityServiceBasePath + "/connect/token", "identity_service.token"},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			for _, place := range []string{"attribute", "environment"} {
				w := world(t)
				given := working(w)
				if place == "attribute" {
					given[vendor]["token_url"] = w.URL + c.path + "?realm=a"
					w.Env[variable(vendor, "token_url")] = "http://127.0.0.1:1/nowhere"
				} else {
					w.Env[variable(vendor, "token_url")] = w.URL + c.path
				}
				connections, diags := configure(t, w, given)
				none(t, diags)
				got := connections[vendor].Verify(t.Context(), clients[vendor], secretOf(w, vendor), verify.AtRefresh())
				if got.Verdict != verify.Accepted {
					t.Errorf("%s: %v: %s", place, got.Verdict, got.Evidence)
				}
				sent := acctest.Operations(w.Journal())
				if len(sent) == 0 || sent[len(sent)-1] != c.operation || slices.Contains(sent, "identity_service.discovery") {
					t.Errorf("%s: sent %v", place, sent)
				}
			}
		})
	}
}

func TestSettings_RequestsPerSecond(t *testing.T) {
	t.Parallel()
	for vendor, client := range clients {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			given := working(w)
			given[vendor]["requests_per_second"] = 0.1
			connections, diags := configure(t, w, given)
			none(t, diags)
			start := w.Clock.Now()
			for i := range 4 {
				other := rotation.Client{Scope: client.Scope, ID: client.ID + string(rune('0'+i))}
				_, _ = connections[vendor].Read(t.Context(), other) // not found is an answer too
			}
			if n, took := len(w.Journal()), w.Clock.Now().Sub(start); took < time.Duration(n-1)*10*time.Second {
				t.Errorf("%d requests left within %s at one in ten seconds", n, took)
			}
		})
	}
}

func TestSettings_CACertificate(t *testing.T) {
	t.Parallel()
	for _, s := range schemes(world(t)) {
		if s.vendor == "identity_service" && len(s.settings) > 1 {
			continue // the discovery document would need the address of the TLS server
		}
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			w := world(t)
			server := httptest.NewUnstartedServer(w.Simulator)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			w.URL = server.URL
			block := toAny(s.settings)
			block["base_url"] = baseURL(w, s.vendor)
			connections, diags := configure(t, w, blocks{s.vendor: block})
			none(t, diags)
			if _, err := connections[s.vendor].Read(t.Context(), clients[s.vendor]); err == nil {
				t.Error("an unknown certificate was trusted")
			}
			block["ca_certificate_pem"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
			connections, diags = configure(t, w, blocks{s.vendor: block})
			none(t, diags)
			read(t, w, connections, s)
		})
	}
}

// A value that is known only at apply is no error, and nothing is asked of that vendor; the others are not affected.
func TestSettings_Unknown(t *testing.T) {
	t.Parallel()
	for vendor, names := range map[string][]string{
		"cloudflare":       {"api_token", "email", "api_key", "account_id", "base_url", "token_url", "requests_per_second", "ca_certificate_pem"},
		"csp":              {"api_token", "client_id", "client_secret", "access_token", "org_id", "base_url", "requests_per_second", "ca_certificate_pem"},
		"identity_service": {"access_token", "client_id", "client_secret", "token_url", "tenant", "base_url", "requests_per_second", "ca_certificate_pem"},
	} {
		for _, name := range names {
			t.Run(vendor+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := world(t)
				given := working(w)
				if name == "email" || name == "api_key" || name == "client_id" || name == "client_secret" {
					for _, token := range []string{"api_token", "access_token"} {
						delete(given[vendor], token)
					}
					for _, pair := range [][2]string{{"email", "api_key"}, {"client_id", "client_secret"}} {
						if pair[0] == name || pair[1] == name {
							given[vendor][pair[0]], given[vendor][pair[1]] = "x", "x"
						}
					}
				}
				if name == "access_token" {
					delete(given[vendor], "api_token")
				}
				given[vendor][name] = tftypes.UnknownValue
				connections, diags := configure(t, w, given)
				none(t, diags)
				var used diag.Diagnostics
				if connections[vendor].Usable(&used) || len(used) > 0 {
					t.Errorf("usable, or an error: %v", used)
				}
				for other := range clients {
					if other != vendor && !connections[other].Usable(&used) {
						t.Errorf("%s is not usable: %v", other, used)
					}
				}
			})
		}
	}
}

// The token is fetched once for many, and renewed once when the vendor refuses it.
func TestLogin_OnceAndRenewedOnce(t *testing.T) {
	t.Parallel()
	for _, s := range schemes(world(t)) {
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			w := world(t)
			s := sameIn(w, s)
			var many []rotation.Client
			for i := range 12 {
				c := clients[s.vendor]
				c.ID += string(rune('a' + i))
				many = append(many, c)
				switch s.vendor {
				case "cloudflare":
					c.ID = clients[s.vendor].ID[1:] + string(rune('0'+i))
					many[i] = c
					w.Cloudflare.AddClient(c.Scope, c.ID)
				case "csp":
					w.CSP.AddApp(c.Scope, c.ID, simulator.AppSpec{})
				default:
					w.IdentityService.AddApplication(c.Scope, c.ID)
				}
			}
			block := toAny(s.settings)
			block["base_url"] = baseURL(w, s.vendor)
			connections, diags := configure(t, w, blocks{s.vendor: block})
			none(t, diags)
			all := func() (failures []error) {
				errs := make(chan error, len(many))
				for _, c := range many {
					go func() { _, err := connections[s.vendor].Read(t.Context(), c); errs <- err }()
				}
				for range many {
					if err := <-errs; err != nil {
						failures = append(failures, err)
					}
				}
				return failures
			}
			logins := func(want int) {
				t.Helper()
				for _, operation := range s.login {
					if operation == "identity_service.discovery" {
						if n := w.Count(operation); n != 1 {
							t.Errorf("discovered %d times", n)
						}
						continue
					}
					if n := w.Count(operation); n != want {
						t.Errorf("%d logins (%s), want %d", n, operation, want)
					}
				}
			}
			if failures := all(); len(failures) > 0 {
				t.Fatal(failures[0])
			}
			logins(1)
			w.ExpireTokens()
			w.Clock.Advance(2 * time.Minute) // nothing read before is fresh
			failures := all()
			switch {
			case s.vendor == "cloudflare":
			case len(s.login) == 0 && len(failures) == 0:
				t.Error("a ready token that was revoked still works")
			case len(s.login) > 0 && len(failures) > 0:
				t.Error(failures[0])
			}
			logins(2)
			// Long before it expires the token is renewed without a 401.
			if len(s.login) == 0 {
				return
			}
			w.Clock.Advance(1795 * time.Second)
			w.ResetJournal()
			if failures := all(); len(failures) > 0 {
				t.Error(failures[0])
			}
			for _, e := range w.Journal() {
				if e.Status == 401 {
					t.Errorf("%s was sent with an expired token", e.Operation)
				}
			}
		})
	}
}

// secretOf is the secret that the vendor's client has from the start.
func secretOf(w *acctest.World, vendor string) secret.Value {
	return secret.New(map[string]string{"cloudflare": w.InitialCloudflare, "csp": w.InitialCSP, "identity_service": w.InitialIdentityService}[vendor])
}
