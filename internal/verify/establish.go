package verify

import (
	"context"
	"math"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

// Terms bound a series of probes. The zero value of each field stands for its default.
type Terms struct {
	// Accepts in a row establish a secret: one node of many says nothing about the others. Default 3.
	Accepts int
	// Refusals is the largest number of refused probes: they count against brute-force protection. Default 3.
	Refusals int
	// Timeout bounds the whole series. Default 30 s.
	Timeout time.Duration
	// Pause is the shortest time between two probes. Default 500 ms.
	Pause time.Duration
}

// The defaults of Terms.
const (
	DefaultAccepts  = 3
	DefaultRefusals = 3
	DefaultTimeout  = 30 * time.Second
	DefaultPause    = 500 * time.Millisecond
)

// Establish probes until the verdict is clear. Accepted takes Terms.Accepts accepts within the timeout without a refusal
// between them; an inconclusive probe between them neither counts nor resets the row. Refused takes Terms.Refusals
// refusals, or a timeout after a refusal. Everything else is Inconclusive, also the end of the caller's own context and
// a probe that fails.
//
// The pauses after refusals grow, so that the few refusals that are allowed spread over three quarters of the timeout:
// a secret that the vendor's nodes do not know yet is refused for some seconds, and three refusals within one second
// would prove nothing.
func Establish(ctx context.Context, c clock.Clock, t Terms, probe func(context.Context) (Verdict, error)) Verdict {
	t = t.withDefaults()
	// The timer bounds a probe that hangs; the clock bounds the series.
	bounded, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()

	start := c.Now()
	accepts, refusals, last := 0, 0, Inconclusive
	for {
		verdict, err := probe(bounded)
		if ctx.Err() != nil {
			return Inconclusive
		}
		if err != nil {
			verdict = Inconclusive
		}
		elapsed := c.Now().Sub(start)

		pause := t.Pause
		switch verdict {
		case Accepted:
			accepts, last = accepts+1, Accepted
			if accepts >= t.Accepts && elapsed <= t.Timeout {
				return Accepted
			}
		case Refused:
			accepts, refusals, last = 0, refusals+1, Refused
			if refusals >= t.Refusals {
				return Refused
			}
			pause = t.pauseAfterRefusal(refusals)
		}
		if elapsed+pause > t.Timeout {
			break
		}
		if err := c.Sleep(bounded, pause); err != nil {
			if ctx.Err() != nil {
				return Inconclusive
			}
			break
		}
	}
	if last == Refused {
		return Refused
	}
	return Inconclusive
}

func (t Terms) withDefaults() Terms {
	if t.Accepts <= 0 {
		t.Accepts = DefaultAccepts
	}
	if t.Refusals <= 0 {
		t.Refusals = DefaultRefusals
	}
	if t.Timeout <= 0 {
		t.Timeout = DefaultTimeout
	}
	if t.Pause <= 0 {
		t.Pause = DefaultPause
	}
	return t
}

// pauseAfterRefusal doubles from one refusal to the next, and all of them together last three quarters of the timeout:
// the last quarter is left for the accepts in a row that may follow the last pause.
func (t Terms) pauseAfterRefusal(n int) time.Duration {
	// 2^(n-1) parts of 2^(Refusals-1)-1, divided by 2^(Refusals-1) so that no term overflows.
	share := math.Exp2(float64(n-t.Refusals)) / (1 - math.Exp2(float64(1-t.Refusals)))
	return max(t.Pause, time.Duration(share*0.75*float64(t.Timeout)))
}
