package httpapi_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// Forms in which the vendors of the simulation say how long to wait.
const (
	silent  = "silent"
	seconds = "seconds"
	date    = "date"
)

// limiter is a vendor with a limit, in virtual time.
type limiter struct {
	allow   func(now time.Time) (wait time.Duration) // zero: accepted
	style   string
	latency time.Duration
	quota   func(now time.Time) http.Header // rate limit headers of accepted requests; nil for none

	mu                sync.Mutex
	requests, refused int
}

func (l *limiter) RoundTrip(r *http.Request) (*http.Response, error) {
	// Up to a fifth of the way more or less, so that requests overtake each other.
	way := time.Duration(float64(l.latency/2) * (0.8 + 0.4*rand.Float64()))
	time.Sleep(way)
	defer time.Sleep(way)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.requests++
	wait := l.allow(now)
	header := http.Header{}
	if wait == 0 {
		if l.quota != nil {
			header = l.quota(now)
		}
		return respond(http.StatusOK, header, "{}"), nil
	}
	l.refused++
	switch l.style {
	case seconds:
		header.Set("Retry-After", fmt.Sprint(math.Ceil(wait.Seconds())))
	case date:
		header.Set("Date", now.UTC().Format(http.TimeFormat))
		header.Set("Retry-After", now.Add(wait+time.Second).UTC().Format(http.TimeFormat))
	}
	return respond(http.StatusTooManyRequests, header, `{"message":"slow down"}`), nil
}

// tokenBucket allows rate requests a second, and burst of them at once.
func tokenBucket(rate, burst float64) func(time.Time) time.Duration {
	tokens, filled := burst, time.Now()
	return func(now time.Time) time.Duration {
		tokens = min(burst, tokens+now.Sub(filled).Seconds()*rate)
		filled = now
		if tokens >= 1 {
			tokens--
			return 0
		}
		return time.Duration((1 - tokens) / rate * float64(time.Second))
	}
}

// fixedWindow allows limit requests in each window, and blocks everything for another window when there are more.
type fixedWindow struct {
	limit  int
	window time.Duration
	began  time.Time
	count  int
	until  time.Time
}

func (w *fixedWindow) allow(now time.Time) time.Duration {
	if now.Before(w.until) {
		return w.until.Sub(now)
	}
	if now.Sub(w.began) >= w.window {
		w.began, w.count = now, 0
	}
	if w.count++; w.count > w.limit {
		w.until = now.Add(w.window)
		return w.window
	}
	return 0
}

func (w *fixedWindow) headers(now time.Time) http.Header {
	reset := int(math.Ceil((w.window - now.Sub(w.began)).Seconds()))
	return http.Header{
		"Ratelimit":        {`"default";r=` + strconv.Itoa(w.limit-w.count) + `;t=` + strconv.Itoa(reset)},
		"Ratelimit-Policy": {`"default";q=` + strconv.Itoa(w.limit) + `;w=` + strconv.Itoa(int(w.window.Seconds()))},
	}
}

// holds runs a simulation in virtual time; it returns what is wrong, "" for nothing. Chance decides in which order the workers
// come and how long answers take, so a bound counts as broken when it is broken three times in a row.
func holds(t *testing.T, simulation func(t *testing.T) string) {
	t.Helper()
	problem := ""
	for range 3 {
		synctest.Test(t, func(t *testing.T) { problem = simulation(t) })
		if problem == "" {
			return
		}
	}
	t.Error(problem)
}

// drive runs operations of two calls each on workers, and returns the virtual time that they took.
func drive(t *testing.T, l *limiter, pace httpapi.Pace, operations, workers int) time.Duration {
	t.Helper()
	return driveClient(t, newClient(t, httpapi.Options{Transport: l, Pace: pace}), operations, workers)
}

func driveClient(t *testing.T, c *httpapi.Client, operations, workers int) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	began := time.Now()
	work := make(chan struct{}, operations)
	for range operations {
		work <- struct{}{}
	}
	close(work)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range work {
				for _, class := range []httpapi.Class{httpapi.ReadOnly, httpapi.Once} {
					r := httpapi.Request{Operation: "rotate", Class: class, Method: http.MethodPost}
					if _, err := c.Do(ctx, r); err != nil {
						t.Errorf("a call failed: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// TestUnknownLimit measures how close the client comes to a limit that it learns from 429s alone. Everything succeeds;
// the time is at most 1.05 times that of a client that knows the limit plus 2 s; and at most 2 % of the requests are
// refused, or a handful in a short run. It needs more in three cases. A bucket that holds less than a second's worth
// loses for good what a pause lasts. A date in Retry-After is later than necessary. Answers that take 200 ms
// tell slowly how much the vendor bears, and more requests are on their way when they say that it was too much.
func TestUnknownLimit(t *testing.T) {
	t.Parallel()
	const (
		handful = 11
		slow    = 200 * time.Millisecond
	)
	var mu sync.Mutex
	type class struct{ slow, tiny, date bool }
	type record struct{ late, ratio, refused, share float64 }
	worst := map[class]*record{}
	t.Cleanup(func() {
		for c, w := range worst {
			t.Logf("slow answers %5v, burst below a second's worth %5v, date %5v: at worst %+.1f s from 1.05 ideal + 2 s; %.3f ideal and %.1f %% refused in 1000 operations, %.0f refused in fewer",
				c.slow, c.tiny, c.date, w.late, w.ratio, 100*w.share, w.refused)
		}
	})
	cell := func(t *testing.T, latency time.Duration, rate, burstSeconds float64, style string, operations, workers int) (problem string) {
		burst := max(2, rate*burstSeconds)
		l := &limiter{allow: tokenBucket(rate, burst), style: style, latency: latency}
		took := drive(t, l, httpapi.Pace{}, operations, workers).Seconds()
		calls := float64(2 * operations)
		// A client that has to find out cannot use more of a burst than two seconds' worth: it would have to send faster
		// than it may risk under a limit of 2 a second.
		ideal := max((calls-min(burst, 2*rate))/rate, calls*latency.Seconds()/float64(min(workers, operations)))
		bound := 1.05*ideal + 2
		c := class{slow: latency == slow, tiny: burstSeconds < 1, date: style == date}
		allowance, share := 0.0, 0.02
		switch {
		case c.tiny:
			allowance = 5.5
		case c.slow:
			allowance = 3
		case c.date:
			allowance = 1.5
		}
		if c.slow {
			share = 0.025
		}
		refused := float64(l.refused)
		if took > bound+allowance || refused > max(handful, share*float64(l.requests)) {
			return fmt.Sprintf("latency %v, rate %v, burst %v, %s, %d operations, %d workers: took %.1f s of %.1f s (ideal %.1f s), %d of %d refused",
				latency, rate, burst, style, operations, workers, took, bound, ideal, l.refused, l.requests)
		}
		mu.Lock()
		defer mu.Unlock()
		w := worst[c]
		if w == nil {
			w = &record{late: math.Inf(-1)}
			worst[c] = w
		}
		w.late = max(w.late, took-bound)
		if operations == 1000 {
			w.ratio = max(w.ratio, took/ideal)
			w.share = max(w.share, refused/float64(l.requests))
		} else {
			w.refused = max(w.refused, refused)
		}
		return ""
	}
	for _, rate := range []float64{2, 5, 10, 20, 50} {
		t.Run(fmt.Sprintf("%v per second", rate), func(t *testing.T) {
			for _, latency := range []time.Duration{20 * time.Millisecond, 50 * time.Millisecond, slow} {
				for _, burstSeconds := range []float64{0.2, 1, 2, 10} {
					for _, style := range []string{silent, seconds, date} {
						for _, operations := range []int{1, 5, 75, 1000} {
							for _, workers := range []int{1, 10, 50} {
								if operations == 1000 && (workers == 1 || style == date || testing.Short()) {
									continue // long runs show the same with more of the rest
								}
								holds(t, func(t *testing.T) string { return cell(t, latency, rate, burstSeconds, style, operations, workers) })
							}
						}
					}
				}
			}
		})
	}
}

// published is what Cloudflare says of its limit: 1,200 requests in five minutes.
var published = httpapi.Pace{PerSecond: 3.3, Burst: 200, Published: true}

func TestPaceKeepsBelowBlockingLimit(t *testing.T) {
	t.Parallel()
	for _, pace := range []httpapi.Pace{published, {PerSecond: 3.3, Burst: 200}} {
		for _, workers := range []int{1, 10, 50} {
			synctest.Test(t, func(t *testing.T) {
				w := &fixedWindow{limit: 1200, window: 5 * time.Minute}
				l := &limiter{allow: w.allow, style: seconds, latency: 50 * time.Millisecond}
				took := drive(t, l, pace, 1500, workers)
				if l.refused != 0 || l.requests != 3000 {
					t.Errorf("%d workers: %d of %d requests refused", workers, l.refused, l.requests)
				}
				if limit := 15 * time.Minute; took > limit {
					t.Errorf("%d workers: took %s, more than %s", workers, took, limit)
				}
			})
		}
	}
}

// A vendor may bear less at once or more than it publishes. Its answers show that, and what they show counts.
func TestPublishedPace_YieldsToTheAnswers(t *testing.T) {
	t.Parallel()
	const handful = 12
	for _, style := range []string{silent, seconds} {
		for _, operations := range []int{50, 200, 1000} {
			for _, workers := range []int{10, 50} {
				for _, rate := range []float64{4, 10, 20, 50} {
					for _, burst := range []float64{rate, 2 * rate} {
						if burst > 50 {
							continue // nothing is refused at the published pace, so nothing shows that there is more
						}
						holds(t, func(t *testing.T) string {
							l := &limiter{allow: tokenBucket(rate, burst), style: style, latency: 50 * time.Millisecond}
							took := drive(t, l, published, operations, workers).Seconds()
							ideal := max(0, float64(2*operations)-burst) / rate
							if bound := 1.05*ideal + 2; took > bound || float64(l.refused) > max(handful, 0.02*float64(l.requests)) {
								return fmt.Sprintf("%s, %d operations, %d workers, %g a second, burst %g: took %.1f s of %.1f s, %d of %d refused",
									style, operations, workers, rate, burst, took, bound, l.refused, l.requests)
							}
							return ""
						})
					}
				}
			}
		}
	}
}

// Others have used up most of the window: the block is waited for once, and what is published holds from then on.
func TestPublishedPace_OutlastsABlock(t *testing.T) {
	t.Parallel()
	for _, style := range []string{silent, seconds} {
		holds(t, func(t *testing.T) string {
			w := &fixedWindow{limit: 1200, window: 5 * time.Minute, began: time.Now(), count: 1100}
			l := &limiter{allow: w.allow, style: style, latency: 50 * time.Millisecond}
			took := drive(t, l, published, 750, 10)
			// A hundred before the block of five minutes, two hundred soon after it, the others at 3.3 a second.
			if limit := 14 * time.Minute; took > limit || l.refused > 25 {
				return fmt.Sprintf("%s: took %s of %s, %d of %d requests refused", style, took, limit, l.refused, l.requests)
			}
			return ""
		})
	}
}

// A wish is not exceeded, whatever the vendor would bear.
func TestPace_IsAWish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{allow: tokenBucket(50, 2), style: silent, latency: 50 * time.Millisecond}
		if took := drive(t, l, httpapi.Pace{PerSecond: 5, Burst: 5}, 100, 10); took < 38*time.Second {
			t.Errorf("200 requests at 5 a second took %s", took)
		}
	})
}

// A run that meets the blocking limit without a Pace pays for it once per window, and sends nothing while it is blocked.
func TestBlockingLimitWithoutPace(t *testing.T) {
	t.Parallel()
	holds(t, func(t *testing.T) string {
		w := &fixedWindow{limit: 1200, window: 5 * time.Minute}
		l := &limiter{allow: w.allow, style: seconds, latency: 50 * time.Millisecond}
		took := drive(t, l, httpapi.Pace{}, 1500, 10)
		if limit := 13 * time.Minute; took > limit || l.refused > 60 {
			return fmt.Sprintf("took %s of %s, %d of %d requests refused", took, limit, l.refused, l.requests)
		}
		return ""
	})
}

func TestAnnouncedQuotaIsFollowed(t *testing.T) {
	t.Parallel()
	for _, pace := range []httpapi.Pace{{}, published} {
		synctest.Test(t, func(t *testing.T) {
			w := &fixedWindow{limit: 1200, window: 5 * time.Minute}
			l := &limiter{allow: w.allow, style: seconds, latency: 50 * time.Millisecond, quota: w.headers}
			took := drive(t, l, pace, 1500, 10)
			if l.refused != 0 {
				t.Errorf("%+v: %d of %d requests refused", pace, l.refused, l.requests)
			}
			if limit := 11 * time.Minute; took > limit {
				t.Errorf("%+v: took %s, more than %s", pace, took, limit)
			}
		})
	}
}

// One worker that is never refused does not justify the rate of fifty.
func TestIdleRateIsNotTrusted(t *testing.T) {
	t.Parallel()
	holds(t, func(t *testing.T) string {
		l := &limiter{allow: tokenBucket(25, 10), style: silent, latency: 50 * time.Millisecond}
		c := newClient(t, httpapi.Options{Transport: l})
		driveClient(t, c, 1000, 1)
		driveClient(t, c, 200, 50)
		if l.refused > 10 {
			return fmt.Sprintf("%d of %d requests refused", l.refused, l.requests)
		}
		return ""
	})
}

// What the limit once was does not matter for long when it changes.
func TestLimitChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after float64 // requests per second
		most          time.Duration
	}{
		// 620 requests in the first 30 s and the others at 5 a second are 306 s.
		"falls": {20, 5, 340 * time.Second},
		// It takes time until more is tried. Without that it would be 400 s.
		"rises": {5, 20, 300 * time.Second},
	} {
		holds(t, func(t *testing.T) string {
			before, after, began := tokenBucket(test.before, test.before), tokenBucket(test.after, test.after), time.Now()
			allow := func(now time.Time) time.Duration {
				if now.Sub(began) < 30*time.Second {
					return before(now)
				}
				return after(now)
			}
			l := &limiter{allow: allow, style: seconds, latency: 50 * time.Millisecond}
			if took := drive(t, l, httpapi.Pace{}, 1000, 10); took > test.most || l.refused > 40 {
				return fmt.Sprintf("%s: took %s of %s, %d of %d requests refused", name, took, test.most, l.refused, l.requests)
			}
			return ""
		})
	}
}
