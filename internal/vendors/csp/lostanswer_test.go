package csp_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// silences are the ways in which an answer to a changing call can be lost.
var silences = map[string]simulator.Fault{
	"drop":     {Kind: simulator.Drop},
	"500":      {Kind: simulator.Answer, Status: 500, Body: "{}"},
	"502 HTML": {Kind: simulator.HTML, Status: 502},
	"408":      {Kind: simulator.Answer, Status: 408, Body: "{}"},
	"200 HTML": {Kind: simulator.HTML, Status: 200},
}

func lost(fault simulator.Fault, operation string, after bool) simulator.Fault {
	fault.Operation, fault.After = operation, after
	return fault
}

func when(after bool) string {
	if after {
		return " after the effect"
	}
	return " before the effect"
}

// The value is known, so trying it shows that the rotation took effect; nothing is sent again.
func TestLostAnswerOfARotation(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(alone+trigger("1")))
			w.Inject(lost(fault, rotate, true))
			cli.Apply().Warns(t, "the rotation took effect")
			cli.Sent(rotate, retire)
			expectLive(t, w, 1)
			cli.Empty()
			cli.Configure(c.HCL(alone + trigger("2")))
			w.Inject(lost(fault, rotate, true))
			cli.Apply().Warns(t, "the rotation took effect")
			cli.Sent(rotate, retire)
			expectLive(t, w, 2)
			cli.Version(c.Address(), 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
				t.Error("the state does not hold the new secret")
			}
			cli.Empty()
		})
	}
}

// The new secret is refused and the one in use accepted: the same value is sent once more.
func TestRotationThatDidNotHappen(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(alone+trigger("1")))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(c.HCL(alone + trigger("2")))
			w.Inject(lost(fault, rotate, false))
			cli.Apply().Warns(t, "the same one was sent once more")
			cli.Sent(rotate, rotate, retire)
			expectLive(t, w, 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
				t.Error("the state does not hold the new secret")
			}
			cli.Empty()
		})
	}
}

// In Create nobody knows the secret in use, so nothing is sent again; the error says what holds, and nothing is tainted.
func TestFirstRotationThatDidNotHappen(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	w.Inject(lost(silences["drop"], rotate, false))
	cli.ApplyFails().Errs(t, "Whether it did could not be found out")
	cli.Sent(rotate)
	if cli.Instances(c.Address()) != nil {
		t.Error("there is an object in state")
	}
	expectLive(t, w, 0)
	cli.Apply()
	cli.Sent(rotate)
	expectLive(t, w, 0, 1)
}

// The token endpoint says nothing either: the value is kept, and the next apply tries it before it sends anything.
func TestRotationWhoseOutcomeStaysUnknown(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{true, false} {
		t.Run("request lost"+when(after), func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(alone+trigger("1")))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(c.HCL(alone + trigger("2")))
			w.Inject(lost(silences["drop"], rotate, after))
			for _, operation := range []string{"csp.token", "csp.introspect"} {
				w.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Times: -1})
			}
			cli.ApplyFails().Errs(t, "Whether it did could not be found out")
			cli.Sent(rotate)
			cli.Version(c.Address(), 1)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
				t.Error("the state lost the secret in use")
			}
			cli.ApplyFails().Errs(t, "Whether it did could not be found out")
			cli.Sent() // nothing is sent while nothing is known
			w.ClearFaults()
			w.Clock.Advance(time.Hour)
			cli.Apply()
			if after {
				cli.Sent(retire)
			} else {
				cli.Sent(rotate, retire)
			}
			expectLive(t, w, 2)
			cli.Version(c.Address(), 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
				t.Error("the state does not hold the new secret")
			}
			cli.Empty()
		})
	}
}

// unsettled is a rotation that took effect and whose outcome nobody could find out: the secret in state is the previous one.
func unsettled(t *testing.T, w *acctest.World, arguments string) *acctest.Terminal {
	t.Helper()
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	cli.Apply()
	cli.Configure(c.HCL(arguments + trigger("2")))
	w.Inject(lost(silences["drop"], rotate, true))
	for _, operation := range []string{"csp.token", "csp.introspect"} {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Times: -1})
	}
	cli.ApplyFails().Errs(t, "Whether it did could not be found out")
	w.ClearFaults()
	w.ResetJournal()
	return cli
}

// An object whose rotation is not settled is the only one that may know the current secret: it is not replaced before that.
func TestUnsettledRotationIsNotReplaced(t *testing.T) {
	w := world(t)
	w.CSP.AddApp(acctest.Org, "another-app", simulator.AppSpec{})
	cli := unsettled(t, w, alone+"  on_pending_rotation = \"retire_first\"\n")
	held := cli.Attribute(c.Address(), "client_secret")
	const words = "only this object may know the value of the current one"
	cli.ApplyFails("-replace="+c.Address()).Errs(t, words)
	cli.Must("taint", c.Address())
	cli.ApplyFails().Errs(t, words)
	other := c
	other.IDValue = "another-app"
	cli.Configure(other.HCL(alone + trigger("2")))
	cli.ApplyFails().Errs(t, words)
	cli.Must("untaint", c.Address())
	cli.ApplyFails().Errs(t, words)
	cli.Sent()
	expectLive(t, w, 1, 2)
	if cli.Attribute(c.Address(), "client_secret") != held {
		t.Error("the state lost the secret")
	}
	cli.Configure(c.HCL(alone + trigger("2")))
	cli.Apply()
	cli.Sent(retire)
	expectLive(t, w, 2)
	cli.Empty()
}

// Its destruction ends nothing, and says what it forgets.
func TestUnsettledRotationIsForgottenWithWords(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"keep", "retire_previous"} {
		t.Run(action, func(t *testing.T) {
			w := world(t)
			cli := unsettled(t, w, alone+"  on_destroy = \""+action+"\"\n")
			r := cli.Must("destroy", "-json", "-input=false", "-auto-approve")
			r.Warns(t, "this destroy forgets a rotation whose outcome is not known")
			r.Warns(t, "is the previous one now, which ends with the overlap of that rotation")
			if r.Has("warning", "stays valid at the vendor") {
				t.Errorf("it says that the previous secret stays:\n%s", r.Text)
			}
			cli.Sent()
			expectLive(t, w, 1, 2)
		})
	}
}

func TestRefusedRotation(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Before: func() { w.Inject(refused(rotate, 403)) }, Config: c.HCL(""), Fails: "Nothing was changed", Calls: []string{rotate}, Live: []int{0}},
		acctest.Step{Before: func() { w.Inject(refused(rotate, 400)) }, Config: c.HCL(""), Fails: "Nothing was changed", Calls: []string{rotate}, Live: []int{0}},
		acctest.Step{Before: func() { w.Inject(refused(rotate, 429)) }, Config: c.HCL(""), Calls: []string{rotate, rotate}, Live: []int{0, 1}},
	)
}

// An access token that ended is renewed; the refused request had no effect and is repeated.
func TestExpiredAccessToken(t *testing.T) {
	w := world(t)
	once := false
	w.BeforeRequest(func(e simulator.Entry) {
		if e.Operation == rotate && !once {
			once = true
			w.ExpireTokens()
		}
	})
	c.Run(t, w, acctest.Step{Config: c.HCL(""), Calls: []string{rotate, rotate}, Live: []int{0, 1}})
	if n := len(w.Effects()); n > 1 {
		t.Errorf("%d requests had an effect", n)
	}
}

func TestOpenRotationAtTheVendor(t *testing.T) {
	w := world(t)
	w.CSP.RotateElsewhere(acctest.Org, acctest.OAuthApp, "Somebody.elses-1", 0)
	cli := w.Terminal(t, c.HCL(""))
	r := cli.ApplyFails()
	r.Errs(t, "Another rotation or change of this app is open")
	r.Errs(t, `on_pending_rotation = "retire_first"`)
	cli.Sent(rotate)
	expectLive(t, w, 0, 1)
}

// The vendor may say that there is no rotation to end. It shows nothing by which that could be believed, so a destruction says so.
func TestDestroy_NothingToEndByTheVendor(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL("  on_destroy = \"retire_previous\"\n"))
	cli.Apply()
	w.Inject(simulator.Fault{Operation: retire, Kind: simulator.Answer, Status: 404, Body: `{"statusCode": 404, "message": "no rotation", "cspErrorCode": "1.2", "requestId": "x"}`})
	r := cli.Must("destroy", "-json", "-input=false", "-auto-approve")
	r.Warns(t, "the vendor says that there was no previous secret to delete")
	r.Warns(t, "It refused to end one, and it does not show whether there is one. If one is left, it ends with its overlap.")
	expectLive(t, w, 0, 1)
}

// The end of a rotation that was not answered is not repeated blindly. Where the vendor shows that the client was changed by it, it
// is done; otherwise the next apply makes sure.
func TestLostAnswerOfARetirement(t *testing.T) {
	t.Parallel()
	for name, fault := range silences {
		for _, after := range []bool{true, false} {
			t.Run(name+when(after), func(t *testing.T) {
				w := world(t)
				cli := w.Terminal(t, c.HCL(alone+trigger("1")))
				cli.Apply()
				cli.Sent(rotate, retire)
				cli.Configure(c.HCL(alone + trigger("2")))
				w.Inject(lost(fault, retire, after))
				w.BeforeRequest(func(e simulator.Entry) {
					if e.Operation == retire {
						w.Clock.Advance(time.Second)
					}
				})
				if after {
					cli.Apply()
					cli.Sent(rotate, retire)
					expectLive(t, w, 2)
					cli.Empty()
					return
				}
				cli.ApplyFails().Errs(t, "Unable to delete the previous secret")
				cli.Sent(rotate, retire)
				if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
					t.Error("the state does not hold the new secret")
				}
				cli.Apply()
				cli.Sent(retire)
				expectLive(t, w, 2)
				cli.Empty()
			})
		}
	}
}
