package identityservice_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// A secret that is missing, deleted or expired plans a rotation and says why; "ignore" leaves it alone.
func TestExternal_DeadSecret(t *testing.T) {
	t.Parallel()
	deaths := map[string]struct {
		do   func(*acctest.World)
		seen string
	}{
		"purged":  {func(w *acctest.World) { w.IdentityService.PurgeSecret(made(w)[0].ID) }, "is no longer listed"},
		"deleted": {func(w *acctest.World) { w.IdentityService.DeleteSecretElsewhere(made(w)[0].ID) }, "was deleted"},
		"expired": {func(w *acctest.World) { w.Clock.Advance(800 * time.Hour) }, "expired at"},
		"expired and hidden": {func(w *acctest.World) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.HideExpired = true })
			w.Clock.Advance(800 * time.Hour)
		}, "is no longer listed"},
	}
	for name, death := range deaths {
		for _, policy := range []string{"", "warn", "rotate", "ignore"} {
			if (policy == "warn" || policy == "rotate") && name != "deleted" {
				continue // the decision itself has a table of its own
			}
			t.Run(name+"/"+policy, func(t *testing.T) {
				w := world(t)
				arguments := []string{`expires_after = "720h"`, retireAfterDay}
				if policy != "" {
					arguments = append(arguments, `on_external_rotation = "`+policy+`"`)
				}
				config := app(arguments...)
				kill := func() { death.do(w); after(w, time.Hour)() }
				if policy == "ignore" {
					w.Run(t, resource.TestStep{Config: config},
						resource.TestStep{
							PreConfig: kill, Config: config, ConfigPlanChecks: nothing,
							Check: all(w.Changed(), holds(w, 0), version(w, 1), acctest.Do(func() error {
								if said := w.Said(); len(said) > 0 {
									t.Errorf("ignore says %+v", said)
								}
								return nil
							})),
						})
					return
				}
				w.Run(t, resource.TestStep{Config: config},
					resource.TestStep{
						PreConfig: kill, Config: config, ConfigPlanChecks: rotating(w, 2),
						Check: all(w.Changed(add), holds(w, 1), noPrevious, accepted(w, "no yes"),
							warned(w, "plan", "Secret", death.seen, "does not work any more", "The next apply rotates")),
					},
					resource.TestStep{PreConfig: after(w, 48*time.Hour), Config: config, ConfigPlanChecks: nothing, Check: w.Changed()})
			})
		}
	}
}

// The previous secret may go elsewhere; nobody is surprised, and nothing is deleted twice.
func TestExternal_PreviousGone(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{Config: config("2"), Check: previous(w, 0)},
		resource.TestStep{
			PreConfig: func() { w.IdentityService.DeleteSecretElsewhere(made(w)[0].ID); after(w, 0)() }, Config: config("2"),
			ConfigPlanChecks: nothing, Check: all(w.Changed(), noPrevious),
		},
		resource.TestStep{PreConfig: after(w, 48*time.Hour), Config: config("2"), ConfigPlanChecks: nothing, Check: w.Changed()},
	)
}

// It goes between plan and apply: the deletion finds nothing to do, or the rotation keeps its promise.
func TestExternal_PreviousGoneBetweenPlanAndApply(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), retireAfterDay) }
	gone := func(n int) func() {
		return func() { w.IdentityService.DeleteSecretElsewhere(made(w)[n].ID); w.ResetJournal() }
	}
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{Config: config("2")},
		resource.TestStep{
			PreConfig: after(w, 25*time.Hour), Config: config("2"), ConfigPlanChecks: with(resource.ConfigPlanChecks{}, acctest.OnPlan(gone(0))),
			Check: all(w.Sent(remove), noPrevious), // the call finds out
		},
		resource.TestStep{
			Config: config("3"), ConfigPlanChecks: with(rotating(w, 3), acctest.OnPlan(gone(1))),
			Check: all(w.Changed(add), holds(w, 2)),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: config("3"), ConfigPlanChecks: nothing, Check: all(w.Changed(), noPrevious)},
	)
}

// A foreign secret beside ours is nobody's business here.
func TestExternal_ForeignSecretIsLeftAlone(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), `retire_previous_after = "0s"`) }
	var foreign string
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{
			PreConfig: func() {
				_, foreign = addElsewhere(w)
				after(w, 0)()
			},
			Config: config("1"), ConfigPlanChecks: nothing, Check: w.Changed(),
		},
		resource.TestStep{Config: config("2"), Check: all(w.Changed(add, remove), holds(w, 1))},
	)
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, foreign) {
		t.Error("the foreign secret was deleted")
	}
}

// The own expiry of a previous secret is known right after the rotation, so that nothing that depends on it changes in the
// next plan; retire_previous_after counts when it is earlier.
func TestExternal_PreviousExpiresByItself(t *testing.T) {
	w := world(t)
	output := "output \"ends\" {\n  value = coalesce(" + address + ".previous_secret_expires_at, \"never\")\n}\n"
	config := func(v string, more ...string) string {
		return app(append(more, q(v), `expires_after = "720h"`)...) + output
	}
	w.Run(t,
		resource.TestStep{Config: config("1"), Check: noPrevious},
		resource.TestStep{PreConfig: after(w, time.Hour), Config: config("2"), Check: all(previous(w, 0), endsAtExpiryOf(w, 0))},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2", `retire_previous_after = "2400h"`), Check: all(w.Changed(), endsAtExpiryOf(w, 0))},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2", retireAfterDay), Check: all(w.Changed(), endsIn(day))},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(), endsAtExpiryOf(w, 0))},
		// The first secret expires an hour before the second one.
		resource.TestStep{
			PreConfig: func() {
				w.Clock.Advance(time.Until(*made(w)[0].ExpiresAt) - time.Until(w.Now()) + time.Minute)
				w.ResetJournal()
			},
			Config: config("2", `on_external_rotation = "ignore"`), Check: all(w.Changed(), noPrevious),
		},
	)
}

// endsAtExpiryOf checks that previous_secret_expires_at is the expiry of the n-th secret made through the API.
func endsAtExpiryOf(w *acctest.World, n int) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		return is("previous_secret_expires_at", made(w)[n].ExpiresAt.UTC().Format(time.RFC3339))(s)
	}
}
