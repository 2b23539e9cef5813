package httpapi

import (
	"net/http"
	"sync"
	"time"
)

// skew is how far the vendor's clock is ahead of ours. A Date header gives whole seconds of some moment between sending and
// receiving, so each answer leaves a range; what all of them allow is soon known within a second or so.
type skew struct {
	mu          sync.Mutex
	least, most time.Duration
	known       bool
}

// observe learns from one answer.
func (s *skew) observe(header http.Header, sent, received time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	least, most := date.Sub(received), date.Add(time.Second).Sub(sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	// Without anything in common one of the clocks was set meanwhile.
	if s.known && least <= s.most && most >= s.least {
		least, most = max(least, s.least), min(most, s.most)
	}
	s.least, s.most, s.known = least, most, true
}

// offset is the smallest correction of the local clock that explains the answers; none for a clock that is right.
func (s *skew) offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.least, min(0, s.most))
}
