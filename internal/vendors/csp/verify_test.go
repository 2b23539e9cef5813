package csp_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// How the vendor refuses a wrong secret is not documented; a control with a surely wrong one tells.
func TestLostRotationIsJudgedWhateverTheRefusalLooksLike(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*simulator.CSPSwitches){
		"400":          func(s *simulator.CSPSwitches) { s.WrongSecretStatus = 400 },
		"404":          func(s *simulator.CSPSwitches) { s.WrongSecretStatus = 404 },
		"unknown text": func(s *simulator.CSPSwitches) { s.WrongSecretMessage = simulator.WrongSecretUnknownText },
		"url decoding": func(s *simulator.CSPSwitches) { s.Basic = simulator.BasicURLDecoded },
		"traced":       func(s *simulator.CSPSwitches) { s.ErrorBody = simulator.CSPErrorTraced },
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.CSP.Set(set)
			cli := w.Terminal(t, c.HCL(alone+trigger("1")))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(c.HCL(alone + trigger("2")))
			w.Inject(lost(silences["drop"], rotate, false))
			cli.Apply()
			cli.Sent(rotate, rotate, retire)
			expectLive(t, w, 2)
		})
	}
}

// Without the grant for it, the app proves its secret at the introspection endpoint, if that tells right from wrong.
func TestVerifyWithoutClientCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grantFirst, ignores, want bool
	}{
		// The complaint about the grant comes after the client was authenticated, and a wrong secret gets another answer.
		"complaint": {false, false, true}, "complaint, and introspection authenticates nobody": {false, true, true},
		"introspection": {true, false, true}, "introspection authenticates nobody": {true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.CSP.SetGrantTypes(acctest.Org, acctest.OAuthApp, "authorization_code")
			w.CSP.Set(func(s *simulator.CSPSwitches) {
				s.GrantFirst, s.IntrospectIgnoresPassword = test.grantFirst, test.ignores
			})
			calls := []string{rotate}
			c.Run(t, w, acctest.Step{Config: c.HCL(`verify { timeout = "5s" }`), State: acctest.Values{"verified": test.want}, Calls: calls})
		})
	}
}

// The new secret needs a while until it is accepted; the old one is not ended before.
func TestVerifyWaitsForPropagation(t *testing.T) {
	w := world(t)
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.PropagationDelay = 10e9 })
	c.Run(t, w, acctest.Step{Config: c.HCL(alone + `verify { timeout = "60s" }`), State: acctest.Values{"verified": true}, Calls: []string{rotate, retire}})
}

func TestUnfitApps(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]simulator.AppSpec{"public client": {Public: true}, "immutable": {Immutable: true}} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.CSP.AddApp(acctest.Org, acctest.OAuthApp, spec)
			c.Run(t, w, acctest.Step{Config: c.HCL(""), Fails: "cannot have its secret rotated"})
			if n := len(w.Effects()); n > 0 {
				t.Errorf("%d requests had an effect", n)
			}
			c.Run(t, w, acctest.Step{Config: c.HCL(`on_create = "adopt"`), Fails: "cannot have its secret rotated"})
		})
	}
}

// An app that became unfit is known to be from the read of the plan: nothing is sent.
func TestAppBecomesUnfit(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	cli.Apply()
	cli.Sent(rotate, retire)
	w.CSP.AddApp(acctest.Org, acctest.OAuthApp, simulator.AppSpec{Immutable: true})
	cli.Plan().Silent(t)
	cli.Configure(c.HCL(alone + trigger("2")))
	cli.Run("plan", "-json", "-input=false").Errs(t, "it is immutable")
	cli.ApplyFails()
	cli.Sent()
}
