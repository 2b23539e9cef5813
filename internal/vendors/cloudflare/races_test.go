package cloudflare_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Somebody rotates within seconds after our rotation: the previous secret is the one in our state then, and its time is no reason to
// end it. An answer that carries the date tells the two rotations apart at any distance.
func TestSomebodyRotatesRightAfterUs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		later time.Duration
		dated bool
	}{
		"dated, at once": {0, true}, "dated, a second": {time.Second, true}, "dated, 15 seconds": {15 * time.Second, true},
		"not dated, 2 seconds": {2 * time.Second, false}, "not dated, 15 seconds": {15 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			if test.dated {
				w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.RotateAnswer = simulator.RotateAnswerClient })
			}
			cli := w.Terminal(t, c.HCL(daily))
			cli.Apply()
			cli.Sent(rotate)
			w.Clock.Advance(test.later)
			deleteElsewhere(w)
			rotateElsewhere(w)
			w.Clock.Advance(25 * time.Hour)
			cli.Apply().Warns(t, "the previous secret is not deleted")
			cli.Sent()
			expectLive(t, w, 1, 2)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) || cli.Attribute(c.Address(), "drift") == nil {
				t.Error("the state does not tell the truth")
			}
		})
	}
}

// The same between the rotation and the end of the previous secret in one apply: the look before the end shows it.
func TestSomebodyRotatesBeforeTheEndInOneApply(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.RotateAnswer = simulator.RotateAnswerClient })
	cli := w.Terminal(t, c.HCL(alone))
	once := false
	w.AfterRequest(func(e simulator.Entry) {
		if e.Operation == rotate && !once {
			once = true
			deleteElsewhere(w)
			rotateElsewhere(w)
		}
	})
	cli.Apply().Warns(t, "The client was changed since it was read for the plan")
	cli.Sent(rotate)
	expectLive(t, w, 1, 2)
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state lost the secret")
	}
}

// completing is a client secret, a consumer that may fail, and the completion behind it.
func completing(arguments, consumer string) string {
	return c.HCL(arguments) + fmt.Sprintf(`
resource "terraform_data" "consumer" {
  input = %[1]s.version
  lifecycle {
    postcondition {
      condition     = %[2]s
      error_message = "the consumer failed"
    }
  }
}
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = %[3]q
  version         = %[1]s.version
  depends_on      = [terraform_data.consumer]
}
`, c.Address(), consumer, acctest.OAuthClient)
}

const (
	works = "self.output > 0"
	fails = "self.output < 0"
)

// waiting is a completion that a failed consumer stopped.
func waiting(t *testing.T, w *acctest.World) *acctest.Terminal {
	t.Helper()
	cli := w.Terminal(t, completing(trigger("1"), works))
	cli.Apply()
	cli.Sent(rotate, retire)
	w.Clock.Advance(time.Hour)
	cli.Configure(completing(trigger("2"), fails))
	cli.ApplyFails().Errs(t, "the consumer failed")
	cli.Sent(rotate)
	cli.Configure(completing(trigger("2"), works))
	return cli
}

// A completion waits, and somebody else rotates: the previous secret is the one in state now. Plan, saved plan and tainted
// completion leave it alone.
func TestCompletionThatWaitedLeavesAForeignRotationAlone(t *testing.T) {
	t.Parallel()
	const completion = "oauthsecret_cloudflare_rotation_completion.app"
	for _, how := range []string{"planned", "saved", "tainted"} {
		t.Run(how, func(t *testing.T) {
			w := world(t)
			cli := waiting(t, w)
			w.Clock.Advance(time.Hour)
			if how == "saved" {
				cli.Plan().Warns(t, "This completion ends the previous secret")
			}
			deleteElsewhere(w)
			rotateElsewhere(w)
			switch how {
			case "planned":
				cli.Run("plan", "-json", "-input=false").Errs(t, "The previous secret may therefore be the one in use, and is not deleted")
				cli.ApplyFails()
			case "saved":
				cli.ApplySaved().Errs(t, "the secret in use may be the previous one now")
			case "tainted":
				cli.Must("taint", completion)
				cli.ApplyFails().Errs(t, "The previous secret may therefore be the one in use, and is not deleted")
			}
			cli.Sent()
			expectLive(t, w, 2, 3)
			if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
				t.Error("the state lost the secret")
			}
		})
	}
}

// A schedule beside a completion that waits is put off, with a warning: the completion runs, and then the schedule.
func TestScheduleBesideACompletion(t *testing.T) {
	w := world(t)
	const monthly = "  rotate_after = \"720h\"\n"
	cli := w.Terminal(t, completing(monthly, works))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(completing(monthly, fails))
	w.Clock.Advance(721 * time.Hour)
	cli.ApplyFails().Errs(t, "the consumer failed")
	cli.Sent(rotate)
	cli.Configure(completing(monthly, works))
	w.Clock.Advance(721 * time.Hour)
	cli.Apply().Warns(t, "the scheduled rotation is put off")
	cli.Sent(retire)
	expectLive(t, w, 2)
	cli.Apply()
	cli.Sent(rotate, retire)
	expectLive(t, w, 3)
	cli.Empty()
}

// New secrets do not work at the token endpoint: the previous one, the only one that does, never goes to make room.
func TestRoomIsNotMadeWhileTheCurrentSecretIsRefused(t *testing.T) {
	w := world(t)
	w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) {
		s.Overlap, s.NewRefusedFor = simulator.OverlapNewRefused, 1000*time.Hour
	})
	required := "  verify {\n    required = true\n    timeout  = \"5s\"\n  }\n"
	cli := w.Terminal(t, c.HCL(daily+required+trigger("1")))
	cli.Apply()
	cli.Sent(rotate)
	if cli.Attribute(c.Address(), "verified") != false {
		t.Fatal("the new secret was verified")
	}
	w.Clock.Advance(25 * time.Hour)
	cli.Configure(c.HCL(daily + required + trigger("2")))
	cli.ApplyFails()
	cli.Sent()
	if !c.Accepts(w, c.Secret(w, 0)) {
		t.Error("the only secret that works has ended")
	}
	if cli.Attribute(c.Address(), "has_previous_secret") != true || cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state does not tell the truth")
	}
}

// Without a refresh a replacement that meets an open rotation is refused at plan: the state keeps the secret in use.
func TestReplaceWithoutARefreshKeepsTheState(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	cli.Apply()
	cli.Sent(rotate)
	cli.Run("plan", "-json", "-input=false", "-refresh=false", "-replace="+c.Address()).Errs(t, "A previous secret is still valid")
	cli.ApplyFails("-refresh=false", "-replace="+c.Address())
	cli.Sent()
	expectLive(t, w, 0, 1)
	if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
		t.Error("the state lost the secret in use")
	}
}

// create_before_destroy, and a consumer fails between the two: the old half is left for the next run. What it is set to end is the
// secret that the new half replaced, or nothing of its own any more: it ends nothing, and says so. A rotation ends the rest.
func TestRetirementOfALeftOverOldHalf(t *testing.T) {
	w := world(t)
	config := func(arguments, consumer string) string {
		return c.ReplacedFirst(arguments+"\n  on_destroy = \"retire_previous\"", consumer)
	}
	cli := w.Terminal(t, config(alone, `self.output != ""`))
	cli.Apply()
	cli.Sent(rotate, retire)
	w.Clock.Advance(time.Hour)
	cli.Configure(config(trigger("1"), `self.output == ""`))
	r := cli.Run("apply", "-json", "-input=false", "-auto-approve", "-replace="+c.Address())
	if !r.Failed || len(cli.Instances(c.Address())) != 2 {
		t.Fatalf("the old half is not left over:\n%s", r.Text)
	}
	cli.Sent(rotate)
	w.Clock.Advance(time.Hour)
	cli.Configure(config(trigger("1"), `self.output != ""`))
	cli.Plan().Warns(t, "this destroy keeps every secret")
	apply := cli.ApplySaved()
	apply.Succeeds(t)
	cli.Sent()
	expectLive(t, w, 1, 2)
	if s, _ := cli.Attribute(c.Address(), "client_secret").(string); s != c.Secret(w, 2) {
		t.Error("the state does not hold the new secret")
	}
	cli.Empty()
	// The rotation that the old half left open is the new half's, which ends it.
	cli.Configure(config(trigger("1")+"  retire_previous_after = \"1h\"\n", `self.output != ""`))
	cli.Apply() // takes the setting over, whose deadline is past
	cli.Apply()
	cli.Sent(retire)
	expectLive(t, w, 2)
	cli.Empty()
}
