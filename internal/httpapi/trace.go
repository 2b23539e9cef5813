package httpapi

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
)

// trace watches how far an attempt got. Its hooks run on goroutines of net/http.
type trace struct {
	dialled    atomic.Bool // the transport reports to this trace
	connected  atomic.Bool
	wrote      atomic.Bool
	refusedTLS atomic.Bool
}

func (t *trace) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			t.dialled.Store(true)
			t.connected.Store(false)
		},
		GotConn:      func(httptrace.GotConnInfo) { t.connected.Store(true) },
		WroteHeaders: func() { t.wrote.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				t.wrote.Store(true)
			}
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil && isRefusedTLS(err) {
				t.refusedTLS.Store(true)
			}
		},
	})
}

// mayHaveSent tells whether the vendor may have got the request although err ended the attempt. With a connection in
// hand it may: an attempt that is cancelled returns before the goroutine that writes to the connection has stopped, so
// that "headers not written yet" would prove nothing.
func (t *trace) mayHaveSent(err error) bool {
	if t.wrote.Load() || t.connected.Load() {
		return true
	}
	return !t.dialled.Load() && !isDial(err) && !isRefusedTLS(err)
}
