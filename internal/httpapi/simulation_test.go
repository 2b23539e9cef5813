package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// limiter is a vendor with a token bucket, in virtual time.
type limiter struct {
	rate, burst float64
	style       string // of Retry-After: "none", "seconds", "date"
	latency     time.Duration

	mu                sync.Mutex
	tokens            float64
	filled            time.Time
	requests, refused int
}

func (l *limiter) RoundTrip(r *http.Request) (*http.Response, error) {
	half := l.latency / 2
	half = time.Duration(float64(half) * (0.8 + 0.4*rand.Float64()))
	time.Sleep(half)
	defer time.Sleep(half)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.tokens = min(l.burst, l.tokens+now.Sub(l.filled).Seconds()*l.rate)
	l.filled = now
	l.requests++
	if l.tokens >= 1 {
		l.tokens--
		return respond(r, http.StatusOK, nil, "{}"), nil
	}
	l.refused++
	header := http.Header{}
	wait := (1 - l.tokens) / l.rate
	switch l.style {
	case "seconds":
		header.Set("Retry-After", fmt.Sprint(math.Ceil(wait)))
	case "date":
		header.Set("Date", now.UTC().Format(http.TimeFormat))
		header.Set("Retry-After", now.Add(time.Duration(wait*1e9)).Truncate(time.Second).Add(time.Second).UTC().Format(http.TimeFormat))
	}
	return respond(r, http.StatusTooManyRequests, header, `{"message":"slow down"}`), nil
}

func respond(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// drive runs operations of two calls each on workers, and returns the virtual time that they took.
func drive(t *testing.T, c *httpapi.Client, operations, workers int) time.Duration {
	began := time.Now()
	work := make(chan int, operations)
	for i := range operations {
		work <- i
	}
	close(work)
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range work {
				for _, class := range []httpapi.Class{httpapi.ReadOnly, httpapi.Once} {
					if _, err := c.Do(ctx, httpapi.Request{Operation: "test", Class: class, Method: http.MethodGet}); err != nil {
						t.Logf("call failed: %v", err)
						return
					}
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

type cell struct {
	l, r, b           float64
	style             string
	n, p              int
	took, ideal       float64
	refused, requests int
}

func (c cell) over() float64        { return c.took - (1.05*c.ideal + 2) }
func (c cell) overRefused() float64 { return float64(c.refused) - max(0.02*float64(c.requests), 3) }

func sweep(t *testing.T) []cell {
	var cells []cell
	for _, latency := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond} {
		for _, rate := range []float64{2, 5, 10, 20, 50} {
			for _, burstSeconds := range []float64{0.2, 1, 2, 10} {
				for _, style := range []string{"none", "seconds"} {
					for _, n := range []int{5, 25, 75, 200, 1000} {
						for _, p := range []int{1, 10, 50} {
							if rate*burstSeconds < 2 && burstSeconds > 0 {
								continue
							}
							synctest.Test(t, func(t *testing.T) {
								burst := max(1, math.Floor(rate*burstSeconds))
								l := &limiter{rate: rate, burst: burst, tokens: burst, style: style, latency: latency, filled: time.Now()}
								c, err := httpapi.New(httpapi.Options{Vendor: "v", BaseURL: "https://x.test", Transport: l})
								if err != nil {
									t.Fatal(err)
								}
								took := drive(t, c, n, p)
								calls := float64(2 * n)
								ideal := max((calls-min(burst, 2*rate))/rate, calls*latency.Seconds()/float64(min(p, n)), 2*latency.Seconds())
								cells = append(cells, cell{latency.Seconds(), rate, burst, style, n, p, took.Seconds(), ideal, l.refused, l.requests})
							})
						}
					}
				}
			}
		}
	}
	return cells
}

func score(t *testing.T, name string, cells []cell) {
	late, latest, ref, refmost := 0, 0.0, 0, 0.0
	for _, c := range cells {
		if c.over() > 0 {
			late++
		}
		latest = max(latest, c.over())
		if c.overRefused() > 0 {
			ref++
		}
		refmost = max(refmost, c.overRefused())
	}
	t.Logf("%-24s late %4d (max +%.1f s)  refused %4d (max +%.0f) of %d", name, late, latest, ref, refmost, len(cells))
}

func TestSim(t *testing.T) {
	base := httpapi.T
	try := func(name string, f func(*httpapi.Tune)) {
		httpapi.T = base
		f(&httpapi.T)
		cells := sweep(t)
		score(t, name, cells)
		if name == os.Getenv("SHOW") {
			for _, c := range cells {
				if c.over() > 0 || c.overRefused() > 0 {
					t.Logf("%+v over %+.1f %+.0f", c, c.over(), c.overRefused())
				}
			}
		}
	}
	try("base", func(*httpapi.Tune) {})
	if os.Getenv("SHOW") != "" {
		return
	}
	try("slack .5,.02", func(x *httpapi.Tune) { x.Slack, x.SlackP = .5, .02 })
	try("rounds 4", func(x *httpapi.Tune) { x.Rounds = 4 })
	try("rounds 6", func(x *httpapi.Tune) { x.Rounds = 6 })
	try("catch 0", func(x *httpapi.Tune) { x.Catch = 0 })
	try("theta .5", func(x *httpapi.Tune) { x.Theta = .5 })
	try("floor .4", func(x *httpapi.Tune) { x.Floor = .4 })
	try("narrow 1.2", func(x *httpapi.Tune) { x.Narrow = 1.2 })
	try("back 1", func(x *httpapi.Tune) { x.Back = 1 })
	try("start 5 K1", func(x *httpapi.Tune) { x.Start, x.K = 5, 1 })
	try("RunK 2", func(x *httpapi.Tune) { x.RunK = 2 })
}
