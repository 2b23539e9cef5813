package httpapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Time limits of the phases of one attempt.
const (
	dialTimeout    = 10 * time.Second
	tlsTimeout     = 10 * time.Second
	attemptTimeout = 60 * time.Second // headers and body: an answer that comes late is not a lost one
)

// Bounds of the pool. There is a connection for each worker of Terraform's largest usual parallelism, and none that has been idle
// for so long that a server or a firewall is likely to have forgotten it.
const (
	maxConnections = 50
	maxIdle        = 30 * time.Second
)

// network sends requests over HTTP/1.1.
//
// HTTP/2 is not spoken. Its client sends a POST again by itself when a server resets the stream in certain ways, and keeps using
// a connection that has been dead for long; the few requests of a run gain nothing from it.
type network struct {
	// pooled keeps connections for requests that can be repeated.
	pooled http.RoundTripper
	// fresh makes a connection for each request. What is sent on a connection that was idle meets a server that may be closing it,
	// and then nobody knows whether the request was carried out. A change is worth a handshake more.
	fresh http.RoundTripper
}

// newNetwork trusts the roots of the system and the extra ones in caPEM.
func newNetwork(caPEM string) (network, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if caPEM != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(caPEM)) {
			return network{}, errors.New("the CA certificate holds no certificate in PEM form")
		}
		trust.RootCAs = pool
	}
	pooled := &http.Transport{
		Proxy:               environmentProxy,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:     trust,
		TLSHandshakeTimeout: tlsTimeout,
		Protocols:           &http.Protocols{},
		MaxIdleConns:        maxConnections,
		MaxIdleConnsPerHost: maxConnections,
		IdleConnTimeout:     maxIdle,
	}
	pooled.Protocols.SetHTTP1(true)
	fresh := pooled.Clone()
	fresh.DisableKeepAlives = true
	return network{pooled: pooled, fresh: fresh}, nil
}

// environmentProxy hides the text of a proxy address that cannot be used: it may hold a password.
func environmentProxy(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy address in the environment is not valid")
	}
	return proxy, nil
}
