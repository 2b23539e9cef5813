package identityservice_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// itself is the application that the provider logs in as.
func itself(arguments ...string) string {
	body := `resource "oauthsecret_identity_service_client_secret" "app" {
  tenant = "` + simulator.IdentityServiceLoginTenant + `"
  client_id = "` + simulator.IdentityServiceLoginClientID + `"
`
	for _, argument := range arguments {
		body += "  " + argument + "\n"
	}
	return body + "}\n"
}

func loggedIn(t *testing.T) *acctest.World {
	t.Helper()
	w := world(t)
	delete(w.Env, "IDENTITY_SERVICE_ACCESS_TOKEN")
	w.Env["IDENTITY_SERVICE_CLIENT_ID"] = simulator.IdentityServiceLoginClientID
	w.Env["IDENTITY_SERVICE_CLIENT_SECRET"] = simulator.IdentityServiceLoginClientSecret
	return w
}

const (
	refusal   = "The provider itself logs in as this client"
	allowSelf = "allow_self_rotation = true"
)

func TestSelf_RefusedAtPlan(t *testing.T) {
	w := loggedIn(t)
	w.Run(t,
		resource.TestStep{Config: itself(), PlanOnly: true, ExpectError: matching(refusal)},
		resource.TestStep{PreConfig: check(t, w, w.Changed()), Config: itself(allowSelf, q("1")), Check: w.Changed(add)},
		// Rotating, retiring and deleting are refused as well.
		resource.TestStep{PreConfig: after(w, 0), Config: itself(q("1")), Check: w.Changed()},
		resource.TestStep{PreConfig: after(w, 0), Config: itself(q("2")), PlanOnly: true, ExpectError: matching(refusal)},
		resource.TestStep{PreConfig: check(t, w, w.Changed()), Config: itself(q("1")), Destroy: true, ExpectError: matching(refusal)},
		resource.TestStep{PreConfig: check(t, w, w.Changed()), Config: itself(q("2"), allowSelf, retireAfterDay), Check: w.Changed(add)},
		resource.TestStep{PreConfig: after(w, 0), Config: itself(q("2"), retireAfterDay), Check: w.Changed()},
		resource.TestStep{PreConfig: after(w, 25*60*60*1e9), Config: itself(q("2"), retireAfterDay), PlanOnly: true, ExpectError: matching(refusal)},
		resource.TestStep{PreConfig: check(t, w, w.Changed()), Config: itself(q("2"), retireAfterDay, allowSelf), Check: w.Changed(remove)},
	)
}

// The guard knows the login from the claims of a ready token as well.
func TestSelf_KnownFromTheToken(t *testing.T) {
	w := loggedIn(t)
	resp, err := http.PostForm(w.URL+simulator.IdentityServiceBasePath+"/connect/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.Env["IDENTITY_SERVICE_CLIENT_ID"]}, "client_secret": {w.Env["IDENTITY_SERVICE_CLIENT_SECRET"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	delete(w.Env, "IDENTITY_SERVICE_CLIENT_ID")
	delete(w.Env, "IDENTITY_SERVICE_CLIENT_SECRET")
	w.Env["IDENTITY_SERVICE_ACCESS_TOKEN"] = answer.AccessToken
	w.Run(t, resource.TestStep{Config: itself(), PlanOnly: true, ExpectError: matching(refusal)})
	check(t, w, w.Changed())()
}

// When it is allowed, later calls of the same run log in with the new secret.
func TestSelf_LogsInWithTheNewSecret(t *testing.T) {
	w := loggedIn(t)
	secrets := func() []simulator.SecretRecord {
		return w.IdentityService.Secrets(simulator.IdentityServiceLoginTenant, simulator.IdentityServiceLoginClientID)
	}
	w.AfterRequest(func(e simulator.Entry) {
		if e.Operation == add {
			w.ExpireTokens()
			w.IdentityService.DeleteSecretElsewhere(secrets()[0].ID)
		}
	})
	w.Run(t, resource.TestStep{
		Config: itself(allowSelf, `on_destroy = "keep"`),
		Check: all(w.Changed(add), acctest.Do(func() error {
			w.AfterRequest(nil)
			w.Env["IDENTITY_SERVICE_CLIENT_SECRET"] = secrets()[1].Value // what the user does before the next run
			if ops := acctest.Operations(w.Journal()); !slices.Equal(ops[len(ops)-3:], []string{list, token, list}) {
				t.Errorf("after the rotation came %v, want a refused list, a login and a list", ops)
			}
			return nil
		}), resource.TestCheckResourceAttrSet(address, "secret_id")),
	})
}
