package csp_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const seen = "The vendor shows a secret of age"

// aged is a client secret whose age was read once, an hour after its rotation.
func aged(t *testing.T, w *acctest.World, config string) *acctest.Terminal {
	t.Helper()
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
	cli := w.Terminal(t, config)
	cli.Apply()
	cli.Sent(rotate, retire)
	w.Clock.Advance(time.Hour)
	cli.Apply().Silent(t)
	return cli
}

func changeElsewhere(w *acctest.World) {
	w.CSP.PatchSecretElsewhere(acctest.Org, acctest.OAuthApp, "Somebody.elses-1")
}

func TestExternalChangeWarns(t *testing.T) {
	w := world(t)
	cli := aged(t, w, c.HCL(alone))
	changeElsewhere(w)
	cli.Plan().Warns(t, seen)
	cli.Empty()
	cli.Apply().Warns(t, seen)
	w.Clock.Advance(10 * time.Hour)
	cli.Apply().Warns(t, seen) // it stands until it is dealt with
	cli.Empty()
	cli.Sent()
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state lost the secret")
	}
}

func TestExternalChangeIgnored(t *testing.T) {
	w := world(t)
	cli := aged(t, w, c.HCL(alone+`on_external_rotation = "ignore"`))
	changeElsewhere(w)
	cli.Plan().Silent(t)
	cli.Apply().Silent(t)
	cli.Empty()
	cli.Sent()
}

func TestExternalChangeRotates(t *testing.T) {
	w := world(t)
	cli := aged(t, w, c.HCL(alone+trigger("1")+`on_external_rotation = "rotate"`))
	changeElsewhere(w)
	// The secret in state may be the previous one now: the policy alone never ends it.
	cli.ApplyFails().Errs(t, "the only one that is known to work here")
	cli.Configure(c.HCL(alone + retireNext + trigger("1") + `on_external_rotation = "rotate"`))
	cli.ApplyFails().Errs(t, "the only one that is known to work here")
	cli.Sent()
	cli.Configure(c.HCL(alone + retireNext + trigger("2") + `on_external_rotation = "rotate"`))
	cli.Plan().Warns(t, seen)
	cli.PlannedVersion(c.Address(), 2)
	if got := cli.Saved(c.Address()); got.Actions[0] != "update" || got.Unknown["client_secret"] != true {
		t.Errorf("the plan shows %v", got)
	}
	cli.ApplySaved().Succeeds(t)
	cli.Sent(retire, rotate, retire)
	expectLive(t, w, 3)
	cli.Empty()
	w.Clock.Advance(time.Hour)
	cli.Apply().Silent(t)
	cli.Sent()
}

// What this resource does itself, and time, are no change by somebody else.
func TestOwnRotationIsNoExternalChange(t *testing.T) {
	t.Parallel()
	for _, age := range []string{simulator.SecretAgeResets, simulator.SecretAgeKeeps, simulator.SecretAgeAbsent} {
		t.Run(age, func(t *testing.T) {
			w := world(t)
			w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = age })
			cli := w.Terminal(t, c.HCL(alone+trigger("1")+`on_external_rotation = "rotate"`))
			quiet := func(r acctest.Result) {
				t.Helper()
				if r.Has("warning", "somebody else") || r.Has("warning", "drift") {
					t.Errorf("it is taken for somebody else's:\n%s", r.Text)
				}
			}
			quiet(cli.Apply())
			for _, q := range []string{"2", "3"} {
				w.Clock.Advance(10 * time.Hour)
				cli.Apply().Silent(t)
				cli.Configure(c.HCL(alone + trigger(q) + `on_external_rotation = "rotate"`))
				quiet(cli.Apply())
				cli.Empty()
				w.Clock.Advance(time.Minute)
				cli.Apply().Silent(t)
			}
			cli.Sent(rotate, retire, rotate, retire, rotate, retire)
		})
	}
}

// What on_destroy = "retire_previous" deletes is this resource's. With none of its own open, somebody else's rotation, whose
// previous secret is the one in use, is left alone.
func TestDestroyLeavesAForeignRotationAlone(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*acctest.World) string{
		"adopted":     func(*acctest.World) string { return `on_create = "adopt"` },
		"long closed": func(*acctest.World) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(prepare(w)+"\n"+`on_destroy = "retire_previous"`))
			cli.Apply()
			w.Clock.Advance(100 * time.Hour)
			rotateElsewhere(w)
			w.ResetJournal()
			cli.Must("destroy", "-json", "-auto-approve", "-input=false")
			cli.Sent()
		})
	}
}
