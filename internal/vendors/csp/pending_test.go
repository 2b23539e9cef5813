package csp_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func rotateElsewhere(w *acctest.World) {
	w.CSP.RotateElsewhere(acctest.Org, acctest.OAuthApp, "Somebody.elses-1", 0)
}

// CSP shows no open rotation, so the first rotation learns of one by being refused.
func TestCreateMeetsAnOpenRotation(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Before: func() { rotateElsewhere(w) }, Config: c.HCL(""), Fails: "Another rotation or change of this app is open", Calls: []string{rotate}, Live: []int{0, 1}},
		acctest.Step{
			Config: c.HCL(retireNext), Plan: acctest.Create, Calls: []string{rotate, retire, rotate}, Live: []int{1, 2},
			State: acctest.Values{"client_secret": acctest.Made(2), "version": 1, "has_previous_secret": true},
		},
	)
}

// The same with the rotation that the replaced object left open.
func TestReplaceWithAnOpenRotation(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(retireNext))
	cli.Apply()
	cli.Sent(rotate)
	cli.Apply("-replace=" + c.Address())
	cli.Sent(retire, rotate)
	if n := len(c.Secrets(w)); n != 3 {
		t.Errorf("the app had %d secrets, want 3: one rotation for the replacement", n)
	}
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
		t.Error("the state does not hold the new secret")
	}
	expectLive(t, w, 1, 2)
	cli.Empty()
}

// A rotation that somebody else opened since the plan was not agreed to: nothing of it is ended.
func TestRotationOpenedAfterThePlan(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+retireNext+trigger("1")))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(c.HCL(alone + retireNext + trigger("2")))
	cli.Plan()
	rotateElsewhere(w)
	cli.ApplySaved().Errs(t, "Another rotation or change of this app is open")
	cli.Sent(rotate)
	expectLive(t, w, 1, 2)
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state lost the secret")
	}
	// The next plan says what it ends.
	cli.Plan().Warns(t, "The vendor refused the last rotation because another one is open")
	cli.ApplySaved().Warns(t, "this apply deletes the previous secret before the rotation")
	cli.Sent(retire, rotate, retire)
	cli.Plan().Silent(t)
	cli.Empty()
}

// Without retire_first a refused rotation is tried again, in case that it was refused for another reason.
func TestRefusedRotationIsTriedAgain(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(c.HCL(trigger("2")))
	w.Inject(simulator.Fault{Operation: rotate, Kind: simulator.Answer, Status: 409, Times: 1})
	cli.ApplyFails().Errs(t, "Another rotation or change of this app is open")
	cli.Sent(rotate)
	cli.Plan().Warns(t, "another rotation is open")
	cli.ApplySaved()
	cli.Sent(rotate)
	cli.Plan().Silent(t)
	cli.Empty()
}

// Until previous_secret_expires_at the previous secret counts as valid, and the error says so.
func TestPendingRotationNamesTheDate(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(trigger("1")))
	cli.Apply()
	ends, _ := cli.Attribute(c.Address(), "previous_secret_expires_at").(string)
	cli.Configure(c.HCL(trigger("2")))
	r := cli.Run("plan", "-json", "-input=false")
	r.Errs(t, "counts as valid until "+ends)
}
