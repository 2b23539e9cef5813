package csp_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const replaceNow = "  rotation_mode = \"regenerate\"\n"

func TestRegenerate(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(trigger("1")))
	cli.Apply()
	cli.Sent(rotate)
	cli.Version(c.Address(), 1)
	// The mode alone rotates nothing and warns of nothing.
	cli.Configure(c.HCL(replaceNow + trigger("1")))
	cli.Apply().Silent(t)
	cli.Sent()
	cli.Configure(c.HCL(replaceNow + trigger("2")))
	cli.Plan().Warns(t, "this apply ends every secret at once")
	cli.Sent()
	cli.ApplySaved().Succeeds(t) // an open rotation does not matter to it
	cli.Sent(regenerate)
	expectLive(t, w, 2)
	for name, want := range map[string]any{"client_secret": c.Secret(w, 2), "has_previous_secret": false, "previous_secret_expires_at": nil} {
		if got := cli.Attribute(c.Address(), name); got != want {
			t.Errorf("%s is not what was expected", name)
		}
	}
	cli.Version(c.Address(), 2)
	cli.Empty()
}

func TestCreateByRegeneration(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(replaceNow))
	cli.Plan().Warns(t, "this apply ends every secret at once")
	cli.ApplySaved().Succeeds(t)
	cli.Sent(regenerate)
	expectLive(t, w, 1)
	cli.Empty()
}

// When the answer is lost nothing is left to lose, and the secret that comes of the repeat is the one in state.
func TestLostAnswerOfARegeneration(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		for _, after := range []bool{true, false} {
			t.Run(name+when(after), func(t *testing.T) {
				w := world(t)
				cli := w.Terminal(t, c.HCL(replaceNow))
				w.Inject(lost(fault, regenerate, after))
				start := w.Clock.Now()
				cli.Apply().Warns(t, "so it was sent again")
				cli.Sent(regenerate, regenerate)
				if waited := w.Clock.Now().Sub(start); waited < time.Minute {
					t.Errorf("sent again after %v, while the first request could still be on its way", waited)
				}
				if s, _ := cli.Attribute(c.Address(), "client_secret").(string); !c.Accepts(w, s) {
					t.Error("the secret in state is not accepted")
				}
				cli.Empty()
			})
		}
	}
}

func TestRegenerationIsSentThreeTimesAtMost(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(replaceNow))
	w.Inject(simulator.Fault{Operation: regenerate, Kind: simulator.Drop, After: true, Times: -1})
	cli.ApplyFails().Errs(t, "have probably stopped working")
	cli.Sent(regenerate, regenerate, regenerate)
	w.ClearFaults()
	cli.Apply()
	cli.Sent(regenerate)
}

func TestOnDestroyRevoke(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(`on_destroy = "revoke"`))
	cli.Apply()
	cli.Sent(rotate)
	plan := cli.Plan("-destroy")
	plan.Warns(t, "this destroy ends every secret")
	cli.Sent()
	cli.ApplySaved().Succeeds(t)
	cli.Sent(regenerate)
	if c.Accepts(w, c.Secret(w, 0)) || c.Accepts(w, c.Secret(w, 1)) {
		t.Error("a secret survived")
	}
}

func TestFailedRevocationStaysInState(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(`on_destroy = "revoke"`))
	cli.Apply()
	cli.Sent(rotate)
	w.Inject(refused(regenerate, 403))
	r := cli.Run("destroy", "-json", "-auto-approve", "-input=false")
	r.Errs(t, "Unable to revoke the secret")
	r.Errs(t, "stays in state")
	cli.Sent(regenerate)
	expectLive(t, w, 0, 1)
	cli.Empty()
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	cli.Sent(regenerate)
}

// The old half of a create_before_destroy would revoke the secret that the new half has just made.
func TestRevokeNeverEndsANewerSecret(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+`
  on_destroy = "revoke"
  lifecycle { create_before_destroy = true }`))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Apply("-replace="+c.Address()).Warns(t, "nothing was revoked")
	cli.Sent(rotate, retire)
	if s, _ := cli.Attribute(c.Address(), "client_secret").(string); s != c.Secret(w, 2) || !c.Accepts(w, s) {
		t.Error("the secret in state is not accepted")
	}
	cli.Empty()
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	cli.Sent(regenerate)
}

// Also while the overlap lets the old half's secret live, which says nothing about which of the two is current.
func TestRevokeNeverEndsANewerSecretInTheOverlap(t *testing.T) {
	w := world(t)
	config := func(first string) string {
		return c.HCL(first + `
  on_destroy = "revoke"
  lifecycle { create_before_destroy = true }`)
	}
	cli := w.Terminal(t, config(alone))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(config(""))
	cli.Apply("-replace="+c.Address()).Warns(t, "Another object of this configuration manages the secret of the client and may hold a newer one")
	cli.Sent(rotate)
	expectLive(t, w, 1, 2)
	cli.Empty()
}

// The same when a consumer fails in between and the old half is left for the next run, which is another process: a deposed object
// revokes nothing, whether its own secret works still or not, and whoever manages the client now keeps a secret that works.
func TestRevokeOfALeftOverOldHalf(t *testing.T) {
	t.Parallel()
	for name, c2 := range map[string]struct {
		second string
		calls  []string
		live   []int
	}{
		"its secret has ended": {alone, []string{rotate, retire}, []int{2}},
		"its secret works":     {"", []string{rotate}, []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			config := func(arguments, consumer string) string {
				return c.ReplacedFirst(arguments+"\n  on_destroy = \"revoke\"", consumer)
			}
			cli := w.Terminal(t, config(alone, `self.output != ""`))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(config(c2.second, `self.output == ""`))
			r := cli.Run("apply", "-json", "-input=false", "-auto-approve", "-replace="+c.Address())
			if !r.Failed || len(cli.Instances(c.Address())) != 2 {
				t.Fatalf("the old half is not left over:\n%s", r.Text)
			}
			cli.Sent(c2.calls...)
			cli.Configure(config(c2.second, `self.output != ""`))
			cli.Plan().Warns(t, "this destroy keeps every secret")
			apply := cli.ApplySaved()
			apply.Succeeds(t)
			apply.Warns(t, "nothing was revoked")
			cli.Sent()
			expectLive(t, w, c2.live...)
			if s, _ := cli.Attribute(c.Address(), "client_secret").(string); s != c.Secret(w, 2) || !c.Accepts(w, s) {
				t.Error("the secret in state is not accepted any more")
			}
			cli.Empty()
		})
	}
}

// Taint and the ordinary order of a replacement: the old object is revoked, and then one secret is made.
func TestReplaceWithRevoke(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+`on_destroy = "revoke"`))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Apply("-replace=" + c.Address())
	cli.Sent(regenerate, rotate, retire)
	if s, _ := cli.Attribute(c.Address(), "client_secret").(string); !c.Accepts(w, s) {
		t.Error("the secret in state is not accepted")
	}
	cli.Empty()
}

func TestRegenerationIsNeverImplicit(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Config: c.HCL(retireNext + trigger("1")), Calls: []string{rotate}},
		acctest.Step{Config: c.HCL(retireNext + trigger("2")), Calls: []string{retire, rotate}},
		acctest.Step{Before: func() { w.Clock.Advance(100 * time.Hour) }, Config: c.HCL(trigger("3")), Calls: []string{rotate}},
	)
}

// The old object revokes, which changes the client, and the new one makes room: neither takes the other's change for somebody
// else's.
func TestReplaceWithRevokeAndRoom(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+retireNext+`on_destroy = "revoke"`))
	cli.Apply()
	cli.Sent(rotate, retire)
	w.Clock.Advance(time.Hour)
	cli.Apply("-replace=" + c.Address())
	if s, _ := cli.Attribute(c.Address(), "client_secret").(string); !c.Accepts(w, s) {
		t.Error("the secret in state is not accepted")
	}
	cli.Empty()
}
