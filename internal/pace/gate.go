// Package pace lets requests leave no faster than a vendor takes them. All callers with one credential go through one Gate for
// each host: they share the pause that the vendor asks for, the quota that it announces, and the rate that its refusals show.
package pace

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

const (
	maxPause     = 10 * time.Minute       // a vendor that asks for longer is tried again after it
	firstPause   = time.Second            // after a refusal that does not say how long; doubled for each in a row,
	longestGuess = time.Minute            // up to this
	pauseSpread  = 10                     // a pause is longer by up to this fraction,
	longestExtra = 250 * time.Millisecond // and at most by this: other processes may wait for the same moment
	forever      = 24 * time.Hour
	longWait     = 10 * time.Second // the log tells of longer ones
)

// Gate is safe for concurrent use.
type Gate struct {
	clock clock.Clock
	bound *Bucket
	tell  func(ctx context.Context, atMost time.Duration)
	turn  chan struct{} // held by the one caller that waits for the next request to be due

	mu         sync.Mutex
	changed    chan struct{} // closed at the next Observe
	until      time.Time     // no request leaves before
	asked      time.Time     // as until, without the bound of maxPause
	guesses    int           // refusals in a row that did not say how long
	unanswered int
	observed   time.Time // the latest Observe
	quotas     []quota
	rate       rate
}

// quota is what a window of the vendor still takes.
type quota struct {
	left int // what was sent and has no answer yet counts as spent
	ends time.Time
}

// New makes a gate. bound holds besides what the answers say, and may be shared by several gates. tell hears of every caller that
// waits for more than ten seconds.
func New(c clock.Clock, bound *Bucket, tell func(ctx context.Context, atMost time.Duration)) *Gate {
	return &Gate{
		clock: c, bound: bound, tell: tell, turn: make(chan struct{}, 1), changed: make(chan struct{}),
		rate: rate{since: c.Now()},
	}
}

// Pass waits until one more request may leave, and returns the time. It fails at once when ctx ends before the vendor's
// permission. One Observe follows each Pass without an error.
func (g *Gate) Pass(ctx context.Context) (time.Time, error) {
	timer := time.NewTimer(longWait)
	defer timer.Stop()
	for {
		// First the channel, then the look: nothing that happens between the two is missed.
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		if err := g.Fits(ctx); err != nil {
			return time.Time{}, err
		}
		select {
		case g.turn <- struct{}{}:
			defer func() { <-g.turn }()
			return g.leave(ctx)
		case <-changed:
		case <-timer.C:
			left, _ := timeLeft(ctx)
			g.tell(ctx, left)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

func (g *Gate) leave(ctx context.Context) (time.Time, error) {
	for {
		now, wait, answer := g.take()
		switch {
		case answer != nil:
			select {
			case <-answer:
			case <-ctx.Done():
				return now, ctx.Err()
			}
		case wait <= 0:
			return now, nil
		default:
			// Nothing is taken before the wait is over, so that a pause that begins meanwhile counts.
			if err := g.sleep(ctx, wait); err != nil {
				return now, err
			}
		}
	}
}

// take lets one request leave, or says for how long or for which answer it has to wait.
func (g *Gate) take() (now time.Time, wait time.Duration, answer <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now = g.clock.Now()
	if wait = g.until.Sub(now); wait > 0 {
		return now, wait, nil // answers that come meanwhile may change all the rest
	}
	if wait = g.rate.due(now); wait <= 0 {
		if g.rate.unknown() && g.unanswered >= firstRequests+g.rate.accepted {
			return now, 0, g.changed
		}
		for _, q := range g.quotas {
			// Whether there is more shows in an answer, so one request at a time goes to look.
			if g.unanswered > 0 && (q.left <= 0 || !now.Before(q.ends)) {
				return now, 0, g.changed
			}
		}
		wait = g.bound.take(now)
	}
	if wait <= 0 {
		g.rate.last = now
		g.unanswered++
		for i := range g.quotas {
			g.quotas[i].left--
		}
	}
	return now, wait, nil
}

// Await waits while the vendor asked to wait, for a request that passed some time ago.
func (g *Gate) Await(ctx context.Context) error {
	for {
		g.mu.Lock()
		wait := g.until.Sub(g.clock.Now())
		g.mu.Unlock()
		if wait <= 0 {
			return ctx.Err()
		}
		if err := g.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (g *Gate) sleep(ctx context.Context, wait time.Duration) error {
	if err := g.Fits(ctx); err != nil {
		return err
	}
	if wait > longWait {
		g.tell(ctx, wait)
	}
	return g.clock.Sleep(ctx, wait)
}

// Fits is a *WaitError when ctx ends before the vendor lets anything in.
func (g *Gate) Fits(ctx context.Context) error {
	g.mu.Lock()
	wait := g.asked.Sub(g.clock.Now())
	g.mu.Unlock()
	if left, ok := timeLeft(ctx); ok && wait > 0 && wait >= left {
		return &WaitError{Asked: wait, Left: max(0, left)}
	}
	return nil
}

// timeLeft goes by the clock of the machine: that is what ends a context.
func timeLeft(ctx context.Context) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	return time.Until(deadline), ok
}

// WaitError says that the vendor's permission would come after the end of the operation.
type WaitError struct{ Asked, Left time.Duration }

func (e *WaitError) Error() string {
	return "the vendor asks to wait " + e.Asked.Round(time.Second).String() + ", longer than the " +
		e.Left.Round(time.Second).String() + " that are left of this operation"
}

// Is makes it a deadline that was exceeded, though early.
func (e *WaitError) Is(target error) bool { return target == context.DeadlineExceeded }

// Observe learns from the answer to a request that passed at the given time; status is 0 when there was none.
func (g *Gate) Observe(passed time.Time, status int, header http.Header) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() { close(g.changed); g.changed = make(chan struct{}) }()
	now := g.clock.Now()
	g.unanswered--
	asked, said := RetryAfter(header, now)
	switch {
	case status == 0:
	case status == http.StatusTooManyRequests:
		first := !passed.Before(g.rate.opens) // of those that were on their way together
		if !said && first {
			asked = min(firstPause<<min(g.guesses, 20), longestGuess)
			g.guesses++
		}
		g.shut(now, asked)
		if taken := g.rate.refuse(now, g.until, first); first && asked > briefly {
			// It counts requests in windows. The next one takes as many, at any rate.
			g.rate = rate{since: g.until, opens: g.until}
			g.quotas = []quota{{left: max(1, taken), ends: now.Add(asked + forever)}}
		}
	case status == http.StatusServiceUnavailable && said:
		g.shut(now, asked)
	default:
		g.guesses = 0
		if !passed.Before(g.until) {
			g.asked = g.until // the vendor is back earlier than it said
		}
		if g.rate.accept(passed, now) {
			g.bound.lift()
		}
	}
	refused := status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
	if all := announced(header); len(all) > 0 && !(refused && said) { // Retry-After is about this refusal, and wins
		g.bound.lift() // the vendor says more than it publishes
		g.follow(all, now, g.unanswered == 0 && !passed.Before(g.observed))
	}
	g.observed = now
}

// follow keeps to what the vendor announces. alone: no other request was on its way together with the one that it answered.
func (g *Gate) follow(all []announcement, now time.Time, alone bool) {
	before := g.quotas
	g.quotas = nil
	for i, a := range all {
		if a.remaining == 0 {
			g.shut(now, a.reset)
		}
		q := quota{left: a.remaining - g.unanswered, ends: now.Add(a.reset)}
		if i < len(before) && !alone && q.ends.Sub(before[i].ends).Abs() <= time.Second {
			// Answers overtake each other, and a window only gets emptier.
			q = quota{left: min(q.left, before[i].left), ends: before[i].ends}
		}
		g.quotas = append(g.quotas, q)
	}
}

// shut lets nothing out for as long as the vendor asked.
func (g *Gate) shut(now time.Time, asked time.Duration) {
	wait := min(asked, maxPause)
	if extra := min(longestExtra, wait/pauseSpread); extra > 0 {
		wait += rand.N(extra)
	}
	if until := now.Add(wait); until.After(g.until) {
		g.until = until
	}
	if end := now.Add(asked); end.After(g.asked) {
		g.asked = end
	}
}
