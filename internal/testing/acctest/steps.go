package acctest

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Operations are the names of journal entries.
func Operations(entries []simulator.Entry) []string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Operation
	}
	return names
}

// Sent checks that exactly these operations were sent since the last ResetJournal.
func (w *World) Sent(want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error { return same("sent", Operations(w.Journal()), want) }
}

// Changed checks that exactly these changing operations were sent since the last ResetJournal.
func (w *World) Changed(want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error { return same("changed", Operations(w.Changing()), want) }
}

func same(what string, got, want []string) error {
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s %v, want %v", what, got, want)
	}
	return nil
}

// Do is a check that runs f.
func Do(f func() error) resource.TestCheckFunc {
	return func(*terraform.State) error { return f() }
}

// onPlan is a plan check that runs f.
type onPlan func() error

func (f onPlan) CheckPlan(_ context.Context, _ plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = f()
}

// OnPlan runs f when a plan was made. Among the PreApply checks it stands between plan and apply.
func OnPlan(f func()) plancheck.PlanCheck {
	return onPlan(func() error { f(); return nil })
}

// Attr reads one attribute of the state.
func Attr(s *terraform.State, address, name string) (string, error) {
	rs, ok := s.RootModule().Resources[address]
	if !ok {
		return "", fmt.Errorf("%s is not in state", address)
	}
	return rs.Primary.Attributes[name], nil
}
