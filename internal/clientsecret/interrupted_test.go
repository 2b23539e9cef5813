package clientsecret_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// After a run that died in the middle of a rotation the secret in state is the previous one. A plan that reads nothing
// says so as well, and ends nothing.
func TestInterrupted_WithoutRefresh(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		const daily = "  retire_previous_after = \"24h\"\n"
		const said = "a run ended in the middle of a change"
		cli := w.Terminal(t, c.HCL(daily+trigger("1")))
		cli.Apply()
		w.Clock.Advance(25 * time.Hour)
		cli.Apply()
		w.ResetJournal()
		if c.EndsOverlap {
			w.CSP.RotateElsewhere(c.ScopeValue, c.IDValue, "What~the1run.Made", 24*time.Hour)
		} else {
			w.Cloudflare.RotateElsewhere(c.ScopeValue, c.IDValue)
		}
		cli.LoseNotes()
		w.Clock.Advance(time.Hour)
		live := c.Live(w)

		r := cli.Plan("-refresh=false")
		r.Warns(t, said)
		cli.ApplySaved()
		cli.Configure(c.HCL(daily + trigger("2")))
		r = cli.Run("apply", "-json", "-auto-approve", "-input=false", "-refresh=false")
		r.Warns(t, said)
		if !r.Failed {
			t.Error("a rotation over an open one was not refused")
		}
		expectLive(t, c, w, live...)
	})
}
