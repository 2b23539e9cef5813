package pace_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// No pause is longer than what the vendor asked for, however little it leaves.
func TestGate_WaitsNoLongerThanAsked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header http.Header
		most   time.Duration // that twenty requests wait after it
	}{
		"one of 19 left":              {200, http.Header{"Ratelimit": {`"default";r=1;t=60`}, "Ratelimit-Policy": {`"default";q=19;w=60`}}, time.Second},
		"nothing left":                {200, http.Header{"Ratelimit": {`"default";r=0;t=60`}}, 61 * time.Second},
		"refused":                     {429, http.Header{"Retry-After": {"60"}}, 62 * time.Second},
		"refused, two ways":           {429, http.Header{"Retry-After": {"60"}, "Ratelimit": {`"default";r=0;t=30`}}, 62 * time.Second},
		"refused, and more announced": {429, http.Header{"Retry-After": {"3"}, "Ratelimit": {`"default";r=0;t=30`}}, 5 * time.Second},
		"not available":               {503, http.Header{"Retry-After": {"60"}}, 61 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(pace.Bound{})
			observe(t, g, test.status, test.header)
			began := time.Now()
			observe(t, g, 200, nil)
			if took := time.Since(began); took > test.most || test.most > time.Minute && took < time.Minute {
				t.Errorf("%s: waited %s", name, took)
			}
		})
	}
}

func observe(t *testing.T, g *pace.Gate, status int, header http.Header) {
	t.Helper()
	passed, err := g.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Observe(passed, status, header)
}

// Whoever has no time for a pause learns of it at once: before it queues, in the queue, and with the turn in hand.
func TestGate_TellsThoseWithoutTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(pace.Bound{PerSecond: 0.1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		passed, err := g.Pass(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		pass := func() {
			began := time.Now()
			var late *pace.WaitError
			if _, err := g.Pass(ctx); !errors.As(err, &late) || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 10*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		}
		for range 5 { // one has the turn, the others wait for it
			group.Go(pass)
		}
		synctest.Wait()
		g.Observe(passed, 429, http.Header{"Retry-After": {"7200"}})
		group.Wait()
		pass()
	})
}

// Everybody who waits for more than ten seconds says so, with the time that it takes at most.
func TestGate_TellsOfLongWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []time.Duration
		g := pace.New(clock.System, pace.NewBucket(pace.Bound{}), func(_ context.Context, atMost time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, atMost)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		observe(t, g, 429, http.Header{"Retry-After": {"8"}})
		observe(t, g, 200, nil)
		if len(told) != 0 {
			t.Errorf("told of %s", told)
		}
		observe(t, g, 429, http.Header{"Retry-After": {"300"}})
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				passed, err := g.Pass(ctx)
				if err != nil {
					t.Error(err)
				}
				g.Observe(passed, 200, nil)
			})
		}
		group.Wait()
		if len(told) != 3 {
			t.Errorf("three wait for five minutes, and %d said so: %s", len(told), told)
		}
		for _, atMost := range told {
			if atMost < 5*time.Minute || atMost > time.Hour {
				t.Errorf("told of at most %s", atMost)
			}
		}
	})
}

// Nothing leaves while the vendor asked to wait, not even what passed before and was held up since.
func TestGate_Await(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(pace.Bound{})
		held, err := g.Pass(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		observe(t, g, 429, http.Header{"Retry-After": {"60"}})
		began := time.Now()
		if err := g.Await(t.Context()); err != nil || time.Since(began) < time.Minute {
			t.Errorf("waited %s, %v", time.Since(began), err)
		}
		g.Observe(held, 200, nil)
	})
}

// A wish is not exceeded, whatever the vendor would take; what the vendor publishes holds until its answers show the limit itself.
func TestGate_Bound(t *testing.T) {
	t.Parallel()
	published := pace.Bound{PerSecond: 3.3, Burst: 200, Published: true}
	for name, test := range map[string]struct {
		bound       pace.Bound
		vendor      func(v *vendor)
		calls       int
		least, most time.Duration
		refused     int
	}{
		"wish": {pace.Bound{PerSecond: 5, Burst: 5}, func(v *vendor) { v.allow = (&bucket{rate: 50, size: 50}).allow }, 200, 39 * time.Second, 41 * time.Second, 1},
		"published, and no other word": {published, func(v *vendor) {
			v.allow = (&window{limit: 1200, length: 5 * time.Minute, block: 5 * time.Minute}).allow
		}, 3000, 14 * time.Minute, 15 * time.Minute, 0},
		"published, and a quota announced": {published, func(v *vendor) {
			w := &window{limit: 1200, length: 5 * time.Minute, block: 5 * time.Minute}
			v.allow, v.announce = w.allow, w.announce
		}, 3000, 10 * time.Minute, 11 * time.Minute, 0},
		"published, and a brief refusal": {published, func(v *vendor) { v.allow = (&bucket{rate: 10, size: 10}).allow }, 1000, 98 * time.Second, 112 * time.Second, 60},
		"published, and a block by others": {published, func(v *vendor) {
			v.allow = (&window{limit: 1200, length: 5 * time.Minute, block: 5 * time.Minute, began: time.Now(), count: 1100}).allow
		}, 1500, 10 * time.Minute, 14 * time.Minute, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := &vendor{random: rand.New(rand.NewPCG(1, 1)), latency: 50 * time.Millisecond, hint: inSeconds}
			test.vendor(v)
			took := drive(t, newGate(test.bound), v, test.calls, 10)
			if took < test.least || took > test.most || v.refused > test.refused {
				t.Errorf("%s: took %s, and %d of %d requests were refused", name, took, v.refused, v.requests)
			}
		})
	}
}

// A limit that changes is followed.
func TestGate_LimitChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after float64 // requests per second
		most          time.Duration
	}{
		"falls": {20, 5, 360 * time.Second}, // 620 in half a minute and the others at 5 a second are 306 s
		"rises": {5, 20, 330 * time.Second}, // it is looked for slowly; without that it would be 400 s
	} {
		synctest.Test(t, func(t *testing.T) {
			before, after := &bucket{rate: test.before, size: test.before}, &bucket{rate: test.after, size: test.after}
			began := time.Now()
			v := &vendor{random: rand.New(rand.NewPCG(1, 1)), latency: 50 * time.Millisecond, hint: inSeconds}
			v.allow = func(now time.Time) (bool, time.Duration, time.Duration) {
				if now.Sub(began) < 30*time.Second {
					return before.allow(now)
				}
				return after.allow(now)
			}
			if took := drive(t, newGate(pace.Bound{}), v, 2000, 10); took > test.most || v.refused > 110 {
				t.Errorf("%s: took %s, and %d of %d requests were refused", name, took, v.refused, v.requests)
			}
		})
	}
}
