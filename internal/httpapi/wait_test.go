package httpapi_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

func retryAfter(code int, value string) func(*http.Request) (*http.Response, error) {
	return statusWith(code, http.Header{"Retry-After": {value}}, "{}")
}

// A wait that the operation has no time for fails at once, and says what it was for.
func TestWaitBeyondDeadlineFailsEarly(t *testing.T) {
	t.Parallel()
	dial := fail(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	for _, test := range []struct {
		name   string
		class  httpapi.Class
		step   func(*http.Request) (*http.Response, error)
		result string
		text   string
	}{
		{"once 429", httpapi.Once, retryAfter(429, "3600"), refused, "the vendor asks to wait 1h0m0s, longer than the 10m0s that are left"},
		{"read 429", httpapi.ReadOnly, retryAfter(429, "3600"), refused, "the vendor asks to wait 1h0m0s"},
		{"read 503", httpapi.ReadOnly, retryAfter(503, "3600"), refused, "the vendor asks to wait 1h0m0s"},
		{"overflow", httpapi.ReadOnly, retryAfter(429, "99999999999999999999"), refused, "the vendor asks to wait"},
		{"dial", httpapi.Once, dial, unsent, "refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){test.step}}
				client := newClient(t, httpapi.Options{Transport: s})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				began := time.Now()
				_, err := client.Do(ctx, httpapi.Request{Operation: "rotate", Class: test.class, Method: http.MethodPost})
				if typeOf(err) != test.result || !strings.Contains(err.Error(), test.text) {
					t.Errorf("got %v", err)
				}
				if strings.Contains(err.Error(), "context") {
					t.Errorf("a bare context error: %v", err)
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("failed only after %s", took)
				}
			})
		})
	}
}

// Others learn of the pause: they fail early without a request, or wait for its end.
func TestPauseIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return retryAfter(429, "300")(r)
		}
		s := &script{steps: []func(*http.Request) (*http.Response, error){slow, status(200, "")}}
		client := newClient(t, httpapi.Options{Transport: s, Pace: pace.Bound{PerSecond: 0.5, Burst: 1}})
		began := time.Now()
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := client.Do(t.Context(), read); err != nil {
					t.Error(err)
				}
				if waited := time.Since(began); waited < 300*time.Second || waited > 350*time.Second {
					t.Errorf("answered after %s", waited)
				}
			})
		}
		// It queues behind the others before the pause is known, and leaves when it hears of it.
		synctest.Wait()
		hasty, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		group.Go(func() {
			_, err := client.Do(hasty, read)
			if typeOf(err) != unsent || !strings.Contains(err.Error(), "asks to wait 5m0s") || time.Since(began) > 2*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
		group.Wait()
		if n := len(s.seen); n != 21 {
			t.Errorf("%d requests for 20 calls and one refusal", n)
		}
	})
}

// A wait of an hour is tried after ten minutes, and is forgotten when the vendor answers.
func TestVendorThatIsBackEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){retryAfter(429, "3600"), status(200, "")}}
		client := newClient(t, httpapi.Options{Transport: s})
		began := time.Now()
		for range 2 {
			if _, err := client.Do(t.Context(), read); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took < 10*time.Minute || took > 11*time.Minute {
			t.Errorf("took %s", took)
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := client.Do(hasty, read); err != nil {
			t.Error(err)
		}
	})
}

// What a vendor announces is followed before it refuses anything.
func TestQuotaPaces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		current     string
		least, most time.Duration // that three calls take
	}{
		"plenty":    {`"default";r=900;t=100`, 0, time.Second},
		"last one":  {`"default";r=1;t=60`, 0, time.Second},
		"exhausted": {`"default";r=0;t=100`, 200 * time.Second, 201 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			header := http.Header{"Ratelimit": {test.current}, "Ratelimit-Policy": {`"default";q=1200;w=300`}}
			s := &script{steps: []func(*http.Request) (*http.Response, error){statusWith(200, header, "")}}
			client := newClient(t, httpapi.Options{Transport: s, Pace: pace.Bound{PerSecond: 10, Burst: 10}})
			began := time.Now()
			for range 3 {
				if _, err := client.Do(t.Context(), read); err != nil {
					t.Error(err)
				}
			}
			if took := time.Since(began); took < test.least || took > test.most {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
}

func TestStoppedWaitSaysWhatFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, result, text string
		class              httpapi.Class
		step               func(*http.Request) (*http.Response, error)
		cause              error
	}{
		{"pause", unsent, "stopped while waiting for the vendor's rate limit", httpapi.Once, retryAfter(429, "60"), context.Canceled},
		{"read", useless, "stopped while waiting for the answer", httpapi.ReadOnly, hang, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){test.step}}
				client := newClient(t, httpapi.Options{Transport: s})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				_, err := client.Do(ctx, httpapi.Request{Operation: "rotate", Class: test.class, Method: http.MethodPost})
				if typeOf(err) != test.result || !strings.Contains(err.Error(), test.text) || !errors.Is(err, test.cause) {
					t.Errorf("got %v", err)
				}
				if len(s.seen) != 1 {
					t.Errorf("%d requests", len(s.seen))
				}
			})
		})
	}
}

// A change that was sent is waited for, whatever happens to the operation: giving up would lose a secret that nobody else
// has. Its own timeout bounds the wait.
func TestSentChangeOutlivesTheOperation(t *testing.T) {
	t.Parallel()
	late := func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(20 * time.Second):
			return status(200, `{"secret":"new"}`)(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	for _, test := range []struct {
		name, result string
		class        httpapi.Class
		step         func(*http.Request) (*http.Response, error)
		took         time.Duration
	}{
		{"answered", success, httpapi.Once, late, 20 * time.Second},
		{"never answered", unknown, httpapi.Once, hang, time.Minute},
		{"read", useless, httpapi.ReadOnly, late, 10 * time.Second},
	} {
		for _, end := range []string{"cancelled", "out of time"} {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){test.step}}
				client := newClient(t, httpapi.Options{Transport: s})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if end == "cancelled" {
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(10*time.Second, cancel)
				}
				defer cancel()
				began := time.Now()
				_, err := client.Do(ctx, httpapi.Request{Operation: "rotate", Class: test.class, Method: http.MethodPost})
				if typeOf(err) != test.result || time.Since(began) != test.took || len(s.seen) != 1 {
					t.Errorf("%s, %s: got %v after %s and %d requests", test.name, end, err, time.Since(began), len(s.seen))
				}
			})
		}
	}
}

func TestCancelledBeforeSending(t *testing.T) {
	t.Parallel()
	s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newClient(t, httpapi.Options{Transport: s}).Do(ctx, read)
	if typeOf(err) != unsent || !errors.Is(err, context.Canceled) || len(s.seen) != 0 {
		t.Errorf("%d requests, %v", len(s.seen), err)
	}
}

// The login is the last step before the request; an operation that ends during it sends nothing.
func TestCancelledDuringLogin(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
	client := newClient(t, httpapi.Options{Transport: s, Credential: stopper(cancel)})
	_, err := client.Do(ctx, httpapi.Request{Operation: "rotate", Class: httpapi.Once, Method: http.MethodPost})
	if typeOf(err) != unsent || !errors.Is(err, context.Canceled) || len(s.seen) != 0 {
		t.Errorf("%d requests, %v", len(s.seen), err)
	}
}

// stopper is a credential whose use ends the operation.
type stopper context.CancelFunc

func (s stopper) Apply(context.Context, *http.Request) error {
	s()
	return nil
}

func (stopper) Renew(*http.Request) bool { return false }

// Waiting uses the injected clock, never the timer of retryablehttp.
func TestInjectedClock(t *testing.T) {
	t.Parallel()
	clock := &fakeClock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := &script{steps: []func(*http.Request) (*http.Response, error){
		status(500, ""), retryAfter(429, "120"), retryAfter(503, "30"), status(200, ""),
	}}
	began := time.Now()
	if _, err := newClient(t, httpapi.Options{Transport: s, Clock: clock}).Do(t.Context(), read); err != nil {
		t.Error(err)
	}
	if clock.slept < 150*time.Second || time.Since(began) > 10*time.Second {
		t.Errorf("slept %s by the clock, %s in truth", clock.slept, time.Since(began))
	}
}

// The vendor's time comes from answers that are its own: those to the client's credential that are no errors.
func TestNowFollowsDateHeader(t *testing.T) {
	t.Parallel()
	local := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	anonymous := read
	anonymous.Anonymous = true
	for _, ahead := range []time.Duration{0, 90 * time.Second, -2 * time.Minute, -26 * time.Hour, 26 * time.Hour} {
		for _, answer := range []struct {
			status  int
			request httpapi.Request
			want    time.Duration
		}{
			{200, read, ahead}, {404, read, 0}, {501, read, 0}, {200, anonymous, 0},
		} {
			header := http.Header{"Date": {local.Add(ahead).Format(http.TimeFormat)}}
			s := &script{steps: []func(*http.Request) (*http.Response, error){statusWith(answer.status, header, "")}}
			client := newClient(t, httpapi.Options{
				Transport: s, Clock: &fakeClock{now: local}, Credential: httpapi.Static{"Authorization": "Bearer x"},
			})
			if !client.Now().Equal(local) {
				t.Errorf("before any answer it is %s", client.Now())
			}
			_, _ = client.Do(t.Context(), answer.request)
			if got := client.Now().Sub(local); (got-answer.want).Abs() > time.Second || got.Abs() > ahead.Abs() {
				t.Errorf("vendor %s ahead, %d, anonymous %t: corrected by %s", ahead, answer.status, answer.request.Anonymous, got)
			}
		}
	}
}

// fakeClock moves only when somebody sleeps.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.slept = c.now.Add(d), c.slept+d
	return ctx.Err()
}
