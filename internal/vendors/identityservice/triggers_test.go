package identityservice_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// The map itself coming, growing, shrinking and going never rotates; a changed value does.
func TestTriggers_OnlyAChangedValueRotates(t *testing.T) {
	w := world(t)
	quiet := func(arguments ...string) resource.TestStep {
		return resource.TestStep{
			PreConfig: w.ResetJournal, Config: app(arguments...), ConfigPlanChecks: keeping(w, 0, 1),
			Check: all(w.Changed(), holds(w, 0), version(w, 1)),
		}
	}
	w.Run(t,
		resource.TestStep{Config: app()},
		quiet(q("1")),
		quiet(`rotate_when_changed = { q = "1", r = "1" }`),
		quiet(`rotate_when_changed = { q = "1", s = "5" }`),
		quiet(`rotate_when_changed = {}`),
		quiet(q("9")),
		quiet(),
		quiet(q("1")),
		resource.TestStep{
			PreConfig: w.ResetJournal, Config: app(q("2")), ConfigPlanChecks: with(rotating(w, 2), fresh(w)),
			Check: all(w.Sent(list, add, list), holds(w, 1), previous(w, 0), version(w, 2), is("previous_secret_expires_at", ""), accepted(w, "yes yes")),
		},
		resource.TestStep{ // one changed among others that come and go
			PreConfig: w.ResetJournal, Config: app(`rotate_when_changed = { q = "3", t = "1" }`), ConfigPlanChecks: rotating(w, 3),
			Check: all(w.Changed(add), holds(w, 2), previous(w, 1), accepted(w, "yes yes yes")),
		},
	)
	if err := wantAccepted(w, "no no no"); err != nil { // all three were made here
		t.Error(err)
	}
}

func TestTriggers_UnrelatedChangeSendsNothing(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(q("1"))},
		resource.TestStep{
			Config:    app(q("1"), `on_destroy = "keep"`, retireAfterDay, `rotate_after = "720h"`, `expires_after = "2160h"`, `verify {}`),
			PreConfig: w.ResetJournal, ConfigPlanChecks: with(keeping(w, 0, 1), fresh(w)),
			Check: all(w.Sent(), holds(w, 0), version(w, 1), is("on_destroy", "keep")),
		},
	)
}

// A value from a resource that is being changed is unknown at plan; apply compares.
func TestTriggers_UnknownAtPlan(t *testing.T) {
	w := world(t)
	config := func(input, value string) string {
		return fmt.Sprintf(`
resource "terraform_data" "source" {
  input = %q
}
`, input) + app(fmt.Sprintf(`rotate_when_changed = { q = %s }`, value))
	}
	// Equal for every input, and known only at apply when the input changes.
	const equal = `substr(terraform_data.source.output, 0, 1)`
	unknown := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("client_secret")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("version")),
		fresh(w),
	}}
	w.Run(t,
		resource.TestStep{Config: config("a1", equal)},
		resource.TestStep{
			Config: config("a2", equal), ConfigPlanChecks: unknown,
			Check: all(w.Sent(), holds(w, 0), version(w, 1), noPrevious),
		},
		resource.TestStep{
			Config: config("b1", equal), ConfigPlanChecks: unknown,
			Check: all(w.Sent(list, add, list), holds(w, 1), previous(w, 0), version(w, 2)),
		},
	)
}

func TestTriggers_WholeMapUnknownAtPlan(t *testing.T) {
	w := world(t)
	config := func(input string) string {
		return fmt.Sprintf(`
resource "terraform_data" "source" {
  input = { q = substr(%q, 0, 1) }
  triggers_replace = %[1]q
}
`, input) + app(`rotate_when_changed = terraform_data.source.output`)
	}
	w.Run(t,
		resource.TestStep{Config: config("a1"), Check: all(w.Changed(add), holds(w, 0), version(w, 1))},
		resource.TestStep{
			PreConfig: w.ResetJournal, Config: config("a2"),
			Check: all(w.Changed(), holds(w, 0), version(w, 1)),
		},
		resource.TestStep{
			PreConfig: w.ResetJournal, Config: config("b2"),
			Check: all(w.Changed(add), holds(w, 1), version(w, 2)),
		},
	)
}
