package clientsecret_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// A client of a vendor with two slots belongs to one resource: a plan that creates a second one is refused, and nothing is sent.
func TestTwoResourcesOnOneClientAreRefused(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		for _, settings := range []string{"", alone, "on_pending_rotation = \"retire_first\"\n"} {
			cli := w.Terminal(t, c.Named("one", settings)+c.Named("two", settings))
			cli.ApplyFails().Errs(t, "belongs to one resource")
			cli.Sent()
		}
		expectLive(t, c, w, 0)
		cli := w.Terminal(t, c.Named("one", alone))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		// A second one beside it, under an id that differs in case only.
		other := c
		other.IDValue = strings.ToUpper(c.IDValue)
		cli.Configure(c.Named("one", alone) + other.Named("two", alone))
		cli.ApplyFails().Errs(t, "belongs to one resource")
		cli.Sent()
		// A rename without moved replaces one by the other, and is no second owner.
		cli.Configure(c.Named("three", alone))
		cli.Apply()
		cli.Sent(c.Rotate, c.Retire)
		expectLive(t, c, w, 2)
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
