package clientsecret_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// pendingWays are the words that name both ways out of a rotation that meets an open one.
const (
	finishFirst = "finish the open rotation first (retire_previous_after,"
	retireFirst = `set on_pending_rotation = "retire_first"`
)

func TestPendingRotationFails(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(trigger("1")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(trigger("2")))
		plan := cli.Run("plan", "-json", "-input=false")
		if !plan.Failed {
			t.Error("the plan succeeded")
		}
		plan.Errs(t, finishFirst)
		plan.Errs(t, retireFirst)
		plan.Errs(t, c.IDValue)
		cli.ApplyFails()
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
			t.Error("the state lost the secret")
		}
		cli.Configure(c.HCL(trigger("1")))
		cli.Empty()
	})
}

func TestPendingRotationRetiresFirst(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		const setting = "  on_pending_rotation = \"retire_first\"\n"
		cli := w.Terminal(t, c.HCL(setting+trigger("1")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(setting + trigger("2")))
		cli.Plan().Warns(t, "this apply deletes the previous secret before the rotation")
		cli.PlannedVersion(c.Address(), 2)
		if change := cli.Saved(c.Address()); change.Actions[0] != "update" {
			t.Errorf("the plan shows %v", change)
		}
		cli.Sent()
		cli.ApplySaved().Succeeds(t)
		cli.Sent(c.Retire, c.Rotate)
		expectLive(t, c, w, 1, 2)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
			t.Error("the state does not hold the new secret")
		}
		cli.Empty()
	})
}

// When the previous secret cannot be deleted, the rotation is not sent.
func TestRetireFirstThatFailsDoesNotRotate(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		const setting = "  on_pending_rotation = \"retire_first\"\n"
		c.Run(t, w,
			acctest.Step{Config: c.HCL(setting + trigger("1")), Calls: []string{c.Rotate}},
			acctest.Step{
				Before: func() { w.Inject(answer(c.Retire, 403)) }, Config: c.HCL(setting + trigger("2")),
				Fails: "Deleting the previous secret before the rotation", Calls: []string{c.Retire}, Live: []int{0, 1},
			},
			acctest.Step{
				Config: c.HCL(setting + trigger("2")), Plan: acctest.Update, Calls: []string{c.Retire, c.Rotate}, Live: []int{1, 2},
				State: acctest.Values{"version": 2, "client_secret": acctest.Made(2)},
			},
		)
	})
}

// When the rotation fails after the previous secret was deleted, the state says so.
func TestRetireFirstAndAFailedRotation(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		const setting = "  on_pending_rotation = \"retire_first\"\n"
		cli := w.Terminal(t, c.HCL(setting+trigger("1")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(setting + trigger("2")))
		w.Inject(answer(c.Rotate, 403))
		cli.ApplyFails().Errs(t, "The previous secret was deleted to make room, and no new one was made: the current secret still works.")
		cli.Sent(c.Retire, c.Rotate)
		expectLive(t, c, w, 1)
		cli.Version(c.Address(), 1)
		if cli.Attribute(c.Address(), "has_previous_secret") != false {
			t.Error("the state does not tell the truth")
		}
		cli.Apply()
		cli.Sent(c.Rotate)
		expectLive(t, c, w, 1, 2)
		cli.Empty()
	})
}

// A destroy plans as usual before it destroys, so what stops that plan stops it. Without a refresh there is no such plan.
func TestPendingRotationStopsDestroy(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(trigger("1")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(trigger("2")))
		destroy := []string{"destroy", "-json", "-auto-approve", "-input=false"}
		if result := cli.Run(destroy...); !result.Failed {
			t.Error("the destroy succeeded")
		}
		cli.Must(append(destroy, "-refresh=false")...)
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		if cli.Instances(c.Address()) != nil {
			t.Error("the resource is still in state")
		}
	})
}
