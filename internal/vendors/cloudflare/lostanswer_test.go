package cloudflare_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// silences are the ways in which an answer to a changing call can be lost.
var silences = map[string]simulator.Fault{
	"drop":         {Kind: simulator.Drop},
	"500":          {Kind: simulator.Answer, Status: 500, Body: "{}"},
	"502 HTML":     {Kind: simulator.HTML, Status: 502},
	"408":          {Kind: simulator.Answer, Status: 408, Body: "{}"},
	"null secret":  {Kind: simulator.NullSecret},
	"empty body":   {Kind: simulator.EmptyBody},
	"HTML for 200": {Kind: simulator.HTML, Status: 200},
	"truncated":    {Kind: simulator.Truncate},
}

func lost(fault simulator.Fault, operation string, after bool) simulator.Fault {
	fault.Operation, fault.After = operation, after
	return fault
}

// The rotation happened and its secret is gone with the answer: nothing is sent again, nothing is deleted, and what holds
// is said.
func TestLostAnswerOfTheFirstRotation(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(""))
			w.Inject(lost(fault, rotate, true))
			r := cli.ApplyFails()
			r.Errs(t, "its value was lost with the answer")
			r.Errs(t, "Do not delete the previous secret")
			cli.Sent(rotate)
			if cli.Instances(c.Address()) != nil {
				t.Error("there is an object in state")
			}
			cli.ApplyFails().Errs(t, `on_pending_rotation = "retire_first"`)
			cli.Sent()
			expectLive(t, w, 0, 1)
		})
	}
}

// Nobody could look either: until a look settles it, what is previous may be the secret in this state. Nothing ends it, also where a
// plan does not look.
func TestLostAnswerThatNobodyCouldLookFor(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	cli.Apply()
	w.Inject(lost(silences["500"], rotate, true))
	w.BeforeRequest(func(e simulator.Entry) {
		if e.Operation == rotate {
			for _, look := range []string{"cloudflare.get", "cloudflare.list"} {
				w.Inject(simulator.Fault{Operation: look, Kind: simulator.HTML, Times: -1})
			}
		}
	})
	cli.Configure(c.HCL(alone + trigger("2")))
	cli.ApplyFails()
	w.BeforeRequest(nil)
	w.ClearFaults()
	w.ResetJournal()
	completed := c.HCL(alone+trigger("1")) + fmt.Sprintf(`
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = %q
  version         = %s.version
}
`, acctest.OAuthClient, c.Address())
	cli.Configure(completed)
	cli.ApplyFails("-refresh=false").Errs(t, "may be the one in use")
	cli.Sent()
	expectLive(t, w, 1, 2)
	cli.ApplyFails().Errs(t, "A rotation from here was carried out, and its answer with the new secret was lost, or somebody else rotated")
	cli.Sent()
	expectLive(t, w, 1, 2)
	cli.Configure(c.HCL(alone + trigger("1")))
	cli.Must("destroy", "-json", "-input=false", "-auto-approve").Warns(t, "stay valid at the vendor")
	cli.Sent()
}

func TestLostAnswerOfALaterRotation(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(alone+trigger("1")))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(c.HCL(alone + trigger("2")))
			w.Inject(lost(fault, rotate, true))
			cli.ApplyFails().Errs(t, "its value was lost with the answer")
			cli.Sent(rotate)
			cli.Version(c.Address(), 1)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
				t.Error("the state lost the secret in use")
			}
			cli.ApplyFails() // refused: a rotation is open
			cli.Sent()
			expectLive(t, w, 1, 2)
			// The way out that the error names.
			cli.Configure(c.HCL(alone + trigger("2") + retireNext))
			cli.Apply()
			cli.Sent(retire, rotate, retire)
			expectLive(t, w, 3)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 3) {
				t.Error("the state does not hold the new secret")
			}
			cli.Empty()
		})
	}
}

// The request never took effect: as long as the flag stays false it surely did not, and it is sent once more.
func TestRotationThatDidNotHappen(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(""))
			w.Inject(lost(fault, rotate, false))
			start := w.Clock.Now()
			cli.Apply().Warns(t, "It was not carried out, so it was sent once more")
			cli.Sent(rotate, rotate)
			if waited := w.Clock.Now().Sub(start); waited < time.Minute {
				t.Errorf("sent again after %v, while the first request could still be on its way", waited)
			}
			expectLive(t, w, 0, 1)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
				t.Error("the state does not hold the secret")
			}
			cli.Empty()
		})
	}
}

// Sent twice without an answer: no third time.
func TestRotationThatIsNeverAnswered(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	w.Inject(simulator.Fault{Operation: rotate, Kind: simulator.Drop, Times: 2})
	cli.ApplyFails().Errs(t, "The secret in use still works")
	cli.Sent(rotate, rotate)
	expectLive(t, w, 0)
	cli.Apply()
	cli.Sent(rotate)
}

// The first request is executed late, when the flag was looked at already: it must not be sent again.
func TestRotationThatHappensLate(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationDelay = 30 * time.Second })
	w.Inject(lost(silences["drop"], rotate, true))
	cli.ApplyFails().Errs(t, "its value was lost with the answer")
	cli.Sent(rotate)
}

// A refusal was not executed and is no lost answer; 429 and 401 allow to send again.
func TestRefusedRotation(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Before: func() { w.Inject(refused(rotate, 403)) }, Config: c.HCL(""), Fails: "Nothing was changed", Calls: []string{rotate}, Live: []int{0}},
		acctest.Step{Before: func() { w.Inject(refused(rotate, 429)) }, Config: c.HCL(""), Calls: []string{rotate, rotate}, Live: []int{0, 1}},
	)
}

func TestLostAnswerOfARetirement(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		if name == "null secret" {
			continue
		}
		for _, after := range []bool{true, false} {
			when := map[bool]string{true: "after", false: "before"}[after]
			t.Run(name+" "+when, func(t *testing.T) {
				w := world(t)
				cli := w.Terminal(t, c.HCL(daily))
				cli.Apply()
				cli.Sent(rotate)
				w.Clock.Advance(25 * time.Hour)
				w.Inject(lost(fault, retire, after))
				cli.Apply()
				if after {
					cli.Sent(retire)
				} else {
					cli.Sent(retire, retire) // the client did not change, so it is sent once more
				}
				expectLive(t, w, 1)
				cli.Empty()
			})
		}
	}
}

// Somebody else's change after a lost answer forbids the repeat, which could end their new rotation.
func TestRetirementIsNotRepeatedAfterSomebodyElsesChange(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(daily))
	cli.Apply()
	cli.Sent(rotate)
	w.Clock.Advance(25 * time.Hour)
	w.Inject(lost(silences["drop"], retire, true))
	once := false
	w.AfterRequest(func(e simulator.Entry) {
		if e.Operation == retire && !once {
			once = true
			rotateElsewhere(w)
		}
	})
	cli.ApplyFails().Errs(t, "the deletion was not repeated")
	cli.Sent(retire)
	expectLive(t, w, 1, 2)
}

func TestLostAnswerOnDestroy(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
	cli.Apply()
	cli.Sent(rotate)
	w.Inject(lost(silences["drop"], retire, true))
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	cli.Sent(retire)
	expectLive(t, w, 1)
}

// A 200 without a secret, whatever else it says, is no success, and what the vendor did is found out by looking.
func TestRotationAnsweredWithoutASecret(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		simulator.RotateAnswerSuccessFalse, simulator.RotateAnswerNullResult, simulator.RotateAnswerNoSecret, simulator.RotateAnswerEmptySecret,
	} {
		t.Run(answer, func(t *testing.T) {
			w := world(t)
			w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.RotateAnswer = answer })
			cli := w.Terminal(t, c.HCL(""))
			cli.ApplyFails().Errs(t, "its value was lost with the answer")
			cli.Sent(rotate)
			if cli.Instances(c.Address()) != nil {
				t.Error("there is an object in state")
			}
			expectLive(t, w, 0, 1)
		})
	}
}

// The same answer from a vendor that did nothing is a plain refusal.
func TestRotationRefusedWithA200(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	w.Inject(refused(rotate, 200))
	cli.ApplyFails().Errs(t, "Nothing was changed")
	cli.Sent(rotate)
	expectLive(t, w, 0)
}
