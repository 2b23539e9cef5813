package clientsecret_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

const monthly = "  rotate_after = \"720h\"\n"

const month = 720 * time.Hour

func TestSchedule(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		both := []string{c.Rotate, c.Retire}
		config := c.HCL(alone + monthly)
		due := []statecheck.StateCheck{c.Between("rotated_at", "rotation_due_at", month)}
		rotates := func(passed time.Duration, n int) acctest.Step {
			return acctest.Step{
				Before: func() { w.Clock.Advance(passed) }, Config: config, Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Unknown, "version": n, "rotation_due_at": acctest.Unknown},
				State:   acctest.Values{"client_secret": acctest.Made(n), "version": n}, StateChecks: due,
				Calls: both, Live: []int{n},
			}
		}
		c.Run(t, w,
			acctest.Step{Config: config, Plan: acctest.Create, Calls: both, StateChecks: due},
			acctest.Step{
				Before: func() { w.Clock.Advance(month - 10*time.Minute) }, Config: config, Plan: acctest.NoOp,
				Planned: acctest.Values{"client_secret": acctest.Made(1)},
			},
			rotates(10*time.Minute, 2), // exactly due
			acctest.Step{Config: config, Plan: acctest.NoOp},
			rotates(3*month+time.Hour, 3), // three periods were missed
			acctest.Step{Before: func() { w.Clock.Advance(month - 10*time.Minute) }, Config: config, Plan: acctest.NoOp},
		)
	})
}

// The schedule counts from the rotation, also when it is set later.
func TestScheduleSetLater(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		both := []string{c.Rotate, c.Retire}
		c.Run(t, w,
			acctest.Step{Config: c.HCL(alone), Calls: both, State: acctest.Values{"rotation_due_at": nil}},
			acctest.Step{
				Before: func() { w.Clock.Advance(month / 2) }, Config: c.HCL(alone + monthly), Plan: acctest.Update,
				Planned:     acctest.Values{"client_secret": acctest.Made(1)},
				StateChecks: []statecheck.StateCheck{c.Between("rotated_at", "rotation_due_at", month)},
			},
			acctest.Step{Config: c.HCL(alone + `rotate_after = "1440h"`), Plan: acctest.Update, StateChecks: []statecheck.StateCheck{c.Between("rotated_at", "rotation_due_at", 2*month)}},
			acctest.Step{Config: c.HCL(alone), Plan: acctest.Update, State: acctest.Values{"rotation_due_at": nil}},
			acctest.Step{
				// The setting moves the deadline into the past: this apply records that, and the next plan acts on it.
				Before: func() { w.Clock.Advance(month) }, Config: c.HCL(alone + monthly), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Made(1)}, Unsettled: true,
			},
			acctest.Step{
				Config: c.HCL(alone + monthly), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Unknown, "version": 2}, Calls: both,
			},
		)
	})
}

// An adopted secret has no date, so the schedule counts from the adoption.
func TestScheduleOfAnAdoptedClient(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := c.HCL(`on_create = "adopt"` + "\n" + monthly)
		c.Run(t, w,
			acctest.Step{Config: config, Plan: acctest.Create, Live: []int{0}},
			acctest.Step{Before: func() { w.Clock.Advance(month - time.Hour) }, Config: config, Plan: acctest.NoOp},
			acctest.Step{
				Before: func() { w.Clock.Advance(time.Hour) }, Config: config, Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Unknown, "version": acctest.Unknown},
				Calls:   []string{c.Rotate}, StateChecks: []statecheck.StateCheck{c.Between("rotated_at", "rotation_due_at", month)},
			},
		)
	})
}

// The same time written in other units is another setting and nothing else: no secret is made, and no date moves.
func TestDurationInOtherUnits(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(due, overlap string) string {
			return c.HCL(fmt.Sprintf("  rotate_after = %q\n  retire_previous_after = %q\n", due, overlap))
		}
		dates := []statecheck.StateCheck{
			c.Between("rotated_at", "rotation_due_at", 14*24*time.Hour), c.Between("rotated_at", "previous_secret_expires_at", 24*time.Hour),
		}
		said := func(due, overlap string) acctest.Step {
			return acctest.Step{
				Config: config(due, overlap), Plan: acctest.Update, StateChecks: dates, Live: []int{0, 1},
				Planned: acctest.Values{"client_secret": acctest.Made(1), "version": 1, "rotate_after": due, "retire_previous_after": overlap},
				State:   acctest.Values{"client_secret": acctest.Made(1), "version": 1, "rotate_after": due, "retire_previous_after": overlap},
			}
		}
		c.Run(t, w,
			acctest.Step{Config: config("336h", "24h"), Calls: []string{c.Rotate}, StateChecks: dates, Live: []int{0, 1}},
			said("14d", "1d"), said("2w", "0.5d12h"), said("1w6d24h", "1440m"),
		)
	})
}

// What a plan showed is what is applied, a day later too.
func TestSavedPlanRotatesADayLater(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(alone+monthly))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		w.Clock.Advance(month)
		cli.Plan()
		cli.PlannedVersion(c.Address(), 2)
		if change := cli.Saved(c.Address()); change.Actions[0] != "update" || change.Unknown["client_secret"] != true {
			t.Errorf("the plan shows %v", change)
		}
		w.Clock.Advance(24 * time.Hour)
		cli.ApplySaved().Succeeds(t)
		cli.Sent(c.Rotate, c.Retire)
		expectLive(t, c, w, 2)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
			t.Error("the state does not hold the new secret")
		}
		cli.Empty()
		cli.Sent()
	})
}

func TestSavedPlanKeepsADayLater(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(alone+monthly))
		cli.Apply()
		w.Clock.Advance(month - time.Hour)
		cli.Sent(c.Rotate, c.Retire)
		cli.Configure(c.HCL(alone + monthly + `on_destroy = "retire_previous"`))
		cli.Plan()
		w.Clock.Advance(24 * time.Hour) // due by now
		cli.ApplySaved().Succeeds(t)
		cli.Sent()
		if cli.Attribute(c.Address(), "on_destroy") != "retire_previous" || cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
			t.Error("the state is not what the plan showed")
		}
		cli.Apply() // this plan shows the rotation
		cli.Sent(c.Rotate, c.Retire)
		expectLive(t, c, w, 2)
	})
}

// A plan without a refresh has no newer time than the last read, so nothing becomes due in it.
func TestPlanWithoutRefresh(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(alone+monthly))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		w.Clock.Advance(2 * month)
		cli.Plan("-refresh=false")
		cli.ApplySaved().Succeeds(t)
		cli.Sent()
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
	})
}
