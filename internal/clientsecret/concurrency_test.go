package clientsecret_test

import (
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Two resources on one client take turns: the steps of one rotation never mix with those of the other.
func TestTwoResourcesOnOneClient(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.Named("one", alone)+c.Named("two", alone))
		for _, operation := range []string{c.Get, c.Rotate, c.Retire} {
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Delay, Delay: 80 * time.Millisecond, Times: -1})
		}
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire, c.Rotate, c.Retire)
		expectLive(t, c, w, 2)
		for _, e := range w.Effects() {
			if e.Status != 200 {
				t.Errorf("%s was answered with %d", e.Operation, e.Status)
			}
		}
	})
}

// The second of two resources finds the rotation of the first one open and changes nothing.
func TestTwoResourcesOnOneClientWithOverlap(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.Named("one", "")+c.Named("two", ""))
		cli.ApplyFails().Errs(t, `on_pending_rotation = "retire_first"`)
		if n := len(w.Effects()); n != 1 {
			t.Errorf("%d requests had an effect, want 1", n)
		}
		expectLive(t, c, w, 0, 1)
	})
}

// Different clients do not wait for each other: two rotations are under way at the same time.
func TestDifferentClientsRotateInParallel(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		w.Cloudflare.AddClient(acctest.Account, "another")
		w.CSP.AddApp(acctest.Org, "another", simulator.AppSpec{})
		other := c
		other.IDValue = "another"
		var arrived sync.WaitGroup
		arrived.Add(2)
		together := make(chan struct{})
		go func() { arrived.Wait(); close(together) }()
		cli := w.Terminal(t, c.Named("one", "")+other.Named("two", ""))
		w.BeforeRequest(func(e simulator.Entry) {
			if e.Operation != c.Rotate {
				return
			}
			arrived.Done()
			select {
			case <-together:
			case <-time.After(20 * time.Second):
				t.Error("one rotation waited for the other")
			}
		})
		cli.Apply()
		cli.Sent(c.Rotate, c.Rotate)
	})
}
