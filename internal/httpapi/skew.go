package httpapi

import (
	"net/http"
	"sync"
	"time"
)

const (
	// plausible is how far apart two clocks may be for one answer to be believed: a day for each of two wrong time zones.
	plausible = 48 * time.Hour
	// confirmations are the answers in a row that have to agree before they are believed against that, or against others.
	confirmations = 3
)

// skew is how far the vendor's clock is ahead of ours. A Date header gives whole seconds of some moment between sending and
// receiving, so each answer leaves a range; what all of them allow is soon known within a second or so. One absurd answer
// changes nothing.
type skew struct {
	mu    sync.Mutex
	known span // what is believed; zero before the first answer
	doubt span // what the latest answers say instead
	times int  // how many of them
}

// span holds the offset.
type span struct{ least, most time.Duration }

func (s span) meets(other span) bool { return s.least <= other.most && s.most >= other.least }

func (s span) and(other span) span { return span{max(s.least, other.least), min(s.most, other.most)} }

// observe learns from one answer.
func (s *skew) observe(header http.Header, sent, received time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	seen := span{date.Sub(received), date.Add(time.Second).Sub(sent)}
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.known == span{}
	switch {
	case first && seen.least > -plausible && seen.most < plausible:
		s.known, s.times = seen, 0
	case !first && seen.meets(s.known):
		s.known, s.times = s.known.and(seen), 0
	case s.times > 0 && seen.meets(s.doubt):
		s.doubt, s.times = s.doubt.and(seen), s.times+1
	default:
		s.doubt, s.times = seen, 1
	}
	if s.times == confirmations {
		s.known, s.times = s.doubt, 0
	}
}

// offset is the smallest correction of the local clock that explains the answers; none for a clock that is right.
func (s *skew) offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.known.least, min(0, s.known.most))
}
