package clientsecret_test

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// A state as the provider wrote it before records had their present form: no rotation_reason, previous_secret_ends or drift, and
// private state under other names.
//
//go:embed testdata/form-1.tfstate
var earlierState string

// What was stored in another form counts as lost, in safety: the state is read, nothing is due or ended because of it, what may
// have happened is said, and a rotation that is asked for puts everything in order.
func TestStateOfAnEarlierForm(t *testing.T) {
	t.Parallel()
	for _, c := range []acctest.Client{acctest.Cloudflare, acctest.CSP, application} {
		t.Run(c.Vendor, func(t *testing.T) {
			t.Parallel()
			acctest.NeedCLI(t)
			w := acctest.NewWorld(t)
			state := earlierState
			switch c.Vendor {
			case "cloudflare":
				w.Cloudflare.RotateElsewhere(c.ScopeValue, c.IDValue)
			case "csp":
				w.CSP.RotateElsewhere(c.ScopeValue, c.IDValue, "What~the1run.Made", 24*time.Hour)
			default:
				previous, _ := w.IdentityService.AddSecretElsewhere(c.ScopeValue, c.IDValue, nil)
				current, _ := w.IdentityService.AddSecretElsewhere(c.ScopeValue, c.IDValue, nil)
				state = strings.NewReplacer("da096ad1-0641-410f-8de9-9f3d50d5b180", previous, "401a7b7a-7243-40f9-8f91-ca0d6d3e30c2", current).Replace(state)
			}
			q := "1"
			if c.Vendor == "identity_service" {
				q = "2"
			}
			config := func(q string) string {
				settings := trigger(q) + "  retire_previous_after = \"24h\"\n"
				if c.Vendor == "cloudflare" {
					settings += "  verify {\n    required = false\n  }\n"
				}
				return c.HCL(settings)
			}
			cli := w.Terminal(t, config(q))
			only(t, cli.Dir, state, c.Type(), address(t, c))
			w.Clock.Advance(72 * time.Hour)
			var live []int
			if c.Vendor != application.Vendor {
				live = c.Live(w)
			}
			plan := cli.Plan()
			if action := cli.Saved(c.Address()).Actions; len(action) != 1 || action[0] != "no-op" {
				t.Errorf("the plan is %v:\n%s", action, plan.Text)
			}
			cli.Apply("-refresh-only")
			cli.Sent()
			if live != nil {
				expectLive(t, c, w, live...)
			}
			cli.Empty()
			switch c.Vendor {
			case "cloudflare":
				cli.Plan().Warns(t, "a previous secret is valid")
			case "csp":
				cli.Plan().Warns(t, "a run ended in the middle of a change")
			default:
				cli.Plan().Warns(t, "what was known of it is lost")
			}
			cli.Configure(strings.ReplaceAll(config("3"), `app" {`, `app" {`+pendingFirst(c)))
			cli.Apply()
			cli.Empty()
		})
	}
}

var application = acctest.Client{Vendor: "identity_service", Scope: "tenant", ID: "client_id", ScopeValue: acctest.Tenant, IDValue: acctest.Application}

func pendingFirst(c acctest.Client) string {
	if c.Vendor == "identity_service" {
		return ""
	}
	return "\n  on_pending_rotation = \"retire_first\"\n"
}

// address is how a state calls the provider here.
func address(t *testing.T, c acctest.Client) string {
	t.Helper()
	cli := acctest.NewWorld(t).Terminal(t, c.HCL(""))
	cli.Apply()
	var state struct{ Resources []struct{ Provider string } }
	if err := json.Unmarshal([]byte(cli.StateFile()), &state); err != nil || len(state.Resources) != 1 {
		t.Fatal(err)
	}
	return state.Resources[0].Provider
}

// only writes the part of a state that is about one type.
func only(t *testing.T, dir, text, kind, provider string) {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	var kept []any
	for _, r := range state["resources"].([]any) {
		if r.(map[string]any)["type"] == kind {
			r.(map[string]any)["provider"] = provider
			kept = append(kept, r)
		}
	}
	state["resources"] = kept
	raw, err := json.Marshal(state)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "terraform.tfstate"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
