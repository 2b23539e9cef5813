package identityservice_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// importing is an import block.
func importing(id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id)
}

// foreign adds a secret that is not ours and returns its id, its value and its import id.
func foreign(w *acctest.World) (id, value, importID string) {
	id, value = addElsewhere(w)
	return id, value, acctest.Tenant + "/" + acctest.Application + "/" + id
}

var imported = is("version", "0", "client_secret", "", "client_secret_sha256", "", "rotated_at", "", "verified", "", "on_destroy", "delete")

func TestImport_NoRotationAndEmptyPlan(t *testing.T) {
	w := world(t)
	id, value, importID := foreign(w)
	w.Run(t,
		resource.TestStep{
			Config: app() + importing(importID), ConfigPlanChecks: nothing,
			Check: all(w.Changed(), imported, noPrevious, is("secret_id", id, "id", importID, "tenant", acctest.Tenant, "client_id", acctest.Application)),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(), ConfigPlanChecks: nothing, Check: w.Changed()},
		// What it did not create, it does not delete.
		resource.TestStep{PreConfig: after(w, 0), Config: app(), Destroy: true, Check: all(w.Changed(), warned(w, "plan", "a live secret survives the destroy"))},
	)
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, value) {
		t.Error("the imported secret was deleted")
	}
}

// An imported secret is not deleted by retire_previous_after, and the plan of the rotation says so.
func TestImport_IsNotRetired(t *testing.T) {
	w := world(t)
	_, value, importID := foreign(w)
	cli := w.Terminal(t, app(q("1"), `retire_previous_after = "0s"`)+importing(importID))
	cli.Apply()
	cli.Configure(app(q("2"), `retire_previous_after = "0s"`))
	cli.Plan().Warns(t, "the secret in use now is not deleted by retire_previous_after")
	cli.ApplySaved()
	cli.Sent(add)
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, value) {
		t.Error("the imported secret was deleted")
	}
	if rule := cli.Attribute(address, "previous_secret_ends"); rule != "when a completion or somebody deletes it" {
		t.Errorf("previous_secret_ends is %v", rule)
	}
}

// The import command takes the id, and everything but the value comes back.
func TestImport_Command(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app())
	cli.Apply()
	made := cli.Instances(address)[0].Attributes
	cli.Must("state", "rm", address)
	cli.Must("import", "-no-color", address, made["id"].(string))
	imported := cli.Instances(address)[0].Attributes
	for name, want := range made {
		switch name {
		case "client_secret", "client_secret_sha256", "version", "rotated_at", "rotation_reason": // not known of what was imported
		default:
			if got := imported[name]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
}

// After a rotation the imported secret is the previous one. It is never deleted here, and a warning says so.
func TestImport_RotatedButNeverDeleted(t *testing.T) {
	t.Parallel()
	for _, retire := range []string{"24h", "0s"} {
		t.Run(retire, func(t *testing.T) {
			w := world(t)
			id, value, importID := foreign(w)
			config := func(v string) string { return app(q(v), fmt.Sprintf("retire_previous_after = %q", retire)) }
			kept := func(s *terraform.State) error {
				if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, value) {
					return fmt.Errorf("the imported secret was deleted")
				}
				return nil
			}
			w.Run(t,
				resource.TestStep{Config: config("1") + importing(importID), Check: all(w.Changed(), imported)},
				resource.TestStep{
					PreConfig: after(w, 0), Config: config("2"), ConfigPlanChecks: rotating(w, 1),
					Check: all(w.Changed(add), holds(w, 0), kept, version(w, 1), is("has_previous_secret", "true", "previous_secret_id", id, "previous_secret_expires_at", "")),
				},
				resource.TestStep{
					PreConfig: after(w, 2*day), Config: config("2"), ConfigPlanChecks: nothing,
					Check: all(w.Changed(), kept, warned(w, "plan", "the previous secret is not deleted", id, "was not created by this resource, as far as is known")),
				},
				// The next rotation lets go of it without deleting it; the one that was made here is deleted as usual.
				resource.TestStep{PreConfig: after(w, 0), Config: config("3"), Check: all(kept, holds(w, 1))},
				resource.TestStep{PreConfig: after(w, 2*day), Config: config("3"), Check: all(kept, holds(w, 1), noPrevious, accepted(w, "no yes"))},
				resource.TestStep{PreConfig: after(w, 0), Config: config("3"), Destroy: true, Check: all(w.Changed(remove), kept, accepted(w, "no no"))},
			)
		})
	}
}

// The first secret made here goes with the resource, the imported one before it stays.
func TestImport_RotatedThenDestroyed(t *testing.T) {
	w := world(t)
	_, value, importID := foreign(w)
	w.Run(t,
		resource.TestStep{Config: app(q("1")) + importing(importID)},
		resource.TestStep{Config: app(q("2")), Check: all(version(w, 1), is("has_previous_secret", "true"))},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("2")), Destroy: true, Check: all(w.Changed(remove), accepted(w, "no"))},
	)
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, value) {
		t.Error("the imported secret was deleted")
	}
}

// A schedule counts from the moment it was set.
func TestImport_RotateAfter(t *testing.T) {
	w := world(t)
	_, _, importID := foreign(w)
	config := app(`rotate_after = "720h"`)
	w.Run(t,
		resource.TestStep{Config: config + importing(importID), Check: all(w.Changed(), imported, resource.TestCheckResourceAttrSet(address, "rotation_due_at"))},
		resource.TestStep{PreConfig: after(w, 29*day), Config: config, ConfigPlanChecks: nothing, Check: w.Changed()},
		resource.TestStep{PreConfig: after(w, 2*day), Config: config, ConfigPlanChecks: rotating(w, 1), Check: all(w.Changed(add), holds(w, 0))},
	)
}

func TestImport_Malformed(t *testing.T) {
	w := world(t)
	var steps []resource.TestStep
	for id, want := range map[string]string{
		"acme":                    `"acme" has 1 part(s), but 3 are needed: tenant/client_id/secret_id`,
		"acme/my-new-app":         `has 2 part(s), but 3 are needed`,
		"acme/my-new-app/id/more": `has 4 part(s), but 3 are needed`,
		"acme//id":                `Part 2, client_id, is ""; it must be the client id of the application`,
		"/my-new-app/id":          `Part 1, tenant, is ""; it must be the name of the tenant`,
		"acme/my-new-app/ id":     `Part 3, secret_id, is " id"; it must be the id of the secret`,
		"acme/../id":              `Part 2, client_id, is ".."`,
	} {
		steps = append(steps, resource.TestStep{Config: app() + importing(id), PlanOnly: true, ExpectError: matching(want)})
	}
	w.Run(t, steps...)
	check(t, w, w.Sent())()
}

func TestImport_UnknownSecret(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*acctest.World, string){
		"purged":  func(w *acctest.World, id string) { w.IdentityService.PurgeSecret(id) },
		"deleted": func(w *acctest.World, id string) { w.IdentityService.DeleteSecretElsewhere(id) },
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			id, _, importID := foreign(w)
			kill(w, id)
			w.Run(t, resource.TestStep{Config: app() + importing(importID), PlanOnly: true, ExpectError: matching("Cannot import non-existent remote object")})
			check(t, w, w.Changed())()
		})
	}
}
