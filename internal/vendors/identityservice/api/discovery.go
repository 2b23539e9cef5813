package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
)

const (
	problemNoTokenEndpoint = "the discovery document names no token_endpoint"
	problemTokenEndpoint   = "the token_endpoint of the discovery document is no https URL that credentials may be sent to"
	problemIssuer          = "the discovery document is that of another issuer; identity_service.base_url must be the issuer's own address"
)

// endpoint is an address that credentials may be sent to, and the authentication methods to try there.
type endpoint struct {
	url     string
	methods []string
	// noSecrets: the server says that clients authenticate there by other means than a secret.
	noSecrets bool
}

// endpoints are where credentials are sent: configured, or discovered once and then kept.
type endpoints struct {
	client   *Client
	base     string // the issuer that is asked for
	tokenURL string // the configured one; "" when there is none

	// turn is a lock that a context can leave; it guards found.
	turn  chan struct{}
	found *discovered
}

// discovered is what a discovery document says, checked.
type discovered struct {
	token         endpoint
	introspection endpoint // without a URL when there is none that may be used
}

func newEndpoints(c *Client, base, tokenURL string) *endpoints {
	return &endpoints{client: c, base: base, tokenURL: tokenURL, turn: make(chan struct{}, 1)}
}

// token is the token endpoint.
func (e *endpoints) token(ctx context.Context) (endpoint, error) {
	if e.tokenURL != "" {
		return endpoint{url: e.tokenURL, methods: oauth.Methods(nil)}, nil
	}
	found, err := e.discover(ctx)
	if err != nil {
		return endpoint{}, fmt.Errorf("no token URL is configured, and discovery gave none: %w", err)
	}
	return found.token, nil
}

// lookTime bounds a look for an introspection endpoint that may not exist.
const lookTime = 3 * time.Second

// introspection is the introspection endpoint that discovery names; its URL is "" when there is none. Beside a configured
// token URL nobody needs discovery, so it may be missing: it is looked for once.
func (e *endpoints) introspection(ctx context.Context) endpoint {
	if e.tokenURL != "" {
		bounded, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		ctx = bounded
	}
	found, err := e.discover(ctx)
	if err != nil {
		return endpoint{}
	}
	return found.introspection
}

// discover reads the discovery document of OpenID Connect below the base URL. A failure is kept only where nobody needs the
// document.
//
// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
func (e *endpoints) discover(ctx context.Context) (discovered, error) {
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return discovered{}, ctx.Err()
	}
	defer func() { <-e.turn }()
	if e.found != nil {
		return *e.found, nil
	}
	found, err := e.read(ctx)
	if err != nil && e.tokenURL == "" {
		return discovered{}, err
	}
	e.found = &found
	return found, nil
}

func (e *endpoints) read(ctx context.Context) (discovered, error) {
	r := httpapi.Request{
		Operation: "discover the token endpoint",
		Template:  "/.well-known/openid-configuration",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      []string{".well-known", "openid-configuration"},
		Anonymous: true,
	}
	resp, err := e.client.http.Do(ctx, r)
	if err != nil {
		return discovered{}, err
	}
	found, problem := readDiscovery(resp.Body, e.base)
	if problem == problemNoTokenEndpoint && e.tokenURL != "" {
		// Nobody needs it: the configured one is used.
		problem = ""
	}
	if problem != "" {
		return discovered{}, e.client.http.Unusable(r, problem)
	}
	return found, nil
}

// readDiscovery checks that the document is that of base, and both endpoints like any URL that credentials are sent to. An
// introspection endpoint that may not be used counts as absent: only verifications ask for it.
func readDiscovery(body []byte, base string) (found discovered, problem string) {
	var w struct {
		Issuer               *string  `json:"issuer"`
		Token                string   `json:"token_endpoint"`
		TokenMethods         []string `json:"token_endpoint_auth_methods_supported"`
		Introspection        string   `json:"introspection_endpoint"`
		IntrospectionMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	}
	if httpapi.Unmarshal(body, &w) != nil {
		return discovered{}, problemShape
	}
	if w.Issuer != nil && !sameIssuer(*w.Issuer, base) {
		return discovered{}, problemIssuer
	}
	if sendable(w.Introspection, base) {
		methods := w.IntrospectionMethods
		if len(methods) == 0 {
			methods = w.TokenMethods
		}
		found.introspection = endpoint{w.Introspection, oauth.Methods(methods), !oauth.TakesSecrets(methods)}
	}
	switch {
	case w.Token == "":
		return found, problemNoTokenEndpoint
	case !sendable(w.Token, base):
		return found, problemTokenEndpoint
	}
	found.token = endpoint{w.Token, oauth.Methods(w.TokenMethods), !oauth.TakesSecrets(w.TokenMethods)}
	return found, ""
}

// sendable tells whether credentials may go to an endpoint that the document of base names. Only a document that came from
// this machine without TLS may name one without TLS: anybody else's would send the credentials to whatever listens here.
func sendable(address, base string) bool {
	if httpapi.CheckEndpoint(address) != nil {
		return false
	}
	return scheme(address) == "https" || scheme(base) == "http"
}

func scheme(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme
}

// sameIssuer compares an issuer with the address that it was asked at (OpenID Connect Discovery section 4.3). A slash at the
// end is no difference: the base URL has none.
func sameIssuer(issuer, base string) bool {
	a, errA := url.Parse(issuer)
	b, errB := url.Parse(base)
	if errA != nil || errB != nil {
		return false
	}
	return a.Scheme == b.Scheme && strings.EqualFold(authority(a), authority(b)) && a.User == nil && a.RawQuery == "" && a.Fragment == "" &&
		strings.TrimRight(a.EscapedPath(), "/") == strings.TrimRight(b.EscapedPath(), "/")
}

// authority is host and port, the usual port included.
func authority(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return u.Host + map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
}
