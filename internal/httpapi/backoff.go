package httpapi

import (
	"math/rand/v2"
	"time"
)

// BackoffRange bounds the wait before a repeat that no vendor asked for.
type BackoffRange struct {
	Min, Max time.Duration
}

func (b BackoffRange) orDefault() BackoffRange {
	if b == (BackoffRange{}) {
		return BackoffRange{Min: 500 * time.Millisecond, Max: 30 * time.Second}
	}
	return b
}

// wait is drawn from all of [0, ceiling], where the ceiling is Min after the first failure and doubles with each further
// one: callers that failed together do not come back together.
func (b BackoffRange) wait(failures int) time.Duration {
	ceiling := b.Min
	for range failures - 1 {
		ceiling = min(2*ceiling, b.Max)
	}
	return rand.N(ceiling + 1)
}
