package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// login is how a client gets its access token.
type login struct {
	client     *Client
	credential httpapi.Credential
	tokens     *httpapi.TokenCredential // nil with a ready access token
	ready      secret.Value             // the ready access token
	clientID   string

	mu           sync.Mutex
	clientSecret secret.Value
	method       string // that worked; "" before the first login
}

func newLogin(cfg Config, c *Client, clk clock.Clock) *login {
	l := &login{
		client:       c,
		ready:        cfg.AccessToken,
		clientID:     cfg.ClientID,
		clientSecret: cfg.ClientSecret,
	}
	if !cfg.AccessToken.Empty() {
		l.credential = httpapi.Static{"Authorization": "Bearer " + cfg.AccessToken.Reveal()}
		return l
	}
	l.tokens = &httpapi.TokenCredential{Fetch: l.withClientCredentials, Clock: clk}
	l.credential = l.tokens
	return l
}

// withClientCredentials logs in with the grant of RFC 6749 section 4.4. The vendor documents no login, so neither is the
// authentication method known: the one that discovery offers, else Basic and then the form. Which refusal of the two is
// about the secret nobody can tell; the last one is reported.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-4.4
func (l *login) withClientCredentials(ctx context.Context) (token httpapi.Token, err error) {
	target, err := l.client.endpoints.token(ctx)
	if err != nil {
		return httpapi.Token{}, err
	}
	l.mu.Lock()
	current, worked := l.clientSecret, l.method
	l.mu.Unlock()
	methods := l.methods(target.methods)
	if slices.Contains(methods, worked) {
		methods = methods[:1]
	}
	// A refusal may count towards a lock, so no more are provoked than are left.
	methods = methods[:min(len(methods), l.tokens.RefusalsLeft())]
	for n, method := range methods {
		form := url.Values{"grant_type": {oauth.ClientCredentials}}
		r := oauth.Request("log in with the client credentials", "{token_endpoint}", target.url, method, l.clientID, current, form)
		if token, err = oauth.FetchToken(ctx, l.client.http, r); err == nil {
			l.mu.Lock()
			l.method = method
			l.mu.Unlock()
			l.client.known.Remember(token.Access)
			return token, nil
		}
		if !refusedClient(err) || n == len(methods)-1 {
			return httpapi.Token{}, refusedLogin(err, n+1)
		}
	}
	return httpapi.Token{}, errNoMethod
}

var errNoMethod = errors.New("no authentication method is left to try")

// methods puts the one first that worked for the login. Other clients of the same server are likely to be registered for it too.
func (l *login) methods(all []string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b string) int {
		switch l.method {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return sorted
}

// refusedClient tells that a login was refused in a way that another authentication method may change.
func refusedClient(err error) bool {
	var refusal *httpapi.APIError
	return errors.As(err, &refusal) &&
		(refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusBadRequest && refusal.Code == "invalid_client")
}

// refusedLogin says what was refused; the vendor's own message and identifier stay in the error. An answer
// without words of its own, from a proxy or a wrong host, is no refusal.
func refusedLogin(err error, requests int) error {
	var refusal *httpapi.APIError
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Status {
	case http.StatusUnauthorized:
	case http.StatusBadRequest, http.StatusForbidden:
		if !refusal.Definite || refusal.Code+refusal.Message == "" {
			return err
		}
	default:
		return err
	}
	return &httpapi.RefusedLoginError{What: "the client credentials were refused", Requests: requests, Cause: err}
}
