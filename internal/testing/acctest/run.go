package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// Run drives the steps with the command-line program, and destroys what the last one left.
//
// It does what the plugin-testing framework does with the parts of a step that these tests use, in half as many commands:
// the framework runs nine and more for each step that changes something, because it shows every plan and state in two
// forms and plans twice after each apply. Here the state is read from its file, a plan is shown only for a check of it, and
// the plan without a refresh is tried once, after the last step.
func (w *World) Run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	r := &run{t: t, w: w, terminal: w.terminal(t)}
	defer r.cleanUp()
	for i, step := range steps {
		if step.PreConfig != nil {
			step.PreConfig()
		}
		err := r.step(step, i == len(steps)-1)
		switch {
		case step.ExpectError == nil && err != nil:
			t.Fatalf("step %d of %d: %v", i+1, len(steps), err)
		case step.ExpectError != nil && err == nil:
			t.Fatalf("step %d of %d: no error, want one that matches %s", i+1, len(steps), step.ExpectError)
		case step.ExpectError != nil && !step.ExpectError.MatchString(err.Error()):
			t.Fatalf("step %d of %d: the error does not match %s:\n%v", i+1, len(steps), step.ExpectError, err)
		}
	}
}

// run is a run of steps.
type run struct {
	t        *testing.T
	w        *World
	terminal *Terminal
	applied  string // the configuration that was applied last
}

const saved = "saved"

func (r *run) step(s resource.TestStep, last bool) error {
	if unknown := s.ImportState || s.Query || s.SkipFunc != nil || s.ConfigDirectory != nil || s.ConfigFile != nil || s.ConfigVariables != nil ||
		len(s.ConfigPlanChecks.PostApplyPreRefresh) > 0 || s.ExternalProviders != nil; unknown {
		return errors.New("World.Run does not know this kind of step")
	}
	if s.RefreshState {
		return r.refresh(s)
	}
	r.terminal.Configure(s.Config)
	if !s.Destroy {
		for _, address := range s.Taint {
			if err := r.command("taint", address); err != nil {
				return err
			}
		}
	}
	mode := []string{}
	if s.Destroy {
		mode = append(mode, "-destroy")
	}
	if !s.PlanOnly {
		if err := r.apply(s, mode); err != nil {
			return err
		}
	}
	if last && !s.PlanOnly && !s.Destroy && !s.ExpectNonEmptyPlan {
		if err := r.plan(false, nil, "-refresh=false"); err != nil {
			return err
		}
	}
	return r.plan(s.ExpectNonEmptyPlan, s.ConfigPlanChecks.PostApplyPostRefresh, mode...)
}

// apply plans, applies and checks.
func (r *run) apply(s resource.TestStep, mode []string) error {
	before, err := r.state()
	if err != nil {
		return err
	}
	if err := r.command(slices.Concat([]string{"plan", "-out=" + saved}, mode)...); err != nil {
		return err
	}
	if err := r.checkPlan(s.ConfigPlanChecks.PreApply); err != nil {
		return err
	}
	if err := r.command("apply", saved); err != nil {
		return err
	}
	r.applied = s.Config
	after, err := r.state()
	if err != nil {
		return err
	}
	if s.Check != nil {
		shown := after
		if s.Destroy {
			shown = before
		}
		if err := s.Check(shown.attributes()); err != nil {
			return fmt.Errorf("after the apply: %w", err)
		}
	}
	for _, check := range s.ConfigStateChecks {
		var resp statecheck.CheckStateResponse
		check.CheckState(context.Background(), statecheck.CheckStateRequest{State: after.shown()}, &resp)
		if resp.Error != nil {
			return fmt.Errorf("after the apply: %w", resp.Error)
		}
	}
	if s.PostApplyFunc != nil {
		s.PostApplyFunc()
	}
	return nil
}

// refresh reads everything into state.
func (r *run) refresh(s resource.TestStep) error {
	if err := r.command("refresh"); err != nil {
		return err
	}
	state, err := r.state()
	if err != nil {
		return err
	}
	if s.Check != nil {
		if err := s.Check(state.attributes()); err != nil {
			return fmt.Errorf("after the refresh: %w", err)
		}
	}
	return r.plan(s.ExpectNonEmptyPlan, nil)
}

// plan requires that a plan has nothing to do, or something.
func (r *run) plan(something bool, checks []plancheck.PlanCheck, mode ...string) error {
	result := r.terminal.Run(slices.Concat([]string{"plan", "-no-color", "-detailed-exitcode", "-out=" + saved}, mode)...)
	switch {
	case result.Status != 0 && result.Status != 2:
		return errors.New(result.Text)
	case result.Status == 2 && !something:
		return fmt.Errorf("the plan %v is not empty:\n%s", mode, result.Text)
	case result.Status == 0 && something:
		return fmt.Errorf("the plan %v is empty", mode)
	}
	return r.checkPlan(checks)
}

// checkPlan runs checks on the saved plan.
func (r *run) checkPlan(checks []plancheck.PlanCheck) error {
	if len(checks) == 0 {
		return nil
	}
	result := r.terminal.Run("show", "-json", saved)
	if result.Failed {
		return errors.New(result.Text)
	}
	var plan tfjson.Plan
	plan.UseJSONNumber(true)
	if err := json.Unmarshal([]byte(result.Text), &plan); err != nil {
		return fmt.Errorf("%w:\n%s", err, result.Text)
	}
	var problems []error
	for _, check := range checks {
		var resp plancheck.CheckPlanResponse
		check.CheckPlan(context.Background(), plancheck.CheckPlanRequest{Plan: &plan}, &resp)
		problems = append(problems, resp.Error)
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("in the plan: %w", err)
	}
	return nil
}

// command runs a command; its error is what it printed.
func (r *run) command(args ...string) error {
	if result := r.terminal.Run(slices.Insert(args, 1, "-no-color")...); result.Failed {
		return errors.New(result.Text)
	}
	return nil
}

// cleanUp destroys what is left.
func (r *run) cleanUp() {
	r.t.Helper()
	state, err := r.state()
	if err != nil {
		r.t.Error(err)
		return
	}
	if len(state.Resources) == 0 {
		return
	}
	r.terminal.Configure(r.applied)
	if err := r.command("destroy", "-auto-approve", "-refresh=false"); err != nil {
		r.t.Errorf("the destruction at the end: %v", err)
	}
}
