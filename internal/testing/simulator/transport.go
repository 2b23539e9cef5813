package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
)

// Transport returns a round tripper that hands requests to the simulator
// without a network, whatever their host; "sim.invalid" is the customary one.
// It starts no goroutine and honours the context of the request, so that it
// can be used in a bubble of testing/synctest. A context that ends after the
// request was sent loses the answer and not the effect, as on a network.
func (s *Simulator) Transport() http.RoundTripper {
	return &transport{sim: s}
}

type transport struct {
	sim *Simulator
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	ctx := req.Context()
	if req.URL == nil || req.URL.Host == "" {
		return nil, errors.New("simulator: no Host in request URL")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	c, err := newCall(req, req.URL.Scheme, host)
	if err != nil {
		return nil, err
	}
	c.header = sentHeader(req.Header, len(c.body))

	trace := httptrace.ContextClientTrace(ctx)
	out := t.sim.process(c, true, func() { traceSent(trace) })
	if out.err != nil {
		return nil, out.err
	}
	switch out.kind {
	case Refuse:
		return nil, opError("dial", "connect", syscall.ECONNREFUSED)
	case Timeout:
		<-ctx.Done()
	case Drop:
		// A client that has given up reports that first.
		if ctx.Err() == nil {
			return nil, opError("read", "read", syscall.ECONNRESET)
		}
	default:
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return response(req, out), nil
}

// sentHeader adds what a real transport adds before it sends.
func sentHeader(h http.Header, bodyLength int) http.Header {
	out := h.Clone()
	if out == nil {
		out = http.Header{}
	}
	if _, ok := out["User-Agent"]; !ok {
		out.Set("User-Agent", "Go-http-client/1.1")
	}
	if bodyLength > 0 {
		out.Set("Content-Length", strconv.Itoa(bodyLength))
	}
	return out
}

func traceSent(trace *httptrace.ClientTrace) {
	if trace == nil {
		return
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func opError(op, syscallName string, errno syscall.Errno) error {
	return &net.OpError{
		Op: op, Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443},
		Err: os.NewSyscallError(syscallName, errno),
	}
}

func response(req *http.Request, out outcome) *http.Response {
	r := out.reply
	resp := &http.Response{
		Status: strconv.Itoa(r.status) + " " + http.StatusText(r.status), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header.Clone(), ContentLength: int64(len(r.body)), Request: req,
	}
	var body io.Reader = bytes.NewReader(r.body)
	switch out.kind {
	case Truncate:
		body = io.MultiReader(bytes.NewReader(r.body[:len(r.body)/2]), brokenReader{})
	case Huge:
		body = newPadding(req.Context(), out.size)
		resp.ContentLength = -1
	default:
	}
	if resp.ContentLength >= 0 && r.status != http.StatusNoContent {
		resp.Header.Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	}
	resp.Body = &responseBody{ctx: req.Context(), reader: body}
	return resp
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) {
	return 0, io.ErrUnexpectedEOF
}

// responseBody fails, like a real one, once the context of its request has
// ended or the body was closed.
type responseBody struct {
	ctx    context.Context
	reader io.Reader
	closed atomic.Bool
}

func (b *responseBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	return b.reader.Read(p)
}

func (b *responseBody) Close() error {
	b.closed.Store(true)
	return nil
}
