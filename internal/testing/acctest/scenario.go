package acctest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// Actions that a plan shows.
const (
	NoOp          = plancheck.ResourceActionNoop
	Create        = plancheck.ResourceActionCreate
	Update        = plancheck.ResourceActionUpdate
	Destroy       = plancheck.ResourceActionDestroy
	DestroyCreate = plancheck.ResourceActionDestroyBeforeCreate
	CreateDestroy = plancheck.ResourceActionCreateBeforeDestroy
)

// Step is one step of a scenario: what is configured, and everything that must come of it. After each apply the
// command-line program plans once more, and that plan must be empty unless Unsettled says otherwise.
type Step struct {
	// Before runs first: time passes, somebody else acts, a fault is set up.
	Before func()
	Config string
	// Taint marks the resource so that this apply replaces it.
	Taint bool
	// Destroy destroys everything instead.
	Destroy bool
	// PlanOnly applies nothing; the plan must be empty.
	PlanOnly bool
	// Unsettled: what follows the apply is a plan that is not empty.
	Unsettled bool

	// Plan is the action that the plan shows for the resource, "" to leave it unchecked.
	Plan plancheck.ResourceActionType
	// Planned are values that the plan shows.
	Planned Values
	// PlanChecks are checks besides.
	PlanChecks []plancheck.PlanCheck
	// Fails are words that the error holds; "" for none. Between two words can be any white space.
	Fails string
	// State are values after the apply.
	State Values
	// StateChecks are checks besides.
	StateChecks []statecheck.StateCheck
	// Calls are the requests to changing operations that this step sent, in their order: exactly these, none when empty.
	Calls []string
	// Live are the secrets that the vendor accepts afterwards, counted in the order of their making from 0; nil to leave it
	// unchecked.
	Live []int
}

// Values are expected values of attributes: nil for null, Unknown, Made, SHA, a string, int or bool, or a check of its own.
type Values map[string]any

type (
	unknown struct{}
	// Made is the nth secret that the client ever had, counted from 0.
	Made int
	// SHA is the fingerprint of that secret.
	SHA int
)

// Unknown is the value of an attribute that a plan does not know.
var Unknown = unknown{}

// Run drives the steps with the real command line program. When it ends, what the last step left is destroyed, which must
// send nothing more.
func (c Client) Run(t *testing.T, w *World, steps ...Step) {
	t.Helper()
	w.ResetJournal()
	var due func() // what of a failed step remains to be checked
	settle := func() {
		if due != nil {
			due()
		}
		due = nil
	}
	tested := make([]resource.TestStep, len(steps))
	for i, s := range steps {
		check := func() {
			due = nil
			c.after(t, w, i+1, s)
		}
		tested[i] = c.step(w, s)
		tested[i].PreConfig = func() {
			settle()
			if s.Before != nil {
				s.Before()
			}
			due = check
		}
		tested[i].PostApplyFunc = check
	}
	w.Run(t, tested...)
	settle()
	if calls := Operations(w.Changing()); len(calls) > 0 {
		t.Errorf("the end of the test sent %v", calls)
	}
	if n := w.PendingFaults(); n > 0 {
		t.Errorf("%d faults never happened", n)
	}
}

// step translates s.
func (c Client) step(w *World, s Step) resource.TestStep {
	out := resource.TestStep{
		Config: s.Config, Destroy: s.Destroy, PlanOnly: s.PlanOnly, ExpectNonEmptyPlan: s.Unsettled,
		ConfigStateChecks: s.StateChecks,
	}
	if s.Taint {
		out.Taint = []string{c.Address()}
	}
	if s.Fails != "" {
		out.ExpectError = Words(s.Fails)
	}
	plan := s.PlanChecks
	if s.Plan != "" {
		plan = append(plan, plancheck.ExpectResourceAction(c.Address(), s.Plan))
	}
	if s.Planned != nil {
		plan = append(plan, planned{c, w, s.Planned})
	}
	if s.PlanOnly {
		out.ConfigPlanChecks.PostApplyPostRefresh = plan
	} else {
		out.ConfigPlanChecks.PreApply = plan
	}
	if s.State != nil {
		out.ConfigStateChecks = append(out.ConfigStateChecks, stored{c, w, s.State})
	}
	return out
}

func (c Client) after(t *testing.T, w *World, n int, s Step) {
	t.Helper()
	if calls := Operations(w.Changing()); !slices.Equal(calls, s.Calls) {
		t.Errorf("step %d sent %v, want %v", n, calls, s.Calls)
	}
	w.ResetJournal()
	if s.Live != nil {
		if live := c.Live(w); !slices.Equal(live, s.Live) {
			t.Errorf("after step %d the vendor accepts the secrets %v, want %v", n, live, s.Live)
		}
	}
}

// Words matches text in which any white space and box drawing can stand between two words, because the program wraps
// its messages.
func Words(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `[\s│]+`))
}

// check turns an expected value into a check. An expected version counts from the first secret that was made here.
func (c Client) check(w *World, name string, want any) knownvalue.Check {
	if n, ok := want.(int); ok && name == "version" {
		return w.VersionValue(c.Address(), n)
	}
	switch want := want.(type) {
	case nil:
		return knownvalue.Null()
	case knownvalue.Check:
		return want
	case string:
		return knownvalue.StringExact(want)
	case bool:
		return knownvalue.Bool(want)
	case int:
		return knownvalue.Int64Exact(int64(want))
	case Made:
		return knownvalue.StringExact(c.Secret(w, int(want)))
	case SHA:
		return knownvalue.StringExact(fingerprint(c.Secret(w, int(want))))
	default:
		panic(fmt.Sprintf("no check for %T", want))
	}
}

// planned checks values in a plan.
type planned struct {
	client Client
	world  *World
	want   Values
}

// CheckPlan implements plancheck.PlanCheck.
func (p planned) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	var problems []error
	for name, want := range p.want {
		var one plancheck.CheckPlanResponse
		if want == Unknown {
			plancheck.ExpectUnknownValue(p.client.Address(), tfjsonpath.New(name)).CheckPlan(ctx, req, &one)
		} else {
			plancheck.ExpectKnownValue(p.client.Address(), tfjsonpath.New(name), p.client.check(p.world, name, want)).CheckPlan(ctx, req, &one)
		}
		if one.Error != nil {
			problems = append(problems, fmt.Errorf("planned %s: %w", name, one.Error))
		}
	}
	resp.Error = errors.Join(problems...)
}

// stored checks values in state.
type stored struct {
	client Client
	world  *World
	want   Values
}

// CheckState implements statecheck.StateCheck.
func (s stored) CheckState(ctx context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	var problems []error
	for name, want := range s.want {
		var one statecheck.CheckStateResponse
		statecheck.ExpectKnownValue(s.client.Address(), tfjsonpath.New(name), s.client.check(s.world, name, want)).CheckState(ctx, req, &one)
		if one.Error != nil {
			problems = append(problems, fmt.Errorf("%s in state: %w", name, one.Error))
		}
	}
	resp.Error = errors.Join(problems...)
}

// Attributes checks the resource's attributes in state with f.
func (c Client) Attributes(f func(map[string]any) error) statecheck.StateCheck {
	return attributes{c, f}
}

type attributes struct {
	client Client
	check  func(map[string]any) error
}

// CheckState implements statecheck.StateCheck.
func (a attributes) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	if req.State.Values == nil {
		resp.Error = errors.New("the state is empty")
		return
	}
	for _, r := range req.State.Values.RootModule.Resources {
		if r.Address == a.client.Address() {
			resp.Error = a.check(r.AttributeValues)
			return
		}
	}
	resp.Error = fmt.Errorf("%s is not in state", a.client.Address())
}

// Between checks that one time in state is so much after another.
func (c Client) Between(from, to string, want time.Duration) statecheck.StateCheck {
	return c.Attributes(func(values map[string]any) error {
		var times [2]time.Time
		for i, name := range []string{from, to} {
			text, _ := values[name].(string)
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return fmt.Errorf("%s is %v", name, values[name])
			}
			times[i] = at
		}
		if got := times[1].Sub(times[0]); got != want {
			return fmt.Errorf("%s is %v after %s, want %v", to, got, from, want)
		}
		return nil
	})
}
