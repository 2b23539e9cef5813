package cloudflare_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestPreviousSecretIsKeptByDefault(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Config: c.HCL(""), Calls: []string{rotate}, State: acctest.Values{"previous_secret_expires_at": nil}},
		acctest.Step{Before: func() { w.Clock.Advance(10000 * time.Hour) }, Config: c.HCL(""), Plan: acctest.NoOp, Live: []int{0, 1}},
	)
}

func TestRetirement(t *testing.T) {
	w := world(t)
	ends := []statecheck.StateCheck{c.Between("rotated_at", "previous_secret_expires_at", 24*time.Hour)}
	c.Run(t, w,
		acctest.Step{Config: c.HCL(daily), Calls: []string{rotate}, State: acctest.Values{"has_previous_secret": true}, StateChecks: ends, Live: []int{0, 1}},
		acctest.Step{Before: func() { w.Clock.Advance(23 * time.Hour) }, Config: c.HCL(daily), Plan: acctest.NoOp, Live: []int{0, 1}},
		acctest.Step{
			Before: func() { w.Clock.Advance(time.Hour) }, Config: c.HCL(daily), Plan: acctest.Update,
			Planned: acctest.Values{"has_previous_secret": false, "previous_secret_expires_at": nil, "client_secret": acctest.Made(1), "version": 1},
			State:   acctest.Values{"has_previous_secret": false, "previous_secret_expires_at": nil, "client_secret": acctest.Made(1)},
			Calls:   []string{retire}, Live: []int{1},
		},
		acctest.Step{Before: func() { w.Clock.Advance(240 * time.Hour) }, Config: c.HCL(daily), Plan: acctest.NoOp},
	)
}

// One GET and one DELETE, also when the plan waited for a day.
func TestRetirementOfASavedPlan(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(daily))
	cli.Apply()
	w.Clock.Advance(24 * time.Hour)
	cli.Plan()
	w.Clock.Advance(24 * time.Hour)
	w.ResetJournal()
	cli.ApplySaved().Succeeds(t)
	if got := acctest.Operations(w.Journal()); !slices.Equal(got, []string{"cloudflare.get", retire}) {
		t.Errorf("the apply sent %v", got)
	}
	cli.Empty()
}

func TestSavedPlanThatDoesNotRetire(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(daily))
	cli.Apply()
	cli.Sent(rotate)
	w.Clock.Advance(23 * time.Hour)
	cli.Configure(c.HCL(daily + `on_destroy = "retire_previous"`))
	cli.Plan()
	w.Clock.Advance(2 * time.Hour)
	cli.ApplySaved().Succeeds(t)
	cli.Sent()
	expectLive(t, w, 0, 1)
	cli.Apply()
	cli.Sent(retire)
}

func TestRetirementIsSetLater(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Config: c.HCL(""), Calls: []string{rotate}},
		acctest.Step{
			Config: c.HCL(daily), Plan: acctest.Update, Planned: acctest.Values{"client_secret": acctest.Made(1), "has_previous_secret": true},
			StateChecks: []statecheck.StateCheck{c.Between("rotated_at", "previous_secret_expires_at", 24*time.Hour)},
		},
		acctest.Step{Config: c.HCL(""), Plan: acctest.Update, State: acctest.Values{"previous_secret_expires_at": nil, "has_previous_secret": true}},
		// The apply that moves the deadline into the past records that; the next plan acts on it.
		acctest.Step{
			Before: func() { w.Clock.Advance(25 * time.Hour) }, Config: c.HCL(daily), Plan: acctest.Update, Unsettled: true,
			Planned: acctest.Values{"has_previous_secret": true, "client_secret": acctest.Made(1)}, Live: []int{0, 1},
		},
		acctest.Step{
			Config: c.HCL(daily), Plan: acctest.Update,
			Planned: acctest.Values{"has_previous_secret": false, "client_secret": acctest.Made(1)}, Calls: []string{retire}, Live: []int{1},
		},
	)
}

func TestFailedRetirementIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 409} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(daily))
			cli.Apply()
			cli.Sent(rotate)
			ends := cli.Attribute(c.Address(), "previous_secret_expires_at")
			w.Clock.Advance(25 * time.Hour)
			w.Inject(refused(retire, status))
			r := cli.ApplyFails()
			r.Errs(t, "Unable to delete the previous secret")
			r.Errs(t, "the next apply tries again")
			cli.Sent(retire)
			if cli.Attribute(c.Address(), "has_previous_secret") != true || cli.Attribute(c.Address(), "previous_secret_expires_at") != ends {
				t.Error("the state does not tell the truth")
			}
			if in := cli.Instances(c.Address()); in[0].Status == "tainted" || in[0].Attributes["client_secret"] != c.Secret(w, 1) {
				t.Error("the resource was harmed")
			}
			cli.Apply()
			cli.Sent(retire)
			expectLive(t, w, 1)
			cli.Empty()
		})
	}
}

// A failed deletion right after the first rotation is a warning: an error would taint the resource.
func TestFailedRetirementInCreate(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone))
	w.Inject(refused(retire, 403))
	cli.Apply().Warns(t, "Unable to delete the previous secret")
	cli.Sent(rotate, retire)
	if in := cli.Instances(c.Address()); len(in) != 1 || in[0].Status == "tainted" || in[0].Attributes["has_previous_secret"] != true {
		t.Error("the state does not hold the new secret with its previous one")
	}
	cli.Apply()
	cli.Sent(retire)
	cli.Empty()
	expectLive(t, w, 1)
}

func TestPreviousSecretDeletedElsewhere(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Config: c.HCL(daily), Calls: []string{rotate}},
		acctest.Step{
			Before: func() { w.Clock.Advance(25 * time.Hour); deleteElsewhere(w) }, Config: c.HCL(daily), Plan: acctest.NoOp,
			State: acctest.Values{"has_previous_secret": false, "previous_secret_expires_at": nil},
		},
	)
}

// Between plan and apply somebody else deleted it: nothing to delete is success.
func TestNothingToRetireIsSuccess(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(daily))
	cli.Apply()
	cli.Sent(rotate)
	w.Clock.Advance(25 * time.Hour)
	cli.Plan()
	deleteElsewhere(w)
	cli.ApplySaved().Succeeds(t)
	cli.Sent()
	cli.Empty()
}

// What somebody else's rotation pushed into the previous place can be the very secret that the state hands out.
func TestForeignPreviousSecretIsNotRetired(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone))
	cli.Apply()
	cli.Sent(rotate, retire)
	rotateElsewhere(w)
	w.Clock.Advance(time.Hour)
	cli.Apply().Warns(t, "the previous secret is not deleted")
	cli.Sent()
	expectLive(t, w, 1, 2)
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	cli.Sent()
	expectLive(t, w, 1, 2)
}

func TestForeignPreviousSecretSurvivesOnDestroy(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+`on_destroy = "retire_previous"`))
	cli.Apply()
	cli.Sent(rotate, retire)
	rotateElsewhere(w)
	cli.Must("destroy", "-json", "-auto-approve", "-input=false").Warns(t, "the previous secret was not deleted")
	cli.Sent()
	expectLive(t, w, 1, 2)
}

// Somebody else rotates between the plan and the apply: the previous secret is now the one in use.
func TestClientChangedAfterThePlan(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{"retirement": daily + trigger("1"), "retire_first": retireNext + trigger("2")} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(daily+trigger("1")))
			cli.Apply()
			cli.Sent(rotate)
			w.Clock.Advance(25 * time.Hour)
			cli.Configure(c.HCL(config))
			cli.Plan()
			rotateElsewhere(w)
			cli.ApplySaved().Errs(t, "The client was changed since it was read for the plan")
			cli.Sent()
			expectLive(t, w, 1, 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) || cli.Attribute(c.Address(), "has_previous_secret") != true {
				t.Error("the state does not tell the truth")
			}
		})
	}
}

// Right after a rotation the client may still be shown as it was before: it is looked at again until it shows the rotation, and
// only then the previous secret ends.
func TestRetirementRightAfterTheRotation(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationReads = 2 })
	cli := w.Terminal(t, c.HCL(alone))
	w.ResetJournal()
	cli.Apply()
	if got := acctest.Operations(w.Journal()); !slices.Equal(got, []string{
		"cloudflare.get", "cloudflare.get", "cloudflare.get", rotate, "cloudflare.get", "cloudflare.get", "cloudflare.get", retire,
	}) {
		t.Errorf("the apply sent %v", got)
	}
	expectLive(t, w, 1)
	cli.Plan().Silent(t)
	cli.Empty()
}

// The completion deletes what the rotation of the same run left behind, also while the vendor does not show it yet; and a
// previous secret that is still shown after its end is no rotation of anybody's.
func TestCompletionAndRetirementOutrunTheFlag(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationReads = 2 })
	completion := func(arguments string) string {
		return c.HCL(`on_external_rotation = "rotate"`+"\n"+arguments) + fmt.Sprintf(`
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = %q
  version         = %s.version
}
`, acctest.OAuthClient, c.Address())
	}
	cli := w.Terminal(t, completion(trigger("1")))
	cli.Apply()
	cli.Sent(rotate, retire)
	expectLive(t, w, 1)
	cli.Plan().Silent(t)
	cli.Configure(completion(trigger("2")))
	cli.ApplyFails().Errs(t, "A previous secret is still valid") // the vendor still shows it
	cli.Sent()
	cli.Apply()
	cli.Sent(rotate, retire)
	expectLive(t, w, 2)
	cli.Configure(completion(trigger("3") + alone))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Plan().Silent(t)
	cli.Empty()
	expectLive(t, w, 3)
}
