package httpapi_test

import (
	"bufio"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// quick makes the repeats of a test on a real network short.
var quick = httpapi.BackoffRange{Min: time.Millisecond, Max: time.Millisecond}

// raw is a TCP server that answers each connection with handle.
func raw(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			handle(c)
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		group.Wait()
	})
	return "http://" + listener.Addr().String()
}

func readRequest(c net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func answer(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
}

func TestNetworkFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handle   func(net.Conn)
		readOnly want
		once     want
	}{
		// How often depends on whether the reset comes before the connection is handed over: then nothing was sent.
		"reset before reading": {reset, want{6, useless}, want{0, unknown}},
		"reset after reading":  {func(c net.Conn) { readRequest(c); reset(c) }, want{6, useless}, want{1, unknown}},
		"closed after reading": {readRequest, want{6, useless}, want{1, unknown}},
		"half a header":        {func(c net.Conn) { readRequest(c); answer(c, "HTTP/1.1 200 OK\r\nDate") }, want{6, useless}, want{1, unknown}},
		"not HTTP":             {func(c net.Conn) { readRequest(c); answer(c, "hunter2 canary\r\n\r\n") }, want{6, useless}, want{1, unknown}},
		"truncated body": {func(c net.Conn) {
			readRequest(c)
			answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		}, want{6, useless}, want{1, unknown}},
		"truncated chunks": {func(c net.Conn) {
			readRequest(c)
			answer(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n")
		}, want{6, useless}, want{1, unknown}},
	} {
		for class, expected := range map[httpapi.Class]want{httpapi.ReadOnly: test.readOnly, httpapi.Once: test.once} {
			t.Run(fmt.Sprintf("%s/%d", name, class), func(t *testing.T) {
				t.Parallel()
				address := raw(t, test.handle)
				var attempts int
				client := newClient(t, httpapi.Options{BaseURL: address, Backoff: quick, Log: count(&attempts)})
				_, err := client.Do(t.Context(), httpapi.Request{
					Operation: "rotate", Class: class, Method: http.MethodPost, JSON: map[string]string{},
					Query: url.Values{"q": {"canary"}},
				})
				if expected.attempts == 0 {
					expected.attempts = attempts
				}
				if got := (want{attempts, typeOf(err)}); got != expected {
					t.Errorf("got %v, want %v: %v", got, expected, err)
				}
				if strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "q=") {
					t.Errorf("the error holds the URL: %v", err)
				}
			})
		}
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	for _, class := range []httpapi.Class{httpapi.ReadOnly, httpapi.Once} {
		var attempts int
		client := newClient(t, httpapi.Options{BaseURL: address, Backoff: quick, Log: count(&attempts)})
		_, err := client.Do(t.Context(), httpapi.Request{Operation: "rotate", Class: class, Method: http.MethodPut})
		if typeOf(err) != unsent || attempts != 6 {
			t.Errorf("class %d: %d attempts, %v", class, attempts, err)
		}
	}
}

// A redirect is never followed: neither the credential nor the body reaches another place, and no verb changes.
func TestRedirectsAreErrors(t *testing.T) {
	t.Parallel()
	var sunk atomic.Int32
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sunk.Add(1) }))
	t.Cleanup(sink.Close)
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			for name, location := range map[string]string{
				"other host": sink.URL, "same host": "/elsewhere", "no URL": "http://%zz/canary", "none": "",
			} {
				t.Run(fmt.Sprintf("%d %s %s", code, method, name), func(t *testing.T) {
					t.Parallel()
					var hits atomic.Int32
					server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						hits.Add(1)
						if location != "" {
							w.Header().Set("Location", location)
						}
						w.WriteHeader(code)
					}))
					t.Cleanup(server.Close)
					client := newClient(t, httpapi.Options{
						BaseURL: server.URL, Credential: httpapi.Static{"X-Auth-Key": "canary", "Authorization": "Bearer canary"},
					})
					_, err := client.Do(t.Context(), httpapi.Request{
						Operation: "rotate", Class: httpapi.ReadOnly, Method: method, JSON: map[string]string{"secret": "canary"},
					})
					api := &httpapi.APIError{}
					ok := errors.As(err, &api)
					if !ok || api.Status != code || api.Definite || hits.Load() != 1 {
						t.Fatalf("%d requests, error %v", hits.Load(), err)
					}
					if text := err.Error(); strings.Contains(text, "canary") || !strings.Contains(text, "redirect") {
						t.Errorf("error %q", text)
					}
				})
			}
		}
	}
	t.Cleanup(func() {
		if sunk.Load() != 0 {
			t.Errorf("%d requests reached the other host", sunk.Load())
		}
	})
}

func TestHugeGzipIsNotRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		chunk := make([]byte, 1<<20)
		for range 512 {
			if _, err := zip.Write(chunk); err != nil {
				return
			}
		}
		_ = zip.Close()
	}))
	t.Cleanup(server.Close)
	client := newClient(t, httpapi.Options{BaseURL: server.URL})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := client.Do(t.Context(), httpapi.Request{Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet})
	runtime.ReadMemStats(&after)
	if typeOf(err) != useless || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error %v", err)
	}
	// The server of this test and other tests allocate too.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	read := httpapi.Request{Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet}

	trusting := newClient(t, httpapi.Options{BaseURL: server.URL, CACertificatePEM: authority})
	if _, err := trusting.Do(t.Context(), read); err != nil {
		t.Errorf("with its CA: %v", err)
	}
	var attempts int
	strict := newClient(t, httpapi.Options{BaseURL: server.URL, Backoff: quick, Log: count(&attempts)})
	if _, err := strict.Do(t.Context(), read); typeOf(err) != unsent || attempts != 1 {
		t.Errorf("without its CA: %d attempts, %v", attempts, err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	attempts = 0
	confused := newClient(t, httpapi.Options{
		BaseURL: strings.Replace(plain.URL, "http:", "https:", 1), Backoff: quick, Log: count(&attempts),
	})
	if _, err := confused.Do(t.Context(), read); typeOf(err) != unsent || attempts != 1 {
		t.Errorf("plain HTTP: %d attempts, %v", attempts, err)
	}
	if _, err := httpapi.New(httpapi.Options{BaseURL: "https://vendor.test", CACertificatePEM: "hunter2"}); err == nil {
		t.Error("a CA certificate that is none was accepted")
	}
}

// A call that fails leaves the connections of others alone.
func TestFailureKeepsConnections(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := newClient(t, httpapi.Options{BaseURL: server.URL, Backoff: quick})
	for _, path := range []string{"ok", "fail", "ok", "fail", "ok"} {
		_, _ = client.Do(t.Context(), httpapi.Request{
			Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet, Path: []string{path},
		})
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	type seen struct {
		header http.Header
		body   string
	}
	got := make(chan seen, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Header, string(body)}
	}))
	t.Cleanup(server.Close)
	client := newClient(t, httpapi.Options{
		BaseURL: server.URL, UserAgent: "agent/1", Credential: httpapi.Static{"Authorization": "Bearer own"},
	})
	for name, test := range map[string]struct {
		request           httpapi.Request
		contentType, body string
		authorization     string
	}{
		"nothing": {httpapi.Request{}, "", "", "Bearer own"},
		"JSON":    {httpapi.Request{JSON: map[string]int{"a": 1}}, "application/json", `{"a":1}`, "Bearer own"},
		"form": {
			httpapi.Request{Form: url.Values{"a": {"b c"}}, Anonymous: true}, "application/x-www-form-urlencoded", "a=b+c", "",
		},
		"basic": {
			httpapi.Request{Basic: &httpapi.BasicAuth{Username: "id", Password: secret.New("a%b!")}}, "", "", "Basic aWQ6YSViIQ==",
		},
	} {
		r := test.request
		r.Operation, r.Class, r.Method = "try", httpapi.Once, http.MethodPost
		if _, err := client.Do(t.Context(), r); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := <-got
		for header, value := range map[string]string{
			"User-Agent": "agent/1", "Accept": "application/json", "Content-Type": test.contentType,
			"Authorization": test.authorization, "Idempotency-Key": "", "X-Idempotency-Key": "", "Referer": "",
		} {
			if _, present := s.header[header]; present != (value != "") || s.header.Get(header) != value {
				t.Errorf("%s: header %s is %q, want %q", name, header, s.header.Get(header), value)
			}
		}
		if s.body != test.body {
			t.Errorf("%s: body %q, want %q", name, s.body, test.body)
		}
	}
}

// An answer that switches to another protocol has no body and no end: nothing of it is read.
func TestSwitchingProtocolsIsNoBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = connection.Close() })
		_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
	}))
	t.Cleanup(server.Close)
	client := newClient(t, httpapi.Options{BaseURL: server.URL})
	for class, want := range map[httpapi.Class]string{httpapi.ReadOnly: refused, httpapi.Once: unknown} {
		r := read
		r.Class = class
		if _, err := client.Do(t.Context(), r); typeOf(err) != want {
			t.Errorf("%v: %v", class, err)
		}
	}
}
