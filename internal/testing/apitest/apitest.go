// Package apitest holds what the tests of the vendors' API clients have in common: a server that records what it gets, and
// the rules that every operation of every client keeps. Only tests import it.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// Canary is a secret that is easy to find in a message, with characters that encodings change.
const Canary = `Canary+/"&<0aZ9_.~`

// Clock never waits.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock shows the present.
func NewClock() *Clock { return &Clock{now: time.Now()} }

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep implements clock.Clock: time passes at once.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// Call is one request as the vendor got it.
type Call struct {
	Method, URI, Body string
	Header            http.Header
}

// Answer is what the vendor answers to its nth request, from 1.
type Answer func(n int, r Call) (status int, body string)

// Vendor is a server that records what it gets.
type Vendor struct {
	*httptest.Server
	mu    sync.Mutex
	calls []Call
}

// Refuse makes the vendor's address one that refuses every connection, as long as the test runs. The address of a closed
// server would soon be another test's.
func (v *Vendor) Refuse(t *testing.T) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	v.URL = fmt.Sprintf("http://127.0.0.1:%d", address.(*syscall.SockaddrInet4).Port)
}

// NewVendor starts a server for one test.
func NewVendor(t *testing.T, answer Answer) *Vendor {
	t.Helper()
	v := &Vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := Call{Method: r.Method, URI: r.RequestURI, Body: string(body), Header: r.Header.Clone()}
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

// Got is a copy of the calls so far.
func (v *Vendor) Got() []Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Call(nil), v.calls...)
}

// Always answers the same.
func Always(status int, body string) Answer {
	return func(int, Call) (int, string) { return status, body }
}

// Options are those of a client under test.
func Options() httpapi.Options {
	return httpapi.Options{
		UserAgent: "test/1", Clock: NewClock(), Backoff: httpapi.BackoffRange{Min: time.Millisecond, Max: time.Millisecond},
	}
}

// Sample reads a file of testdata.
func Sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Seed adds every sample to a corpus.
func Seed(f *testing.F) {
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

// Kind names the type of an error of httpapi.
func Kind(err error) string {
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

// LeakFree fails when a message holds the canary in any form.
func LeakFree(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	escaped, _ := json.Marshal(Canary)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		message := cause.Error()
		for _, form := range []string{Canary, strings.Trim(string(escaped), `"`), "Canary", "0aZ9_"} {
			if strings.Contains(message, form) {
				t.Errorf("the secret is in the message %q", message)
			}
		}
	}
}

// HostileIDs are ids that must stay one element of the path, with the element that is sent.
var HostileIDs = map[string]string{
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

// Operation is one method of the client, for tests that hold for all of them.
type Operation[C any] struct {
	Name, Method string
	// path of the request, with ids of {a}, {b} and {c} for the arguments.
	Path string
	// answer is a 2xx that the method can use.
	Answer string
	// once: a failure that leaves the outcome open is an OutcomeUnknownError.
	Once bool
	Call func(ctx context.Context, c C, a, b, d string) error
}

// CheckOperations holds each operation to what all have in common. connect gives a client with a ready
// credential; errorBody is an error of the vendor that holds text in every place.
func CheckOperations[C any](t *testing.T, errorBody func(text string) string, prefix string, operations []Operation[C], connect func(*testing.T, *Vendor) C, credential map[string]string) {
	t.Helper()
	for _, op := range operations {
		open := "answer"
		if op.Once {
			open = "outcome unknown"
		}
		t.Run(op.Name+"/request", func(t *testing.T) {
			t.Parallel()
			v := NewVendor(t, Always(200, op.Answer))
			if err := op.Call(t.Context(), connect(t, v), "a", "b", "d"); err != nil {
				t.Fatal(err)
			}
			got := v.Got()
			path := strings.NewReplacer("{a}", "a", "{b}", "b", "{d}", "d").Replace(prefix + op.Path)
			if len(got) != 1 || got[0].Method != op.Method || got[0].URI != path {
				t.Fatalf("got %+v, want one %s %s", got, op.Method, path)
			}
			header := got[0].Header
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
			if got[0].Body == "" && header.Get("Content-Type") != "" {
				t.Errorf("an empty body has the type %q", header.Get("Content-Type"))
			}
		})
		t.Run(op.Name+"/ids", func(t *testing.T) {
			t.Parallel()
			v := NewVendor(t, Always(200, op.Answer))
			c := connect(t, v)
			for id, sent := range HostileIDs {
				before := len(v.Got())
				err := op.Call(t.Context(), c, id, id, id)
				got := v.Got()
				if len(got) != before+1 {
					t.Fatalf("%q: no request, %v", id, err)
				}
				want := strings.NewReplacer("{a}", sent, "{b}", sent, "{d}", sent).Replace(prefix + op.Path)
				if uri := got[before].URI; uri != want {
					t.Errorf("%q: sent %s, want %s", id, uri, want)
				}
			}
			for _, id := range []string{"", ".", ".."} {
				before := len(v.Got())
				if err := op.Call(t.Context(), c, id, id, id); Kind(err) != "not sent" || len(v.Got()) != before {
					t.Errorf("%q: got %v, %d requests", id, err, len(v.Got())-before)
				}
			}
		})
		for status, want := range map[int]string{
			301: "refused", 302: "refused", 307: "refused",
			400: "refused", 401: "refused", 403: "refused", 404: "refused", 409: "refused", 422: "refused", 501: "refused",
			408: open, 500: open, 502: open, 503: open,
		} {
			t.Run(op.Name+"/status/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				for _, body := range []string{"", "<html>" + Canary + "</html>", errorBody(Canary)} {
					v := NewVendor(t, Always(status, body))
					err := op.Call(t.Context(), connect(t, v), "a", "b", "d")
					got := Kind(err)
					if got != want && (got != "refused" || want != "answer") && (status >= 400 || got != open) {
						t.Errorf("body %.10q: got %s (%v), want %s", body, got, err, want)
					}
					if n := len(v.Got()); op.Once && n != 1 {
						t.Errorf("sent %d times", n)
					}
					LeakFree(t, err)
				}
			})
		}
		t.Run(op.Name+"/lost answer", func(t *testing.T) {
			t.Parallel()
			v := NewVendor(t, func(int, Call) (int, string) { panic(http.ErrAbortHandler) })
			err := op.Call(t.Context(), connect(t, v), "a", "b", "d")
			if Kind(err) != open {
				t.Errorf("got %s (%v), want %s", Kind(err), err, open)
			}
			if n := len(v.Got()); op.Once && n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
		t.Run(op.Name+"/no connection", func(t *testing.T) {
			t.Parallel()
			v := NewVendor(t, Always(200, op.Answer))
			v.Refuse(t)
			c := connect(t, v)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := op.Call(ctx, c, "a", "b", "d"); Kind(err) != "not sent" && op.Once {
				t.Errorf("got %s (%v)", Kind(err), err)
			}
		})
		t.Run(op.Name+"/rate limit", func(t *testing.T) {
			t.Parallel()
			v := NewVendor(t, func(n int, _ Call) (int, string) {
				if n == 1 {
					return 429, ""
				}
				return 200, op.Answer
			})
			if err := op.Call(t.Context(), connect(t, v), "a", "b", "d"); err != nil || len(v.Got()) != 2 {
				t.Errorf("got %v after %d requests", err, len(v.Got()))
			}
		})
	}
}

// SameJSON compares two bodies without regard to spaces.
func SameJSON(t *testing.T, got, want string) {
	t.Helper()
	var a, b bytes.Buffer
	if json.Compact(&a, []byte(got)) != nil || json.Compact(&b, []byte(want)) != nil || a.String() != b.String() {
		t.Errorf("the body is %s, want %s", got, want)
	}
}
