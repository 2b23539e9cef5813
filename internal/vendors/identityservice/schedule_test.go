package identityservice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

const day = 24 * time.Hour

// dueIn checks that rotation_due_at is d after rotated_at.
func dueIn(d time.Duration) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		text, err := acctest.Attr(s, address, "rotated_at")
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return err
		}
		return is("rotation_due_at", at.Add(d).UTC().Format(time.RFC3339))(s)
	}
}

func TestRotateAfter(t *testing.T) {
	w := world(t)
	config := app(`rotate_after = "720h"`)
	w.Run(t,
		resource.TestStep{Config: config, Check: all(holds(w, 0), dueIn(720*time.Hour))},
		// Not due.
		resource.TestStep{PreConfig: after(w, 719*time.Hour), Config: config, ConfigPlanChecks: nothing, Check: w.Changed()},
		// Due: once, also after three missed periods.
		resource.TestStep{
			PreConfig: after(w, 2*time.Hour), Config: config, ConfigPlanChecks: rotating(w, 2),
			Check: all(w.Changed(add), holds(w, 1), previous(w, 0), dueIn(720*time.Hour)),
		},
		resource.TestStep{
			PreConfig: after(w, 3*720*time.Hour+time.Hour), Config: config, ConfigPlanChecks: rotating(w, 3),
			Check: all(w.Changed(add), holds(w, 2), previous(w, 1), dueIn(720*time.Hour)),
		},
		// A longer schedule moves the date without a rotation.
		resource.TestStep{
			PreConfig: after(w, 0), Config: app(`rotate_after = "1000h"`), ConfigPlanChecks: keeping(w, 2, 3),
			Check: all(w.Changed(), dueIn(1000*time.Hour)),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(), ConfigPlanChecks: keeping(w, 2, 3), Check: all(w.Changed(), is("rotation_due_at", ""))},
		// A shorter one can be over at once: its apply records that, and the next one acts on it.
		resource.TestStep{
			PreConfig: after(w, 2*time.Hour), Config: app(`rotate_after = "1h"`), ConfigPlanChecks: keeping(w, 2, 3),
			Check: all(w.Changed(), dueIn(time.Hour)), ExpectNonEmptyPlan: true,
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(`rotate_after = "1h"`), ConfigPlanChecks: rotating(w, 4), Check: all(w.Changed(add), holds(w, 3))},
	)
}

// A saved plan applied a day later does what it showed, also when more has come due meanwhile.
func TestRotateAfter_SavedPlanNextDay(t *testing.T) {
	w := world(t)
	config := app(`rotate_after = "720h"`, retireAfterDay)
	later := acctest.OnPlan(func() { w.Clock.Advance(day + time.Hour); w.ResetJournal() })
	w.Run(t,
		resource.TestStep{Config: config},
		// Due at the plan, applied a day later.
		resource.TestStep{
			PreConfig: after(w, 721*time.Hour), Config: config, ConfigPlanChecks: with(rotating(w, 2), later),
			Check: all(w.Sent(list, add, list), holds(w, 1), previous(w, 0)),
		},
		// An unrelated change planned before the retirement was due; it comes due before the apply, which does not act on it.
		resource.TestStep{
			PreConfig: after(w, 23*time.Hour), Config: app(`rotate_after = "720h"`, retireAfterDay, `on_destroy = "keep"`),
			ConfigPlanChecks: with(keeping(w, 1, 2), later), Check: all(w.Sent(), holds(w, 1), previous(w, 0)), ExpectNonEmptyPlan: true,
		},
	)
}

func TestRetirePreviousAfter(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	retiring := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("has_previous_secret"), knownvalue.Bool(false)),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("previous_secret_id"), knownvalue.Null()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("version"), w.VersionValue(address, 2)),
		fresh(w),
	}}
	w.Run(t,
		resource.TestStep{Config: config("1"), Check: noPrevious},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("2"), ConfigPlanChecks: rotating(w, 2),
			Check: all(w.Changed(add), previous(w, 0), endsIn(day), accepted(w, "yes yes")),
		},
		resource.TestStep{PreConfig: after(w, 23*time.Hour), Config: config("2"), ConfigPlanChecks: nothing, Check: w.Changed()},
		resource.TestStep{
			PreConfig: after(w, 2*time.Hour), Config: config("2"), ConfigPlanChecks: retiring,
			Check: all(w.Changed(remove), holds(w, 1), noPrevious, accepted(w, "no yes")),
		},
		resource.TestStep{PreConfig: after(w, 48*time.Hour), Config: config("2"), ConfigPlanChecks: nothing, Check: w.Changed()},
	)
}

// endsIn checks that previous_secret_expires_at is d after rotated_at.
func endsIn(d time.Duration) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		text, err := acctest.Attr(s, address, "rotated_at")
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return err
		}
		return is("previous_secret_expires_at", at.Add(d).UTC().Format(time.RFC3339))(s)
	}
}

// "0s": in the same apply, the new one first.
func TestRetirePreviousAfter_Zero(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), `retire_previous_after = "0s"`) }
	w.Run(t,
		resource.TestStep{Config: config("1"), Check: all(w.Changed(add), noPrevious, accepted(w, "yes"))},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("2"), ConfigPlanChecks: with(rotating(w, 2), fresh(w)),
			Check: all(w.Sent(list, add, list, remove), holds(w, 1), noPrevious, accepted(w, "no yes")),
		},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("3"), ConfigPlanChecks: rotating(w, 3),
			Check: all(w.Changed(add, remove), holds(w, 2), noPrevious, accepted(w, "no no yes")),
		},
	)
}

// A previous secret is deleted by one call: its id names it, so nothing is looked at before.
func TestRetirePreviousAfter_OneCallEach(t *testing.T) {
	w := world(t)
	const m = 10
	config := func(v, retire string) string { return app("count = 10", q(v), retire) }
	w.Run(t,
		resource.TestStep{Config: config("1", "")},
		resource.TestStep{Config: config("2", "")},
		resource.TestStep{Config: config("2", retireAfterDay)},
		resource.TestStep{
			PreConfig:        after(w, 25*time.Hour),
			Config:           config("2", retireAfterDay),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{fresh(w)}},
			Check: acctest.Do(func() error {
				if removals := w.Count(remove); removals != m || len(w.Journal()) != m {
					return fmt.Errorf("%d deletions among %d calls, want %d and nothing else", removals, len(w.Journal()), m)
				}
				return nil
			}),
		},
	)
}

// Setting retire_previous_after later counts from the rotation; removing it stops every deletion.
func TestRetirePreviousAfter_SetAndRemovedLater(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(q("1"))},
		resource.TestStep{Config: app(q("2")), Check: all(previous(w, 0), is("previous_secret_expires_at", ""))},
		resource.TestStep{
			PreConfig: after(w, time.Hour), Config: app(q("2"), retireAfterDay), ConfigPlanChecks: keeping(w, 1, 2),
			Check: all(w.Changed(), previous(w, 0), endsIn(day)),
		},
		resource.TestStep{
			PreConfig: after(w, 0), Config: app(q("2")), ConfigPlanChecks: keeping(w, 1, 2),
			Check: all(w.Changed(), previous(w, 0), is("previous_secret_expires_at", "")),
		},
		resource.TestStep{PreConfig: after(w, 48*time.Hour), Config: app(q("2")), ConfigPlanChecks: nothing, Check: w.Changed()},
		// A date that the setting moves into the past is recorded by its apply, and acted on by the next one.
		resource.TestStep{
			PreConfig: after(w, 0), Config: app(q("2"), retireAfterDay), ConfigPlanChecks: keeping(w, 1, 2),
			Check: all(w.Changed(), previous(w, 0), endsIn(day)), ExpectNonEmptyPlan: true,
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("2"), retireAfterDay), Check: all(w.Changed(remove), noPrevious, accepted(w, "no yes"))},
	)
}

// A failed deletion keeps the truth in state and is tried again by the next apply.
func TestRetirePreviousAfter_FailedIsRetried(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	forbid := func(v bool) { refuseDeletions(w, v) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{Config: config("2")},
		resource.TestStep{
			PreConfig: func() { after(w, 25*time.Hour)(); forbid(true) }, Config: config("2"),
			ExpectError: matching("Unable to delete the previous secret"),
		},
		resource.TestStep{
			PreConfig: clearing(t, w, w.Changed(remove), accepted(w, "yes yes")), RefreshState: true, ExpectNonEmptyPlan: true,
			Check: all(holds(w, 1), previous(w, 0), endsIn(day), version(w, 2)),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(remove), noPrevious, accepted(w, "no yes"))},
	)
}

func TestRetirePreviousAfter_ZeroFailedIsRetried(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), `retire_previous_after = "0s"`) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{
			PreConfig: func() { after(w, 0)(); refuseDeletions(w, true) }, Config: config("2"),
			ExpectError: matching("Unable to delete the previous secret"),
		},
		resource.TestStep{
			PreConfig: clearing(t, w, w.Changed(add, remove), accepted(w, "yes yes")), RefreshState: true, ExpectNonEmptyPlan: true,
			Check: all(holds(w, 1), previous(w, 0), version(w, 2)),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(remove), holds(w, 1), noPrevious, accepted(w, "no yes"))},
	)
}

// Rotations that follow each other faster than retire_previous_after: every earlier secret is deleted at its own date.
func TestRetirePreviousAfter_SeveralRotationsInARow(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{PreConfig: after(w, time.Hour), Config: config("2"), Check: w.Changed(add)},
		resource.TestStep{PreConfig: after(w, 10*time.Hour), Config: config("3"), Check: all(w.Changed(add), holds(w, 2), previous(w, 1), accepted(w, "yes yes yes"))},
		// 13 h: nothing is due. 25 h after the second rotation the first secret goes, 25 h after the third the second one.
		resource.TestStep{PreConfig: after(w, 2*time.Hour), Config: config("3"), ConfigPlanChecks: nothing, Check: w.Changed()},
		resource.TestStep{
			PreConfig: after(w, 13*time.Hour), Config: config("3"),
			Check: all(w.Changed(remove), previous(w, 1), accepted(w, "no yes yes"), warned(w, "plan", "this apply deletes earlier secrets")),
		},
		resource.TestStep{PreConfig: after(w, 10*time.Hour), Config: config("3"), Check: all(w.Changed(remove), noPrevious, accepted(w, "no no yes"))},
		resource.TestStep{PreConfig: after(w, 48*time.Hour), Config: config("3"), ConfigPlanChecks: nothing, Check: w.Changed()},
	)
}

// A rotation when the previous secret is due too deletes that one after the new one was made.
func TestRetirePreviousAfter_DueTogetherWithARotation(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{Config: config("2")},
		resource.TestStep{
			PreConfig: after(w, 25*time.Hour), Config: config("3"), ConfigPlanChecks: rotating(w, 3),
			Check: all(w.Changed(add, remove), holds(w, 2), previous(w, 1), accepted(w, "no yes yes")),
		},
		resource.TestStep{PreConfig: after(w, 25*time.Hour), Config: config("3"), Check: all(w.Changed(remove), noPrevious, accepted(w, "no no yes"))},
	)
}

// Without retire_previous_after nothing is ever deleted, not even what had a date before.
func TestRetirePreviousAfter_RemovedWithOlderSecrets(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(q("1"), retireAfterDay)},
		resource.TestStep{Config: app(q("2"), retireAfterDay)},
		resource.TestStep{Config: app(q("3"), retireAfterDay)},
		resource.TestStep{Config: app(q("3"))},
		resource.TestStep{PreConfig: after(w, 72*time.Hour), Config: app(q("3")), ConfigPlanChecks: nothing, Check: all(w.Changed(), accepted(w, "yes yes yes"))},
	)
	if err := wantAccepted(w, "no no no"); err != nil { // on_destroy = "delete": everything that was made here
		t.Error(err)
	}
}
