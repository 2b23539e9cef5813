package completion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

// slot is a vendor with two slots, with the acts of somebody else.
type slot struct {
	shape
	rotateElsewhere, endElsewhere func(w *acctest.World)
}

var slots = []slot{
	{
		shapes[0],
		func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
		func(w *acctest.World) { w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient) },
	},
	{
		shapes[1],
		func(w *acctest.World) {
			w.CSP.RotateElsewhere(acctest.Org, acctest.OAuthApp, "Somebody~elses.secret-of-32-letters", time.Hour)
		},
		func(w *acctest.World) { w.CSP.EndRotationElsewhere(acctest.Org, acctest.OAuthApp) },
	},
}

// eachSlot runs a test at every vendor with two slots, in a world of its own.
func eachSlot(t *testing.T, test func(t *testing.T, s slot, w *acctest.World)) {
	t.Helper()
	t.Parallel()
	for _, s := range slots {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, s, acctest.NewWorld(t))
		})
	}
}

func (s slot) secretAddress() string { return "oauthsecret_" + s.name + "_client_secret.app" }

const nextPlanLooks = "the previous secret was not deleted yet"

// A completion that waits compares, right before the end, how the client is with what its plan saw: somebody who rotates between
// the two keeps the secret in use alive.
func TestWaiting_SomebodyRotatesAfterThePlan(t *testing.T) {
	t.Parallel()
	for _, s := range slots {
		for name, updates := range map[string]bool{"created": false, "updated": true} {
			t.Run(s.name+" "+name, func(t *testing.T) {
				t.Parallel()
				w := acctest.NewWorld(t)
				cli := w.Terminal(t, s.completed("1"))
				quarter := "1"
				if updates {
					cli.Apply()
					cli.Apply()
					quarter = "2"
				}
				w.Clock.Advance(time.Minute)
				w.Consumers.Fail("app", consumer.BeforeWrite, 1)
				cli.Configure(s.completed(quarter))
				cli.ApplyFails()
				w.ResetJournal()
				w.Clock.Advance(time.Minute)
				inUse := cli.Attribute(s.secretAddress(), "client_secret").(string)
				cli.Plan().Warns(t, "the completion deletes the previous secret")
				w.Clock.Advance(time.Minute)
				s.endElsewhere(w)
				s.rotateElsewhere(w)
				r := cli.ApplySaved()
				if updates {
					r.Errs(t, "The client was changed since it was read for the plan")
				} else {
					r.Warns(t, nextPlanLooks)
				}
				cli.Sent()
				if !s.accepts(w, inUse) {
					t.Error("the secret in use was ended")
				}
				if s.name == "csp" { // which ends it by itself, and does not show whether this was an edit
					cli.Plan().Warns(t, "the previous secret is left to the vendor")
					cli.ApplySaved().Succeeds(t)
					cli.Sent()
					cli.Empty()
				} else {
					cli.Run("plan", "-json", "-input=false").Errs(t, "be the one in use")
				}
				if !s.accepts(w, inUse) {
					t.Error("the secret in use was ended after all")
				}
			})
		}
	}
}

// A completion that is created for a rotation that an earlier apply made in place is told by nothing which rotation that was. Its
// first apply ends nothing, and the next one, whose plan looked, does.
func TestWaiting_OfAnOlderRotation(t *testing.T) {
	eachSlot(t, func(t *testing.T, s slot, w *acctest.World) {
		cli := w.Terminal(t, s.secret("1"))
		cli.Apply()
		w.Clock.Advance(72 * time.Hour)
		s.endElsewhere(w)
		cli.Apply()
		cli.Configure(s.secret("2"))
		cli.Apply()
		cli.Sent(s.rotate, s.rotate)
		w.Clock.Advance(time.Minute)
		cli.Configure(s.completed("2"))
		cli.Plan().Warns(t, "the previous secret stays until the next apply")
		cli.ApplySaved().Warns(t, nextPlanLooks)
		cli.Sent()
		cli.Plan().Warns(t, "the completion deletes the previous secret")
		cli.ApplySaved().Succeeds(t)
		cli.Sent(s.retire)
		cli.Empty()
	})
}

// A completion that waits is not carried out by a plan that did not look: somebody else may have rotated, and every plan that looked
// was refused for it, so nothing of that is in state.
func TestWaiting_WithoutARefresh(t *testing.T) {
	eachSlot(t, func(t *testing.T, s slot, w *acctest.World) {
		cli := w.Terminal(t, s.completed("1"))
		cli.Apply()
		cli.Apply()
		w.Clock.Advance(time.Minute)
		w.Consumers.Fail("app", consumer.BeforeWrite, 1)
		cli.Configure(s.completed("2"))
		cli.ApplyFails()
		w.ResetJournal()
		inUse := cli.Attribute(s.secretAddress(), "client_secret").(string)
		w.Clock.Advance(time.Hour)
		s.endElsewhere(w)
		s.rotateElsewhere(w)
		w.Clock.Advance(time.Minute)
		cli.Run("plan", "-json", "-input=false") // which is not stored
		cli.ApplyFails("-refresh=false").Errs(t, "Run the command again with a refresh")
		cli.Sent()
		if !s.accepts(w, inUse) {
			t.Error("the secret in use was ended")
		}
	})
}

// Under another alias nothing is known of the client secret's objects: a completion ends what was not changed after the apply began.
func TestWaiting_UnderAnotherAlias(t *testing.T) {
	eachSlot(t, func(t *testing.T, s slot, w *acctest.World) {
		config := func(quarter string) string {
			return "provider \"oauthsecret\" {}\nprovider \"oauthsecret\" {\n  alias = \"second\"\n}\n" +
				strings.Replace(s.completed(quarter), "depends_on = [", "provider = oauthsecret.second\n  depends_on = [", 1)
		}
		cli := w.Terminal(t, config("1"))
		cli.Apply()
		cli.Apply()
		cli.Sent(s.rotate, s.retire)
		w.Clock.Advance(time.Minute)
		cli.Configure(config("2"))
		cli.Apply()
		cli.Sent(s.change()...)
		cli.Apply() // takes over that the previous secret is gone
		cli.Sent()
		cli.Empty()
	})
}

// actionOf is the secret with an action that an update of the consumer triggers.
func actionOf(s shape, quarter, more string) string {
	config := strings.Replace(s.secret(quarter), `resource "consumer_secret" "app" {`, `resource "consumer_secret" "app" {
  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.oauthsecret_`+s.name+`_complete_rotation.app]
    }
  }`, 1)
	return config + `
action "oauthsecret_` + s.name + `_complete_rotation" "app" {
  config {
    ` + s.id + `
    ` + more + `
  }
}
`
}

// An action is planned beside the rotation that it completes: the plan says which secret that ends.
func TestAction_PlannedBesideTheRotation(t *testing.T) {
	acctest.Need(t, "actions", "1.14", "")
	eachSlot(t, func(t *testing.T, s slot, w *acctest.World) {
		rotatedAt := "rotated_at = " + s.secretAddress() + ".rotated_at"
		cli := w.Terminal(t, actionOf(s.shape, "1", rotatedAt))
		cli.Apply()
		w.Clock.Advance(72 * time.Hour)
		s.endElsewhere(w)
		cli.Apply()
		w.ResetJournal()
		cli.Configure(actionOf(s.shape, "2", rotatedAt))
		plan := cli.Plan()
		plan.Warns(t, "This completion ends the current secret (version ")
		plan.Warns(t, ", which this apply replaces")
		cli.ApplySaved().Succeeds(t)
		cli.Sent(s.rotate, s.retire)
	})
}

// An action has no look of its plan. With rotated_at a saved plan ends nothing that somebody else's rotation made the previous
// secret; without it, nothing that was rotated while the apply ran.
func TestInvoke_SomebodyRotatesAfterThePlan(t *testing.T) {
	t.Parallel()
	acctest.Need(t, "actions", "1.14", "")
	for _, s := range slots {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			invoke := "-invoke=action.oauthsecret_" + s.name + "_complete_rotation.app"
			address := s.secretAddress()
			cli := w.Terminal(t, actionOf(s.shape, "1", "rotated_at = "+address+".rotated_at"))
			cli.Apply()
			w.ResetJournal()
			w.Clock.Advance(time.Minute)
			inUse := cli.Attribute(address, "client_secret").(string)
			cli.Plan(invoke).Warns(t, "the completion deletes the previous secret")
			w.Clock.Advance(time.Minute)
			s.endElsewhere(w)
			s.rotateElsewhere(w)
			cli.ApplySaved().Errs(t, "somebody else may have rotated")
			cli.Sent()
			if !s.accepts(w, inUse) {
				t.Error("the secret in use was ended")
			}
			// Without it nothing tells, and the plan says so.
			cli.Configure(actionOf(s.shape, "1", ""))
			cli.Plan(invoke, "-refresh=false").Warns(t, "which may be the one in use")
			cli.Plan(invoke, "-refresh=false").Warns(t, "nothing tells whether somebody else rotated since")
			cli.Configure(actionOf(s.shape, "1", `rotated_at = "today"`))
			cli.Run("apply", "-json", "-input=false", "-auto-approve", invoke).Errs(t, "Invalid time")
		})
		t.Run(s.name+", nobody does", func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			for _, more := range []string{"", "rotated_at = " + s.secretAddress() + ".rotated_at"} {
				invoke := "-invoke=action.oauthsecret_" + s.name + "_complete_rotation.app"
				cli := w.Terminal(t, actionOf(s.shape, "1", more))
				cli.Apply()
				w.ResetJournal()
				w.Clock.Advance(time.Minute)
				cli.Apply(invoke)
				cli.Sent(s.retire)
				cli.Run("state", "rm", s.secretAddress())
			}
		})
	}
}

// CSP does not show whether a previous secret is there, and its completion moves the date of the last change. A consumer that takes
// longer than a moment makes that no drift, no doubt that stops a plan, and no trap for a completion that is made anew.
func TestCompletion_OfASlowConsumerAtCSP(t *testing.T) {
	t.Parallel()
	s := slots[1]
	w := acctest.NewWorld(t)
	w.Consumers.OnChange = func(string, string) error {
		w.Clock.Advance(time.Minute)
		return nil
	}
	cli := w.Terminal(t, s.completed("1"))
	cli.Apply()
	cli.Sent(s.rotate, s.retire)
	cli.Plan().Silent(t)
	cli.Empty()
	if drift := cli.Attribute(s.secretAddress(), "drift"); drift != nil {
		t.Errorf("drift is %v", drift)
	}
	cli.Apply("-replace=" + s.address())
	cli.Apply()
	cli.Sent()
	cli.Empty()
	cli.Configure(s.completed("2"))
	cli.Apply()
	cli.Sent(s.retire, s.rotate, s.retire)
	cli.Empty()
}

// Beside the creation of the client secret, what a completion ends is the secret that is in use at that time.
func TestCompletion_BesideTheCreation(t *testing.T) {
	eachSlot(t, func(t *testing.T, s slot, w *acctest.World) {
		cli := w.Terminal(t, s.completed("1"))
		plan := cli.Plan()
		plan.Warns(t, "This completion ends the secret in use now, which this apply replaces")
		plan.Warns(t, "The new secret stays.")
		cli.ApplySaved().Succeeds(t)
		cli.Sent(s.rotate, s.retire)
		cli.Empty()
	})
}
