package identityservice_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/acctest"
)

// What a run that died in the middle of a change left behind is named by the next plan that reads, also when a rotation came
// first that read nothing.
func TestInterrupted_RotatedWithoutRefresh(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1")))
	cli.Apply()
	lost, _ := w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, nil)
	cli.LoseNotes()
	cli.Configure(app(q("2")))
	cli.Apply("-refresh=false")
	cli.Plan().Warns(t, lost)
	cli.Apply()
	cli.Empty()
}
