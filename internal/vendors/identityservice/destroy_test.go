package identityservice_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// destroying is a step that destroys.
func destroying(w *acctest.World, config string, checks ...resource.TestCheckFunc) resource.TestStep {
	return resource.TestStep{PreConfig: after(w, 0), Config: config, Destroy: true, Check: all(checks...)}
}

// Everything that was made here goes, nothing else.
func TestDestroy_DeletesWhatItCreated(t *testing.T) {
	w := world(t)
	var foreign string
	w.Run(t,
		resource.TestStep{Config: app(q("1"))},
		resource.TestStep{Config: app(q("2"))},
		resource.TestStep{PreConfig: func() { _, foreign = addElsewhere(w) }, Config: app(q("3"))},
		destroying(w, app(q("3")), w.Changed(remove, remove, remove), accepted(w, "no no no")),
	)
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, foreign) {
		t.Error("the foreign secret was deleted")
	}
}

func TestDestroy_Keep(t *testing.T) {
	w := world(t)
	config := app(`on_destroy = "keep"`)
	w.Run(t,
		resource.TestStep{Config: config},
		destroying(w, config, w.Changed(), accepted(w, "yes"), warned(w, "plan", "a live secret survives the destroy", acctest.Application)),
	)
}

// A secret with an id is ended by one call, without a look: what is gone already is found out by that call.
func TestDestroy_NothingLeftToDelete(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app(`on_external_rotation = "ignore"`)},
		resource.TestStep{
			PreConfig: func() { w.IdentityService.DeleteSecretElsewhere(made(w)[0].ID); after(w, 0)() },
			Config:    app(`on_external_rotation = "ignore"`), Destroy: true, Check: w.Changed(remove),
		},
	)
}

// The application goes between plan and destroy: the one call finds nothing to do.
func TestDestroy_ApplicationGone(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.UnknownApplication = 404 })
	w.Run(t,
		resource.TestStep{Config: app()},
		resource.TestStep{Config: app(), Destroy: true, ConfigPlanChecks: with(resource.ConfigPlanChecks{},
			acctest.OnPlan(func() { w.IdentityService.RemoveApplication(acctest.Tenant, acctest.Application); w.ResetJournal() }))},
	)
	check(t, w, w.Changed(remove))()
}

// A refused deletion keeps the resource, so that the next destroy tries again.
func TestDestroy_RefusedKeepsTheResource(t *testing.T) {
	w := world(t)
	w.Run(t,
		resource.TestStep{Config: app()},
		resource.TestStep{PreConfig: func() { refuseDeletions(w, true) }, Config: app(), Destroy: true, ExpectError: matching("Unable to delete secret")},
		resource.TestStep{PreConfig: clearing(t, w, accepted(w, "yes")), Config: app(), ConfigPlanChecks: nothing, Check: all(w.Changed(), holds(w, 0))},
		destroying(w, app(), w.Changed(remove), accepted(w, "no")),
	)
}

func TestDestroy_LostAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range lostAnswers() {
		if !strings.HasPrefix(name, "drop") && !strings.HasPrefix(name, "500") && !strings.HasPrefix(name, "200 html") {
			continue // the same to the provider; all of them are tried on the addition
		}
		t.Run(name, func(t *testing.T) {
			w := world(t)
			want := []string{remove, remove}
			if c.After {
				want = want[:1]
			}
			c.Operation = remove
			w.Run(t,
				resource.TestStep{Config: app()},
				resource.TestStep{PreConfig: func() { after(w, 0)(); w.Inject(c) }, Config: app(), Destroy: true},
			)
			check(t, w, w.Changed(want...), accepted(w, "no"))()
			if w.PendingFaults() > 0 {
				t.Error("the fault did not happen")
			}
		})
	}
}

// -replace and taint make one new secret.
func TestReplace(t *testing.T) {
	w := world(t)
	taint := resource.TestStep{
		PreConfig: after(w, 0), Config: app(), Taint: []string{address},
		Check: all(w.Changed(remove, add), holds(w, 1), version(w, 1), noPrevious, accepted(w, "no yes")),
	}
	w.Run(t, resource.TestStep{Config: app()}, taint)
}

func TestReplace_Keep(t *testing.T) {
	w := world(t)
	config := app(`on_destroy = "keep"`)
	w.Run(t, resource.TestStep{Config: config},
		resource.TestStep{PreConfig: after(w, 0), Config: config, Taint: []string{address}, Check: all(w.Changed(add), holds(w, 1), accepted(w, "yes yes"))})
}

// The old half of a create_before_destroy never touches the new secret.
func TestReplace_CreateBeforeDestroy(t *testing.T) {
	w := world(t)
	config := func(v string) string { return app(q(v), "lifecycle {\n    create_before_destroy = true\n  }") }
	w.Run(t,
		resource.TestStep{Config: config("1")},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("1"), Taint: []string{address},
			Check: all(w.Changed(add, remove), holds(w, 1), version(w, 1), noPrevious, accepted(w, "no yes")),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: config("2"), Check: all(w.Changed(add), holds(w, 2), previous(w, 1))},
		resource.TestStep{
			PreConfig: after(w, 0), Config: config("2"), Taint: []string{address},
			Check: all(w.Changed(add, remove, remove), holds(w, 3), version(w, 1), accepted(w, "no no no yes")),
		},
	)
}

func TestReplace_AnotherApplication(t *testing.T) {
	w := world(t)
	w.IdentityService.AddApplication(acctest.Tenant, "other")
	other := `resource "oauthsecret_identity_service_client_secret" "app" { client_id = "other" }`
	w.Run(t,
		resource.TestStep{Config: app()},
		resource.TestStep{PreConfig: after(w, 0), Config: other, Check: all(w.Changed(remove, add), resource.TestMatchResourceAttr(address, "version", regexp.MustCompile(`^\d{10}$`)), is("client_id", "other"), accepted(w, "no"))},
	)
}
