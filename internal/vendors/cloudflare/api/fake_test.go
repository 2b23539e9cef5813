package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// canary is a secret that is easy to find in a message, with characters that encodings change.
const canary = `Canary+/"&<0aZ9_.~`

// testClock never waits.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock { return &testClock{now: time.Now()} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// call is one request as the vendor got it.
type call struct {
	method, uri, body string
	header            http.Header
}

// answerFunc is what the vendor answers to its nth request, from 1.
type answerFunc func(n int, r call) (status int, body string)

// vendor is a server that records what it gets.
type vendor struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

func newVendor(t *testing.T, answer answerFunc) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := call{method: r.Method, uri: r.RequestURI, body: string(body), header: r.Header.Clone()}
		v.mu.Lock()
		v.calls = append(v.calls, got)
		n := len(v.calls)
		v.mu.Unlock()
		status, text := answer(n, got)
		if json.Valid([]byte(text)) {
			w.Header().Set("Content-Type", "application/json")
		}
		w.Header().Set("Cf-Ray", "ray-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(v.Close)
	return v
}

// got is a copy of the calls so far.
func (v *vendor) got() []call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]call(nil), v.calls...)
}

func always(status int, body string) answerFunc {
	return func(int, call) (int, string) { return status, body }
}

func testOptions() httpapi.Options {
	return httpapi.Options{UserAgent: "test/1", Clock: newTestClock()}
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// seed adds every sample to a corpus.
func seed(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/*.*", "testdata/hostile/*.*"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no samples in %s: %v", pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

// kind names the type of an error of httpapi.
func kind(err error) string {
	var (
		refused *httpapi.APIError
		unsent  *httpapi.NotSentError
		unknown *httpapi.OutcomeUnknownError
		answer  *httpapi.AnswerError
	)
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &unknown):
		return "outcome unknown"
	case errors.As(err, &unsent):
		return "not sent"
	case errors.As(err, &answer):
		return "answer"
	case errors.As(err, &refused):
		return "refused"
	}
	return "other"
}

// leakFree fails when a message holds the canary in any form.
func leakFree(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	escaped, _ := json.Marshal(canary)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		message := cause.Error()
		for _, form := range []string{canary, strings.Trim(string(escaped), `"`), "Canary", "0aZ9_"} {
			if strings.Contains(message, form) {
				t.Errorf("the secret is in the message %q", message)
			}
		}
	}
}

// hostileIDs are ids that must stay one element of the path, with the element that is sent.
var hostileIDs = map[string]string{
	"a b":      "a%20b",
	"a/b":      "a%2Fb",
	"../../x":  "..%2F..%2Fx",
	"%2e%2e":   "%252e%252e",
	"a?b=c#d":  "a%3Fb=c%23d",
	"a;b":      "a%3Bb",
	"grün":     "gr%C3%BCn",
	"a\r\nb":   "a%0D%0Ab",
	"{braces}": "%7Bbraces%7D",
}

// operation is one method of the client, for tests that hold for all of them.
type operation struct {
	name, method string
	// path of the request, with ids of {a}, {b} and {c} for the arguments.
	path string
	// answer is a 2xx that the method can use.
	answer string
	// once: a failure that leaves the outcome open is an OutcomeUnknownError.
	once bool
	call func(ctx context.Context, c *Client, a, b, d string) error
}

// checkOperations holds each operation to what all have in common. connect gives a client with a ready credential.
func checkOperations(t *testing.T, prefix string, operations []operation, connect func(*testing.T, *vendor) *Client, credential map[string]string) {
	t.Helper()
	for _, op := range operations {
		open := "answer"
		if op.once {
			open = "outcome unknown"
		}
		t.Run(op.name+"/request", func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, always(200, op.answer))
			if err := op.call(t.Context(), connect(t, v), "a", "b", "d"); err != nil {
				t.Fatal(err)
			}
			got := v.got()
			path := strings.NewReplacer("{a}", "a", "{b}", "b", "{d}", "d").Replace(prefix + op.path)
			if len(got) != 1 || got[0].method != op.method || got[0].uri != path {
				t.Fatalf("got %+v, want one %s %s", got, op.method, path)
			}
			header := got[0].header
			for name, value := range credential {
				if header.Get(name) != value {
					t.Errorf("the header %s is %q, want %q", name, header.Get(name), value)
				}
			}
			if header.Get("Accept") != "application/json" || header.Get("User-Agent") != "test/1" {
				t.Errorf("headers are %v", header)
			}
			for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
				if header.Get(name) != "" {
					t.Errorf("the header %s makes the transport send a request again", name)
				}
			}
			if got[0].body == "" && header.Get("Content-Type") != "" {
				t.Errorf("an empty body has the type %q", header.Get("Content-Type"))
			}
		})
		t.Run(op.name+"/ids", func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, always(200, op.answer))
			c := connect(t, v)
			for id, sent := range hostileIDs {
				before := len(v.got())
				err := op.call(t.Context(), c, id, id, id)
				got := v.got()
				if len(got) != before+1 {
					t.Fatalf("%q: no request, %v", id, err)
				}
				want := strings.NewReplacer("{a}", sent, "{b}", sent, "{d}", sent).Replace(prefix + op.path)
				if uri := got[before].uri; uri != want {
					t.Errorf("%q: sent %s, want %s", id, uri, want)
				}
			}
			for _, id := range []string{"", ".", ".."} {
				before := len(v.got())
				if err := op.call(t.Context(), c, id, id, id); kind(err) != "not sent" || len(v.got()) != before {
					t.Errorf("%q: got %v, %d requests", id, err, len(v.got())-before)
				}
			}
		})
		for status, want := range map[int]string{
			301: "refused", 302: "refused", 307: "refused",
			400: "refused", 401: "refused", 403: "refused", 404: "refused", 409: "refused", 422: "refused", 501: "refused",
			408: open, 500: open, 502: open, 503: open,
		} {
			t.Run(op.name+"/status/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				for _, body := range []string{"", "<html>" + canary + "</html>", errorBody(canary)} {
					v := newVendor(t, always(status, body))
					err := op.call(t.Context(), connect(t, v), "a", "b", "d")
					got := kind(err)
					if got != want && !(got == "refused" && want == "answer") && !(status < 400 && got == open) {
						t.Errorf("body %.10q: got %s (%v), want %s", body, got, err, want)
					}
					if n := len(v.got()); op.once && n != 1 {
						t.Errorf("sent %d times", n)
					}
					leakFree(t, err)
				}
			})
		}
		t.Run(op.name+"/lost answer", func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(int, call) (int, string) { panic(http.ErrAbortHandler) })
			err := op.call(t.Context(), connect(t, v), "a", "b", "d")
			if kind(err) != open {
				t.Errorf("got %s (%v), want %s", kind(err), err, open)
			}
			if n := len(v.got()); op.once && n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
		t.Run(op.name+"/no connection", func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, always(200, op.answer))
			c := connect(t, v)
			v.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := op.call(ctx, c, "a", "b", "d"); kind(err) != "not sent" && op.once {
				t.Errorf("got %s (%v)", kind(err), err)
			}
		})
		t.Run(op.name+"/rate limit", func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(n int, _ call) (int, string) {
				if n == 1 {
					return 429, ""
				}
				return 200, op.answer
			})
			if err := op.call(t.Context(), connect(t, v), "a", "b", "d"); err != nil || len(v.got()) != 2 {
				t.Errorf("got %v after %d requests", err, len(v.got()))
			}
		})
	}
}
