package pace

import (
	"math"
	"sync"
	"time"
)

// Bound is how fast requests may leave, whatever the answers allow.
type Bound struct {
	PerSecond float64 // 0: no bound
	Burst     int     // requests that may leave at once after a rest; less than 1 counts as 1
	// Published: these are the vendor's own figures, and nobody's wish. They hold until its answers show the limit itself: a
	// quota in their headers, or a refusal that is over within seconds. A wish is never exceeded.
	Published bool
}

// Bucket keeps a Bound. It is safe for concurrent use.
type Bucket struct {
	mu     sync.Mutex
	bound  Bound
	tokens float64
	filled time.Time
}

// NewBucket is full.
func NewBucket(b Bound) *Bucket {
	b.Burst = max(1, b.Burst)
	return &Bucket{bound: b, tokens: float64(b.Burst)}
}

// take takes a token, or says when there will be one.
func (b *Bucket) take(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bound.PerSecond <= 0 {
		return 0
	}
	if !b.filled.IsZero() {
		b.tokens = min(float64(b.bound.Burst), b.tokens+max(0, now.Sub(b.filled).Seconds())*b.bound.PerSecond)
	}
	b.filled = now
	if b.tokens < 1 {
		return time.Duration(math.Ceil((1 - b.tokens) / b.bound.PerSecond * float64(time.Second)))
	}
	b.tokens--
	return 0
}

// lift ends a published bound.
func (b *Bucket) lift() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bound.Published {
		b.bound = Bound{}
	}
}
