package cloudflare_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestCreateMeetsAnOpenRotation(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{Before: func() { rotateElsewhere(w) }, Config: c.HCL(""), Fails: `set on_pending_rotation = "retire_first"`, Live: []int{0, 1}},
		acctest.Step{Config: c.HCL(retireNext), Plan: acctest.Create, Calls: []string{retire, rotate}, Live: []int{1, 2}, State: acctest.Values{"client_secret": acctest.Made(2)}},
	)
}

// The flag is read right before the rotation.
func TestFlagIsReadRightBeforeTheRotation(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+trigger("1")))
	cli.Apply()
	cli.Configure(c.HCL(alone + trigger("2")))
	cli.Plan()
	w.ResetJournal()
	cli.ApplySaved().Succeeds(t)
	if got := acctest.Operations(w.Journal()); !slices.Equal(got, []string{"cloudflare.get", rotate, "cloudflare.get", retire}) {
		t.Errorf("the apply sent %v", got)
	}
}

// A previous secret that appears between plan and apply was not agreed to, whatever the policy.
func TestPreviousSecretAppearsAfterThePlan(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"fail", "retire_first"} {
		t.Run(policy, func(t *testing.T) {
			w := world(t)
			config := func(q string) string {
				return c.HCL(alone + `on_pending_rotation = "` + policy + `"` + "\n" + trigger(q))
			}
			cli := w.Terminal(t, config("1"))
			cli.Apply()
			cli.Sent(rotate, retire)
			cli.Configure(config("2"))
			cli.Plan()
			rotateElsewhere(w)
			if r := cli.ApplySaved(); !r.Failed {
				t.Error("the apply succeeded")
			}
			cli.Sent()
			expectLive(t, w, 1, 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
				t.Error("the state lost the secret")
			}
		})
	}
}

func TestAbsentFlagRefuses(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = simulator.FlagAbsent })
	c.Run(t, w, acctest.Step{Config: c.HCL(""), Fails: "The vendor does not say whether a previous secret is still valid", Live: []int{0}})
}

func TestClientWithoutSecretIsRefused(t *testing.T) {
	w := world(t)
	w.Cloudflare.SetAuthMethod(acctest.Account, acctest.OAuthClient, simulator.AuthMethodNone)
	c.Run(t, w, acctest.Step{Config: c.HCL(""), Fails: "token_endpoint_auth_method is none"})
}

func TestAdoptWithAnOpenRotation(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{
			Before: func() { rotateElsewhere(w) }, Config: c.HCL(`on_create = "adopt"` + "\n" + trigger("1")),
			State: acctest.Values{"has_previous_secret": true, "version": 0}, Live: []int{0, 1},
		},
		acctest.Step{Config: c.HCL(`on_create = "adopt"` + "\n" + trigger("2")), Fails: `set on_pending_rotation = "retire_first"`, Live: []int{0, 1}},
		acctest.Step{Config: c.HCL(`on_create = "adopt"` + "\n" + retireNext + trigger("2")), Plan: acctest.Update, Calls: []string{retire, rotate}, Live: []int{1, 2}, State: acctest.Values{"version": 1}},
	)
}

// A second rotation right after the first, while reads still show the client as it was before: it is not even planned.
func TestSecondRotationBeforeTheFirstIsShown(t *testing.T) {
	t.Parallel()
	for _, reads := range []int{1, 2, 3, 5} {
		t.Run(strconv.Itoa(reads), func(t *testing.T) {
			w := world(t)
			w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationReads = reads })
			cli := w.Terminal(t, c.HCL(trigger("1")))
			cli.Apply()
			cli.Sent(rotate)
			cli.Configure(c.HCL(trigger("2")))
			cli.Run("plan", "-json", "-input=false").Errs(t, "A previous secret is still valid")
			cli.ApplyFails()
			cli.Sent()
			expectLive(t, w, 0, 1)
		})
	}
}
