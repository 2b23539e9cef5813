package identityservice_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestCreate_ListAddList(t *testing.T) {
	w := world(t)
	w.Run(t, resource.TestStep{
		Config: app(),
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
			plancheck.ExpectUnknownValue(address, tfjsonpath.New("version")),
			plancheck.ExpectKnownValue(address, tfjsonpath.New("tenant"), knownvalue.StringExact(acctest.Tenant)),
			plancheck.ExpectKnownValue(address, tfjsonpath.New("has_previous_secret"), knownvalue.Bool(false)),
			plancheck.ExpectUnknownValue(address, tfjsonpath.New("client_secret")),
			plancheck.ExpectSensitiveValue(address, tfjsonpath.New("client_secret")),
			fresh(w),
		}},
		Check: all(
			w.Sent(list, list, add, list), // the first one is that of the plan, which an apply makes again
			holds(w, 0),
			version(w, 1), is("tenant", acctest.Tenant, "client_id", acctest.Application, "expires_at", "",
				"rotation_due_at", "", "encrypted_client_secret", "", "verified", "", "on_destroy", "delete",
				"on_external_rotation", "warn", "allow_self_rotation", "false"),
			noPrevious,
			resource.TestMatchResourceAttr(address, "client_secret_sha256", regexp.MustCompile(`^[0-9a-f]{64}$`)),
			resource.TestMatchResourceAttr(address, "rotated_at", regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)),
			accepted(w, "yes"),
		),
	})
	check(t, w, accepted(w, "no"))() // destroyed after the test
}

// Ten secrets of one application, made together: none gets a wrong id.
func TestCreate_TenSecretsOfOneApplication(t *testing.T) {
	w := world(t)
	const m = 10
	w.Run(t, resource.TestStep{
		Config: app("count = 10"),
		Check: func(s *terraform.State) error {
			if n := w.Count(add); n != m {
				return fmt.Errorf("%d additions, want %d", n, m)
			}
			ids := map[string]string{}
			for _, r := range made(w) {
				ids[r.ID] = r.Value
			}
			seen := map[string]bool{}
			for i := range m {
				rs := s.RootModule().Resources[fmt.Sprintf("%s.%d", address, i)].Primary.Attributes
				if ids[rs["secret_id"]] != rs["client_secret"] || seen[rs["secret_id"]] {
					return fmt.Errorf("secret %d has a wrong id", i)
				}
				seen[rs["secret_id"]] = true
			}
			w.ResetJournal()
			return nil
		},
		// A plan reads them all with one list.
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
			plancheck.ExpectEmptyPlan(),
			acctest.OnPlan(func() {
				if n := w.Count(list); n != 1 {
					t.Errorf("the plan sent %d lists, want 1", n)
				}
			}),
		}},
	})
}

// Of m secrets of one application, a creation takes a list for the plan, and an apply one for the plan that it makes again, one
// before the first addition, and an addition and a list for each; a rotation one list, and an addition and a list for each.
func TestRequests(t *testing.T) {
	w := world(t)
	const m = 7
	config := func(v string) string { return app("count = 7", q(v), retireAfterDay) }
	counted := func(what string, lists, adds, removals int) {
		t.Helper()
		if w.Count(list) != lists || w.Count(add) != adds || w.Count(remove) != removals || len(w.Journal()) != lists+adds+removals {
			t.Errorf("%s sent %d lists, %d additions and %d deletions among %d calls, want %d, %d and %d",
				what, w.Count(list), w.Count(add), w.Count(remove), len(w.Journal()), lists, adds, removals)
		}
		w.ResetJournal()
	}
	cli := w.Terminal(t, config("1"))
	cli.Plan()
	counted("a plan that creates", 1, 0, 0)
	cli.Must("apply", "-json", "-input=false", "-parallelism=1", "saved")
	counted("a creation", m+2, m, 0)
	cli.Configure(config("2"))
	cli.Plan()
	counted("a plan that rotates", 1, 0, 0)
	cli.ApplySaved().Succeeds(t)
	counted("a rotation", m+1, m, 0)
	w.Clock.Advance(25 * time.Hour)
	cli.Plan()
	counted("a plan that deletes", 1, 0, 0)
	cli.ApplySaved().Succeeds(t)
	counted("a deletion of previous secrets", 0, 0, m)
	cli.Plan("-destroy")
	counted("a plan that destroys", 1, 0, 0)
	cli.ApplySaved().Succeeds(t)
	counted("a destruction", 0, 0, m)
}

func TestCreate_ExpiresAfterIsUniqueAndClose(t *testing.T) {
	w := world(t)
	// A short life has few dates to choose from, so that chance alone would use one twice.
	const n, wanted = 20, time.Hour
	w.Run(t, resource.TestStep{
		Config: app("count = 20", `expires_after = "1h"`),
		Check: func(s *terraform.State) error {
			var dates []string
			for i := range n {
				rs := s.RootModule().Resources[fmt.Sprintf("%s.%d", address, i)].Primary.Attributes
				at, err := time.Parse(time.RFC3339, rs["expires_at"])
				if err != nil {
					return err
				}
				rotated, err := time.Parse(time.RFC3339, rs["rotated_at"])
				if err != nil {
					return err
				}
				if late := at.Sub(rotated) - wanted; late < -5*time.Second || late > 2*time.Minute {
					return fmt.Errorf("expires_at is %s off", late)
				}
				if slices.Contains(dates, rs["expires_at"]) {
					return fmt.Errorf("date %s was used twice", rs["expires_at"])
				}
				dates = append(dates, rs["expires_at"])
			}
			for _, r := range made(w) {
				if r.ExpiresAt == nil || !slices.Contains(dates, r.ExpiresAt.UTC().Format(time.RFC3339)) {
					return fmt.Errorf("the vendor has another date: %v", r.ExpiresAt)
				}
			}
			return nil
		},
	})
}

func TestCreate_BadRecipientIsAnErrorBeforeAnyCall(t *testing.T) {
	w := world(t)
	w.Run(t, resource.TestStep{
		Config:      app(`encryption_recipients = ["age1notakey"]`),
		ExpectError: matching("encryption_recipients"),
	})
	check(t, w, w.Sent())()
}

func TestCreate_InvalidArguments(t *testing.T) {
	w := world(t)
	var steps []resource.TestStep
	for argument, want := range map[string]string{
		`expires_after = "soon"`:         "expires_after",
		`expires_after = "-1h"`:          "expires_after",
		`rotate_after = "0s"`:            "rotate_after",
		`retire_previous_after = "-1s"`:  "retire_previous_after",
		`on_destroy = "revoke"`:          "on_destroy",
		`on_external_rotation = "panic"`: "on_external_rotation",
		`verify { timeout = "x" }`:       "timeout",
		`tenant = "a/b"`:                 "tenant",
		`on_pending_rotation = "fail"`:   "on_pending_rotation", // a slot API's
		`client_secret_wo_version = 1`:   "client_secret_wo_version",
		`on_create = "adopt"`:            "on_create",
		`rotation_mode = "regenerate"`:   "rotation_mode",
		`encryption_recipients = []`:     "encryption_recipients",
	} {
		steps = append(steps, resource.TestStep{Config: app(argument), PlanOnly: true, ExpectError: matching(want)})
	}
	w.Run(t, steps...)
	check(t, w, w.Sent())()
}

func TestCreate_NoTenant(t *testing.T) {
	w := world(t)
	delete(w.Env, "IDENTITY_SERVICE_TENANT")
	w.Run(t, resource.TestStep{
		Config: app(), PlanOnly: true,
		ExpectError: matching("Set tenant in the resource, identity_service.tenant in the provider configuration, or the environment variable IDENTITY_SERVICE_TENANT"),
	})
}

// Processes that follow each other at once give different numbers, also where nothing of the earlier object is left to see.
func TestVersionNeverRepeats(t *testing.T) {
	w := world(t)
	config := func(n int) string { return app(q(fmt.Sprint(n)), "lifecycle { create_before_destroy = true }") }
	cli := w.Terminal(t, config(0))
	seen := map[any]bool{}
	for n, how := range []string{"creation", "-replace", "state rm", "taint", "state rm", "-replace", "-replace", "rotate", "rotate", "rotate", "state rm", "rotate"} {
		var args []string
		switch how {
		case "-replace":
			args = []string{how + "=" + address}
		case "state rm":
			cli.Must("state", "rm", address)
		case "taint":
			cli.Must("taint", address)
		case "rotate":
			cli.Configure(config(n))
		}
		cli.Apply(args...)
		version := cli.Attribute(address, "version")
		if seen[version] {
			t.Errorf("%s: version %v again", how, version)
		}
		seen[version] = true
	}
}
