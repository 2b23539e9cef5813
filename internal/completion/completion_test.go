package completion_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// shape is what differs between the vendors in these tests.
type shape struct {
	name           string
	id             string // the attribute that names the client, as HCL
	rotate, retire string // the changing operations
	previous       string // HCL of the completion beyond ids and version
	extra          string // HCL of the client secret
	accepts        func(w *acctest.World, secret string) bool
}

var shapes = []shape{
	{
		name: "cloudflare", id: "oauth_client_id = " + quote(acctest.OAuthClient),
		rotate: "cloudflare.rotate", retire: "cloudflare.delete_rotated",
		accepts: func(w *acctest.World, s string) bool {
			return w.Cloudflare.Accepts(acctest.Account, acctest.OAuthClient, s)
		},
	},
	{
		name: "csp", id: "oauth_app_id = " + quote(acctest.OAuthApp),
		rotate: "csp.rotate", retire: "csp.end_rotation",
		extra:   `on_pending_rotation = "retire_first"`,
		accepts: func(w *acctest.World, s string) bool { return w.CSP.Accepts(acctest.Org, acctest.OAuthApp, s) },
	},
	{
		name: "identity_service", id: "client_id = " + quote(acctest.Application),
		rotate: "identity_service.add", retire: "identity_service.delete",
		previous: "previous_secret_id = oauthsecret_identity_service_client_secret.app.previous_secret_id",
		accepts: func(w *acctest.World, s string) bool {
			return w.IdentityService.Accepts(acctest.Tenant, acctest.Application, s)
		},
	},
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func (s shape) secret(q string) string {
	return fmt.Sprintf(`
resource "oauthsecret_%s_client_secret" "app" {
  %s
  rotate_when_changed = { quarter = %q }
  %s
}
resource "consumer_secret" "app" {
  name  = "app"
  value = oauthsecret_%[1]s_client_secret.app.client_secret
}`, s.name, s.id, q, s.extra)
}

func (s shape) completed(q string) string {
	return s.secret(q) + fmt.Sprintf(`
resource "oauthsecret_%s_rotation_completion" "app" {
  %s
  version = oauthsecret_%[1]s_client_secret.app.version
  %[3]s
  depends_on = [consumer_secret.app]
}`, s.name, s.id, s.previous)
}

func (s shape) address() string { return "oauthsecret_" + s.name + "_rotation_completion.app" }

// retirements are the calls that a rotation and its completion take.
func (s shape) change() []string {
	if s.name == "csp" { // retire_first beside a completion asks to end what is ended
		return []string{s.retire, s.rotate, s.retire}
	}
	return []string{s.rotate, s.retire}
}

// In one apply: rotate, the consumer's change, delete of the previous secret; a second apply does nothing.
func TestCompletion_FollowsTheConsumer(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			var seen [][]string
			var previous string
			w.Consumers.OnChange = func(app, secret string) error {
				seen = append(seen, acctest.Operations(w.Effects()))
				if old := w.Consumers.Held(app); old != "" && !s.accepts(w, old) {
					return errors.New("the secret in use is dead before its consumer was changed")
				}
				previous = w.Consumers.Held(app)
				return nil
			}
			w.Run(t,
				resource.TestStep{Config: s.completed("1")},
				resource.TestStep{
					PreConfig: w.ResetJournal, Config: s.completed("1"), Check: w.Changed(),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				},
				resource.TestStep{
					PreConfig: func() { w.ResetJournal(); seen = nil }, Config: s.completed("2"),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(s.address(), plancheck.ResourceActionUpdate),
					}},
					Check: resource.ComposeTestCheckFunc(
						w.Changed(s.change()...),
						acctest.Do(func() error {
							if len(seen) != 1 || !slices.Equal(seen[0], []string{s.rotate}) {
								return fmt.Errorf("before the consumer changed, %v had happened; want the rotation alone", seen)
							}
							if s.accepts(w, previous) {
								return errors.New("the previous secret is still accepted after the completion")
							}
							if !s.accepts(w, w.Consumers.Held("app")) {
								return errors.New("the consumer's secret is not accepted")
							}
							return nil
						}),
					),
				},
				resource.TestStep{
					PreConfig: w.ResetJournal, Config: s.completed("2"), Check: w.Changed(),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				},
			)
		})
	}
}

// A consumer that fails leaves the previous secret alive, and the next apply finishes.
func TestCompletion_FailedConsumerKeepsThePreviousSecret(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			fail := false
			w.Consumers.OnChange = func(string, string) error {
				if fail {
					return errors.New("out of order")
				}
				return nil
			}
			var inUse string
			w.Run(t,
				resource.TestStep{Config: s.completed("1"), Check: acctest.Do(func() error {
					inUse, fail = w.Consumers.Held("app"), true
					w.ResetJournal()
					return nil
				})},
				resource.TestStep{Config: s.completed("2"), ExpectError: regexp.MustCompile("out of order")},
				resource.TestStep{
					PreConfig: func() {
						if !s.accepts(w, inUse) {
							t.Error("the secret in use died although its consumer was not changed")
						}
						fail = false
					},
					Config: s.completed("2"),
					Check: resource.ComposeTestCheckFunc(w.Changed(s.change()...), acctest.Do(func() error {
						if s.accepts(w, inUse) {
							return errors.New("the previous secret is still accepted after the completion")
						}
						return nil
					})),
				},
			)
		})
	}
}

// Nothing to delete is success, a failed deletion is an error that is tried again, and destroy changes nothing.
func TestCompletion_NothingToDeleteAndFailure(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			w.Run(t,
				resource.TestStep{Config: s.secret("1")},
				resource.TestStep{Config: s.completed("1"), Check: resource.TestCheckResourceAttrSet(s.address(), "completed_at")},
				resource.TestStep{
					PreConfig: func() {
						w.ResetJournal()
						skip := 0
						if s.name == "csp" {
							skip = 1 // the deletion before the rotation
						}
						w.Inject(simulator.Fault{Operation: s.retire, Skip: skip, Kind: simulator.Answer, Status: 403, Body: w.ErrorBody(simulator.Vendor(s.name), 403)})
					},
					Config: s.completed("2"), ExpectError: regexp.MustCompile(`(?s)Unable to delete the previous secret.*403`),
				},
				resource.TestStep{PreConfig: w.ResetJournal, Config: s.completed("2"), Check: w.Changed(s.retire)},
				resource.TestStep{PreConfig: w.ResetJournal, Config: s.secret("2"), Check: w.Changed()},
			)
		})
	}
}

// At version 0 nothing was rotated by this configuration, and nothing is deleted.
func TestCompletion_AdoptedClientHasNothingToComplete(t *testing.T) {
	t.Parallel()
	for _, s := range shapes[:2] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			if s.name == "cloudflare" {
				w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient)
			}
			config := strings.Replace(s.completed("1"), "rotate_when_changed", "on_create = \"adopt\"\n  rotate_when_changed", 1)
			w.Run(t, resource.TestStep{Config: config, Check: w.Changed()})
			if !s.accepts(w, map[string]string{"cloudflare": w.InitialCloudflare, "csp": w.InitialCSP}[s.name]) {
				t.Error("the initial secret died")
			}
		})
	}
}

// A trigger that turns out to be the same leaves version 0, and with it nothing to complete: what is planned must not promise more.
func TestCompletion_OfAnAdoptedClientWhoseTriggerIsUnknown(t *testing.T) {
	t.Parallel()
	for _, s := range shapes[:2] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			config := func(n string) string {
				adopting := strings.Replace(s.completed("1"), "rotate_when_changed", "on_create = \"adopt\"\n  rotate_when_changed", 1)
				return "resource \"terraform_data\" \"source\" { input = \"" + n + "\" }\n" +
					strings.Replace(adopting, `"1"`, `substr(terraform_data.source.output, 0, 1)`, 1)
			}
			w.Run(t,
				resource.TestStep{Config: config("1a"), Check: w.Changed()},
				resource.TestStep{Config: config("1b"), Check: w.Changed()},
				resource.TestStep{Config: config("2a"), Check: w.Changed(s.rotate, s.retire)},
			)
		})
	}
}

// The Identity Service's only valid secret is never deleted by a completion.
func TestCompletion_KeepsTheLastSecret(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	id := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)[0].ID
	w.Run(t, resource.TestStep{
		Config: fmt.Sprintf(`resource "oauthsecret_identity_service_rotation_completion" "app" {
  client_id          = %q
  version            = 1
  previous_secret_id = %q
}`, acctest.Application, id),
		ExpectError: regexp.MustCompile(`(?s)only one.*still\s+valid`),
	})
	if got := len(w.Changing()); got != 0 {
		t.Errorf("%d changing calls, want none", got)
	}
}

// The current secret of a resource is never deleted as a previous one, whatever else is valid.
func TestCompletion_KeepsACurrentSecret(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	config := func(trigger string) string {
		return fmt.Sprintf(`resource "oauthsecret_identity_service_client_secret" "app" {
  client_id             = %q
  rotate_when_changed   = { q = %q }
  retire_previous_after = "0s"
  on_destroy            = "keep"
}
`, acctest.Application, trigger)
	}
	const mistake = `resource "oauthsecret_identity_service_rotation_completion" "app" {
  client_id          = oauthsecret_identity_service_client_secret.app.client_id
  version            = oauthsecret_identity_service_client_secret.app.version
  previous_secret_id = oauthsecret_identity_service_client_secret.app.secret_id
}
`
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{
			PreConfig: w.ResetJournal,
			Config:    config("2") + mistake, ExpectError: regexp.MustCompile(`(?s)is\s+the\s+current\s+secret`),
		},
	)
	if got := acctest.Operations(w.Changing()); !slices.Equal(got, []string{"identity_service.add", "identity_service.delete"}) {
		t.Errorf("sent %v", got)
	}
}

// The plan says so already: the walk of an apply that leaves the resource as it is knows nothing of it. What the same apply
// rotates is no current secret any more.
func TestCompletion_PlanKeepsACurrentSecret(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	config := func(trigger, previous string) string {
		text := fmt.Sprintf(`resource "oauthsecret_identity_service_client_secret" "app" {
  client_id           = %q
  rotate_when_changed = { q = %q }
}
`, acctest.Application, trigger)
		if previous != "" {
			text += fmt.Sprintf(`resource "oauthsecret_identity_service_rotation_completion" "app" {
  client_id          = oauthsecret_identity_service_client_secret.app.client_id
  version            = oauthsecret_identity_service_client_secret.app.version
  previous_secret_id = oauthsecret_identity_service_client_secret.app.%s
}
`, previous)
		}
		return text
	}
	cli := w.Terminal(t, config("1", ""))
	cli.Apply()
	cli.Configure(config("2", ""))
	cli.Apply()
	w.ResetJournal()
	cli.Configure(config("2", "secret_id"))
	for _, refresh := range []string{"true", "false"} {
		if r := cli.Run("plan", "-json", "-input=false", "-refresh="+refresh); !r.Failed {
			t.Errorf("with -refresh=%s the plan goes on:\n%s", refresh, r.Text)
		} else {
			r.Errs(t, "is the current secret of a resource")
		}
	}
	cli.Sent()
	cli.Configure(config("3", "previous_secret_id"))
	cli.Apply()
	cli.Sent("identity_service.add", "identity_service.delete")
}

// Actions do the same after a consumer's update (Terraform 1.14).
func TestAction_AfterTheConsumersUpdate(t *testing.T) {
	t.Parallel()
	acctest.Need(t, "actions", "1.14", "")
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			config := func(q string) string {
				consumer, rest, ok := strings.Cut(s.secret(q), `name  = "app"`)
				if !ok {
					t.Fatal("the consumer is written in another way")
				}
				return consumer + fmt.Sprintf(`name  = "app"
  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.oauthsecret_%s_complete_rotation.app]
    }
  }`, s.name) + rest + fmt.Sprintf(`
action "oauthsecret_%s_complete_rotation" "app" {
  config {
    %s
    %s
  }
}`, s.name, s.id, s.previous)
			}
			w.Run(t, resource.TestStep{Config: config("1")}, resource.TestStep{
				PreConfig: func() {
					if s.name == "cloudflare" { // the initial secret is still there, and no update has removed it
						w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient)
					}
					w.ResetJournal()
				},
				Config: config("2"), Check: w.Changed(s.change()...),
			})
		})
	}
}
