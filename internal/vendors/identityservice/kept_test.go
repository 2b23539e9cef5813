package identityservice_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The destruction of an object whose record is gone ends what its version shows to be made here, and names what it does not end.
func TestDestroy_RecordGone(t *testing.T) {
	for name, c := range map[string]struct {
		imported bool
		want     string // which of the secrets made here still work
		names    bool   // the previous one is named instead
	}{
		"rotated":                {false, "no no", false},
		"rotated, imported once": {true, "no", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			id, theirs, importID := foreign(w)
			cli := w.Terminal(t, app(q("1")))
			if c.imported {
				cli.Must("import", "-input=false", address, importID)
			}
			cli.Apply()
			w.Clock.Advance(time.Hour)
			cli.Configure(app(q("2")))
			cli.Apply()
			cli.LoseNotes()
			w.ResetJournal()
			r := cli.Must("destroy", "-json", "-auto-approve", "-input=false", "-refresh=false")
			if err := wantAccepted(w, c.want); err != nil {
				t.Error(err)
			}
			if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, theirs) {
				t.Error("somebody else's secret was deleted")
			}
			if c.names {
				r.Warns(t, id)
			}
			if n := w.Count(list); n > 0 {
				t.Errorf("%d lists for what has an id", n)
			}
		})
	}
}

// A tainted object takes all that it made with it, and its plan names each of them.
func TestReplace_TaintedWithEarlierSecrets(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1")))
	for _, v := range []string{"1", "2", "3"} {
		cli.Configure(app(q(v)))
		cli.Apply()
		w.Clock.Advance(time.Minute)
	}
	ids := []string{}
	for _, r := range made(w) {
		ids = append(ids, r.ID)
	}
	cli.Must("taint", address)
	plan := cli.Plan()
	for _, id := range ids {
		plan.Warns(t, id)
	}
	cli.ApplySaved().Succeeds(t)
	if err := wantAccepted(w, "no no no yes"); err != nil {
		t.Error(err)
	}
}

// A list that lags one look while somebody else adds a secret shows an entry with another date: it is not taken for ours, so that
// no rotation ever deletes it.
func TestForeignAdd_WhileTheListLags(t *testing.T) {
	w := world(t)
	their := w.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	var theirs atomic.Value
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 1 })
	w.BeforeRequest(func(e simulator.Entry) {
		if e.Operation == list && w.Count(add) == 1 && theirs.Load() == nil {
			_, value := w.IdentityService.AddSecretElsewhere(acctest.Tenant, acctest.Application, &their)
			theirs.Store(value)
		}
	})
	config := func(v string) string { return app(q(v), expiring, zero) }
	w.Run(t,
		resource.TestStep{Config: config("1"), Check: holds(w, 0)},
		resource.TestStep{Config: config("2"), Check: all(holds(w, 1), noPrevious)},
	)
	if value, _ := theirs.Load().(string); value == "" || !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, value) {
		t.Error("somebody else's secret was deleted, or nobody added one")
	}
}

// The destruction of an imported secret ends nothing, so it is none of the provider's own credential either: plan and apply agree.
func TestSelf_ImportedIsForgotten(t *testing.T) {
	w := loggedIn(t)
	own := w.IdentityService.Secrets(simulator.IdentityServiceLoginTenant, simulator.IdentityServiceLoginClientID)[0]
	cli := w.Terminal(t, itself())
	cli.Must("import", "-input=false", address, simulator.IdentityServiceLoginTenant+"/"+simulator.IdentityServiceLoginClientID+"/"+own.ID)
	w.ResetJournal()
	plan := cli.Plan("-destroy")
	plan.Warns(t, "a live secret survives the destroy")
	cli.ApplySaved().Succeeds(t)
	cli.Sent()
	if len(cli.Instances(address)) > 0 {
		t.Error("the object is still in state")
	}
}
