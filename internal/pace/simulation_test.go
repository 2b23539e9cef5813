package pace_test

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

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

// vendor is a server with a limit, in virtual time.
type vendor struct {
	random  *rand.Rand
	latency time.Duration
	// allow takes a request, or tells how long to wait until there is room for one, and how long until there is room for all.
	allow func(now time.Time) (ok bool, wait, full time.Duration)
	// hint is what a refusal says of the wait, in the header that it returns and as a duration.
	hint func(now time.Time, wait time.Duration) (http.Header, time.Duration)
	// announce adds rate limit headers to all answers; nil for none.
	announce func(now time.Time, h http.Header)

	mu                sync.Mutex
	requests, refused int
	asked             time.Time     // end of the longest wait that was asked for
	penalty           time.Duration // for which it asked to wait although there was room for all
}

func (v *vendor) way() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	// A fifth of the way more or less, so that requests overtake each other.
	return time.Duration(float64(v.latency/2) * (0.8 + 0.4*v.random.Float64()))
}

func (v *vendor) call() (int, http.Header) {
	time.Sleep(v.way())
	defer func() { time.Sleep(v.way()) }()
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	v.requests++
	ok, wait, full := v.allow(now)
	status, header := http.StatusOK, http.Header{}
	if !ok {
		v.refused++
		var asked time.Duration
		header, asked = v.hint(now, wait)
		status = http.StatusTooManyRequests
		v.ask(now.Add(asked), now.Add(full))
	}
	if v.announce != nil {
		v.announce(now, header)
	}
	return status, header
}

// ask notes that nothing is to be sent until end, although there is room for all from full on.
func (v *vendor) ask(end, full time.Time) {
	if !end.After(v.asked) {
		return
	}
	if v.asked.After(full) {
		full = v.asked
	}
	v.penalty += max(0, end.Sub(full))
	v.asked = end
}

// Ways to say how long to wait.
func inSeconds(_ time.Time, wait time.Duration) (http.Header, time.Duration) {
	n := math.Ceil(wait.Seconds())
	return http.Header{"Retry-After": {strconv.Itoa(int(n))}}, time.Duration(n) * time.Second
}

func asDate(now time.Time, wait time.Duration) (http.Header, time.Duration) {
	until := now.Add(wait + time.Second).Truncate(time.Second)
	return http.Header{
		"Date": {now.UTC().Format(http.TimeFormat)}, "Retry-After": {until.UTC().Format(http.TimeFormat)},
	}, until.Sub(now.Truncate(time.Second))
}

func silent(time.Time, time.Duration) (http.Header, time.Duration) { return http.Header{}, 0 }

// bucket allows so many requests a second, and size at once.
type bucket struct {
	rate, size, tokens float64
	filled             time.Time
}

func (b *bucket) allow(now time.Time) (bool, time.Duration, time.Duration) {
	b.tokens, b.filled = min(b.size, b.tokens+now.Sub(b.filled).Seconds()*b.rate), now
	if b.tokens >= 1 {
		b.tokens--
		return true, 0, 0
	}
	return false, b.until(1), b.until(b.size)
}

func (b *bucket) until(tokens float64) time.Duration {
	return time.Duration((tokens - b.tokens) / b.rate * float64(time.Second))
}

func (b *bucket) announce(v *vendor) func(time.Time, http.Header) {
	return func(now time.Time, h http.Header) {
		full := b.until(b.size)
		reset := int(math.Ceil(full.Seconds()))
		if b.tokens < 1 {
			v.ask(now.Add(time.Duration(reset)*time.Second), now.Add(full))
		}
		h.Set("Ratelimit", fmt.Sprintf(`"default";r=%d;t=%d`, int(b.tokens), reset))
		h.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d`, int(b.size)))
	}
}

// window allows limit requests in each window, and blocks everything for block when there are more.
type window struct {
	limit         int
	length, block time.Duration
	began, until  time.Time
	count         int
	old           bool // the form of its headers
}

func (w *window) allow(now time.Time) (bool, time.Duration, time.Duration) {
	if wait := w.until.Sub(now); wait > 0 {
		return false, wait, wait
	}
	if now.Sub(w.began) >= w.length {
		w.began, w.count = now, 0
	}
	if w.count < w.limit {
		w.count++
		return true, 0, 0
	}
	rest := w.began.Add(w.length).Sub(now)
	wait := rest
	if w.block > 0 {
		wait = w.block
	}
	w.until = now.Add(wait)
	return false, wait, min(wait, rest)
}

func (w *window) announce(now time.Time, h http.Header) {
	end := w.began.Add(w.length)
	if w.until.After(end) {
		end = w.until
	}
	left, reset := strconv.Itoa(w.limit-w.count), strconv.Itoa(int(math.Ceil(end.Sub(now).Seconds())))
	if w.old {
		h.Set("RateLimit-Limit", strconv.Itoa(w.limit))
		h.Set("RateLimit-Remaining", left)
		h.Set("RateLimit-Reset", reset)
		return
	}
	h.Set("Ratelimit", `"default";r=`+left+`;t=`+reset)
	h.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, w.limit, int(w.length.Seconds())))
}

// drive sends calls from workers, and returns how long that takes.
func drive(t *testing.T, g *pace.Gate, v *vendor, calls, workers int) time.Duration {
	t.Helper()
	began := time.Now()
	work := make(chan struct{}, calls)
	for range calls {
		work <- struct{}{}
	}
	close(work)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range work {
				for status := 0; status != http.StatusOK; {
					passed, err := g.Pass(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					var header http.Header
					status, header = v.call()
					g.Observe(passed, status, header)
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

func newGate(b pace.Bound) *pace.Gate {
	return pace.New(clock.System, pace.NewBucket(b), func(context.Context, time.Duration) {})
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// TestFigures holds the figures of this package for every seed: everything succeeds; it takes at most 1.10 times the ideal and
// three seconds, also where the vendor does not say how long to wait; and as many requests are refused as there are workers, and
// 5 %, at most.
//
// The ideal knows the limit, and waits as long as the vendor asks, were it longer than necessary: for whole seconds, or for a block
// after a refusal.
func TestFigures(t *testing.T) {
	t.Parallel()
	const seeds = 1000
	worst := map[string]float64{}
	for seed := range uint64(seeds) {
		var name, problem string
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			v := &vendor{random: r, latency: time.Duration(20+r.IntN(130)) * time.Millisecond, hint: inSeconds}
			calls, workers := pick(r, 1, 5, 20, 50, 150, 400, 1000), pick(r, 1, 2, 5, 10, 20, 50)
			kind := pick(r, "seconds", "date", "silent", "bucket headers", "window", "window headers", "older window headers")
			var ideal time.Duration
			unused := func() time.Duration { return 0 }
			switch kind {
			case "window", "window headers", "older window headers":
				w := &window{limit: pick(r, 100, 300, 1200), length: pick[time.Duration](r, 30, 60, 300) * time.Second}
				w.block = pick(r, 0, w.length)
				v.allow = w.allow
				if w.old = kind == "older window headers"; kind != "window" {
					v.announce = w.announce
				}
				windows, rest := (calls-1)/w.limit, (calls-1)%w.limit+1
				ideal = time.Duration(windows)*w.length + time.Duration(rest)*v.latency/time.Duration(min(workers, rest))
			default:
				limit := pick(r, 2., 4, 5, 10, 20, 50)
				worth := pick(r, 1., 2, 5, 10)
				if kind == "bucket headers" {
					worth *= 10 // it asks to wait until it is full
				}
				b := &bucket{rate: limit, size: max(2, limit*worth), filled: time.Now()}
				b.tokens = b.size
				v.allow = b.allow
				switch kind {
				case "date":
					v.hint = asDate
				case "silent":
					v.hint = silent
				case "bucket headers":
					v.announce = b.announce(v)
					// It asks to wait until it is full, also for the last few requests.
					unused = func() time.Duration { return time.Duration(b.tokens / b.rate * float64(time.Second)) }
				}
				ideal = time.Duration((float64(calls) - b.size) / limit * float64(time.Second))
			}
			took := drive(t, newGate(pace.Bound{}), v, calls, workers)
			ideal = max(ideal, time.Duration(calls)*v.latency/time.Duration(min(workers, calls))) + v.penalty + unused()
			worst[kind] = max(worst[kind], (took-3*time.Second).Seconds()/ideal.Seconds())
			name = fmt.Sprintf("seed %d: %s, %d calls, %d workers, answers in %s", seed, kind, calls, workers, v.latency)
			if most := ideal + ideal/10 + 3*time.Second; took > most {
				problem = fmt.Sprintf("took %s, ideal %s", took, ideal)
			}
			if most := workers + (v.requests+19)/20; v.refused > most {
				problem = fmt.Sprintf("%d of %d requests were refused", v.refused, v.requests)
			}
		})
		if problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
	for kind, ratio := range worst {
		t.Logf("%s: at worst %.2f times the ideal and 3 s", kind, ratio)
	}
}
