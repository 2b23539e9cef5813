package simulator

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// ServeHTTP serves the three vendors over a real connection.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	c, err := newCall(r, scheme, r.Host)
	if err != nil {
		reset(w)
		return
	}
	out := s.process(c, false, func() {})
	if out.err != nil {
		reset(w)
		return
	}
	header := w.Header()
	for name, values := range out.reply.header {
		header[name] = values
	}
	switch out.kind {
	case Refuse, Drop:
		reset(w)
	case Timeout:
		<-r.Context().Done()
		reset(w)
	case Truncate:
		// The server notices the short body and closes the connection.
		header.Set("Content-Length", strconv.Itoa(len(out.reply.body)))
		w.WriteHeader(out.reply.status)
		_, _ = w.Write(out.reply.body[:len(out.reply.body)/2])
	case Huge:
		w.WriteHeader(out.reply.status)
		_, _ = io.Copy(w, newPadding(r.Context(), out.size))
	default:
		if header.Get("Content-Type") == "" {
			header["Content-Type"] = nil // No sniffing: the vendor sends none.
		}
		header.Set("Content-Length", strconv.Itoa(len(out.reply.body)))
		if out.reply.status == http.StatusNoContent {
			header.Del("Content-Length")
		}
		w.WriteHeader(out.reply.status)
		_, _ = w.Write(out.reply.body)
	}
}

// reset ends the connection with a TCP reset where that is possible.
func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		raw = t.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

var blanks = strings.Repeat(" ", 4096)

// padding is a JSON body that never says anything.
type padding struct {
	ctx  context.Context
	left int64
	open bool
}

// newPadding returns size bytes, or bytes without end when size is negative.
func newPadding(ctx context.Context, size int64) *padding {
	return &padding{ctx: ctx, left: size, open: true}
}

func (p *padding) Read(b []byte) (int, error) {
	if err := context.Cause(p.ctx); err != nil {
		return 0, err
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	if p.left > 0 && int64(len(b)) > p.left {
		b = b[:p.left]
	}
	for n := 0; n < len(b); {
		n += copy(b[n:], blanks)
	}
	if p.open && len(b) > 0 {
		b[0], p.open = '[', false
	}
	if p.left > 0 {
		p.left -= int64(len(b))
	}
	return len(b), nil
}
