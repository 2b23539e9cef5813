package simulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// RetryAfterStyle is the form of the Retry-After header of a 429.
type RetryAfterStyle string

// The forms of Retry-After.
const (
	RetryAfterAbsent  RetryAfterStyle = ""
	RetryAfterSeconds RetryAfterStyle = "seconds"
	RetryAfterDate    RetryAfterStyle = "date"
)

// Limit is the rate limit of one vendor: a token bucket on the injected clock.
type Limit struct {
	// PerSecond refills the bucket; 0 or less means no limit.
	PerSecond float64
	// Burst is the size of the bucket, at least 1.
	Burst      int
	RetryAfter RetryAfterStyle
	// Block answers everything with 429 for this long once the limit has been
	// exceeded, as Cloudflare does.
	Block time.Duration
	// RatelimitHeaders adds Ratelimit and Ratelimit-Policy to every answer.
	RatelimitHeaders bool
}

type bucket struct {
	limit        Limit
	tokens       float64
	filled       time.Time
	blockedUntil time.Time
	rejected     int
}

// SetLimit replaces the rate limit of a vendor and fills its bucket. The zero
// Limit removes it. Rejected goes on counting.
func (s *Simulator) SetLimit(v Vendor, l Limit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.Burst = max(l.Burst, 1)
	b := &bucket{limit: l, tokens: float64(l.Burst), filled: s.now()}
	if old := s.limits[v]; old != nil {
		b.rejected = old.rejected
	}
	s.limits[v] = b
}

// Rejected returns how many requests of a vendor were answered 429 because of
// its limit.
func (s *Simulator) Rejected(v Vendor) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.limits[v]; b != nil {
		return b.rejected
	}
	return 0
}

// take uses up one request, or tells how long to wait for the next.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	if b == nil || b.limit.PerSecond <= 0 {
		return 0, true
	}
	if elapsed := now.Sub(b.filled); elapsed > 0 {
		b.tokens = math.Min(float64(b.limit.Burst), b.tokens+elapsed.Seconds()*b.limit.PerSecond)
		b.filled = now
	}
	if now.Before(b.blockedUntil) {
		b.rejected++
		return b.blockedUntil.Sub(now), false
	}
	// The margin absorbs the rounding of a client that waits exactly as long
	// as it was told to.
	if b.tokens >= 1-1e-6 {
		b.tokens--
		return 0, true
	}
	b.rejected++
	wait = b.refill()
	if b.limit.Block > 0 {
		b.blockedUntil = now.Add(b.limit.Block)
		wait = b.limit.Block
	}
	return wait, false
}

// refill is the time until the bucket holds one request again.
func (b *bucket) refill() time.Duration {
	return time.Duration(math.Max(0, 1-b.tokens) / b.limit.PerSecond * float64(time.Second))
}

func (b *bucket) decorate(h http.Header, now time.Time) {
	if b == nil || b.limit.PerSecond <= 0 || !b.limit.RatelimitHeaders {
		return
	}
	window := math.Ceil(float64(b.limit.Burst) / b.limit.PerSecond)
	left, reset := math.Floor(math.Max(0, b.tokens)), math.Ceil(b.refill().Seconds())
	if now.Before(b.blockedUntil) {
		left, reset = 0, math.Ceil(b.blockedUntil.Sub(now).Seconds())
	}
	h.Set("Ratelimit", fmt.Sprintf(`"default";r=%.0f;t=%.0f`, left, reset))
	h.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%.0f`, b.limit.Burst, window))
}

// retryAfter sets the header, rounded up to whole seconds, which is all that
// either form can say.
func (l Limit) retryAfter(h http.Header, now time.Time, wait time.Duration) {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	switch l.RetryAfter {
	case RetryAfterSeconds:
		h.Set("Retry-After", strconv.Itoa(seconds))
	case RetryAfterDate:
		// A date loses the fraction of now, hence one more second.
		at := now.Add(time.Duration(seconds) * time.Second)
		if !at.Equal(at.Truncate(time.Second)) {
			at = at.Add(time.Second)
		}
		h.Set("Retry-After", at.UTC().Format(http.TimeFormat))
	case RetryAfterAbsent:
	}
}
