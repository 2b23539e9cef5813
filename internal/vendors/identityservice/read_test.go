package identityservice_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Only a definite "not found" removes the resource; nothing is sent that changes anything.
func TestRead_FailuresNeverRemove(t *testing.T) {
	w := world(t)
	steps := []resource.TestStep{{Config: app()}}
	answer := func(status int, body string) simulator.Fault {
		return simulator.Fault{Kind: simulator.Answer, Status: status, Body: body, Times: -1}
	}
	for name, fault := range map[string]simulator.Fault{
		"401":             answer(401, `{"message": "no"}`),
		"403":             answer(403, `{"message": "no"}`),
		"403 empty":       answer(403, ""),
		"404 html":        {Kind: simulator.HTML, Status: 404, Times: -1},
		"429":             {Kind: simulator.Answer, Status: 429, Times: -1, Header: http.Header{"Retry-After": {"86400"}}},
		"500":             answer(500, ""),
		"503 html":        {Kind: simulator.HTML, Times: -1},
		"200 html":        {Kind: simulator.HTML, Status: 200, Times: -1},
		"200 not a list":  answer(200, `{"error": "x"}`),
		"200 half a list": {Kind: simulator.Truncate, Times: -1},
		"redirect":        {Kind: simulator.Redirect, Times: -1},
		"drop":            {Kind: simulator.Drop, Times: -1},
	} {
		fault.Operation = list
		inject := func() {
			w.ClearFaults()
			if err := w.Changed()(nil); err != nil {
				t.Errorf("before %s: %v", name, err)
			}
			after(w, 0)()
			w.Inject(fault)
		}
		steps = append(steps, resource.TestStep{PreConfig: inject, Config: app(), ExpectError: matching("Unable to read the client")})
	}
	first := steps[1].PreConfig
	steps[1].PreConfig = func() { w.ResetJournal(); first() }
	w.Run(t, append(steps, resource.TestStep{PreConfig: clearing(t, w, w.Changed()), Config: app(), ConfigPlanChecks: nothing, Check: all(w.Changed(), holds(w, 0))})...)
}

// Outages that end are waited out.
func TestRead_OutagesThatEnd(t *testing.T) {
	w := world(t)
	steps := []resource.TestStep{{Config: app()}}
	for name, fault := range map[string]simulator.Fault{
		"429":     {Kind: simulator.Answer, Status: 429, Times: 2, Header: http.Header{"Retry-After": {"30"}}},
		"500":     {Kind: simulator.Answer, Status: 500, Times: 2},
		"drop":    {Kind: simulator.Drop, Times: 2},
		"refused": {Kind: simulator.Refuse, Times: 2},
	} {
		fault.Operation = list
		happened := acctest.Do(func() error {
			if w.PendingFaults() > 0 {
				return fmt.Errorf("%s did not happen", name)
			}
			return nil
		})
		steps = append(steps, resource.TestStep{
			PreConfig: func() { after(w, 0)(); w.Inject(fault) }, Config: app(), ConfigPlanChecks: nothing,
			Check: all(w.Changed(), holds(w, 0), happened),
		})
	}
	w.Run(t, steps...)
}

// The application is gone for sure: removed from state, and created anew once it is back.
func TestRead_ApplicationRemoved(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.UnknownApplication = 404 })
	w.Run(t,
		resource.TestStep{Config: app()},
		resource.TestStep{
			PreConfig: func() { w.IdentityService.RemoveApplication(acctest.Tenant, acctest.Application); after(w, day)() },
			Config:    app(), PlanOnly: true, ExpectNonEmptyPlan: true,
		},
		resource.TestStep{PreConfig: check(t, w, w.Changed(), warned(w, "read", "the client is gone", acctest.Application)), RefreshState: true, ExpectNonEmptyPlan: true},
		resource.TestStep{
			PreConfig: func() {
				w.InitialIdentityService = w.IdentityService.AddApplication(acctest.Tenant, acctest.Application)
				after(w, 0)()
			},
			Config: app(), Check: all(w.Changed(add), version(w, 1), accepted(w, "yes")),
		},
	)
}

// 403 is what the vendor documents for an unknown application as well: never removed.
func TestRead_ApplicationRemovedButForbidden(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(`on_destroy = "keep"`)},
		resource.TestStep{
			PreConfig: func() { w.IdentityService.RemoveApplication(acctest.Tenant, acctest.Application); after(w, day)() },
			Config:    app(`on_destroy = "keep"`), ExpectError: matching("the service also answers so for a tenant or application that does not exist"),
		},
		resource.TestStep{
			PreConfig: func() {
				w.InitialIdentityService = w.IdentityService.AddApplication(acctest.Tenant, acctest.Application)
				after(w, 0)()
			},
			Config: app(`on_destroy = "keep"`, `on_external_rotation = "ignore"`), Check: all(w.Changed(), version(w, 1)),
		},
	)
}
