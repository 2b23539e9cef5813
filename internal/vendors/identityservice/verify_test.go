package identityservice_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const (
	token      = "identity_service.token"
	introspect = "identity_service.introspect"
	zero       = `retire_previous_after = "0s"`
)

func TestVerify_Accepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*acctest.World)
		probe   string
	}{
		"client credentials": {func(*acctest.World) {}, token},
		"Basic only":         {endpoint(simulator.AuthMethodBasic, nil), token},
		"post only":          {endpoint(simulator.AuthMethodPost, nil), token},
		"refused with a 400": {func(w *acctest.World) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) {
				s.WrongSecretStatus, s.PropagationDelay = 400, 5*time.Second
			})
		}, token},
		"refused without JSON": {endpoint(simulator.AuthMethodPost, func(s *simulator.TokenEndpointSwitches) {
			s.Refusal = simulator.RefusalEmpty
		}), token},
		"a complaint about the grant": {without(func(s *simulator.TokenEndpointSwitches) { s.GrantError = "invalid_request" }), token},
		"introspection instead":       {without(func(s *simulator.TokenEndpointSwitches) { s.GrantFirst = true }), introspect},
		"known late": {func(w *acctest.World) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.PropagationDelay = 5 * time.Second })
		}, token},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			c.prepare(w)
			config := func(v string) string { return app(q(v), `verify {}`, zero) }
			probed := acctest.Do(func() error {
				if n := w.Count(c.probe); n < 3 || n > 6 {
					t.Errorf("%d probes, want several accepts in a row and at most three refusals", n)
				}
				return nil
			})
			w.Run(t,
				resource.TestStep{Config: config("1"), Check: all(w.Changed(add), probed, is("verified", "true"))},
				resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(add, remove), probed, is("verified", "true"), holds(w, 1), noPrevious)},
			)
		})
	}
}

// endpoint is a world whose application is registered for one method, which discovery does not tell.
func endpoint(method string, set func(*simulator.TokenEndpointSwitches)) func(*acctest.World) {
	return func(w *acctest.World) {
		w.IdentityService.SetAuthMethod(acctest.Tenant, acctest.Application, method)
		w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) {
			s.TokenEndpoint.OfferedMethods = nil
			if set != nil {
				set(&s.TokenEndpoint)
			}
		})
	}
}

// without is a world whose application may not log in by itself.
func without(set func(*simulator.TokenEndpointSwitches)) func(*acctest.World) {
	return func(w *acctest.World) {
		w.IdentityService.SetGrantTypes(acctest.Tenant, acctest.Application)
		w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { set(&s.TokenEndpoint) })
	}
}

// An endpoint that authenticates nobody proves nothing.
func TestVerify_OpenIntrospection(t *testing.T) {
	w := world(t)
	without(func(s *simulator.TokenEndpointSwitches) { s.GrantFirst, s.OpenIntrospection = true, true })(w)
	w.Run(t, resource.TestStep{Config: app(`verify {}`), Check: all(w.Changed(add), is("verified", "false"))})
}

// An unproven secret is kept, and so is the previous one, until the proof is there.
func TestVerify_Refused(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		t.Run(map[bool]string{false: "warning", true: "required"}[required], func(t *testing.T) {
			w := world(t)
			verify := `verify {}`
			if required {
				verify = `verify { required = true }`
			}
			config := func(v string) string { return app(q(v), verify, zero) }
			slow := func(d time.Duration) {
				w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.PropagationDelay = d })
			}
			rotate := resource.TestStep{
				PreConfig: func() { after(w, 0)(); slow(time.Hour) }, Config: config("2"), ExpectNonEmptyPlan: true, // the retirement is due
				Check: all(w.Changed(add), holds(w, 1), previous(w, 0), version(w, 2), is("verified", "false"),
					warned(w, "apply", "the new secret could not be verified", "refused the new secret", "the previous secret was not touched")),
			}
			// Still unproven: nothing is deleted, and nothing is sent.
			again := resource.TestStep{
				PreConfig: after(w, 0), Config: config("2"), ExpectNonEmptyPlan: true,
				Check: all(w.Changed(), previous(w, 0), warned(w, "apply", "the previous secret was not deleted", "the next apply tries again")),
			}
			if required {
				rotate.Check, rotate.ExpectNonEmptyPlan, rotate.ExpectError = nil, false, matching("the new secret could not be verified")
				again.Check, again.ExpectNonEmptyPlan, again.ExpectError = nil, false, matching("the previous secret was not deleted")
			}
			w.Run(t,
				resource.TestStep{Config: config("1"), Check: is("verified", "true")},
				rotate,
				again,
				resource.TestStep{
					PreConfig: func() { check(t, w, w.Changed(), accepted(w, "yes yes"))(); w.Clock.Advance(2 * time.Hour) }, Config: config("2"),
					Check: all(w.Changed(remove), holds(w, 1), noPrevious, version(w, 2)),
				},
			)
		})
	}
}

// While a resource is created an unproven secret is a warning: an error would taint it.
func TestVerify_RequiredAtCreateIsAWarning(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.PropagationDelay = time.Hour })
	w.Run(t, resource.TestStep{
		Config: app("verify {\n required = true\n timeout = \"10s\"\n}"),
		Check:  all(w.Changed(add), holds(w, 0), is("verified", "false"), warned(w, "apply", "the new secret could not be verified")),
	})
}

func TestVerify_Inconclusive(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.NoDiscovery = true })
	w.Run(t,
		resource.TestStep{Config: app(q("1"))},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("2"), `verify {}`, retireAfterDay), Check: all(w.Changed(add), holds(w, 1), previous(w, 0), is("verified", "false"),
			warned(w, "apply", "gave no answer that says whether the new secret works"))},
	)
}

// A secret that the token endpoint refuses is still an entry of the list. What a plan says of it when it is rotated, the apply does.
func TestVerify_RefusedAtRefreshAndRotated(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		ends     bool
		stays    bool // the endpoint goes on refusing
	}{
		"kept":                                 {"", false, false},
		"kept, and the endpoint refuses all":   {"", false, true},
		"a day":                                {retireAfterDay, false, false},
		"a day, and the endpoint refuses all":  {retireAfterDay, false, true},
		"at once":                              {zero, true, false},
		"at once, and the endpoint refuses it": {zero, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			config := func(v string) string {
				return app(q(v), c.settings, "verify {\n on_refresh = true\n}")
			}
			cli := w.Terminal(t, config("1"))
			cli.Apply()
			w.Clock.Advance(time.Hour)
			id := cli.Attribute(address, "secret_id").(string)
			w.Inject(simulator.Fault{Operation: token, Kind: simulator.Answer, Status: 401, Body: `{"error":"invalid_client"}`, Times: -1})
			cli.Configure(config("2"))
			plan := cli.Plan()
			plan.Warns(t, "does not work")
			if c.ends || c.settings == zero {
				plan.Warns(t, "secret "+id+" (the current one, version ")
			}
			if !c.stays {
				w.ClearFaults()
			}
			w.ResetJournal()
			cli.ApplySaved().Succeeds(t)
			if c.ends {
				cli.Sent(add, remove)
			} else {
				cli.Sent(add)
				if got := cli.Attribute(address, "previous_secret_id"); got != id {
					t.Errorf("previous_secret_id is %v", got)
				}
			}
		})
	}
}
