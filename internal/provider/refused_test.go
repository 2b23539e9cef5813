package provider_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// spoilt is a scheme whose secret was changed. Its value is long enough to be searched for.
func spoilt(s scheme) map[string]string {
	wrong := maps.Clone(s.settings)
	for _, name := range []string{"api_token", "api_key", "access_token", "client_secret"} {
		if _, ok := wrong[name]; ok {
			wrong[name] = "spoilt-" + name + "-0123456789"
		}
	}
	return wrong
}

// credentialOf lists the attributes that a refusal must name.
func credentialOf(s scheme) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.settings)), func(name string) bool { return name == "token_url" })
}

var listings = map[string]string{
	"cloudflare":       `data "oauthsecret_cloudflare_oauth_client" "all" { oauth_client_id = "` + acctest.OAuthClient + `" }`,
	"csp":              `data "oauthsecret_csp_oauth_app" "all" { oauth_app_id = "` + acctest.OAuthApp + `" }`,
	"identity_service": `data "oauthsecret_identity_service_client_secrets" "all" { client_id = "` + acctest.Application + `" }`,
}

// A refused credential is named in full, in the words that Terraform prints, whatever the login and its refusal look like.
func TestRefusedCredentials_AreNamed(t *testing.T) {
	t.Parallel()
	for n, s := range schemes(acctest.NewWorld(t)) {
		t.Run(s.name(), func(t *testing.T) {
			w := acctest.NewWorld(t)
			s := schemes(w)[n] // its token URL is that of this world
			w.CSP.AddApp(acctest.Org, acctest.OAuthApp, simulator.AppSpec{})
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.WrongSecretStatus = 400 })
			cli := w.Terminal(t, listings[s.vendor])
			for name := range w.Env {
				if strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_SECRET") || strings.HasSuffix(name, "_CLIENT_ID") || strings.HasSuffix(name, "_KEY") || strings.HasSuffix(name, "_EMAIL") {
					delete(w.Env, name)
				}
			}
			values := spoilt(s)
			for name, value := range values {
				w.Env[variable(s.vendor, name)] = value
			}
			got := cli.Run("plan", "-json", "-input=false")
			for _, name := range credentialOf(s) {
				got.Errs(t, s.vendor+"."+name+" ("+variable(s.vendor, name)+"), taken from the environment")
			}
			got.Errs(t, "the credential is wrong, expired or revoked")
			for _, value := range values {
				if strings.HasPrefix(value, "spoilt-") && strings.Contains(got.Text, value) {
					t.Errorf("the credential is printed:\n%s", got.Text)
				}
			}
		})
	}
}

// Where the configuration and the environment hold different values, the error says which one was used.
func TestRefusedCredentials_SayWhichSource(t *testing.T) {
	t.Parallel()
	for n, s := range schemes(acctest.NewWorld(t)) {
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			for shadowed, source := range map[bool]string{
				false: "), taken from the provider configuration",
				true:  "), taken from the provider configuration, which wins over the environment variable",
			} {
				w := world(t)
				s := schemes(w)[n]
				values := spoilt(s)
				given := blocks{s.vendor: toAny(values)}
				given[s.vendor]["base_url"] = baseURL(w, s.vendor)
				if shadowed {
					for name, value := range s.settings {
						w.Env[variable(s.vendor, name)] = value
					}
				}
				connections, diags := configure(t, w, given)
				none(t, diags)
				_, err := connections[s.vendor].Read(t.Context(), clients[s.vendor])
				var refused *httpapi.APIError
				if !errors.As(err, &refused) {
					t.Fatalf("got %v", err)
				}
				for _, name := range credentialOf(s) {
					want := s.vendor + "." + name + " (" + variable(s.vendor, name) + source
					if values[name] == s.settings[name] { // the name of the user is the same in both places
						want = s.vendor + "." + name + " (" + variable(s.vendor, name) + "), taken from the provider configuration"
					}
					if !strings.Contains(refused.Credential, want) {
						t.Errorf("%q does not say %q", refused.Credential, want)
					}
				}
			}
		})
	}
}

// Nothing but a refusal is blamed on the credential.
func TestOtherProblems_AreNotBlamedOnTheCredential(t *testing.T) {
	t.Parallel()
	w := world(t)
	given := blocks{"csp": toAny(map[string]string{"api_token": simulator.CSPAPIToken, "base_url": baseURL(w, "csp")})}
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.Forbidden = true })
	connections, diags := configure(t, w, given)
	none(t, diags)
	_, err := connections["csp"].Read(t.Context(), clients["csp"])
	var refused *httpapi.APIError
	if !errors.As(err, &refused) || refused.Status != 403 || refused.Credential != "" {
		t.Errorf("got %v", err)
	}
}
