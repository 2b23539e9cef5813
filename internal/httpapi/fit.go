package httpapi

import (
	"math"
	"time"
)

// fit estimates the limit behind a series of accepted and refused requests. It takes the vendor for a leaky bucket: it
// drains at some rate, every accepted request adds one, and a request is refused when there is no room for it. For a
// supposed rate, the level of the bucket follows from the requests alone. Its size is unknown, but it is at least the
// highest level that was accepted and less than the lowest level that was refused; a rate for which these two contradict
// each other is not the vendor's. Two refusals are usually enough to know the rate within a few percent, however large
// the bucket is; a count of successes would take a burst for a rate.
type fit struct {
	buckets []bucket
	at      time.Time
}

// bucket is the history as one supposed rate sees it.
type bucket struct {
	rate     float64 // per second
	level    float64
	accepted float64 // highest level after an accepted request
	refused  float64 // lowest level that a refused request would have made
}

// Supposed rates: from one request in four seconds to 250 a second, in steps of 2 %.
const (
	fitLowest  = 0.25
	fitHighest = 250
	fitStep    = 1.02
)

// Contradictions below the slack are no contradictions, because requests overtake each other: fitSlack, or fitOvertaking of
// the requests that are on their way at once; and fitSlackShare of the level.
const (
	fitSlack      = 0.5
	fitOvertaking = 0.2
	fitSlackShare = 0.05
)

func newFit(now time.Time) fit {
	f := fit{at: now}
	for rate := fitLowest; rate < fitHighest; rate *= fitStep {
		f.buckets = append(f.buckets, bucket{rate: rate, refused: math.Inf(1)})
	}
	return f
}

// accept notes a request that was answered at now.
func (f *fit) accept(now time.Time) {
	f.drain(now)
	for i := range f.buckets {
		b := &f.buckets[i]
		b.level++
		b.accepted = max(b.accepted, b.level)
	}
}

// refuse notes a request that was refused at now.
func (f *fit) refuse(now time.Time) {
	f.drain(now)
	for i := range f.buckets {
		b := &f.buckets[i]
		b.refused = min(b.refused, b.level+1)
	}
}

func (f *fit) drain(now time.Time) {
	passed := now.Sub(f.at).Seconds()
	if passed <= 0 {
		return
	}
	f.at = now
	for i := range f.buckets {
		b := &f.buckets[i]
		b.level = max(0, b.level-b.rate*passed)
	}
}

// contradiction is how far the highest accepted level is above the lowest refused one.
func (b bucket) contradiction(latency time.Duration) float64 {
	slack := max(fitSlack, b.rate*latency.Seconds()*fitOvertaking)
	return max(0, b.accepted-b.refused*(1+fitSlackShare)-slack)
}

// rates are the lowest and the highest rate up to limit that explain answers of such a latency. When none does they are
// the one that explains most.
func (f *fit) rates(limit float64, latency time.Duration) (low, high bucket) {
	least := math.Inf(1)
	for _, b := range f.buckets {
		if b.rate > limit {
			break
		}
		c := b.contradiction(latency)
		if c < least {
			low, least = b, c
		}
		if c == least {
			high = b
		}
	}
	return low, high
}
