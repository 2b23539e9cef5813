package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

func respond(status int, header http.Header, body string) *http.Response {
	header = header.Clone() // whoever receives a response may change its headers
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// script is a network that plays one step per request, the last one for ever.
type script struct {
	mu    sync.Mutex
	steps []func(*http.Request) (*http.Response, error)
	seen  []*http.Request
	body  []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	step := s.steps[min(len(s.seen), len(s.steps)-1)]
	s.seen = append(s.seen, r)
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.body = append(s.body, string(body))
	s.mu.Unlock()
	return step(r)
}

func status(code int, body string) func(*http.Request) (*http.Response, error) {
	return statusWith(code, nil, body)
}

func statusWith(code int, header http.Header, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return respond(code, header, body), nil }
}

func fail(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func newClient(t *testing.T, o httpapi.Options) *httpapi.Client {
	t.Helper()
	if o.Vendor == "" {
		o.Vendor = "Vendor"
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://vendor.test/api"
	}
	c, err := httpapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count is a Log that counts attempts.
func count(n *int) func(context.Context, httpapi.Attempt) {
	return func(_ context.Context, a httpapi.Attempt) { *n = a.Number }
}
