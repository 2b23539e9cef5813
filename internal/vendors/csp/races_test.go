package csp_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Somebody rotates between the plan and the apply of what ends the previous secret, and the vendor shows a younger secret: the
// apply looks, and ends nothing.
func TestSecretGotYoungerAfterThePlan(t *testing.T) {
	w := world(t)
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
	cli := w.Terminal(t, c.HCL(trigger("1")))
	cli.Apply()
	cli.Sent(rotate)
	w.Clock.Advance(time.Hour)
	cli.Configure(c.HCL(retireNext + trigger("2")))
	cli.Plan().Warns(t, "this apply deletes the previous secret before the rotation")
	w.Clock.Advance(time.Hour)
	w.CSP.EndRotationElsewhere(acctest.Org, acctest.OAuthApp)
	rotateElsewhere(w)
	cli.ApplySaved().Errs(t, "The client was changed since it was read for the plan")
	cli.Sent()
	expectLive(t, w, 1, 2)
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state lost the secret")
	}
}

// A lost answer is settled by the value that was sent and by no other: until then nothing is sent, and the time until which the
// secret in use surely works never moves.
func TestLostAnswerIsSettledByNoOtherValue(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+chosen(firstChoice, 1)))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(c.HCL(alone + chosen(secondChoice, 2)))
	w.Inject(lost(silences["drop"], rotate, true))
	for _, operation := range []string{"csp.token", "csp.introspect"} {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Times: -1})
	}
	until := regexp.MustCompile(`works at least until (\S+Z)`)
	r := cli.ApplyFails()
	cli.Sent(rotate)
	ends := until.FindString(r.Text)
	if ends == "" {
		t.Fatalf("the error names no time:\n%s", r.Text)
	}
	w.ClearFaults()
	for _, other := range []string{chosen("Chosen.value-0003-of.32.characters", 3), chosen(firstChoice, 3)} {
		w.Clock.Advance(time.Hour)
		cli.Configure(c.HCL(alone + other))
		r := cli.ApplyFails()
		r.Errs(t, "Only the value that was sent can tell")
		if got := until.FindString(r.Text); got != ends {
			t.Errorf("the error says %q, want %q", got, ends)
		}
		cli.Sent()
		if cli.Attribute(c.Address(), "client_secret_sha256") != fingerprint(firstChoice) {
			t.Error("the state claims a value that was not settled")
		}
		cli.Version(c.Address(), 1)
	}
	cli.Configure(c.HCL(alone + chosen(secondChoice, 2)))
	cli.Apply()
	cli.Sent(retire)
	expectLive(t, w, 2)
	cli.Version(c.Address(), 2)
	if cli.Attribute(c.Address(), "client_secret_sha256") != fingerprint(secondChoice) {
		t.Error("the state does not hold the value that was sent")
	}
	cli.Empty()
}

// The plan of a tainted object says what on_destroy does. (Of -replace Terraform shows no warning: it plans an update, and drops the
// warnings of the creation that it plans after it.)
func TestReplacementSaysThatItRevokes(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+`on_destroy = "revoke"`))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Must("taint", c.Address())
	plan := cli.Plan()
	plan.Warns(t, "this replacement ends every secret")
	plan.Warns(t, "stops working at once")
	cli.ApplySaved().Succeeds(t)
	cli.Sent(regenerate, rotate, retire)
	expectLive(t, w, 3)
}

// Adopting beside a revocation would leave nobody who knows a secret that works.
func TestReplacementThatRevokesAndAdoptsIsRefused(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL("on_create = \"adopt\"\non_destroy = \"revoke\""))
	cli.Apply()
	cli.ApplyFails("-replace="+c.Address()).Errs(t, "nobody would know a secret that works")
	cli.Must("taint", c.Address())
	cli.ApplyFails().Errs(t, "nobody would know a secret that works")
	cli.Sent()
	expectLive(t, w, 0)
}

// A completion of a rotation leaves nothing open, also where the next plan does not refresh.
func TestRotationAfterACompletionWithoutARefresh(t *testing.T) {
	w := world(t)
	config := func(q string) string {
		return c.HCL(retireNext+trigger(q)) + `
resource "oauthsecret_csp_rotation_completion" "app" {
  oauth_app_id = "` + acctest.OAuthApp + `"
  version      = ` + c.Address() + `.version
}
`
	}
	cli := w.Terminal(t, config("1"))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(config("2"))
	cli.Apply("-refresh=false")
	if s, _ := cli.Attribute(c.Address(), "client_secret").(string); s != c.Secret(w, 2) || !c.Accepts(w, s) {
		t.Error("the state does not hold the new secret")
	}
	expectLive(t, w, 2)
}
