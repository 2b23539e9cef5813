package simulator_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const (
	account = "023e105f4ecef8ad9ca31a8372d0c353"
	cfID    = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
	org     = "0f0f0f0f-0000-4000-8000-000000000001"
	appID   = "my-app"
	tenant  = "my-tenant"
	idsApp  = "my-new-app"

	cfClients = simulator.CloudflareBasePath + "/accounts/" + account + "/oauth_clients"
	cfClient  = cfClients + "/" + cfID
	cspAPI    = simulator.CSPBasePath + "/csp/gateway/am/api"
	cspApps   = cspAPI + "/orgs/" + org + "/oauth-apps"
	cspSecret = cspApps + "/" + appID + "/secret"
	idsList   = simulator.IdentityServiceBasePath + "/api/tenants/" + tenant + "/applications/" + idsApp + "/secrets"
)

// clock is a clock that only moves when it is told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 7, 1, 5, 20, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a simulator with one client per vendor, seen through one door.
type world struct {
	*simulator.Simulator
	t                         *testing.T
	clock                     *clock
	root                      string
	client                    *http.Client
	cfFirst, cspFirst, idsOne string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := newClock()
	s := simulator.New(simulator.Options{Now: c.Now})
	return &world{
		Simulator: s, t: t, clock: c, root: "https://sim.invalid", client: &http.Client{Transport: s.Transport()},
		cfFirst:  s.Cloudflare.AddClient(account, cfID),
		cspFirst: s.CSP.AddApp(org, appID, simulator.AppSpec{}),
		idsOne:   s.IdentityService.AddApplication(tenant, idsApp),
	}
}

// eachDoor runs a test through the transport and through a real server.
func eachDoor(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("transport", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t))
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		server := httptest.NewServer(w.Simulator)
		t.Cleanup(server.Close)
		w.root, w.client = server.URL, server.Client()
		test(t, w)
	})
}

type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// send makes a request; headers are pairs of name and value.
func (w *world) send(method, path, body string, headers ...string) (answer, error) {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.root+path, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(path, simulator.CloudflareBasePath):
		r.Header.Set("Authorization", "Bearer "+simulator.CloudflareAPIToken)
	case strings.HasPrefix(path, cspAPI+"/orgs"):
		r.Header.Set("Authorization", "Bearer "+simulator.CSPReadyAccessToken)
	case strings.HasPrefix(path, simulator.IdentityServiceBasePath+"/api"):
		r.Header.Set("Authorization", "Bearer "+simulator.IdentityServiceAccessToken)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return w.do(r)
}

func (w *world) do(r *http.Request) (answer, error) {
	w.t.Helper()
	response, err := w.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	a := answer{status: response.StatusCode, header: response.Header, text: string(raw)}
	_ = json.Unmarshal(raw, &a.body)
	return a, err
}

// call is send that must get an answer of this status.
func (w *world) call(status int, method, path, body string, headers ...string) answer {
	w.t.Helper()
	a, err := w.send(method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		w.t.Fatalf("%s %s: status %d, want %d; body %s", method, path, a.status, status, a.text)
	}
	return a
}

// form posts a form with raw Basic credentials, if any.
func (w *world) form(status int, path string, fields url.Values, basic ...string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.root+path, strings.NewReader(fields.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	a, err := w.do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if a.status != status {
		w.t.Fatalf("POST %s: status %d, want %d; body %s", path, a.status, status, a.text)
	}
	return a
}

func (a answer) result(t *testing.T) map[string]any {
	t.Helper()
	m, ok := a.body["result"].(map[string]any)
	if !ok {
		t.Fatalf("no result in %s", a.text)
	}
	return m
}

// sameKeys compares the names of an object with those of a documented sample.
func sameKeys(t *testing.T, got map[string]any, sample string) {
	t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(sample), &want); err != nil {
		t.Fatal(err)
	}
	g, s := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))
	if !slices.Equal(g, s) {
		t.Errorf("names %v, want %v", g, s)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
