package httpapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

// What one host or one credential has to wait for does not stop the others.
func TestGatesAreForHostAndCredential(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]httpapi.Request{
		"the token endpoint of another host": {URL: "https://login.vendor.test/token", Anonymous: true},
		"the token endpoint of this host":    {Path: []string{"token"}, Anonymous: true},
		"a secret that is proven":            {Path: []string{"token"}, Basic: &httpapi.BasicAuth{Username: "app"}},
	} {
		for _, header := range []http.Header{{"Retry-After": {"300"}}, {"Ratelimit": {`"logins";r=0;t=300`}}} {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				seen := map[string]int{}
				network := roundTripper(func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					seen[r.URL.Host+r.URL.Path]++
					if !strings.HasSuffix(r.URL.Path, "token") {
						return respond(200, nil, "{}"), nil
					}
					status := http.StatusOK
					if header.Get("Retry-After") != "" && seen[r.URL.Host+r.URL.Path] == 1 {
						status = http.StatusTooManyRequests
					}
					return respond(status, header, "{}"), nil
				})
				c := newClient(t, httpapi.Options{Transport: network, Credential: httpapi.Static{"Authorization": "Bearer x"}})
				r := first
				r.Operation, r.Class, r.Method, r.Form = "prove", httpapi.ReadOnly, http.MethodPost, url.Values{"a": {"b"}}
				var group sync.WaitGroup
				began := time.Now()
				for range 2 { // the second one waits
					group.Go(func() { _, _ = c.Do(t.Context(), r) })
				}
				time.Sleep(time.Second)
				if _, err := c.Do(t.Context(), read); err != nil || time.Since(began) > 2*time.Second {
					t.Errorf("%s: the API was asked after %s, %v", name, time.Since(began), err)
				}
				group.Wait()
			})
		}
	}
}

// What the user allows is of all hosts together.
func TestWishIsForAllGates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "{}")}}
		c := newClient(t, httpapi.Options{
			Transport: s, Credential: httpapi.Static{"Authorization": "Bearer x"}, Pace: pace.Bound{PerSecond: 0.1, Burst: 1},
		})
		began := time.Now()
		login := httpapi.Request{Operation: "log in", Class: httpapi.ReadOnly, Method: http.MethodPost, URL: "https://login.vendor.test/token", Anonymous: true}
		for _, r := range []httpapi.Request{read, login, read, login} {
			if _, err := c.Do(t.Context(), r); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took < 30*time.Second {
			t.Errorf("four requests at one in ten seconds took %s", took)
		}
	})
}

// Whatever waits for more than ten seconds says for what, and for how long at most.
func TestLongWaitsAreTold(t *testing.T) {
	t.Parallel()
	late := func(r *http.Request) (*http.Response, error) {
		time.Sleep(20 * time.Second)
		return status(200, "{}")(r)
	}
	for name, test := range map[string]struct {
		first func(*http.Request) (*http.Response, error)
		want  httpapi.Wait
	}{
		"refused":  {retryAfter(429, "300"), httpapi.Wait{Vendor: "Vendor", For: "the rate limit", AtMost: 300 * time.Second}},
		"answer":   {late, httpapi.Wait{Vendor: "Vendor", For: "an answer", AtMost: 50 * time.Second}},
		"no waits": {status(200, "{}"), httpapi.Wait{}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []httpapi.Wait
			s := &script{steps: []func(*http.Request) (*http.Response, error){test.first, status(200, "{}")}}
			c := newClient(t, httpapi.Options{Transport: s, Waiting: func(_ context.Context, w httpapi.Wait) { told = append(told, w) }})
			if _, err := c.Do(t.Context(), read); err != nil {
				t.Error(err)
			}
			synctest.Wait() // for whoever tells of a wait
			switch {
			case test.want == httpapi.Wait{}:
				if len(told) != 0 {
					t.Errorf("%s: told of %v", name, told)
				}
			case len(told) != 1 || told[0].For != test.want.For || told[0].Vendor != "Vendor" || (told[0].AtMost-test.want.AtMost).Abs() > time.Second:
				t.Errorf("%s: told of %v, want %v", name, told, test.want)
			}
		})
	}
}
