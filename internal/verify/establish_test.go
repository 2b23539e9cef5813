package verify_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// fakeClock moves only when somebody sleeps or a probe takes its time.
type fakeClock struct {
	now    time.Time
	pauses []time.Duration
}

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.pauses = append(c.pauses, d)
	c.now = c.now.Add(d)
	return nil
}

var errProbe = errors.New("no answer")

func TestEstablish(t *testing.T) {
	t.Parallel()
	const (
		a = verify.Accepted
		r = verify.Refused
		i = verify.Inconclusive
	)
	tests := map[string]struct {
		terms  verify.Terms
		probes []verify.Verdict // the last one repeats
		takes  time.Duration    // of each probe
		want   verify.Verdict
		probed int
		pauses []time.Duration // nil: not checked
	}{
		"three accepts": {
			probes: []verify.Verdict{a}, want: a, probed: 3,
			pauses: []time.Duration{500 * time.Millisecond, 500 * time.Millisecond},
		},
		"one accept is enough when asked": {
			terms: verify.Terms{Accepts: 1}, probes: []verify.Verdict{a}, want: a, probed: 1, pauses: []time.Duration{},
		},
		"a refusal resets the row": {
			probes: []verify.Verdict{a, a, r, a, a, a}, want: a, probed: 6,
		},
		"accepted after the last allowed pause": {
			probes: []verify.Verdict{r, r, a}, want: a, probed: 5,
		},
		"three refusals, spread over the timeout": {
			probes: []verify.Verdict{r}, want: r, probed: 3,
			pauses: []time.Duration{7500 * time.Millisecond, 15 * time.Second},
		},
		"one refusal is enough when asked": {
			terms: verify.Terms{Refusals: 1}, probes: []verify.Verdict{r}, want: r, probed: 1, pauses: []time.Duration{},
		},
		"refusals need not be in a row": {
			probes: []verify.Verdict{r, a, r, a, r}, want: r, probed: 5,
		},
		"an inconclusive probe neither counts nor resets": {
			probes: []verify.Verdict{a, i, a, i, a}, want: a, probed: 5,
		},
		"an outage": {
			terms: verify.Terms{Timeout: 2 * time.Second}, probes: []verify.Verdict{i}, want: i, probed: 5,
		},
		"refused, then an outage": {
			probes: []verify.Verdict{r, i}, want: r, probed: 47,
		},
		"accepted, then an outage": {
			terms: verify.Terms{Timeout: 2 * time.Second}, probes: []verify.Verdict{a, i}, want: i, probed: 5,
		},
		"refused, accepted, then an outage": {
			probes: []verify.Verdict{r, a, i}, want: i, probed: 47,
		},
		"accepts that come too late": {
			terms: verify.Terms{Timeout: 10 * time.Second}, probes: []verify.Verdict{a}, takes: 4 * time.Second, want: i, probed: 3,
		},
		"many refusals allowed in a short time": {
			terms:  verify.Terms{Refusals: 2000, Timeout: 2 * time.Second},
			probes: []verify.Verdict{r}, want: r, probed: 5,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clk := &fakeClock{now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), pauses: []time.Duration{}}
			probed := 0
			got := verify.Establish(t.Context(), clk, test.terms, func(context.Context) (verify.Verdict, error) {
				verdict := test.probes[min(probed, len(test.probes)-1)]
				probed++
				clk.now = clk.now.Add(test.takes)
				return verdict, nil
			})
			if got != test.want || probed != test.probed {
				t.Errorf("got %v after %d probes, want %v after %d", got, probed, test.want, test.probed)
			}
			if test.pauses == nil {
				return
			}
			if len(clk.pauses) != len(test.pauses) {
				t.Fatalf("paused %v, want %v", clk.pauses, test.pauses)
			}
			for n, pause := range test.pauses {
				if clk.pauses[n] != pause {
					t.Errorf("pause %d is %v, want %v", n, clk.pauses[n], pause)
				}
			}
		})
	}
}

// The pauses grow from one refusal to the next and end before the timeout, whatever the terms.
func TestEstablishRefusalsStayWithinTheTimeout(t *testing.T) {
	t.Parallel()
	for refusals := 2; refusals <= 6; refusals++ {
		clk := &fakeClock{now: time.Unix(0, 0)}
		terms := verify.Terms{Refusals: refusals, Timeout: time.Minute}
		got := verify.Establish(t.Context(), clk, terms, func(context.Context) (verify.Verdict, error) { return verify.Refused, nil })
		if got != verify.Refused || len(clk.pauses) != refusals-1 {
			t.Errorf("%d refusals: got %v after pauses %v", refusals, got, clk.pauses)
		}
		for n := 1; n < len(clk.pauses); n++ {
			if clk.pauses[n] <= clk.pauses[n-1] {
				t.Errorf("%d refusals: the pauses do not grow: %v", refusals, clk.pauses)
			}
		}
		if spent := clk.now.Sub(time.Unix(0, 0)); spent < 40*time.Second || spent > time.Minute {
			t.Errorf("%d refusals took %v", refusals, spent)
		}
	}
}

func TestEstablishCountsAnErrorAsInconclusive(t *testing.T) {
	t.Parallel()
	clk := &fakeClock{now: time.Unix(0, 0)}
	got := verify.Establish(t.Context(), clk, verify.Terms{Timeout: time.Second}, func(context.Context) (verify.Verdict, error) {
		return verify.Refused, errProbe
	})
	if got != verify.Inconclusive {
		t.Errorf("got %v", got)
	}
}

func TestEstablishEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	clk := &fakeClock{now: time.Unix(0, 0)}
	probed := 0
	got := verify.Establish(ctx, clk, verify.Terms{}, func(context.Context) (verify.Verdict, error) {
		probed++
		cancel()
		return verify.Refused, nil
	})
	if got != verify.Inconclusive || probed != 1 {
		t.Errorf("got %v after %d probes", got, probed)
	}
}

// A context that ends during a pause is no verdict either.
func TestEstablishEndsWhileItPauses(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	clk := &cancellingClock{cancel: cancel}
	got := verify.Establish(ctx, clk, verify.Terms{}, func(context.Context) (verify.Verdict, error) { return verify.Refused, nil })
	if got != verify.Inconclusive {
		t.Errorf("got %v", got)
	}
}

type cancellingClock struct{ cancel context.CancelFunc }

func (*cancellingClock) Now() time.Time { return time.Unix(0, 0) }

func (c *cancellingClock) Sleep(ctx context.Context, _ time.Duration) error {
	c.cancel()
	return ctx.Err()
}

// A probe that hangs is cut off by the timeout, and an earlier refusal then stands.
func TestEstablishBoundsAHangingProbe(t *testing.T) {
	t.Parallel()
	clk := &fakeClock{now: time.Unix(0, 0)}
	probed := 0
	terms := verify.Terms{Timeout: 200 * time.Millisecond, Pause: time.Millisecond}
	got := verify.Establish(t.Context(), clk, terms, func(ctx context.Context) (verify.Verdict, error) {
		if probed++; probed == 1 {
			return verify.Refused, nil
		}
		<-ctx.Done()
		return verify.Inconclusive, ctx.Err()
	})
	if got != verify.Refused || probed != 2 {
		t.Errorf("got %v after %d probes", got, probed)
	}
}
