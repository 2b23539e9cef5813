package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

const (
	problemNoTokenEndpoint = "the discovery document names no token_endpoint"
	problemTokenEndpoint   = "the token_endpoint of the discovery document is no https URL that credentials may be sent to"
)

// endpoints are where credentials are sent: configured, or discovered once and then kept.
type endpoints struct {
	client   *Client
	tokenURL string // the configured one; "" when there is none

	// turn is a lock that a context can leave; it guards found.
	turn  chan struct{}
	found *discovered
}

// discovered is what a discovery document says, checked.
type discovered struct {
	token         string
	introspection string // "" when there is none that may be used
}

func newEndpoints(c *Client, tokenURL string) *endpoints {
	return &endpoints{client: c, tokenURL: tokenURL, turn: make(chan struct{}, 1)}
}

// token is the token endpoint.
func (e *endpoints) token(ctx context.Context) (string, error) {
	if e.tokenURL != "" {
		return e.tokenURL, nil
	}
	found, err := e.discover(ctx)
	if err != nil {
		return "", fmt.Errorf("no token URL is configured, and discovery gave none: %w", err)
	}
	return found.token, nil
}

// introspection is the introspection endpoint that discovery names, or "".
func (e *endpoints) introspection(ctx context.Context) string {
	found, err := e.discover(ctx)
	if err != nil {
		return ""
	}
	return found.introspection
}

// discover reads the discovery document of OpenID Connect below the base URL. A failure is not kept.
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
	found, problem := readDiscovery(resp.Body)
	if problem == problemNoTokenEndpoint && e.tokenURL != "" {
		// Nobody needs it: the configured one is used.
		problem = ""
	}
	if problem != "" {
		return discovered{}, e.client.http.Unusable(r, problem)
	}
	e.found = &found
	return found, nil
}

// readDiscovery checks both endpoints like any URL that credentials are sent to. An introspection endpoint that may not
// be used counts as absent: only proofs ask for it.
func readDiscovery(body []byte) (found discovered, problem string) {
	var w struct {
		Token         string `json:"token_endpoint"`
		Introspection string `json:"introspection_endpoint"`
	}
	if httpapi.Unmarshal(body, &w) != nil {
		return discovered{}, problemShape
	}
	if w.Introspection != "" {
		if checked, err := httpapi.CheckURL(w.Introspection); err == nil {
			found.introspection = checked
		}
	}
	if w.Token == "" {
		return found, problemNoTokenEndpoint
	}
	checked, err := httpapi.CheckURL(w.Token)
	if err != nil {
		return found, problemTokenEndpoint
	}
	found.token = checked
	return found, ""
}
