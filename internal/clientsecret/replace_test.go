package clientsecret_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestTaintRotatesOnce(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		both := []string{c.Rotate, c.Retire}
		c.Run(t, w,
			acctest.Step{Config: c.HCL(alone), Calls: both, Live: []int{1}},
			acctest.Step{
				Taint: true, Config: c.HCL(alone), Plan: acctest.DestroyCreate, Planned: acctest.Values{"version": acctest.Unknown, "client_secret": acctest.Unknown},
				State: acctest.Values{"version": 1, "client_secret": acctest.Made(2)}, Calls: both, Live: []int{2},
			},
		)
	})
}

// Terraform plans a tainted object as a creation. Where its ids changed as well, that creation is at another client, and what the
// destruction of the tainted one ends is said all the same.
func TestTaintTogetherWithAnotherID(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		other := c
		other.IDValue = "another-client"
		if c.Vendor == acctest.CSP.Vendor {
			w.CSP.AddApp(acctest.Org, other.IDValue, simulator.AppSpec{})
		} else {
			other.IDValue = "b1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
			w.Cloudflare.AddClient(acctest.Account, other.IDValue)
		}
		destroy := "  on_destroy = \"retire_previous\"\n"
		cli := w.Terminal(t, c.HCL(destroy))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Must("taint", c.Address())
		cli.Configure(other.HCL(destroy))
		r := cli.Plan()
		r.Warns(t, c.IDValue+": its destruction deletes the previous secret")
		cli.Sent()
		cli.ApplySaved()
		cli.Sent(c.Retire, c.Rotate)
		cli.Empty()
	})
}

// Of several objects of one client, only the one that is destroyed is named.
func TestTaintTogetherWithAnotherID_Sibling(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	w.IdentityService.AddApplication(acctest.Tenant, "another-application")
	config := func(client string) string {
		return fmt.Sprintf(`
resource "oauthsecret_identity_service_client_secret" "moved" {
  client_id = %q
}
resource "oauthsecret_identity_service_client_secret" "stays" {
  client_id = %q
}
`, client, acctest.Application)
	}
	const moved, stays = "oauthsecret_identity_service_client_secret.moved", "oauthsecret_identity_service_client_secret.stays"
	cli := w.Terminal(t, config(acctest.Application))
	cli.Apply()
	cli.Must("taint", moved)
	goes, _ := cli.Attribute(moved, "secret_id").(string)
	other, _ := cli.Attribute(stays, "secret_id").(string)
	cli.Configure(config("another-application"))
	for range 5 {
		r := cli.Plan()
		r.Warns(t, "secret "+goes+" stops working at once")
		if r.Has("warning", other) {
			t.Fatalf("it names the secret of a resource that stays:\n%s", r.Text)
		}
	}
}

func TestReplaceRotatesOnce(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(alone))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		cli.Apply("-replace=" + c.Address())
		cli.Sent(c.Rotate, c.Retire)
		expectLive(t, c, w, 2)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
			t.Error("the state does not hold the new secret")
		}
		cli.Empty()
	})
}

// refusesReplacement requires that a replacement is refused with these words, and that nothing happens.
func refusesReplacement(t *testing.T, c acctest.Client, w *acctest.World, cli *acctest.Terminal, words string) {
	t.Helper()
	held := cli.Attribute(c.Address(), "client_secret")
	cli.ApplyFails("-replace="+c.Address()).Errs(t, words)
	cli.Sent()
	if cli.Attribute(c.Address(), "client_secret") != held {
		t.Error("the state lost the secret")
	}
	expectLive(t, c, w, 0, 1)
}

// With a previous secret still valid, a replacement would drop the state and then be refused: the plan says so instead.
func TestReplaceWithAnOpenRotationIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		cli.Apply()
		cli.Sent(c.Rotate)
		refusesReplacement(t, c, w, cli, "on_pending_rotation")
	})
}

// Where the previous secret may be the one in use, the object that goes does not end it, and makes no room.
func TestReplaceInDoubtIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(`  on_destroy = "retire_previous"`))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.LoseNotes()
		refusesReplacement(t, c, w, cli, "a second rotation would end or lose it")
	})
}

// Where the configuration says that the previous secret is to make room, the plan of a replacement says what that means.
func TestTaintWithRetireFirst(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		for _, doubtful := range []bool{false, true} {
			cli := w.Terminal(t, c.HCL(`  on_pending_rotation = "retire_first"`))
			cli.Apply()
			w.ResetJournal()
			words := "is deleted right before"
			if doubtful {
				cli.LoseNotes()
				words = "It may be the secret in use"
			}
			cli.Must("taint", c.Address())
			cli.Plan().Warns(t, words)
			cli.ApplySaved().Succeeds(t)
			cli.Sent(c.Retire, c.Rotate)
		}
	})
}

// A tainted object comes without notes. When its destruction fails, it stays, and the next apply tries again.
func TestTaintWhereTheDestructionFails(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(`  on_destroy = "retire_previous"`))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Must("taint", c.Address())
		w.Inject(answer(c.Retire, 403))
		cli.ApplyFails().Errs(t, "The resource stays in state")
		cli.Sent(c.Retire)
		if r := cli.Apply(); r.Has("warning", "middle of a change") {
			t.Errorf("it looks interrupted:\n%s", r.Text)
		}
		cli.Sent(c.Retire, c.Rotate)
		expectLive(t, c, w, 1, 2)
		cli.Empty()
	})
}

// With "keep" in state nothing makes room, whatever the configuration says by now.
func TestReplaceGoesByOnDestroyInState(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Configure(c.HCL(`  on_destroy = "retire_previous"`))
		refusesReplacement(t, c, w, cli, "a second rotation would end")
		cli.Apply()
		cli.Apply("-replace=" + c.Address())
		cli.Sent(c.Retire, c.Rotate)
		expectLive(t, c, w, 1, 2)
	})
}

// The old half of a create_before_destroy must not end what the new half made.
func TestCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	for _, destroy := range []string{"keep", "retire_previous"} {
		t.Run(destroy, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				cli := w.Terminal(t, c.HCL(alone+`
  on_destroy = "`+destroy+`"
  lifecycle { create_before_destroy = true }`))
				cli.Apply()
				cli.Sent(c.Rotate, c.Retire)
				cli.Apply("-replace=" + c.Address())
				cli.Empty()
				held := cli.Attribute(c.Address(), "client_secret")
				if s, _ := held.(string); s != c.Secret(w, 2) || !c.Accepts(w, s) {
					t.Error("the secret in state is not the live one")
				}
				expectLive(t, c, w, 2)
			})
		})
	}
}

// Without deleting the previous secret at once, it is the one that the old half held; the new one stays.
func TestCreateBeforeDestroyWithOverlap(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(first string) string {
			return c.HCL(first + `
  on_destroy = "retire_previous"
  lifecycle { create_before_destroy = true }`)
		}
		cli := w.Terminal(t, config(alone))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		cli.Configure(config(""))
		cli.Apply("-replace=" + c.Address())
		if s, _ := cli.Attribute(c.Address(), "client_secret").(string); s != c.Secret(w, 2) || !c.Accepts(w, s) {
			t.Error("the secret in state is not the live one")
		}
	})
}

// A replacement treats the client before as on_destroy says, and the plan says what that means.
func TestReplacementSaysWhatSurvives(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		policies := map[string]string{"keep": "a live secret survives", "retire_previous": "a live secret survives"}
		if c.Vendor == "csp" {
			policies["revoke"] = "ends every secret"
		}
		for policy, words := range policies {
			cli := w.Terminal(t, c.HCL(`  on_create = "adopt"`+"\n"+`  on_destroy = "`+policy+`"`))
			cli.Apply()
			other := c
			other.IDValue = "another-client"
			cli.Configure(other.HCL(`  on_create = "adopt"` + "\n" + `  on_destroy = "` + policy + `"`))
			cli.Plan().Warns(t, words)
		}
	})
}

// Another id replaces the object, and the CLI shows the warnings of the plan in which that turns out: they tell of both clients.
func TestAnotherClientSaysWhatEndsThere(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		other := c
		other.IDValue = "another-client"
		room := "this apply may delete the previous secret before the rotation"
		switch c.Vendor {
		case "cloudflare":
			w.Cloudflare.AddClient(acctest.Account, other.IDValue)
			w.Cloudflare.RotateElsewhere(acctest.Account, other.IDValue)
			room = "this apply deletes the previous secret before the rotation" // which it shows
		default:
			w.CSP.AddApp(acctest.Org, other.IDValue, simulator.AppSpec{Age: time.Hour})
		}
		cli := w.Terminal(t, c.HCL(alone))
		cli.Apply()
		cli.Configure(other.HCL("  on_pending_rotation = \"retire_first\"\n"))
		plan := cli.Plan()
		plan.Warns(t, "a live secret survives the replacement")
		plan.Warns(t, other.IDValue+": "+room)
		cli.Configure(other.HCL(alone + "  on_pending_rotation = \"retire_first\"\n"))
		cli.Plan().Warns(t, other.IDValue+": this apply ends the secret in use now")
	})
}
