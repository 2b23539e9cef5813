package identityservice_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

const (
	address = "oauthsecret_identity_service_client_secret.app"

	add    = "identity_service.add"
	list   = "identity_service.list"
	remove = "identity_service.delete"
)

// app is the configuration of one client secret, with more arguments.
func app(arguments ...string) string { return named("app", arguments...) }

func named(name string, arguments ...string) string {
	return fmt.Sprintf("resource \"oauthsecret_identity_service_client_secret\" %q {\n  client_id = %q\n  %s\n}\n",
		name, acctest.Application, strings.Join(arguments, "\n  "))
}

// q is a trigger of one key.
func q(value string) string { return fmt.Sprintf("rotate_when_changed = { q = %q }", value) }

const retireAfterDay = `retire_previous_after = "24h"`

// world is a world whose journal is read from the start.
func world(t *testing.T) *acctest.World {
	t.Helper()
	t.Parallel()
	acctest.NeedCLI(t)
	return acctest.NewWorld(t)
}

// is checks attributes of the resource, given as pairs; "" stands for null.
func is(pairs ...string) resource.TestCheckFunc {
	var checks []resource.TestCheckFunc
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			checks = append(checks, resource.TestCheckNoResourceAttr(address, pairs[i]))
		} else {
			checks = append(checks, resource.TestCheckResourceAttr(address, pairs[i], pairs[i+1]))
		}
	}
	return resource.ComposeAggregateTestCheckFunc(checks...)
}

// version checks that the state has the nth version since the first secret made here.
func version(w *acctest.World, n int) resource.TestCheckFunc { return w.VersionIs(address, n) }

func all(checks ...resource.TestCheckFunc) resource.TestCheckFunc {
	return resource.ComposeAggregateTestCheckFunc(checks...)
}

// records are the secrets of the application that are not from its registration, oldest first.
func records(w *acctest.World) []simulator.SecretRecord {
	all := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)
	return slices.DeleteFunc(all, func(r simulator.SecretRecord) bool { return r.Origin == simulator.OriginInitial })
}

// made are the secrets that were made through the API.
func made(w *acctest.World) []simulator.SecretRecord {
	return slices.DeleteFunc(records(w), func(r simulator.SecretRecord) bool { return r.Origin != simulator.OriginAPI })
}

// accepted checks which of the secrets made through the API the vendor accepts, oldest first: "yes no yes".
func accepted(w *acctest.World, want string) resource.TestCheckFunc {
	return acctest.Do(func() error { return wantAccepted(w, want) })
}

func wantAccepted(w *acctest.World, want string) error {
	var words []string
	for _, r := range made(w) {
		word := "no"
		if w.IdentityService.Accepts(acctest.Tenant, acctest.Application, r.Value) {
			word = "yes"
		}
		words = append(words, word)
	}
	if got := strings.Join(words, " "); got != want {
		return fmt.Errorf("accepted: %q, want %q", got, want)
	}
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, w.InitialIdentityService) {
		return fmt.Errorf("the secret from registration is not accepted any more")
	}
	return nil
}

// holds checks that the state holds the n-th secret made through the API (from 0), with its id.
func holds(w *acctest.World, n int) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		r := made(w)[n]
		return is("client_secret", r.Value, "secret_id", r.ID, "id", acctest.Tenant+"/"+acctest.Application+"/"+r.ID)(s)
	}
}

// previous checks that the state names the n-th secret made through the API as the previous one.
func previous(w *acctest.World, n int) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		return is("has_previous_secret", "true", "previous_secret_id", made(w)[n].ID)(s)
	}
}

var noPrevious = is("has_previous_secret", "false", "previous_secret_id", "", "previous_secret_expires_at", "")

// rotating are the checks of a plan that rotates to this version: in place, only the secret unknown.
func rotating(w *acctest.World, version int) resource.ConfigPlanChecks {
	shown := plancheck.ExpectKnownValue(address, tfjsonpath.New("version"), w.VersionValue(address, version))
	if version == 1 { // the moment of it
		shown = plancheck.ExpectUnknownValue(address, tfjsonpath.New("version"))
	}
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("client_secret")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("client_secret_sha256")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("secret_id")),
		shown,
	}}
}

// keeping are the checks of an in-place update that leaves the secret alone.
func keeping(w *acctest.World, n, version int) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("version"), w.VersionValue(address, version)),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("client_secret"), knownvalue.StringFunc(func(v string) error {
			if want := made(w)[n].Value; v != want {
				return fmt.Errorf("the planned secret is not the one in state")
			}
			return nil
		})),
	}}
}

var nothing = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
	plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
}}

// with adds plan checks that run before the apply.
func with(checks resource.ConfigPlanChecks, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	checks.PreApply = append(slices.Clone(checks.PreApply), more...)
	return checks
}

// fresh forgets the journal between plan and apply, so that only what the apply sends is counted.
func fresh(w *acctest.World) plancheck.PlanCheck { return acctest.OnPlan(w.ResetJournal) }

// after moves the clock and forgets the journal.
func after(w *acctest.World, d time.Duration) func() {
	return func() { w.Clock.Advance(d); w.ResetJournal(); w.Said() }
}

// matching is a pattern for texts that Terraform wraps and frames.
func matching(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(strings.Fields(regexp.QuoteMeta(words)), `[\s│]+`))
}

// warned checks that the provider said something with these words at that moment.
func warned(w *acctest.World, during string, words ...string) resource.TestCheckFunc {
	return acctest.Do(func() error {
		said := w.Said()
		if len(acctest.Saying(said, during, words...)) == 0 {
			return fmt.Errorf("no diagnostic during %s with %q; there are %+v", during, words, said)
		}
		return nil
	})
}

// check fails the test between steps.
func check(t *testing.T, w *acctest.World, checks ...resource.TestCheckFunc) func() {
	return func() {
		t.Helper()
		for _, f := range checks {
			if err := f(nil); err != nil {
				t.Error(err)
			}
		}
		w.ResetJournal()
		w.Said()
	}
}

// clearing checks like check and clears the faults.
func clearing(t *testing.T, w *acctest.World, checks ...resource.TestCheckFunc) func() {
	return func() {
		t.Helper()
		w.ClearFaults()
		check(t, w, checks...)()
	}
}

// addElsewhere is somebody else who adds a secret to the application.
func addElsewhere(w *acctest.World) (id, value string) {
	return w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, nil)
}

// refuseDeletions makes the vendor answer deletions with 403, or no longer.
func refuseDeletions(w *acctest.World, on bool) {
	if on {
		w.Inject(simulator.Fault{Operation: remove, Kind: simulator.Answer, Status: 403, Times: -1, Body: `{"message": "Access denied"}`})
	} else {
		w.ClearFaults()
	}
}
