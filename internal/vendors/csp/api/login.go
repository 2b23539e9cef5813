package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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
	apiToken   secret.Value
	clientID   string
	orgID      string

	mu           sync.Mutex
	clientSecret secret.Value
}

func newLogin(cfg Config, c *Client, clk clock.Clock) *login {
	l := &login{
		client:       c,
		ready:        cfg.AccessToken,
		apiToken:     cfg.APIToken,
		clientID:     cfg.ClientID,
		clientSecret: cfg.ClientSecret,
		orgID:        cfg.OrgID,
	}
	switch {
	case !cfg.AccessToken.Empty():
		l.credential = httpapi.Static{"Authorization": "Bearer " + cfg.AccessToken.Reveal()}
		return l
	case !cfg.APIToken.Empty():
		l.tokens = &httpapi.TokenCredential{Fetch: l.withAPIToken, Clock: clk}
	default:
		l.tokens = &httpapi.TokenCredential{Fetch: l.withClientCredentials, Clock: clk}
	}
	l.credential = l.tokens
	return l
}

// withAPIToken exchanges the API token. The token goes into the form: as a query parameter it would be in every log on
// the way.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/auth/api-tokens/authorize/post/
func (l *login) withAPIToken(ctx context.Context) (httpapi.Token, error) {
	r := httpapi.Request{
		Operation: "log in with the API token",
		Template:  "/auth/api-tokens/authorize",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodPost,
		Path:      []string{"auth", "api-tokens", "authorize"},
		Form:      url.Values{"api_token": {l.apiToken.Reveal()}},
		Anonymous: true,
	}
	token, err := l.fetch(ctx, r)
	return token, refusedLogin("the API token was refused", err)
}

// withClientCredentials logs in as an OAuth app. The Basic credentials are raw: the vendor documents plain base64, and
// whether it undoes an escape is not known.
//
// https://developer.vmware.com/apis/csp/csp-iam/v1.0/csp/gateway/am/api/auth/token/post/
func (l *login) withClientCredentials(ctx context.Context) (httpapi.Token, error) {
	l.mu.Lock()
	current := l.clientSecret
	l.mu.Unlock()
	token, err := l.fetch(ctx, tokenRequest("log in with the client credentials", l.clientID, current, l.orgID))
	return token, refusedLogin("the client credentials were refused", err)
}

// tokenRequest asks the token endpoint for a token of a client itself.
func tokenRequest(operation, clientID string, s secret.Value, orgID string) httpapi.Request {
	form := url.Values{"grant_type": {"client_credentials"}}
	if orgID != "" {
		form.Set("orgId", orgID)
	}
	return httpapi.Request{
		Operation: operation,
		Template:  "/auth/token",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodPost,
		Path:      []string{"auth", "token"},
		Form:      form,
		Basic:     &httpapi.BasicAuth{Username: clientID, Password: s},
		Anonymous: true,
	}
}

func (l *login) fetch(ctx context.Context, r httpapi.Request) (httpapi.Token, error) {
	token, err := oauth.FetchToken(ctx, l.client.http, r)
	l.client.known.Remember(token.Access)
	return token, err
}

// refusedLogin says what was refused; the vendor's own message and request id stay in the error. An answer
// without the vendor's own words, from a proxy or a wrong host, is no refusal.
func refusedLogin(what string, err error) error {
	var refusal *httpapi.APIError
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Status {
	case http.StatusUnauthorized:
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		if !refusal.Definite || refusal.Code+refusal.Message == "" {
			return err
		}
	default:
		return err
	}
	return &httpapi.RefusedLoginError{What: what, Requests: 1, Cause: err}
}
