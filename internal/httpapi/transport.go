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
	headerTimeout  = 30 * time.Second
	attemptTimeout = 60 * time.Second
)

// maxConnections keeps one connection per worker of Terraform's largest usual parallelism.
const maxConnections = 50

// newTransport is the network. An extra trust root is added to those of the system.
func newTransport(caPEM string) (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if caPEM != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(caPEM)) {
			return nil, errors.New("the CA certificate holds no certificate in PEM form")
		}
		trust.RootCAs = pool
	}
	return &http.Transport{
		Proxy:                 environmentProxy,
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:       trust,
		TLSHandshakeTimeout:   tlsTimeout,
		ResponseHeaderTimeout: headerTimeout,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       90 * time.Second,
	}, nil
}

// environmentProxy hides the text of a proxy address that cannot be used: it may hold a password.
func environmentProxy(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy address in the environment is not valid")
	}
	return proxy, nil
}
