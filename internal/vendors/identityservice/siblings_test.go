package identityservice_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// More secrets of one application than Terraform looks at together, all of which rotate: no command takes one for a stray,
// and what somebody else added is named for a day or two, by one plan for all.
func TestManySiblings(t *testing.T) {
	w := world(t)
	config := func(quarter string) string { return app("count = 40", q(quarter)) }
	strays := func(r acctest.Result) (details []string) {
		for _, d := range r.Diagnostics {
			if d.Summary == "A secret that this state does not know" {
				details = append(details, d.Detail)
			}
		}
		return details
	}
	cli := w.Terminal(t, config("1"))
	for i, quarter := range []string{"1", "2", "3"} {
		cli.Configure(config(quarter))
		if got := strays(cli.Apply()); len(got) > 0 {
			t.Errorf("apply %d: siblings warn of each other: %s", i, got)
		}
		if got := strays(cli.Plan()); len(got) > 0 {
			t.Errorf("the plan after apply %d: siblings warn of each other: %s", i, got)
		}
	}
	id, _ := addElsewhere(w)
	named := func(what string, r acctest.Result) {
		t.Helper()
		if got := strays(r); len(got) != 1 || !strings.Contains(got[0], "not know: "+id+". ") {
			t.Errorf("%s names %s, want %s alone, once", what, got, id)
		}
	}
	named("a plan", cli.Plan())
	cli.Configure(config("4"))
	named("a rotation", cli.Apply())
	named("a plan after it", cli.Plan())
	w.Clock.Advance(24 * time.Hour)
	cli.Apply()
	w.Clock.Advance(24 * time.Hour)
	cli.Apply()
	if got := strays(cli.Apply()); len(got) > 0 {
		t.Errorf("two days later it is still named: %s", got)
	}
	other, _ := addElsewhere(w)
	id = other
	named("a destroy", cli.Must("destroy", "-json", "-auto-approve", "-input=false"))
	if n := len(records(w)); n < 2 {
		t.Errorf("%d secrets are left: somebody else's were deleted", n)
	}
}
