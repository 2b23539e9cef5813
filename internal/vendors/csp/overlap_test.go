package csp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The vendor ends the previous secret; the provider tells it when, and only when that was asked for.
func TestOverlap(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		argument string
		lasts    time.Duration
		sent     bool
	}{
		"unset":    {"", 48 * time.Hour, false},
		"an hour":  {`retire_previous_after = "1h"`, time.Hour, true},
		"a second": {`retire_previous_after = "90s"`, 90 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(test.argument))
			cli.Apply()
			for _, e := range w.Changing() {
				if got := slices.Contains(e.Fields, "secretRotationExpirationInSeconds"); got != test.sent {
					t.Errorf("the overlap was sent: %t, want %t", got, test.sent)
				}
			}
			cli.Sent(rotate)
			old := c.Secrets(w)[0]
			if got := old.ExpiresAt.Sub(c.Secrets(w)[1].CreatedAt); got != test.lasts {
				t.Errorf("the previous secret lives %v, want %v", got, test.lasts)
			}
			ends, err := time.Parse(time.RFC3339, cli.Attribute(c.Address(), "previous_secret_expires_at").(string))
			if err != nil || ends.Sub(*old.ExpiresAt).Abs() > 2*time.Second {
				t.Errorf("previous_secret_expires_at is %v, the vendor ends it at %v", ends, old.ExpiresAt)
			}
			w.Clock.Advance(test.lasts - 30*time.Second)
			cli.Empty()
			expectLive(t, w, 0, 1)
			w.Clock.Advance(time.Minute)
			cli.Empty() // its end is no change that an apply makes
			cli.Apply()
			if cli.Attribute(c.Address(), "has_previous_secret") != false || cli.Attribute(c.Address(), "previous_secret_expires_at") != nil {
				t.Error("the state still has a previous secret")
			}
			expectLive(t, w, 1)
			cli.Sent()
		})
	}
}

// Zero is never sent: the vendor does not say what it would mean. The rotation is ended instead.
func TestOverlapOfZero(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone))
	cli.Apply()
	for _, e := range w.Changing() {
		if slices.Contains(e.Fields, "secretRotationExpirationInSeconds") {
			t.Error("the overlap was sent")
		}
	}
	cli.Sent(rotate, retire)
	expectLive(t, w, 1)
	cli.Empty()
}

func TestOverlapIsCheckedBeforeAnyCall(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Config: c.HCL(`retire_previous_after = "1500ms"`), Fails: "whole seconds"},
		acctest.Step{Config: c.HCL(`retire_previous_after = "-1s"`), Fails: "Invalid duration"},
		acctest.Step{Config: c.HCL(`retire_previous_after = "1000000h"`), Fails: "Invalid duration", Live: []int{0}},
	)
}

// Once the overlap is over, the next rotation meets no previous secret.
func TestRotationsWithOverlap(t *testing.T) {
	w := world(t)
	config := func(q string) string { return c.HCL("  retire_previous_after = \"24h\"\n" + trigger(q)) }
	ends := []statecheck.StateCheck{c.Between("rotated_at", "previous_secret_expires_at", 24*time.Hour)}
	c.Run(t, w,
		acctest.Step{Config: config("1"), Calls: []string{rotate}, Live: []int{0, 1}, StateChecks: ends},
		acctest.Step{Before: func() { w.Clock.Advance(23 * time.Hour) }, Config: config("2"), Fails: "counts as valid until", Live: []int{0, 1}},
		acctest.Step{
			// The second in which the overlap ends still counts as a part of it.
			Before: func() { w.Clock.Advance(time.Hour + time.Minute) }, Config: config("2"), Plan: acctest.Update,
			Planned: acctest.Values{"client_secret": acctest.Unknown, "version": 2, "has_previous_secret": true}, Calls: []string{rotate}, Live: []int{1, 2}, StateChecks: ends,
		},
	)
}

// A failed end of a rotation right after a rotation keeps the truth, and the next apply tries again.
func TestFailedRetirementIsTriedAgain(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	w.Inject(refused(retire, 403))
	cli.Apply().Warns(t, "Unable to delete the previous secret")
	cli.Sent(rotate, retire)
	if in := cli.Instances(c.Address()); in[0].Status == "tainted" || in[0].Attributes["has_previous_secret"] != true {
		t.Error("the state does not tell the truth")
	}
	cli.Apply()
	cli.Sent(retire)
	cli.Empty()
	cli.Configure(c.HCL(alone + trigger("2")))
	w.Inject(refused(retire, 403))
	cli.ApplyFails().Errs(t, "the next apply tries again")
	cli.Sent(rotate, retire)
	if in := cli.Instances(c.Address()); in[0].Attributes["has_previous_secret"] != true || in[0].Attributes["client_secret"] != c.Secret(w, 2) {
		t.Error("the state does not tell the truth")
	}
	cli.Apply()
	cli.Sent(retire)
	expectLive(t, w, 2)
	cli.Empty()
}

// What the vendor answers when no rotation is open is its own affair.
func TestNothingToRetireIsSuccess(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"200": 200, "400": 400, "404": 404} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.CSP.Set(func(s *simulator.CSPSwitches) { s.DeleteNone = status })
			cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
			cli.Apply()
			w.CSP.EndRotationElsewhere(acctest.Org, acctest.OAuthApp)
			cli.Sent(rotate)
			cli.Must("destroy", "-json", "-auto-approve", "-input=false")
			cli.Sent(retire)
			expectLive(t, w, 1)
		})
	}
}
