package cloudflare_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const seen = "The client has a previous secret that this resource did not leave behind: somebody else rotated"

func TestExternalRotationWarns(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	cli.Apply()
	deleteElsewhere(w)
	cli.Apply().Silent(t)
	cli.Sent(rotate)
	rotateElsewhere(w)
	cli.Plan().Warns(t, seen)
	cli.Empty()
	cli.Apply().Warns(t, seen)
	cli.Apply().Warns(t, seen) // it stands until it is dealt with
	cli.Empty()
	cli.Sent()
	if cli.Attribute(c.Address(), "has_previous_secret") != true || cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state is wrong")
	}
}

func TestExternalRotationIgnored(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(`on_external_rotation = "ignore"`))
	cli.Apply()
	deleteElsewhere(w)
	cli.Apply()
	cli.Sent(rotate)
	rotateElsewhere(w)
	cli.Plan().Silent(t)
	cli.Empty()
	cli.Apply().Silent(t)
	cli.Empty()
	cli.Sent()
}

// Never a rotation while one is open, not even in recovery.
func TestExternalRotationRotates(t *testing.T) {
	w := world(t)
	config := func(policy string) string { return c.HCL(alone + "on_external_rotation = \"rotate\"\n" + policy) }
	cli := w.Terminal(t, config(trigger("1")))
	cli.Apply()
	cli.Sent(rotate, retire)
	rotateElsewhere(w)
	r := cli.Run("plan", "-json", "-input=false")
	r.Errs(t, `set on_pending_rotation = "retire_first"`)
	r.Warns(t, seen)
	cli.ApplyFails()
	cli.Sent()
	expectLive(t, w, 1, 2)
	// The policy alone never ends the only secret that is known to work here; a trigger asks for it.
	cli.Configure(config(retireNext + trigger("1")))
	cli.ApplyFails().Errs(t, "the only one that is known to work here")
	cli.Sent()
	expectLive(t, w, 1, 2)
	cli.Configure(config(retireNext + trigger("2")))
	plan := cli.Plan()
	plan.Warns(t, seen)
	plan.Warns(t, ", the one in this state) is deleted right before the new one is made; whatever still uses it fails then. Its consumers use it")
	plan.Warns(t, "the secret that somebody else made is deleted in this apply")
	cli.PlannedVersion(c.Address(), 2)
	if got := cli.Saved(c.Address()); got.Actions[0] != "update" || got.Unknown["client_secret"] != true {
		t.Errorf("the plan shows %v", got)
	}
	cli.ApplySaved().Succeeds(t)
	cli.Sent(retire, rotate, retire)
	expectLive(t, w, 3)
	cli.Empty()
	cli.Plan().Silent(t)
}

// A list may lack the flag; then the client itself is asked.
func TestExternalRotationWhereTheListLacksTheFlag(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = simulator.FlagAbsentInList })
	other := c
	other.IDValue = "another-client"
	w.Cloudflare.AddClient(acctest.Account, other.IDValue)
	cli := w.Terminal(t, c.HCL(trigger("1"))+other.Named("other", ""))
	cli.Apply()
	cli.Apply()
	w.Clock.Advance(time.Minute)
	rotateElsewhere(w)
	cli.Apply()
	cli.Configure(c.HCL(trigger("2")) + other.Named("other", ""))
	cli.ApplyFails().Errs(t, "this resource may not have left it behind")
	expectLive(t, w, 1, 2)
	if w.Count("cloudflare.list") == 0 {
		t.Error("nothing was listed")
	}
}

// Clients of one account are read with one list, and each by itself where the list turns out to be in pages.
func TestReadingManyClients(t *testing.T) {
	t.Parallel()
	for info, reads := range map[string]int{simulator.ResultInfoAbsent: 0, simulator.ResultInfoOnePage: 0, simulator.ResultInfoTwoPages: 3} {
		t.Run(info, func(t *testing.T) {
			w := world(t)
			config := c.HCL("")
			for _, id := range []string{"second-client", "third-client"} {
				other := c
				other.IDValue = id
				w.Cloudflare.AddClient(acctest.Account, id)
				config += other.Named(id, "")
			}
			cli := w.Terminal(t, config)
			cli.Apply()
			w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.ResultInfo = info })
			w.ResetJournal()
			cli.Plan().Silent(t)
			if lists, gets := w.Count("cloudflare.list"), w.Count("cloudflare.get"); lists != 1 || gets != reads || len(w.Journal()) != 1+reads {
				t.Errorf("sent %d lists and %d reads in %d requests, want 1 and %d", lists, gets, len(w.Journal()), reads)
			}
			cli.Empty()
		})
	}
}

// Somebody rotates between the plan and the apply of what ends the previous secret: it is the one in use now.
func TestExternalRotationBeforeADestruction(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"-destroy", "-replace=" + c.Address(), "taint"} {
		t.Run(what, func(t *testing.T) {
			w := world(t)
			cli := w.Terminal(t, c.HCL(`on_destroy = "retire_previous"`))
			cli.Apply()
			cli.Sent(rotate)
			held := cli.Attribute(c.Address(), "client_secret")
			if what == "taint" {
				cli.Must("taint", c.Address())
				cli.Plan()
			} else {
				cli.Plan(what)
			}
			w.Clock.Advance(time.Minute)
			deleteElsewhere(w)
			rotateElsewhere(w)
			cli.ApplySaved().Errs(t, "the secret in use may be the previous one now")
			cli.Sent()
			if cli.Attribute(c.Address(), "client_secret") != held {
				t.Error("the state lost the secret")
			}
			expectLive(t, w, 1, 2)
			if what == "taint" {
				cli.ApplyFails().Errs(t, "this resource may not have left it behind")
				cli.Must("untaint", c.Address())
			}
			cli.Must("destroy", "-json", "-auto-approve", "-input=false").Warns(t, "it may be the secret in use")
			cli.Sent()
			expectLive(t, w, 1, 2)
		})
	}
}

// Rotated by somebody else, seen, and then the previous one deleted: the secret in state is dead.
func TestSecretInStateIsDead(t *testing.T) {
	t.Parallel()
	for policy, calls := range map[string][]string{"warn": nil, "ignore": nil, "rotate": {rotate}} {
		t.Run(policy, func(t *testing.T) {
			w := world(t)
			setting := `on_external_rotation = "` + policy + `"`
			cli := w.Terminal(t, c.HCL(`on_external_rotation = "ignore"`))
			cli.Apply()
			deleteElsewhere(w)
			cli.Apply()
			rotateElsewhere(w)
			cli.Apply()
			deleteElsewhere(w)
			cli.Sent(rotate)
			cli.Configure(c.HCL(setting))
			plan := cli.Plan()
			if policy == "ignore" {
				plan.Silent(t)
			} else {
				plan.Warns(t, "The secret in this state does not work any more")
			}
			cli.ApplySaved().Succeeds(t)
			cli.Sent(calls...)
			cli.Empty()
			if policy == "rotate" {
				expectLive(t, w, 2, 3)
				if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 3) {
					t.Error("the state does not hold the new secret")
				}
			}
		})
	}
}

// A rotation that replaced what somebody else made left that behind, and not the secret of this state.
func TestCompletionAfterARotationOverSomebodyElses(t *testing.T) {
	w := world(t)
	config := func(settings string) string {
		return c.HCL(settings) + `
resource "terraform_data" "consumer" {
  input = oauthsecret_cloudflare_client_secret.app.version
}
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.app.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.app.version
  depends_on      = [terraform_data.consumer]
}
`
	}
	cli := w.Terminal(t, config(trigger("1")))
	cli.Apply()
	cli.Apply() // takes over that the completion ended the previous secret
	w.Clock.Advance(time.Minute)
	rotateElsewhere(w)
	cli.Sent(rotate, retire)
	cli.Configure(config(retireNext + trigger("2")))
	w.Inject(simulator.Fault{Operation: retire, Skip: 1, Kind: simulator.Answer, Status: 403, Body: w.ErrorBody(simulator.Cloudflare, 403)})
	plan := cli.Plan()
	plan.Warns(t, ", the one in this state) is deleted right before the new one is made")
	plan.Warns(t, "This completion ends the secret that somebody else made, which this apply replaces")
	if !cli.ApplySaved().Failed {
		t.Error("the completion was not stopped")
	}
	cli.Sent(retire, rotate, retire)
	cli.Plan().Warns(t, "This completion ends the previous secret (the one before version ")
	cli.ApplySaved().Succeeds(t)
	cli.Sent(retire)
	expectLive(t, w, 3)
	cli.Empty()
}
