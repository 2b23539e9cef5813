package clientsecret_test

import (
	"fmt"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestTriggers(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		kept := func(arguments string, n, version int) acctest.Step {
			return acctest.Step{
				Config: c.HCL(alone + arguments), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Made(n), "client_secret_sha256": acctest.SHA(n), "version": version},
				State:   acctest.Values{"client_secret": acctest.Made(n), "version": version},
				Live:    []int{n},
			}
		}
		rotates := func(arguments string, n, version int) acctest.Step {
			planned := any(version)
			if version == 1 { // the moment of it
				planned = acctest.Unknown
			}
			return acctest.Step{
				Config: c.HCL(alone + arguments), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Unknown, "client_secret_sha256": acctest.Unknown, "version": planned},
				State: acctest.Values{
					"client_secret": acctest.Made(n), "client_secret_sha256": acctest.SHA(n), "version": version, "has_previous_secret": false,
				},
				Calls: []string{c.Rotate, c.Retire}, Live: []int{n},
			}
		}
		first := rotates("", 1, 1)
		first.Plan = acctest.Create
		c.Run(t, w,
			first,
			kept(`rotate_when_changed = { a = "1" }`, 1, 1),          // set for the first time
			kept(`rotate_when_changed = { a = "1", b = "1" }`, 1, 1), // key added
			kept(`rotate_when_changed = { b = "1" }`, 1, 1),          // key removed
			kept(``, 1, 1), // map removed
			kept(`rotate_when_changed = { b = "2" }`, 1, 1), // set again with another value
			rotates(`rotate_when_changed = { b = "3" }`, 2, 2),
			rotates(`rotate_when_changed = { b = "", c = "1" }`, 3, 3), // changed and another one added
			kept(`rotate_when_changed = {}`, 3, 3),
		)
	})
}

// unsure is a configuration whose trigger is known only at apply whenever replaced changes.
func unsure(c acctest.Client, replaced, value string) string {
	return `
resource "terraform_data" "source" {
  input            = "` + value + `"
  triggers_replace = "` + replaced + `"
}
` + c.HCL(alone+`  rotate_when_changed = { q = terraform_data.source.output }`)
}

func TestUnknownTrigger(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		both := []string{c.Rotate, c.Retire}
		unknown := acctest.Values{"client_secret": acctest.Unknown, "version": acctest.Unknown}
		c.Run(t, w,
			acctest.Step{Config: unsure(c, "1", "x"), Calls: both, Live: []int{1}},
			acctest.Step{
				Config: unsure(c, "2", "x"), Plan: acctest.Update, Planned: unknown,
				State: acctest.Values{"client_secret": acctest.Made(1), "client_secret_sha256": acctest.SHA(1), "version": 1, "has_previous_secret": false},
				Live:  []int{1},
			},
			acctest.Step{
				Config: unsure(c, "3", "y"), Plan: acctest.Update, Planned: unknown,
				State: acctest.Values{"client_secret": acctest.Made(2), "version": 2},
				Calls: both, Live: []int{2},
			},
		)
	})
}

func TestUnknownTriggerSetForTheFirstTime(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w,
			acctest.Step{Config: c.HCL(alone), Calls: []string{c.Rotate, c.Retire}},
			acctest.Step{
				Config: unsure(c, "1", "x"), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": acctest.Made(1), "version": 1},
				State:   acctest.Values{"client_secret": acctest.Made(1), "version": 1},
			},
		)
	})
}

func TestUnknownTriggerMap(t *testing.T) {
	config := func(c acctest.Client, replaced, value string) string {
		return `
resource "terraform_data" "source" {
  input            = { q = "` + value + `" }
  triggers_replace = "` + replaced + `"
}
` + c.HCL(alone+`  rotate_when_changed = terraform_data.source.output`)
	}
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		both := []string{c.Rotate, c.Retire}
		c.Run(t, w,
			acctest.Step{Config: config(c, "1", "x"), Calls: both},
			acctest.Step{
				Config: config(c, "2", "x"), Plan: acctest.Update, Planned: acctest.Values{"client_secret": acctest.Unknown},
				State: acctest.Values{"client_secret": acctest.Made(1), "version": 1},
			},
			acctest.Step{Config: config(c, "3", "y"), Planned: acctest.Values{"client_secret": acctest.Unknown}, Calls: both, State: acctest.Values{"version": 2}},
		)
	})
}

// The value of an adopted client is null and its version 0: an unknown that comes back equal must not count as a rotation.
func TestUnknownTriggerOfAnAdoptedClient(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(replaced, value string) string {
			return `
resource "terraform_data" "source" {
  input            = "` + value + `"
  triggers_replace = "` + replaced + `"
}
` + c.HCL(`  on_create = "adopt"
  rotate_when_changed = { q = terraform_data.source.output }`)
		}
		c.Run(t, w,
			acctest.Step{Config: config("1", "x"), Live: []int{0}},
			acctest.Step{Config: config("2", "x"), Plan: acctest.Update, State: acctest.Values{"client_secret": nil, "version": 0}, Live: []int{0}},
			acctest.Step{Config: config("3", "y"), Calls: []string{c.Rotate}, State: acctest.Values{"client_secret": acctest.Made(1), "version": 1}},
		)
	})
}

// The organization or account can come from another resource, whether the provider has a default or not. Known only at apply
// beside an existing object it replaces that, as with any argument that forces a replacement.
func TestUnknownScope(t *testing.T) {
	t.Parallel()
	for _, defaulted := range []bool{true, false} {
		t.Run(fmt.Sprintf("defaulted=%t", defaulted), func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				replacing := []string{c.Rotate, c.Retire}
				if c.EndsOverlap { // it does not show that the completion ended the previous secret
					replacing = []string{c.Retire, c.Rotate, c.Retire}
				}
				if !defaulted {
					delete(w.Env, map[string]string{"cloudflare": "CLOUDFLARE_ACCOUNT_ID", "csp": "CSP_ORG_ID"}[c.Vendor])
				}
				config := func(replaced string) string {
					return fmt.Sprintf(`
resource "terraform_data" "source" {
  input            = %q
  triggers_replace = %q
}
resource "oauthsecret_%s_rotation_completion" "app" {
  %s = terraform_data.source.output
  %s = %q
  version    = %s.version
}
`, c.ScopeValue, replaced, c.Vendor, c.Scope, c.ID, c.IDValue, c.Address()) + c.HCL(`  `+c.Scope+` = terraform_data.source.output
  on_pending_rotation = "retire_first"`)
				}
				c.Run(t, w,
					acctest.Step{
						Config: config("1"), Plan: acctest.Create, Planned: acctest.Values{c.Scope: acctest.Unknown, "version": acctest.Unknown},
						Calls: []string{c.Rotate, c.Retire}, State: acctest.Values{c.Scope: c.ScopeValue, "version": 1}, Live: []int{1},
					},
					acctest.Step{
						Config: config("2"), Plan: acctest.DestroyCreate, Planned: acctest.Values{c.Scope: acctest.Unknown},
						Calls: replacing, State: acctest.Values{c.Scope: c.ScopeValue, "version": 1}, Live: []int{2},
					},
				)
			})
		})
	}
}

// Any setting that decides about a rotation can be unknown.
func TestUnknownSettings(t *testing.T) {
	t.Parallel()
	for name, argument := range map[string]string{
		"rotate_after": "720h", "retire_previous_after": "720h", "on_pending_rotation": "retire_first", "on_external_rotation": "ignore",
	} {
		t.Run(name, func(t *testing.T) {
			config := func(c acctest.Client, replaced string) string {
				return `
resource "terraform_data" "source" {
  input            = "` + argument + `"
  triggers_replace = "` + replaced + `"
}
` + c.HCL(`  `+name+` = terraform_data.source.output`)
			}
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				c.Run(t, w,
					acctest.Step{Config: config(c, "1"), Plan: acctest.Create, Calls: []string{c.Rotate}, State: acctest.Values{name: argument, "version": 1}},
					acctest.Step{
						Config: config(c, "2"), Plan: acctest.Update,
						State: acctest.Values{"client_secret": acctest.Made(1), "version": 1, name: argument, "has_previous_secret": true},
						Live:  []int{0, 1},
					},
				)
			})
		})
	}
}

// An unknown trigger that turns out to rotate meets a live previous secret only at apply; it changes nothing either.
func TestUnknownTriggerMeetsALivePreviousSecret(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(replaced, value string) string {
			return `
resource "terraform_data" "source" {
  input            = "` + value + `"
  triggers_replace = "` + replaced + `"
}
` + c.HCL(`  rotate_when_changed = { q = terraform_data.source.output }`)
		}
		c.Run(t, w,
			acctest.Step{Config: config("1", "x"), Calls: []string{c.Rotate}},
			acctest.Step{Config: config("2", "y"), Fails: `on_pending_rotation = "retire_first"`, Live: []int{0, 1}},
		)
	})
}
