package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// The values of OAuthClient.TokenEndpointAuthMethod.
const (
	AuthMethodNone  = "none"
	AuthMethodBasic = "client_secret_basic"
	AuthMethodPost  = "client_secret_post"
)

// Probe is a question to the token endpoint: does it accept this secret?
type Probe struct {
	ClientID string
	Secret   secret.Value
	// AuthMethod is how the client is registered: the endpoint refuses a right secret that is sent in another way.
	AuthMethod string
	// RedirectURI is one that is registered; "" leaves it out.
	RedirectURI string
}

// Probe asks the token endpoint with a random authorization code, which changes nothing: the client is authenticated
// before the code is looked at, so invalid_grant accepts the secret and invalid_client refuses it. Every other answer, and
// no answer, is verify.Inconclusive without an error; so is a probe that is incomplete or names no method that sends a
// secret. The only error is the end of ctx. Accepted does not say which of the two live secrets it was.
//
// https://developers.cloudflare.com/fundamentals/oauth/integrate-with-cloudflare/
func (c *Client) Probe(ctx context.Context, p Probe) (verify.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return verify.Inconclusive, err
	}
	r, ok := p.request()
	if !ok {
		return verify.Inconclusive, nil
	}
	c.known.Remember(p.Secret)
	resp, err := c.token.Do(ctx, r)
	if ended := ctx.Err(); ended != nil {
		return verify.Inconclusive, ended
	}
	if err != nil {
		return verify.Inconclusive, nil //nolint:nilerr // no answer says nothing about the secret
	}
	return probed(resp.Status, resp.Body), nil
}

func (p Probe) request() (r httpapi.Request, ok bool) {
	if p.ClientID == "" || p.Secret.Empty() {
		return httpapi.Request{}, false
	}
	form := url.Values{
		"grant_type": {"authorization_code"},
		// rand.Text has at least 128 random bits: it is nobody's code.
		"code": {rand.Text()},
	}
	if p.RedirectURI != "" {
		form.Set("redirect_uri", p.RedirectURI)
	}
	r = httpapi.Request{
		Operation: "try the client secret",
		Template:  "{token_url}",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodPost,
		Form:      form,
		Anonymous: true,
		Accept:    []int{http.StatusBadRequest, http.StatusUnauthorized},
	}
	switch p.AuthMethod {
	case AuthMethodBasic:
		// RFC 6749 section 2.3.1: both are form-encoded before they become Basic credentials.
		r.Basic = &httpapi.BasicAuth{
			Username: url.QueryEscape(p.ClientID),
			Password: secret.New(url.QueryEscape(p.Secret.Reveal())),
		}
	case AuthMethodPost:
		form.Set("client_id", p.ClientID)
		form.Set("client_secret", p.Secret.Reveal())
	default:
		return httpapi.Request{}, false
	}
	return r, true
}

// probed is the verdict of one answer.
func probed(status int, body []byte) verify.Verdict {
	switch code := oauthError(body).Error; {
	case status == http.StatusBadRequest && code == "invalid_grant":
		return verify.Accepted
	case status == http.StatusUnauthorized && code == "invalid_client":
		return verify.Refused
	}
	return verify.Inconclusive
}

// oauthFailure is the error of RFC 6749 section 5.2.
type oauthFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// oauthCodePattern is what the code of an oauthFailure looks like: "invalid_grant". Anything else may be an echo.
var oauthCodePattern = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,40}$`)

// oauthError reads body; what is not such an error gives the zero value.
func oauthError(body []byte) oauthFailure {
	var failure oauthFailure
	if httpapi.Unmarshal(body, &failure) != nil {
		return oauthFailure{}
	}
	if !oauthCodePattern.MatchString(failure.Error) {
		failure.Error = ""
	}
	return failure
}
