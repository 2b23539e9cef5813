package clientsecret_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const verified = "  verify { timeout = \"20s\" }\n"

// token is the operation of the vendor's token endpoint.
func token(c acctest.Client) string { return c.Vendor + ".token" }

func TestVerifyAccepted(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w,
			acctest.Step{
				Config: c.HCL(alone + verified), Planned: acctest.Values{"verified": acctest.Unknown},
				State: acctest.Values{"verified": true, "has_previous_secret": false}, Calls: []string{c.Rotate, c.Retire}, Live: []int{1},
			},
			acctest.Step{Config: c.HCL(alone + verified), Plan: acctest.NoOp},
		)
	})
}

// The proof comes before the deletion, and takes several accepts, and one surely wrong secret that is not accepted.
func TestVerifyComesBeforeTheRetirement(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(alone+verified))
		cli.Apply()
		var order []string
		for _, e := range w.Journal() {
			if e.Operation == c.Rotate || e.Operation == c.Retire || e.Operation == token(c) {
				order = append(order, e.Operation)
			}
		}
		want := strings.Join([]string{c.Rotate, token(c), token(c), token(c), token(c), c.Retire}, " ")
		if got := strings.Join(order, " "); got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	})
}

// refuse makes the token endpoint refuse what it is asked, in the vendor's words.
func refuse(c acctest.Client) simulator.Fault {
	return simulator.Fault{
		Operation: token(c), Kind: simulator.Answer, Status: 401, Times: -1,
		Body: `{"error": "invalid_client", "statusCode": 401, "cspErrorCode": "540.200", "message": "invalid_client: Invalid client credentials"}`,
	}
}

func TestVerifyRefusedOrInconclusive(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(acctest.Client) simulator.Fault{
		"refused": refuse,
		"inconclusive": func(c acctest.Client) simulator.Fault {
			return simulator.Fault{Operation: token(c), Kind: simulator.HTML, Status: 503, Times: -1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				cli := w.Terminal(t, c.HCL(verified+trigger("1")))
				cli.Apply()
				cli.Sent(c.Rotate)
				// Room for a rotation, and then one whose secret is not proven.
				cli.Configure(c.HCL(verified + `retire_previous_after = "0s"` + "\n" + trigger("1")))
				cli.Apply()
				cli.Sent(c.Retire)
				block(w, c, fault(c))
				cli.Configure(c.HCL(verified + `retire_previous_after = "0s"` + "\n" + trigger("2")))
				cli.Apply().Warns(t, "the new secret could not be verified")
				cli.Sent(c.Rotate)
				expectLive(t, c, w, 1, 2)
				if cli.Attribute(c.Address(), "verified") != false || cli.Attribute(c.Address(), "has_previous_secret") != true {
					t.Error("the state does not say that the secret is unproven")
				}
				if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
					t.Error("the state does not hold the new secret")
				}
				// The retirement is still due, and still needs the proof.
				cli.Plan()
				if cli.Saved(c.Address()).Unknown["has_previous_secret"] != true {
					t.Error("the plan promises a deletion that needs a proof")
				}
				cli.ApplySaved().Warns(t, "the previous secret was not deleted")
				cli.Sent()
				if cli.Attribute(c.Address(), "has_previous_secret") != true {
					t.Error("the state does not say that the previous secret is still there")
				}
				expectLive(t, c, w, 1, 2)
				w.ClearFaults()
				cli.Plan()
				if cli.Saved(c.Address()).Unknown["verified"] != true {
					t.Error("the plan does not show that the proof is tried again")
				}
				cli.Apply()
				cli.Sent(c.Retire)
				if cli.Attribute(c.Address(), "verified") != true {
					t.Error("the later proof does not count")
				}
				cli.Empty()
				expectLive(t, c, w, 2)
			})
		})
	}
}

// A secret whose value is not in state cannot be proven later: nothing is promised, and the plan says what to do.
func TestUnprovenAndSealed(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(settings, n string) string {
			return c.HCL(verified + settings + `retire_previous_after = "0s"` + "\n" + trigger(n))
		}
		sealed := recipients(key(t))
		cli := w.Terminal(t, config(sealed, "1"))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		block(w, c, refuse(c))
		cli.Configure(config(sealed, "2"))
		cli.Apply().Warns(t, "the new secret could not be verified")
		cli.Sent(c.Rotate)
		w.ClearFaults()
		cli.Plan().Warns(t, "cannot be read here, so it cannot be verified now")
		cli.Empty()
		expectLive(t, c, w, 1, 2)
		// Without verify it is deleted.
		cli.Configure(c.HCL(sealed + `retire_previous_after = "0s"` + "\n" + trigger("2")))
		cli.Apply()
		cli.Sent(c.Retire)
		expectLive(t, c, w, 2)
		cli.Empty()
	})
}

// A dynamic block whose number is known only at apply.
func TestVerifyThatIsKnownOnlyAtApply(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		dynamic := func(n string) string {
			return `resource "terraform_data" "source" {
  input = "` + n + `"
}
` + c.HCL(`dynamic "verify" {
    for_each = terraform_data.source.output == "none" ? [] : [1]
    content {
      required = true
    }
  }
`+trigger(n))
		}
		cli := w.Terminal(t, dynamic("1"))
		cli.Apply()
		cli.Sent(c.Rotate)
		if cli.Attribute(c.Address(), "verified") != true {
			t.Error("the new secret was not proven")
		}
		cli.Empty()
	})
}

// The update that seals the secret still has its value for the proof.
func TestUnprovenIsProvenWhileItIsSealed(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(settings, n string) string {
			return c.HCL(verified + settings + `retire_previous_after = "0s"` + "\n" + trigger(n))
		}
		cli := w.Terminal(t, config("", "1"))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		block(w, c, refuse(c))
		cli.Configure(config("", "2"))
		cli.Apply().Warns(t, "the new secret could not be verified")
		cli.Sent(c.Rotate)
		w.ClearFaults()
		cli.Configure(config(recipients(key(t)), "2"))
		cli.Apply()
		cli.Sent(c.Retire)
		if cli.Attribute(c.Address(), "verified") != true || cli.Attribute(c.Address(), "client_secret") != nil {
			t.Error("the secret is not proven and sealed")
		}
		cli.Empty()
		expectLive(t, c, w, 2)
	})
}

// block makes both ways of proof of a vendor answer with the fault.
func block(w *acctest.World, c acctest.Client, fault simulator.Fault) {
	w.Inject(fault)
	if c.Vendor == "csp" {
		fault.Operation = "csp.introspect"
		w.Inject(fault)
	}
}

func TestAtMostThreeRefusalsAreProvoked(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(verified))
		w.Inject(refuse(c))
		cli.Apply().Warns(t, "The token endpoint refused the new secret")
		if n := w.Count(token(c)); n < 1 || n > 4 { // three, and the control
			t.Errorf("%d refusals were provoked", n)
		}
		cli.Sent(c.Rotate)
	})
}

func TestVerifyRequired(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		const required = "  verify {\n    required = true\n    timeout = \"20s\"\n  }\n  on_pending_rotation = \"retire_first\"\n"
		cli := w.Terminal(t, c.HCL(required+trigger("1")))
		block(w, c, refuse(c))
		// In Create an error would taint the resource, so it is a warning.
		cli.Apply().Warns(t, "the new secret could not be verified")
		cli.Sent(c.Rotate)
		if in := cli.Instances(c.Address()); len(in) != 1 || in[0].Status == "tainted" {
			t.Error("the resource is tainted")
		}
		// The previous secret may be the only one that works, so it does not go to make room.
		cli.Configure(c.HCL(required + trigger("2")))
		cli.ApplyFails().Errs(t, "the current secret could not be verified")
		cli.Sent()
		expectLive(t, c, w, 0, 1)
		w.ClearFaults()
		refuseNewSecrets(t, c, w)
		cli.ApplyFails().Errs(t, "the new secret could not be verified")
		cli.Sent(c.Retire, c.Rotate)
		cli.Version(c.Address(), 2)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 2) {
			t.Error("the state does not hold the new secret")
		}
		expectLive(t, c, w, 1, 2)
		cli.Empty()
	})
}

// refuseNewSecrets lets the token endpoint refuse everything from the next rotation on.
func refuseNewSecrets(t *testing.T, c acctest.Client, w *acctest.World) {
	t.Helper()
	w.AfterRequest(func(e simulator.Entry) {
		if e.Operation == c.Rotate {
			block(w, c, refuse(c))
		}
	})
}
