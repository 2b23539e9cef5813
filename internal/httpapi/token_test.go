package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// issuer logs in with numbered tokens.
type issuer struct {
	life, latency time.Duration
	logins        atomic.Int32
}

func (i *issuer) fetch(ctx context.Context) (httpapi.Token, error) {
	n := i.logins.Add(1)
	select {
	case <-ctx.Done():
		return httpapi.Token{}, ctx.Err()
	case <-time.After(i.latency):
	}
	return httpapi.Token{Access: secret.New(fmt.Sprintf("token-%d", n)), ExpiresIn: i.life}, nil
}

var read = httpapi.Request{Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet}

// A token is used until its margin begins, by all callers together.
func TestLoginsPerLifeOfToken(t *testing.T) {
	t.Parallel()
	for _, life := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 2 * time.Minute, 10 * time.Minute, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{life: life, latency: 20 * time.Millisecond}
			s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
			client := newClient(t, httpapi.Options{
				Transport: s, Credential: &httpapi.TokenCredential{Fetch: i.fetch}, Pace: pace.Bound{PerSecond: 10, Burst: 10},
			})
			began := time.Now()
			var group sync.WaitGroup
			for range 10 {
				group.Go(func() {
					for range 60 {
						if _, err := client.Do(t.Context(), read); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			usable := life - min(max(time.Minute, life/10), life/2)
			most := math.Ceil(float64(time.Since(began))/float64(usable)) + 1
			if n := i.logins.Load(); float64(n) > most {
				t.Errorf("life %s: %d logins in %s, want at most %.0f", life, n, time.Since(began), most)
			}
		})
	}
}

func TestUnknownLifeLastsUntilRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		credential := &httpapi.TokenCredential{Fetch: i.fetch}
		s := &script{steps: []func(*http.Request) (*http.Response, error){
			status(200, ""), status(200, ""), status(401, "{}"), status(200, ""),
		}}
		client := newClient(t, httpapi.Options{Transport: s, Credential: credential})
		for range 3 {
			if _, err := client.Do(t.Context(), read); err != nil {
				t.Error(err)
			}
			time.Sleep(24 * time.Hour)
		}
		if n := i.logins.Load(); n != 2 {
			t.Errorf("%d logins, want 2", n)
		}
		if token, ok := credential.Cached(); !ok || token.Reveal() != "token-2" {
			t.Errorf("cached: %t", ok)
		}
	})
}

// Requests that are refused together cause one login, and each is repeated once with its body, whatever its class.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: 100 * time.Millisecond}
		var mu sync.Mutex
		attempts := map[string]int{}
		network := roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			attempts[r.URL.Path]++
			mu.Unlock()
			// Some are refused before the new login is complete, and some after it.
			n, _ := strconv.Atoi(path.Base(r.URL.Path))
			time.Sleep(time.Duration(n) * 50 * time.Millisecond)
			if r.Header.Get("Authorization") == "Bearer token-1" {
				return respond(401, nil, "{}"), nil
			}
			return respond(200, nil, "{}"), nil
		})
		client := newClient(t, httpapi.Options{
			Transport: network, Credential: &httpapi.TokenCredential{Fetch: i.fetch}, Pace: pace.Bound{PerSecond: 1000, Burst: 1000},
		})
		var group sync.WaitGroup
		for n := range 10 {
			group.Go(func() {
				_, err := client.Do(t.Context(), httpapi.Request{
					Operation: "rotate", Class: httpapi.Once, Method: http.MethodPost, Path: []string{fmt.Sprint(n)}, JSON: 1,
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := i.logins.Load(); n != 2 {
			t.Errorf("%d logins, want 2", n)
		}
		for address, n := range attempts {
			if n != 2 {
				t.Errorf("%s: %d attempts, want 2", address, n)
			}
		}
	})
}

func TestSecondRefusalIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(401, "{}")}}
		client := newClient(t, httpapi.Options{Transport: s, Credential: &httpapi.TokenCredential{Fetch: i.fetch}})
		_, err := client.Do(t.Context(), read)
		if !errors.Is(err, httpapi.ErrUnauthorized) || len(s.seen) != 2 || i.logins.Load() != 2 {
			t.Errorf("%d requests, %d logins, %v", len(s.seen), i.logins.Load(), err)
		}
	})
}

// A login that fails is not kept, not repeated by the call that needed it, and says that nothing was sent.
func TestFailedLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logins := &script{steps: []func(*http.Request) (*http.Response, error){
			status(400, `{"message":"bad token"}`), status(500, ""), status(200, "{}"),
		}}
		calls := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
		login := newClient(t, httpapi.Options{Transport: logins})
		client := newClient(t, httpapi.Options{Transport: calls, Credential: &httpapi.TokenCredential{
			Fetch: func(ctx context.Context) (httpapi.Token, error) {
				r := httpapi.Request{Operation: "log in", Class: httpapi.Once, Method: http.MethodPost, Anonymous: true}
				_, err := login.Do(ctx, r)
				return httpapi.Token{Access: secret.New("t")}, err
			},
		}})
		once := httpapi.Request{Operation: "rotate", Class: httpapi.Once, Method: http.MethodPost}
		for _, code := range []int{400, 500} {
			_, err := client.Do(t.Context(), once)
			var api *httpapi.APIError
			if typeOf(err) != unsent || !errors.As(err, &api) || api.Status != code || httpapi.IsOutcomeUnknown(err) {
				t.Errorf("login answered %d: %v", code, err)
			}
		}
		if len(logins.seen) != 2 || len(calls.seen) != 0 {
			t.Errorf("%d logins, %d calls", len(logins.seen), len(calls.seen))
		}
		if _, err := client.Do(t.Context(), once); err != nil {
			t.Errorf("after the outage: %v", err)
		}
	})
}

func TestUnusableLogin(t *testing.T) {
	t.Parallel()
	for name, fetch := range map[string]func(context.Context) (httpapi.Token, error){
		"no token": func(context.Context) (httpapi.Token, error) { return httpapi.Token{}, nil },
		"panic":    func(context.Context) (httpapi.Token, error) { panic("hunter2") },
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
		client := newClient(t, httpapi.Options{Transport: s, Credential: &httpapi.TokenCredential{Fetch: fetch}})
		if _, err := client.Do(t.Context(), read); typeOf(err) != unsent || len(s.seen) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever gives up waiting for a login does not end it for the others.
func TestCancelledCallerOfLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: 10 * time.Second}
		credential := &httpapi.TokenCredential{Fetch: i.fetch}
		apply := func(ctx context.Context) error {
			return credential.Apply(ctx, &http.Request{Header: http.Header{}})
		}
		hasty, giveUp := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := apply(hasty); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that gave up got %v", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if err := apply(t.Context()); err != nil {
				t.Errorf("the patient caller got %v", err)
			}
		})
		time.Sleep(time.Second)
		giveUp()
		group.Wait()
		if n := i.logins.Load(); n != 1 {
			t.Errorf("%d logins, want 1", n)
		}
	})
}

// A login that ran out of the first caller's time is started anew for a caller who has more.
func TestLoginOutlivesFirstDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{latency: 10 * time.Second}
		credential := &httpapi.TokenCredential{Fetch: i.fetch}
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			if err := credential.Apply(short, &http.Request{Header: http.Header{}}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the short caller got %v", err)
			}
		})
		synctest.Wait()
		if err := credential.Apply(t.Context(), &http.Request{Header: http.Header{}}); err != nil {
			t.Errorf("the long caller got %v", err)
		}
		group.Wait()
	})
}

// When nobody waits any more, the login ends.
func TestAbandonedLoginEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		credential := &httpapi.TokenCredential{Fetch: func(ctx context.Context) (httpapi.Token, error) {
			<-ctx.Done()
			ended = true
			return httpapi.Token{}, ctx.Err()
		}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := credential.Apply(ctx, &http.Request{Header: http.Header{}}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if !ended {
			t.Error("the login goes on")
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
