package identityservice_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// What a run that died in the middle of a change left behind is named by the next plan, also when a command without a plan
// saw it first, and whatever is to be said of others.
func TestInterrupted_Refreshed(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(`on_external_rotation = "ignore"`))
	cli.Apply()
	lost, _ := addElsewhere(w)
	cli.LoseNotes()
	cli.Apply("-refresh-only")
	cli.Plan().Warns(t, lost)
	cli.Empty()
}

// Notes of an import are lost as well.
func TestInterrupted_Imported(t *testing.T) {
	w := world(t)
	first, _ := addElsewhere(w)
	cli := w.Terminal(t, app(q("1")))
	cli.Must("import", "-input=false", "oauthsecret_identity_service_client_secret.app", acctest.Tenant+"/"+acctest.Application+"/"+first)
	lost, _ := addElsewhere(w)
	cli.LoseNotes()
	cli.Plan().Warns(t, lost)
}

// What appeared since the last apply may be anybody's. Where nothing says that a run was interrupted, none is named; the plan of a
// rotation says how many there are, because they cannot be told from others after it.
func TestAddedElsewhere(t *testing.T) {
	w := world(t)
	const said = "secrets were added since the last apply"
	cli := w.Terminal(t, app(q("1")))
	cli.Apply()
	added, _ := addElsewhere(w)
	cli.Apply("-refresh-only")
	cli.Plan().Silent(t)
	cli.Configure(app(q("2")))
	plan := cli.Plan()
	plan.Warns(t, said)
	plan.Warns(t, "1 of the client's live secrets")
	if strings.Contains(plan.Text, added) {
		t.Errorf("it is named:\n%s", plan.Text)
	}
	cli.Apply()
	cli.Plan().Silent(t)
	cli.Configure(app(q("3")))
	cli.Plan().Silent(t)
}

// What a run that died in the middle of a change left behind is named by a rotation whose plan read nothing.
func TestInterrupted_RotatedWithoutRefresh(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1")))
	cli.Apply()
	lost, _ := addElsewhere(w)
	cli.LoseNotes()
	cli.Configure(app(q("2")))
	cli.Apply("-refresh=false").Warns(t, lost)
	cli.Plan().Silent(t)
	cli.Empty()
}
