package api

import (
	"context"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// The values of OAuthClient.TokenEndpointAuthMethod.
const (
	AuthMethodNone  = "none"
	AuthMethodBasic = oauth.Basic
	AuthMethodPost  = oauth.Post
)

// Verifiable is client as it can be asked about: by a random authorization code, which changes nothing. The client is
// authenticated before the code is looked at (observed on the live endpoint), so invalid_grant accepts a secret and
// invalid_client refuses it. The endpoint refuses a right secret that is sent in another way than the client is registered
// for. An accept does not say which of the two live secrets it was.
//
// https://developers.cloudflare.com/fundamentals/oauth/integrate-with-cloudflare/
func (c *Client) Verifiable(client OAuthClient) verify.Client {
	v := verify.Client{
		ID:    client.ClientID,
		Wrong: oauth.WrongSecret,
		Ask: func(ctx context.Context, w verify.Way, s secret.Value) verify.Answer {
			c.known.Remember(s)
			form := oauth.TrialForm(w.Grant)
			if len(client.RedirectURIs) > 0 {
				form.Set("redirect_uri", client.RedirectURIs[0])
			}
			r := oauth.Request("verify the client secret", "{token_url}", c.tokenURL, w.Method, client.ClientID, s, form)
			return oauth.Try(ctx, c.token, r, classify)
		},
	}
	method := client.TokenEndpointAuthMethod
	if client.ClientID != "" && (method == AuthMethodBasic || method == AuthMethodPost) {
		v.Ways = []verify.Way{{Grant: oauth.AuthorizationCode, Method: method}}
	}
	return v
}

// classify is oauth.Classify for an endpoint that is known to authenticate before it looks at the code.
func classify(status int, body []byte) verify.Answer {
	a := oauth.Classify(oauth.AuthorizationCode, status, body)
	if a.Outcome == verify.Indicated && status == http.StatusBadRequest {
		a.Outcome = verify.Authenticated
	}
	return a
}
