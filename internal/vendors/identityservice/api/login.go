package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// login is how a client gets its access token.
type login struct {
	client     *Client
	credential httpapi.Credential
	ready      secret.Value // the ready access token
	clientID   string
	scope      string

	mu           sync.Mutex
	clientSecret secret.Value
}

func newLogin(cfg Config, c *Client, clk clock.Clock) *login {
	l := &login{
		client:       c,
		ready:        cfg.AccessToken,
		clientID:     cfg.ClientID,
		clientSecret: cfg.ClientSecret,
		scope:        cfg.Scope,
	}
	if !cfg.AccessToken.Empty() {
		l.credential = httpapi.Static{"Authorization": "Bearer " + cfg.AccessToken.Reveal()}
		return l
	}
	l.credential = &httpapi.TokenCredential{Fetch: l.withClientCredentials, Clock: clk}
	return l
}

// withClientCredentials logs in with the grant of RFC 6749 section 4.4. The vendor documents no login.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-4.4
func (l *login) withClientCredentials(ctx context.Context) (httpapi.Token, error) {
	endpoint, err := l.client.endpoints.token(ctx)
	if err != nil {
		return httpapi.Token{}, err
	}
	l.mu.Lock()
	current := l.clientSecret
	l.mu.Unlock()

	r := tokenRequest("log in with the client credentials", endpoint, l.clientID, current)
	r.Form.Set("grant_type", "client_credentials")
	if l.scope != "" {
		r.Form.Set("scope", l.scope)
	}
	resp, err := l.client.http.Do(ctx, r)
	if err != nil {
		return httpapi.Token{}, refusedLogin(err)
	}
	token, problem := httpapi.ReadToken(resp.Body)
	if problem != "" {
		return httpapi.Token{}, l.client.http.Unusable(r, problem)
	}
	l.client.known.Remember(token.Access)
	return token, nil
}

// tokenRequest is a request to the token or introspection endpoint. The credentials go into the form: Basic would need an
// escape that servers treat differently.
func tokenRequest(operation, endpoint, clientID string, s secret.Value) httpapi.Request {
	return httpapi.Request{
		Operation: operation,
		Template:  "{token_endpoint}",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodPost,
		URL:       endpoint,
		Form:      url.Values{"client_id": {clientID}, "client_secret": {s.Reveal()}},
		Anonymous: true,
	}
}

// refusedLogin says what was refused; the vendor's own message and identifier stay in the error. An answer
// without words of its own, from a proxy or a wrong host, is no refusal.
func refusedLogin(err error) error {
	var refusal *httpapi.APIError
	if !errors.As(err, &refusal) || !refusal.Definite || refusal.Code+refusal.Message == "" {
		return err
	}
	switch refusal.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the client credentials were refused: %w", err)
	}
	return err
}
