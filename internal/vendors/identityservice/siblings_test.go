package identityservice_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// What a plan has not looked at it calls nobody's: whatever a command leaves out or comes to late, and whatever another provider
// process does, no secret of another resource is named in a warning, and nobody waits for anybody.
func TestSiblings(t *testing.T) {
	w := world(t)
	ahead := func() time.Duration { return time.Until(w.Clock.Now()).Round(time.Second) } // what was waited
	config := func(quarter string) string {                                               // more than Terraform looks at together
		return named("many", "count = 11", q(quarter), retireAfterDay) + named("one", q(quarter), retireAfterDay)
	}
	quiet := func(what string, r acctest.Result) {
		t.Helper()
		r.Succeeds(t)
		for _, d := range r.Diagnostics {
			for _, record := range made(w) {
				if strings.Contains(d.Detail, record.ID) {
					t.Errorf("%s names a secret of a resource: %s: %s", what, d.Summary, d.Detail)
				}
			}
		}
	}
	ours, theirs := w.Terminal(t, config("1")), w.Terminal(t, named("two", q("1"), retireAfterDay)) // a state or an alias of its own
	ours.Apply()
	theirs.Apply()
	before := ahead()
	for _, round := range []struct {
		quarter string
		args    []string
	}{
		{"2", nil},
		{"3", []string{"-parallelism=1"}},
		{"4", []string{"-target=oauthsecret_identity_service_client_secret.one"}},
		{"4", []string{"-parallelism=1"}},
	} {
		w.Clock.Advance(2 * time.Second) // a rotation waits for the second after its version
		before += 2 * time.Second
		name := round.quarter + " " + strings.Join(round.args, " ")
		ours.Configure(config(round.quarter))
		quiet("the plan of "+name, ours.Plan(round.args...))
		quiet("the apply of "+name, ours.ApplySaved())
		quiet("the plan after "+name, ours.Plan(round.args...))
		theirs.Configure(named("two", q(round.quarter), retireAfterDay))
		quiet("the other's plan of "+name, theirs.Plan())
		quiet("the other's apply of "+name, theirs.ApplySaved())
	}
	if after := ahead(); after != before {
		t.Errorf("waited %s", after-before)
	}
}
