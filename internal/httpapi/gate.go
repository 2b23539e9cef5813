package httpapi

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

// Bounds of the pause after a 429.
const (
	maxPause = 10 * time.Minute
	// firstPause is for a vendor that does not say how long. It doubles while nothing but 429 is answered, up to longestGuess.
	// It is short, because every second of it is lost when the limit is one of requests per second.
	firstPause   = 500 * time.Millisecond
	longestGuess = time.Minute
	pauseSpread  = 250 * time.Millisecond
	spreadShare  = 10 // the spread is at most this fraction of the pause
)

// gate lets the requests of all callers out, one by one: at a rate that the vendor bears, and none at all while the
// vendor asks to wait.
type gate struct {
	clock clock.Clock
	turn  chan struct{} // held by the one caller that waits for the next request to be due

	mu      sync.Mutex
	pacer   pacer
	until   time.Time     // no request leaves before
	asked   time.Time     // as until, without the bound of maxPause
	reopens time.Time     // of the latest pause; answers to earlier requests belong to the refusal that caused it
	blind   int           // pauses in a row without an answer in between
	changed chan struct{} // closed when until or asked moves
}

func newGate(c clock.Clock, pace Pace) *gate {
	return &gate{clock: c, turn: make(chan struct{}, 1), pacer: newPacer(c.Now(), pace), changed: make(chan struct{})}
}

// pass waits until one more request may leave. It fails at once when ctx ends before the vendor's permission.
func (g *gate) pass(ctx context.Context) error {
	if err := g.queue(ctx); err != nil {
		return err
	}
	defer func() { <-g.turn }()
	for {
		g.mu.Lock()
		now := g.clock.Now()
		wait := max(g.until.Sub(now), g.pacer.due(now))
		if wait <= 0 {
			g.pacer.take(now)
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		// Nothing is taken before the wait is over, so that a pause that began meanwhile counts.
		if err := g.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// queue waits for the turn. Callers get it in the order in which they came.
func (g *gate) queue(ctx context.Context) error {
	for {
		if err := g.fits(ctx); err != nil {
			return err
		}
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		select {
		case g.turn <- struct{}{}:
			return nil
		case <-changed:
		case <-ctx.Done():
			return &stoppedError{doing: "while waiting for its turn under the vendor's rate limit", cause: ctx.Err()}
		}
	}
}

// open waits while the gate is shut, and returns the time. It is the last point at which the end of ctx has no effect on
// the vendor.
func (g *gate) open(ctx context.Context) (time.Time, error) {
	for {
		g.mu.Lock()
		now := g.clock.Now()
		wait := g.until.Sub(now)
		g.mu.Unlock()
		if wait <= 0 && ctx.Err() != nil {
			return now, &stoppedError{doing: "before the request was sent", cause: ctx.Err()}
		}
		if wait <= 0 {
			return now, nil
		}
		if err := g.sleep(ctx, wait); err != nil {
			return now, err
		}
	}
}

func (g *gate) sleep(ctx context.Context, wait time.Duration) error {
	if err := g.fits(ctx); err != nil {
		return err
	}
	if err := g.clock.Sleep(ctx, wait); err != nil {
		return &stoppedError{doing: "while waiting for the vendor's rate limit", cause: err}
	}
	return nil
}

// fits is a *waitError when ctx ends before the vendor lets anything in.
func (g *gate) fits(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return fits(ctx, g.asked.Sub(g.clock.Now()))
}

// answer is what the gate learns from.
type answer struct {
	sent, received time.Time
	status         int
	header         http.Header
}

// observe adjusts pause and pace.
func (g *gate) observe(a answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a.status == http.StatusTooManyRequests {
		g.refused(a)
		return
	}
	g.blind = 0
	if !a.sent.Before(g.until) {
		// The vendor is back earlier than it said.
		g.asked = g.until
	}
	g.pacer.accepted(a)
	if quota, ok := parseQuota(a.header); ok {
		g.follow(quota, a.received)
	}
}

func (g *gate) refused(a answer) {
	first := !a.sent.Before(g.reopens)
	asked, ok := parseRetryAfter(a.header, a.received)
	if !ok {
		asked = min(firstPause<<min(g.blind, 20), longestGuess)
	}
	g.pacer.refused(a.received, first, asked)
	if !ok && !first {
		return
	}
	if first {
		g.blind++
	}
	g.shut(a.received, asked)
	g.reopens = g.until
	g.pacer.restart(g.until)
}

// follow spreads what is left of an announced quota, or waits for the next one.
func (g *gate) follow(q quota, now time.Time) {
	if q.usable() {
		g.pacer.published = nil // the vendor says more than it published
	}
	rate, ok := q.spread()
	switch {
	case !ok:
	case rate == 0:
		g.shut(now, q.reset)
	default:
		g.pacer.quota = quotaPace{rate: rate, end: now.Add(q.reset)}
	}
}

// shut lets nothing out for as long as the vendor asked. Everybody learns of it, so that nobody waits in vain. It ends
// at a slightly random time, because other processes may wait for the same moment.
func (g *gate) shut(now time.Time, asked time.Duration) {
	wait := min(asked, maxPause)
	if spread := min(pauseSpread, wait/spreadShare); spread > 0 {
		wait += rand.N(spread)
	}
	until, end := now.Add(wait), now.Add(asked)
	if !until.After(g.until) && !end.After(g.asked) {
		return
	}
	g.until, g.asked = latest(g.until, until), latest(g.asked, end)
	close(g.changed)
	g.changed = make(chan struct{})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
