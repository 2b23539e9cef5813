package identityservice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// What the vendor leaves open makes no difference.
func TestVariants(t *testing.T) {
	t.Parallel()
	type switches = simulator.IdentityServiceSwitches
	for name, set := range map[string]func(*switches){
		"single object": func(s *switches) {
			s.List = simulator.ListSingle
			s.HideRegistrationSecret = true
			s.HideDeleted = true
		},
		"items":           func(s *switches) { s.List = simulator.ListItems },
		"null when empty": func(s *switches) { s.List = simulator.ListNullWhenEmpty; s.HideRegistrationSecret = true },
		"204 when empty":  func(s *switches) { s.List = simulator.List204WhenEmpty; s.HideRegistrationSecret = true },
		"hidden deleted":  func(s *switches) { s.HideDeleted = true },
		"hidden expired":  func(s *switches) { s.HideExpired = true },
		"milliseconds":    func(s *switches) { s.DateEcho = simulator.DateMilliseconds },
		"offset":          func(s *switches) { s.DateEcho = simulator.DateOffset },
		"no zone":         func(s *switches) { s.DateEcho = simulator.DateNoZone },
		"day":             func(s *switches) { s.DateEcho = simulator.DateDay },
		"late":            func(s *switches) { s.ListAfterReads = 3 },
		"201 and 204":     func(s *switches) { s.AddStatus = 201; s.DeleteStatus = 204 },
		"202":             func(s *switches) { s.DeleteStatus = 202 },
		"echo on delete":  func(s *switches) { s.DeleteAnswerSecret = true },
		"default life":    func(s *switches) { s.DefaultLifetime = 90 * 24 * time.Hour },
	} {
		for _, expires := range []string{"", expiring} {
			if _, dates := map[string]bool{"milliseconds": true, "offset": true, "no zone": true, "day": true, "202": true, "201 and 204": true}[name]; dates && expires == "" {
				continue // without a date there is no difference
			}
			t.Run(name+" "+expires, func(t *testing.T) {
				w := world(t)
				w.IdentityService.Set(set)
				config := func(v string) string { return app(q(v), expires, `retire_previous_after = "0s"`) }
				listed := func(n int) resource.TestCheckFunc {
					return func(s *terraform.State) error {
						at := made(w)[n].ExpiresAt
						if at == nil {
							return is("expires_at", "")(s)
						}
						return is("expires_at", at.UTC().Format(time.RFC3339))(s)
					}
				}
				w.Run(t,
					resource.TestStep{Config: config("1"), Check: all(w.Changed(add), holds(w, 0), noPrevious, listed(0))},
					resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(add, remove), holds(w, 1), noPrevious, listed(1), accepted(w, "no yes"))},
				)
				check(t, w, accepted(w, "no no"))()
			})
		}
	}
}

// A date that the vendor cut is taken over, with a word.
func TestVariants_DateChangedByTheVendor(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.DateEcho = simulator.DateDay })
	w.Run(t, resource.TestStep{Config: app(expiring), Check: all(holds(w, 0), warned(w, "apply", "is not the one that was asked for"))})
}

// The list never shows the new secret: it stays in state without its id, and nothing is tainted.
func TestVariants_NeverListed(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 1000 })
	w.Run(t, resource.TestStep{Config: app(), Check: all(
		w.Changed(add), version(w, 1), is("secret_id", ""),
		func(s *terraform.State) error { return is("client_secret", made(w)[0].Value)(s) },
		warned(w, "apply", "Unable to find the id of the new secret", "The new secret exists and is in state"),
	)})
}

// The list after the addition could not be read: the next look finds the id by its date, and everything goes on as if nothing was.
func TestVariants_IDIsFoundLater(t *testing.T) {
	t.Parallel()
	for _, add := range []bool{false, true} {
		t.Run(fmt.Sprintf("another one added=%t", add), func(t *testing.T) {
			w := world(t)
			w.Run(t,
				resource.TestStep{
					PreConfig: blind(w), Config: app(q("1"), expiring),
					Check: all(w.Changed("identity_service.add"), version(w, 1), is("secret_id", ""), acctest.Do(func() error {
						w.ClearFaults()
						if add {
							addElsewhere(w)
						}
						return nil
					})),
				},
				resource.TestStep{Config: app(q("1"), expiring), ConfigPlanChecks: nothing, Check: holds(w, 0)},
				resource.TestStep{Config: app(q("2"), expiring), Check: all(holds(w, 1), previous(w, 0), accepted(w, "yes yes"))},
			)
			check(t, w, accepted(w, "no no"))()
		})
	}
}

// blind makes every list fail but the three before the addition: those of the plan, of the plan that the apply makes again, and
// the one right before.
func blind(w *acctest.World) func() {
	return func() {
		w.ResetJournal()
		w.Inject(simulator.Fault{Operation: list, Kind: simulator.Answer, Status: 403, Skip: 3, Times: -1, Body: `{"message": "Access denied"}`})
	}
}

// Without a date the only entry that is new may be that of another object that seeks its own: it is not taken, and said.
func TestVariants_IDWithoutADateIsNotFoundLater(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{PreConfig: blind(w), Config: app(q("1")), Check: all(w.Changed(add), version(w, 1), is("secret_id", ""), acctest.Do(func() error {
			w.ClearFaults()
			return nil
		}))},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("1")), ConfigPlanChecks: nothing, Check: all(
			w.Changed(), is("secret_id", ""),
			func(s *terraform.State) error {
				return warned(w, "plan", "the id of the current secret is not known", made(w)[0].ID)(s)
			},
		)},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("2")), Check: all(
			w.Changed(add), holds(w, 1), noPrevious, accepted(w, "yes yes"), warned(w, "apply", "a live secret is left behind"),
		)},
	)
	check(t, w, accepted(w, "yes no"))()
}

// Several could be it: none is taken, none is called nobody's, and the next rotation says what it leaves behind.
func TestVariants_IDIsNotGuessed(t *testing.T) {
	w := world(t)
	blind(w)()
	both := func() []string {
		ids := []string{}
		for _, r := range records(w) {
			ids = append(ids, r.ID)
		}
		return ids[:2]
	}
	w.Run(t,
		resource.TestStep{Config: app(q("1")), Check: acctest.Do(func() error {
			w.ClearFaults()
			addElsewhere(w)
			return nil
		})},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("1")), ConfigPlanChecks: nothing, Check: all(
			w.Changed(), is("secret_id", ""),
			acctest.Do(func() error {
				said := acctest.Saying(w.Said(), "plan", append([]string{"the id of the current secret is not known", "Delete none of them"}, both()...)...)
				if len(said) == 0 {
					return fmt.Errorf("the plan does not say that one of them is the current one: %+v", w.Said())
				}
				return nil
			}),
		)},
		resource.TestStep{Config: app(q("2"), expiring), Check: all(version(w, 2), is("has_previous_secret", "false"), acctest.Do(func() error {
			said := w.Said()
			if len(acctest.Saying(said, "apply", "a live secret is left behind")) == 0 || len(acctest.Saying(said, "plan", both()...)) == 0 {
				return fmt.Errorf("the rotation does not say what it leaves behind: %+v", said)
			}
			return nil
		}))},
	)
}

// An answer that repeats the secret in use is not a new one.
func TestVariants_AnswerRepeatsTheCurrentSecret(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(q("1"), expiring)},
		resource.TestStep{
			PreConfig: func() {
				w.ResetJournal()
				w.Inject(simulator.Fault{Operation: add, Kind: simulator.Answer, Status: 200, After: true, Body: `{"clientSecret": "` + made(w)[0].Value + `"}`})
			},
			Config: app(q("2"), expiring), Check: all(w.Changed(add, remove, add), holds(w, 2), previous(w, 0), accepted(w, "yes no yes")),
		},
	)
}

// Two resources on one application are serialised; two applications do not mix.
func TestSeveralResources(t *testing.T) {
	w := world(t)
	w.IdentityService.AddApplication(acctest.Tenant, "other")
	config := func(v string) string {
		return named("app", q(v)) + named("b", q(v)) + `resource "oauthsecret_identity_service_client_secret" "c" {
  client_id = "other"
  ` + q(v) + `
}
`
	}
	w.Run(t,
		resource.TestStep{Config: config("1"), Check: w.Changed(add, add, add)},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(add, add, add), func(s *terraform.State) error {
			byID := map[string]string{}
			for _, r := range append(made(w), w.IdentityService.Secrets(acctest.Tenant, "other")...) {
				byID[r.ID] = r.Value
			}
			for name, rs := range s.RootModule().Resources {
				a := rs.Primary.Attributes
				if byID[a["secret_id"]] != a["client_secret"] || w.CheckVersion(name, 2, a["version"]) != nil {
					t.Errorf("%s has a wrong id", name)
				}
			}
			return nil
		})},
	)
}

// Several secrets of one application that rotate together and delete what they replace.
func TestSeveralResources_RotateTogether(t *testing.T) {
	w := world(t)
	const m = 6
	config := func(v string) string { return app("count = 6", q(v), zero) }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("2"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{fresh(w)}},
			Check: func(s *terraform.State) error {
				if adds, removes := w.Count(add), w.Count(remove); adds != m || removes != m {
					return fmt.Errorf("%d additions and %d deletions, want %d of each", adds, removes, m)
				}
				byID := map[string]string{}
				for _, r := range made(w) {
					byID[r.ID] = r.Value
				}
				for i := range m {
					a := s.RootModule().Resources[fmt.Sprintf("%s.%d", address, i)].Primary.Attributes
					if byID[a["secret_id"]] != a["client_secret"] || w.CheckVersion(fmt.Sprint(address, i), 2, a["version"]) != nil || a["has_previous_secret"] != "false" ||
						!w.IdentityService.Accepts(acctest.Tenant, acctest.Application, a["client_secret"]) {
						return fmt.Errorf("secret %d is wrong", i)
					}
				}
				live := 0
				for _, r := range made(w) {
					if r.EndedAt == nil {
						live++
					}
				}
				if live != m {
					return fmt.Errorf("%d secrets are live, want %d", live, m)
				}
				return nil
			},
		},
	)
}
