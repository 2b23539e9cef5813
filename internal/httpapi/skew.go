package httpapi

import (
	"net/http"
	"sync/atomic"
	"time"
)

// SkewTolerance is the difference between local clock and Date header that is taken for latency and rounding.
const SkewTolerance = 2 * time.Minute

// skew is how far the vendor's clock is ahead of ours.
type skew struct{ ahead atomic.Int64 }

// observe learns from one answer that arrived at now.
func (s *skew) observe(header http.Header, now time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	ahead := date.Sub(now)
	if ahead.Abs() <= SkewTolerance {
		ahead = 0
	}
	s.ahead.Store(int64(ahead))
}

func (s *skew) offset() time.Duration { return time.Duration(s.ahead.Load()) }
