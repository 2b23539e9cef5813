package httpapi_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// listen serves TCP connections, each on a goroutine of its own, until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	group.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			group.Go(func() {
				defer func() { _ = c.Close() }()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return listener.Addr().String()
}

// resetting is a TLS server that speaks HTTP/2 and HTTP/1.1. On HTTP/2 it carries a request out and then resets the stream with
// PROTOCOL_ERROR, upon which net/http sends the request again by itself, whatever its method. On HTTP/1.1 it carries the
// request out and closes the connection.
type resetting struct{ carriedOut atomic.Int32 }

func (s *resetting) serve(config *tls.Config) func(net.Conn) {
	return func(raw net.Conn) {
		c := tls.Server(raw, config)
		if c.Handshake() != nil {
			return
		}
		if c.ConnectionState().NegotiatedProtocol != "h2" {
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				s.carriedOut.Add(1)
			}
			return
		}
		s.http2(c)
	}
}

// http2 speaks as much of RFC 9113 as it takes.
func (s *resetting) http2(c net.Conn) {
	const headers, resetStream, settings, enough = 1, 3, 4, 100
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		head := []byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(head[5:], stream)
		_, _ = c.Write(append(head, payload...))
	}
	if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	frame(settings, 0, 0)
	head := make([]byte, 9)
	for s.carriedOut.Load() < enough {
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			return
		}
		switch kind, flags := head[3], head[4]; {
		case kind == settings && flags == 0:
			frame(settings, 1, 0)
		case kind == headers:
			s.carriedOut.Add(1)
			frame(resetStream, 0, binary.BigEndian.Uint32(head[5:]), 0, 0, 0, 1)
		}
	}
}

// A change is sent once, whatever protocol the server would speak.
func TestChange_ServerResetsTheStream(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw}))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		s := &resetting{}
		address := listen(t, s.serve(&tls.Config{
			Certificates: certified.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
		}))
		c := newClient(t, httpapi.Options{BaseURL: "https://" + address, CACertificatePEM: authority, Backoff: quick})
		_, err := c.Do(t.Context(), httpapi.Request{Operation: "rotate", Class: httpapi.Once, Method: method})
		if n := s.carriedOut.Load(); typeOf(err) != unknown || n != 1 {
			t.Errorf("%s: carried out %d times, %v", method, n, err)
		}
	}
}

// impatient is a server that closes a connection at the moment at which a second request arrives on it.
type impatient struct{ connections, carriedOut atomic.Int32 }

func (s *impatient) serve(c net.Conn) {
	s.connections.Add(1)
	in := bufio.NewReader(c)
	if r, err := http.ReadRequest(in); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
		s.carriedOut.Add(1)
		answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		_, _ = in.ReadByte()
		reset(c)
	}
}

// A connection that was idle may be closed when a request is on its way; nobody could tell whether a change was carried out.
func TestChange_ServerClosesIdleConnections(t *testing.T) {
	t.Parallel()
	for _, class := range []httpapi.Class{httpapi.Once, httpapi.ReadOnly} {
		s := &impatient{}
		c := newClient(t, httpapi.Options{BaseURL: "http://" + listen(t, s.serve), Backoff: quick})
		for range 10 {
			if _, err := c.Do(t.Context(), read); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Do(t.Context(), httpapi.Request{Operation: "rotate", Class: class, Method: http.MethodPost}); err != nil {
				t.Fatalf("class %d: %v", class, err)
			}
		}
		if n := s.carriedOut.Load(); n != 20 {
			t.Errorf("class %d: 20 requests were carried out %d times", class, n)
		}
	}
}

// A connection that failed costs a read one attempt, however many others of its age are in the pool: a firewall forgets all of
// them together.
func TestRead_LeavesThePoolAfterAFailure(t *testing.T) {
	t.Parallel()
	const pool = 8
	var together sync.WaitGroup
	together.Add(pool)
	address := listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		if r, err := http.ReadRequest(in); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.Method == http.MethodGet {
				together.Done()
				together.Wait()
			}
			answer(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			_, _ = http.ReadRequest(in)
		}
	})
	var mu sync.Mutex
	attempts := 0
	c := newClient(t, httpapi.Options{
		BaseURL: "http://" + address, Backoff: quick,
		Log: func(_ context.Context, a httpapi.Attempt) { mu.Lock(); attempts = a.Number; mu.Unlock() },
	})
	var group sync.WaitGroup
	for range pool {
		group.Go(func() {
			if _, err := c.Do(t.Context(), read); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	login := httpapi.Request{Operation: "log in", Class: httpapi.ReadOnly, Method: http.MethodPost}
	if _, err := c.Do(t.Context(), login); err != nil || attempts != 2 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}
