package identityservice_test

import (
	"testing"
	"time"

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

// A secret that somebody else added is named by a plan that comes after a command without one.
func TestStrayIsNamedAfterARefresh(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app())
	cli.Apply()
	added, _ := addElsewhere(w)
	cli.Apply("-refresh-only")
	cli.Plan().Warns(t, "Live secrets that this state does not know: "+added+".")
}

// It is named for a day and by the look after it, whatever rotates in the meantime.
func TestStrayIsNamedForADay(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1")))
	cli.Apply()
	added, _ := addElsewhere(w)
	cli.Apply()
	w.Clock.Advance(23 * time.Hour)
	cli.Configure(app(q("2")))
	cli.Apply().Warns(t, added)
	cli.Plan().Warns(t, added)
	w.Clock.Advance(time.Hour)
	cli.Apply().Warns(t, added)
	cli.Plan().Silent(t)
}

// What a run that died in the middle of a change left behind is named by the next plan that reads, also when a rotation came
// first that read nothing.
func TestInterrupted_RotatedWithoutRefresh(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1")))
	cli.Apply()
	lost, _ := addElsewhere(w)
	cli.LoseNotes()
	cli.Configure(app(q("2")))
	cli.Apply("-refresh=false")
	cli.Plan().Warns(t, lost)
	cli.Apply()
	cli.Empty()
}
