package csp_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// self is the app that the provider logs in as.
var self = func() acctest.Client {
	self := c
	self.ScopeValue, self.IDValue = simulator.CSPLoginOrgID, simulator.CSPLoginClientID
	return self
}()

// loginAsApp is a world whose provider logs in with the credentials of that app.
func loginAsApp(t *testing.T) *acctest.World {
	t.Helper()
	w := world(t)
	delete(w.Env, "CSP_API_TOKEN")
	w.Env["CSP_CLIENT_ID"] = simulator.CSPLoginClientID
	w.Env["CSP_CLIENT_SECRET"] = simulator.CSPLoginClientSecret
	w.Env["CSP_ORG_ID"] = simulator.CSPLoginOrgID
	return w
}

const (
	itself = "The provider itself logs in as this client"
	allow  = "  allow_self_rotation = true\n"
)

// Refused at plan, so that not even an apply of something else goes wrong halfway.
func TestSelfRotationIsRefused(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"rotate": "", "regenerate": replaceNow, "at once": alone,
	} {
		t.Run(name, func(t *testing.T) {
			w := loginAsApp(t)
			cli := w.Terminal(t, self.HCL(config))
			r := cli.Run("plan", "-json", "-input=false")
			r.Errs(t, itself)
			r.Errs(t, "allow_self_rotation = true")
			cli.ApplyFails()
			cli.Sent()
		})
	}
}

// The vendor takes its ids in any case, so the guard does.
func TestSelfRotationInAnotherSpellingIsRefused(t *testing.T) {
	w := loginAsApp(t)
	shouting := self
	shouting.IDValue = strings.ToUpper(self.IDValue)
	cli := w.Terminal(t, shouting.HCL(""))
	cli.ApplyFails().Errs(t, itself)
	cli.Sent()
}

func TestSelfRotationOfAnAdoptedAppIsRefused(t *testing.T) {
	w := loginAsApp(t)
	adopt := "  on_create = \"adopt\"\n"
	self.Run(t, w,
		acctest.Step{Config: self.HCL(adopt + trigger("1")), Plan: acctest.Create, Live: []int{0}},
		acctest.Step{Config: self.HCL(adopt + trigger("2")), Fails: itself, Live: []int{0}},
		acctest.Step{Config: self.HCL(adopt + trigger("2") + allow), Plan: acctest.Update, Calls: []string{rotate}, Live: []int{0, 1}, State: acctest.Values{"version": 1}},
		acctest.Step{Config: self.HCL(adopt + trigger("2")), Plan: acctest.Update, Live: []int{0, 1}},
	)
}

// Revoking or retiring the provider's own credential is refused as well.
func TestSelfDestructionIsRefused(t *testing.T) {
	t.Parallel()
	for destroy, call := range map[string]string{"revoke": regenerate, "retire_previous": retire} {
		t.Run(destroy, func(t *testing.T) {
			w := loginAsApp(t)
			config := func(arguments string) string { return self.HCL(arguments + `on_destroy = "` + destroy + `"`) }
			cli := w.Terminal(t, config(allow))
			cli.Apply()
			cli.Sent(rotate)
			w.Env["CSP_CLIENT_SECRET"] = self.Secret(w, 1)
			cli.Configure(config(""))
			cli.Apply()
			r := cli.Run("plan", "-destroy", "-json", "-input=false")
			if !r.Failed {
				t.Error("the plan succeeded")
			}
			r.Errs(t, itself)
			cli.Run("destroy", "-json", "-auto-approve", "-input=false")
			cli.Sent()
			cli.Configure(config(allow))
			cli.Apply()
			cli.Must("destroy", "-json", "-auto-approve", "-input=false")
			cli.Sent(call)
		})
	}
}

// A client that is not the provider's own is not its business.
func TestAnotherClientOfTheSameOrganization(t *testing.T) {
	w := loginAsApp(t)
	w.CSP.AddApp(simulator.CSPLoginOrgID, "another", simulator.AppSpec{})
	other := self
	other.IDValue = "another"
	other.Run(t, w, acctest.Step{Config: other.HCL(""), Calls: []string{rotate}})
}

// After the rotation the provider logs in with the new secret: here the old one is dead and the access token has ended.
func TestLaterCallsLogInWithTheNewSecret(t *testing.T) {
	w := loginAsApp(t)
	cli := w.Terminal(t, self.HCL(allow+alone))
	w.AfterRequest(func(e simulator.Entry) {
		if e.Operation == rotate {
			w.CSP.EndRotationElsewhere(self.ScopeValue, self.IDValue)
			w.ExpireTokens()
		}
	})
	cli.Apply()
	cli.Sent(rotate, retire) // the look before meets the 401: the access token has ended
	if live := self.Live(w); len(live) != 1 || live[0] != 1 {
		t.Errorf("CSP accepts the secrets %v", live)
	}
	w.Env["CSP_CLIENT_SECRET"] = self.Secret(w, 1)
	cli.Empty()
}

// The token's claims tell who the provider is, too.
func TestSelfIsKnownFromAReadyAccessToken(t *testing.T) {
	w := world(t)
	token := w.CSPAccessToken(t)
	delete(w.Env, "CSP_API_TOKEN")
	w.Env["CSP_ACCESS_TOKEN"], w.Env["CSP_ORG_ID"] = token, simulator.CSPLoginOrgID
	cli := w.Terminal(t, self.HCL(""))
	cli.Run("plan", "-json", "-input=false").Errs(t, itself)
	cli.Sent()
}
