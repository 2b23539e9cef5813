package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Bounds of the repeats that no vendor asked for. A 429 is repeated as long as the caller has time.
const (
	maxFailures = 5                // repeats after network errors and 5xx
	maxTroubled = 60 * time.Second // no repeat after so much time was lost on them
)

// checkRetry is the policy of retryablehttp. It waits on its own, on the injected clock, so that true means "now".
func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	return callFrom(ctx).repeat(ctx), nil
}

// repeat decides about the attempt that just ended, and waits when there is to be another one.
func (c *call) repeat(ctx context.Context) bool {
	o := c.last
	switch {
	case o.kind == blocked, o.final && !o.sent:
		return false
	case o.kind == answered && c.isAnswer(o.status):
		return false
	case o.renewed:
		return true
	case o.kind == answered && o.status == http.StatusTooManyRequests:
		return c.permitted(ctx)
	case !o.sent:
		return c.backOff(ctx)
	case o.kind == answered && !isOutage(o.status):
		return false
	}
	c.unclear = true
	return c.request.Class == ReadOnly && !o.final && c.backOff(ctx)
}

// permitted tells, after a 429, whether the caller has the time that the vendor asks for. The gate does the waiting.
func (c *call) permitted(ctx context.Context) bool {
	if err := c.client.gate.fits(ctx); err != nil {
		c.note = err.Error()
		return false
	}
	return true
}

// backOff waits before a repeat. It is false when there is to be none.
func (c *call) backOff(ctx context.Context) bool {
	c.failures++
	wait := c.client.options.Backoff.wait(c.failures)
	now := c.client.options.Clock.Now()
	if asked, ok := parseRetryAfter(c.last.header, now); ok && c.last.status == http.StatusServiceUnavailable {
		if err := fits(ctx, asked); err != nil {
			c.note = err.Error()
			return false
		}
		wait = max(wait, min(asked, maxPause))
	}
	c.troubled += now.Sub(c.began)
	if c.failures > maxFailures || c.troubled > maxTroubled {
		return false
	}
	if left, ok := timeLeft(ctx); ok && wait >= left {
		c.note = "no time is left for another attempt"
		return false
	}
	if err := c.client.options.Clock.Sleep(ctx, wait); err != nil {
		c.note = "the operation was stopped before another attempt"
		return false
	}
	return true
}

// waitError says that the vendor's permission comes too late.
type waitError struct{ asked, left time.Duration }

func (e *waitError) Error() string {
	return "the vendor asks to wait " + e.asked.Round(time.Second).String() + ", longer than the " +
		e.left.Round(time.Second).String() + " that are left of this operation"
}

// Is makes it a deadline that was exceeded, though early.
func (e *waitError) Is(target error) bool { return target == context.DeadlineExceeded }

// fits is a *waitError when ctx ends before wait is over.
func fits(ctx context.Context, wait time.Duration) error {
	if left, ok := timeLeft(ctx); ok && wait > 0 && wait >= left {
		return &waitError{asked: wait, left: max(0, left)}
	}
	return nil
}

// timeLeft is the time until the deadline of ctx, by the clock of the machine: that is what ends a context.
func timeLeft(ctx context.Context) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	return time.Until(deadline), ok
}
