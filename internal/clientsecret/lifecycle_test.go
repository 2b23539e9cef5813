package clientsecret_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestCreateRotatesOnce(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w,
			acctest.Step{
				Config: c.HCL(""),
				Plan:   acctest.Create,
				Planned: acctest.Values{
					"client_secret": acctest.Unknown, "client_secret_sha256": acctest.Unknown, "rotated_at": acctest.Unknown,
					"version": acctest.Unknown, "id": c.ImportID(), c.Scope: c.ScopeValue, "has_previous_secret": true,
				},
				State: acctest.Values{
					"client_secret": acctest.Made(1), "client_secret_sha256": acctest.SHA(1), "encrypted_client_secret": nil,
					"version": 1, "id": c.ImportID(), "has_previous_secret": true, "verified": nil, "rotation_due_at": nil,
					"rotated_at": knownvalue.NotNull(),
				},
				Calls: []string{c.Rotate}, Live: []int{0, 1},
			},
			acctest.Step{
				Config: c.HCL(""), Plan: acctest.NoOp,
				Planned: acctest.Values{"client_secret": acctest.Made(1), "version": 1}, Live: []int{0, 1},
			},
		)
	})
}

func TestPolicyChangesCallNothing(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		kept := acctest.Values{"client_secret": acctest.Made(1), "client_secret_sha256": acctest.SHA(1), "version": 1, "has_previous_secret": true}
		same := func(arguments string) acctest.Step {
			return acctest.Step{Config: c.HCL(arguments), Plan: acctest.Update, Planned: kept, State: kept, Live: []int{0, 1}}
		}
		c.Run(t, w,
			acctest.Step{Config: c.HCL(""), Calls: []string{c.Rotate}},
			same(`on_destroy = "retire_previous"`),
			same(`on_external_rotation = "ignore"`),
			same(`on_pending_rotation = "retire_first"`),
			same(`retire_previous_after = "300h"`),
			same(`rotate_after = "300h"`),
			same(`verify { timeout = "10s" }`),
			same(`timeouts { update = "5m" }`),
			same(""),
		)
	})
}

func TestAdoptChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		adopted := acctest.Values{"client_secret": nil, "client_secret_sha256": nil, "version": 0, "rotated_at": nil, "has_previous_secret": false, "verify": nil, "timeouts": nil}
		c.Run(t, w,
			acctest.Step{
				Config: c.HCL(`on_create = "adopt"` + "\n" + trigger("1")), Plan: acctest.Create,
				Planned: acctest.Values{"client_secret": nil, "version": 0}, State: adopted, Live: []int{0},
			},
			acctest.Step{Config: c.HCL(`on_create = "adopt"` + "\n" + trigger("1")), Plan: acctest.NoOp, State: adopted},
			acctest.Step{
				Config: c.HCL(`on_create = "adopt"` + "\n" + trigger("2")), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Unknown, "version": acctest.Unknown},
				State:   acctest.Values{"client_secret": acctest.Made(1), "version": 1, "has_previous_secret": true},
				Calls:   []string{c.Rotate}, Live: []int{0, 1},
			},
		)
	})
}

func TestAdoptOfAMissingClientIsAnError(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w, acctest.Step{
			Before: func() { c.Remove(w) },
			Config: c.HCL(`on_create = "adopt"`), Fails: "Unable to adopt the client",
		})
	})
}

func TestClientRemovedAtTheVendorLeavesTheState(t *testing.T) {
	t.Parallel()
	for name, passed := range map[string]time.Duration{"long after the rotation": time.Hour, "right after the rotation": 0} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
				cli.Apply()
				cli.Sent(c.Rotate)
				w.Clock.Advance(passed)
				c.Remove(w)
				plan := cli.Plan()
				plan.Warns(t, "the client is gone")
				if got := cli.Saved(c.Address()).Actions; len(got) != 1 || got[0] != "create" {
					t.Errorf("the plan shows %v, want a creation", got)
				}
				cli.Must("apply", "-refresh-only", "-auto-approve", "-input=false")
				if cli.Instances(c.Address()) != nil {
					t.Error("the resource is still in state")
				}
				cli.Sent()
			})
		})
	}
}

func TestAnotherClientReplacesTheResource(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		w.Cloudflare.AddClient(acctest.Account, "another")
		w.CSP.AddApp(acctest.Org, "another", simulator.AppSpec{})
		other := c
		other.IDValue = "another"
		c.Run(t, w,
			acctest.Step{Config: c.HCL(""), Calls: []string{c.Rotate}},
			acctest.Step{
				Config: other.HCL(""), Plan: acctest.DestroyCreate,
				Planned:     acctest.Values{"version": acctest.Unknown, "client_secret": acctest.Unknown, "id": other.ImportID()},
				Calls:       []string{c.Rotate},
				StateChecks: []statecheck.StateCheck{other.Attributes(holds("client_secret", func() any { return other.Secret(w, 1) }))},
				Live:        []int{0, 1},
			},
		)
		if live := other.Live(w); len(live) != 2 {
			t.Errorf("the other client has the live secrets %v", live)
		}
	})
}

func TestOnDestroyKeep(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		cli.Apply()
		cli.Sent(c.Rotate)
		destroy := cli.Must("destroy", "-json", "-auto-approve", "-input=false")
		destroy.Warns(t, "a live secret survives")
		destroy.Warns(t, c.IDValue)
		cli.Sent()
		expectLive(t, c, w, 0, 1)
	})
}

func TestOnDestroyRetirePrevious(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
		cli.Apply()
		cli.Sent(c.Rotate)
		destroy := cli.Must("destroy", "-json", "-auto-approve", "-input=false")
		destroy.Warns(t, "this destroy deletes the previous secret")
		destroy.Warns(t, "stays valid, and Terraform forgets it")
		cli.Sent(c.Retire)
		expectLive(t, c, w, 1)
	})
}

func TestOnDestroyRetirePreviousOfAGoneClient(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
		cli.Apply()
		c.Remove(w)
		cli.Must("destroy", "-refresh=false", "-json", "-auto-approve", "-input=false")
		if cli.Instances(c.Address()) != nil {
			t.Error("the resource is still in state")
		}
	})
}

func TestFailedDestroyStaysInState(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
		cli.Apply()
		cli.Sent(c.Rotate)
		w.Inject(answer(c.Retire, 403))
		failed := cli.Run("destroy", "-json", "-auto-approve", "-input=false")
		if !failed.Failed {
			t.Error("the destroy succeeded")
		}
		failed.Errs(t, "Unable to delete the previous secret")
		failed.Errs(t, "The resource stays in state")
		if got := cli.Attribute(c.Address(), "client_secret"); got != c.Secret(w, 1) {
			t.Errorf("client_secret is %v in state", got)
		}
		cli.Sent(c.Retire)
		cli.Empty()
		cli.Must("destroy", "-json", "-auto-approve", "-input=false")
		cli.Sent(c.Retire)
		expectLive(t, c, w, 1)
	})
}
