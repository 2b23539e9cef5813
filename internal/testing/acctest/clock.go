package acctest

import (
	"context"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

// Clock is real time plus what a test added. It is shared by provider and simulator, so that both live at the same moment.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// shortWait is what is really slept: gathering reads that come together needs real time.
const shortWait = 100 * time.Millisecond

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// Sleep implements clock.Clock. A long wait moves the clock instead of waiting.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d > shortWait {
		c.Advance(d)
		return ctx.Err()
	}
	return clock.System.Sleep(ctx, d)
}
