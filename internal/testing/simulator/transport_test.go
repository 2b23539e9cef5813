package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestTransportCallsTraceHooks(t *testing.T) {
	t.Parallel()
	for kind, want := range map[simulator.FaultKind]int{"": 2, simulator.Drop: 2, simulator.Refuse: 0} {
		w := newWorld(t)
		if kind != "" {
			w.Inject(simulator.Fault{Kind: kind})
		}
		got := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			WroteHeaders: func() { got++ },
			WroteRequest: func(httptrace.WroteRequestInfo) { got++ },
		})
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.root+cfClient, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.do(r)
		equal(t, "hooks with "+string(kind), got, want)
	}
}

// A client that gives up after sending loses the answer, not the effect.
func TestTransportCancelledInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.BeforeRequest(func(simulator.Entry) { cancel() })
	send := func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.root+cfClient+"/rotate_secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+simulator.CloudflareAPIToken)
		_, err = w.do(r)
		return err
	}
	equal(t, "canceled", errors.Is(send(), context.Canceled), true)
	equal(t, "effects", len(w.Effects()), 1)
	equal(t, "canceled before", errors.Is(send(), context.Canceled), true)
	equal(t, "not sent", len(w.Journal()), 1)
}

func TestTransportInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Options{})
		w := &world{
			Simulator: s, t: t, root: "https://sim.invalid",
			client: &http.Client{Transport: s.Transport(), Timeout: time.Minute},
		}
		s.CSP.AddApp(org, appID, simulator.AppSpec{})
		s.Inject(simulator.Fault{Kind: simulator.Delay, Delay: 30 * time.Second})
		s.Inject(simulator.Fault{Kind: simulator.Timeout})
		s.Inject(simulator.Fault{Kind: simulator.Delay, Delay: 2 * time.Minute, After: true})
		start := time.Now()
		old := s.CSP.Secrets(org, appID)[0].Value
		w.call(200, "POST", cspSecret, `{"newClientSecret":"Example_new.secret_1"}`)
		equal(t, "delay", time.Since(start), 30*time.Second)
		for range 2 {
			start = time.Now()
			_, err := w.send("DELETE", cspSecret, "")
			var timeout interface{ Timeout() bool }
			equal(t, "timeout", errors.As(err, &timeout) && timeout.Timeout(), true)
			equal(t, "waited", time.Since(start), time.Minute)
		}
		equal(t, "the second had its effect", s.CSP.Accepts(org, appID, old), false)
	})
}

func TestTransportBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Inject(simulator.Fault{Kind: simulator.Huge, Size: -1})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.root+cfClient, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, response.Body, 8<<20)
	equal(t, "endless", n == 8<<20 && err == nil, true)
	cancel()
	_, err = response.Body.Read(make([]byte, 1))
	equal(t, "after cancel", errors.Is(err, context.Canceled), true)
	equal(t, "close", response.Body.Close(), nil)
	_, err = response.Body.Read(make([]byte, 1))
	equal(t, "after close", errors.Is(err, http.ErrBodyReadAfterClose), true)
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for _, path := range []string{
			"/", "/client/v4", "/accounts/" + account + "/oauth_clients", cfClient + "/other", cfClient + "/",
			cfClients + "/..", cfClients + "/%2e%2e", cfClients + "//rotate_secret", simulator.CSPBasePath + "/x",
			cspAPI + "/orgs", idsList + "/a/b", simulator.IdentityServiceBasePath + "/api/userinfo",
		} {
			a := w.call(404, "GET", path, "")
			equal(t, path, strings.HasPrefix(a.text, "<!DOCTYPE"), true)
		}
		equal(t, "unknown", w.Count("unknown"), 12)
		a := w.call(404, "GET", cfClients+"/a%2Fb%20c", "")
		equal(t, "JSON", a.body["success"], any(false))
		journal := w.Journal()
		equal(t, "unescaped", journal[len(journal)-1].Target, "a/b c")
	})
}

func TestServeHTTPWithoutHijacker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Inject(simulator.Fault{Kind: simulator.Drop})
	defer func() { equal(t, "aborted", recover(), any(http.ErrAbortHandler)) }()
	w.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", cfClient, nil))
}
