package clientsecret_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// Two resources on one client of a vendor with two slots: the plan is refused, whichever comes second, and nothing is sent.
func TestTwoResourcesForOneClientAreRefused(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(trigger("1"))+c.Named("second", trigger("1")))
		cli.ApplyFails().Errs(t, "2 resources of this plan are created for the client")
		cli.Sent()
		cli.Configure(c.HCL(trigger("1")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(trigger("1")) + c.Named("second", trigger("1")+"  on_pending_rotation = \"retire_first\"\n"))
		cli.ApplyFails().Errs(t, "A resource of this configuration manages the secret of the client already")
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
			t.Error("the state lost the secret")
		}
	})
}

// Ids that differ in the case of their letters are one client.
func TestOneClientInTwoSpellingsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		shouting := c
		shouting.ScopeValue, shouting.IDValue = strings.ToUpper(c.ScopeValue), strings.ToUpper(c.IDValue)
		cli := w.Terminal(t, c.HCL(trigger("1"))+shouting.Named("second", trigger("1")))
		cli.ApplyFails().Errs(t, "2 resources of this plan are created for the client")
		cli.Sent()
	})
}

// A rename without moved is a destruction and a creation: the secret in use stays valid, and with the rotation open it is refused.
func TestRenameWithoutMoved(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.Named("renamed", ""))
		r := cli.Run("plan", "-json", "-input=false")
		r.Errs(t, "a second rotation would end")
		if !r.Failed {
			t.Error("the plan succeeded")
		}
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		cli.Configure(c.Named("renamed", "") + "moved {\n  from = " + c.Address() + "\n  to   = " + c.Type() + ".renamed\n}\n")
		cli.Apply().Silent(t)
		cli.Sent()
		cli.Empty()
	})
}

// A provider configuration that is unknown when an object is destroyed is an error where something is to be ended: nothing is
// forgotten in silence.
func TestDestroyWithAnUnknownProviderConfiguration(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		attribute := map[string]string{"cloudflare": "api_token", "csp": "api_token"}[c.Vendor]
		name := map[string]string{"cloudflare": "CLOUDFLARE_API_TOKEN", "csp": "CSP_API_TOKEN"}[c.Vendor]
		token := w.Env[name]
		delete(w.Env, name)
		config := func(rest string) string {
			return `
resource "terraform_data" "token" {
  input = "` + token + `"
}
provider "oauthsecret" {
  ` + c.Vendor + ` {
    ` + attribute + ` = terraform_data.token.output
  }
}
` + rest
		}
		cli := w.Terminal(t, config(c.HCL(`on_destroy = "retire_previous"`)))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Must("state", "rm", "terraform_data.token")
		r := cli.Run("destroy", "-json", "-input=false", "-auto-approve", "-refresh=false")
		r.Errs(t, "The provider configuration is not known")
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		if cli.Instances(c.Address()) == nil {
			t.Error("the state forgot the secret")
		}
	})
}
