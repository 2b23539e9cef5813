package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const problemNoToken = "the answer holds no access_token"

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
	token, problem := accessToken(resp.Body)
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

// accessToken reads the answer of the token endpoint. Only the token must be there.
func accessToken(body []byte) (token httpapi.Token, problem string) {
	var w struct {
		AccessToken secret.Value    `json:"access_token"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	switch err := json.Unmarshal(body, &w); {
	case err != nil:
		return httpapi.Token{}, problemShape
	case w.AccessToken.Empty():
		return httpapi.Token{}, problemNoToken
	case strings.ContainsFunc(w.AccessToken.Reveal(), isControl):
		return httpapi.Token{}, problemNoToken
	}
	return httpapi.Token{Access: w.AccessToken, ExpiresIn: seconds(w.ExpiresIn)}, ""
}

// seconds reads a number of seconds, or the same as a string; anything else is "not said".
func seconds(raw json.RawMessage) time.Duration {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(math.Min(n, 1e9)) * time.Second
}
