package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

// gates are those of one client: one for each host, and at each host one for the client's own credential and one for everything
// else, which are logins and proofs of other secrets. What one of them has to wait for does not stop the others.
type gates struct {
	mu   sync.Mutex
	open map[gateKey]*pace.Gate
	wish *pace.Bucket // what the user allows, of all of them together
}

type gateKey struct {
	host string
	own  bool
}

// gate is the one that r has to pass.
func (c *Client) gate(r *http.Request) *pace.Gate {
	call := callFrom(r.Context())
	if call.gate != nil {
		return call.gate
	}
	key := gateKey{host: r.URL.Host, own: call.usesCredential()}
	g := &c.gates
	g.mu.Lock()
	defer g.mu.Unlock()
	call.gate = g.open[key]
	if call.gate == nil {
		bound := g.wish
		if c.options.Pace.Published {
			bound = pace.NewBucket(c.options.Pace) // a vendor counts by credential
		}
		call.gate = pace.New(c.options.Clock, bound, func(ctx context.Context, atMost time.Duration) {
			c.tell(ctx, "the rate limit", atMost)
		})
		g.open[key] = call.gate
	}
	return call.gate
}

func isWait(err error) bool {
	_, ok := errors.AsType[*pace.WaitError](err)
	return ok
}
