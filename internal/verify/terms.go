package verify

import (
	"math"
	"time"
)

// Terms say how sure a verdict must be, and how long it may take. The zero value of each field stands for its default.
type Terms struct {
	// Accepts in a row accept a secret: one node of many says nothing about the others. Default 1.
	Accepts int
	// Timeout bounds the whole verification. Default 30 s.
	Timeout time.Duration
	// Pause is the shortest time between two tries. Default 500 ms.
	Pause time.Duration
	// Confirm: a refusal counts only when a surely wrong secret is refused in the same way. Whatever changes something
	// because a secret was refused asks for it.
	Confirm bool
	// Compare: an acceptance counts only when a surely wrong secret is not accepted in the same way. Whatever ends another secret
	// because this one works asks for it.
	Compare bool
	// GiveUp: an endpoint that does not answer is not asked again by anybody until this process ends. Otherwise it is asked
	// until the timeout, and then left alone for a while.
	GiveUp bool
}

// The defaults.
const (
	DefaultTimeout = 30 * time.Second
	DefaultPause   = 500 * time.Millisecond
	// RefreshTimeout bounds the check of one secret at a refresh.
	RefreshTimeout = 10 * time.Second
	// rest is how long an endpoint is left alone that did not answer until a timeout: a thousand rotations beside a dead
	// endpoint shall not wait a thousand times.
	rest = 5 * time.Minute
)

// AfterRotation verifies a secret that was made a moment ago: several accepts in a row, and time for a secret that the
// vendor's nodes do not know yet.
func AfterRotation(timeout time.Duration) Terms {
	return Terms{Accepts: 3, Timeout: timeout, Compare: true}
}

// AtRefresh checks a secret that should have worked for a while: one request where it is accepted.
func AtRefresh() Terms { return Terms{Timeout: RefreshTimeout, Confirm: true, GiveUp: true} }

// BeforeChange finds out whether a secret works, because what is sent next depends on it.
func BeforeChange() Terms { return Terms{Confirm: true, Compare: true} }

func (t Terms) withDefaults() Terms {
	if t.Accepts <= 0 {
		t.Accepts = 1
	}
	if t.Timeout <= 0 {
		t.Timeout = DefaultTimeout
	}
	if t.Pause <= 0 {
		t.Pause = DefaultPause
	}
	return t
}

// series decides, try by try, whether a verification goes on.
type series struct {
	terms   Terms
	accepts int
	last    Verdict
	refused finding // the last refusal
}

// next takes the finding of one try that ended elapsed after the beginning, with so many refusals left that may still be
// provoked. When done is false, the next try follows after pause.
//
// The pauses after refusals grow, so that the few that are allowed spread over three quarters of the timeout: a secret that
// the vendor's nodes do not know yet is refused for some seconds, and three refusals within one second would show nothing.
// The last quarter is left for the accepts in a row that may follow.
func (s *series) next(f finding, elapsed time.Duration, left int) (verdict Verdict, done bool, pause time.Duration) {
	pause = s.terms.Pause
	switch {
	case f.verdict == Accepted:
		s.accepts, s.last = s.accepts+1, Accepted
		if s.accepts >= s.terms.Accepts && elapsed <= s.terms.Timeout {
			return Accepted, true, 0
		}
	case f.final:
		return f.verdict, true, 0
	case f.verdict == Refused:
		s.accepts, s.last, s.refused = 0, Refused, f
		if left <= 0 {
			return Refused, true, 0
		}
		pause = s.terms.pause(elapsed, left)
	case f.answer.refuses():
		if left <= 0 {
			return s.ended(), true, 0
		}
		pause = s.terms.pause(elapsed, left)
	}
	if elapsed+pause > s.terms.Timeout {
		return s.ended(), true, 0
	}
	return Inconclusive, false, pause
}

// ended is the verdict when no time is left.
func (s *series) ended() Verdict {
	if s.last == Refused {
		return Refused
	}
	return Inconclusive
}

// evidence is that of the finding which the verdict rests on.
func (s *series) evidence(last finding, verdict Verdict) string {
	switch {
	case verdict == Refused:
		return s.refused.evidence()
	case verdict == Inconclusive && last.verdict == Accepted:
		return "The token endpoint accepted the secret, but not often enough in the time there was."
	}
	return last.evidence()
}

// pause doubles from one refusal to the next. All of them together last three quarters of the timeout.
func (t Terms) pause(elapsed time.Duration, left int) time.Duration {
	rest := 0.75*float64(t.Timeout) - float64(elapsed)
	return max(t.Pause, time.Duration(rest/(math.Exp2(float64(left))-1)))
}
