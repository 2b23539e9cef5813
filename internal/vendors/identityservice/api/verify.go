package api

import (
	"context"
	"slices"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Verifiable is clientID as it can be asked about: by a login of its own, by a random token at the introspection endpoint that
// discovery names, and by a random authorization code; none of them changes anything. An accept does not say which of
// several live secrets it was.
//
// The vendor documents none of this, so it rests on RFC 6749 section 5.2.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-5.2
func (c *Client) Verifiable(clientID string) verify.Client {
	v := verify.Client{
		ID:    clientID,
		Wrong: oauth.WrongSecret,
		Ask: func(ctx context.Context, w verify.Way, s secret.Value) verify.Answer {
			return c.try(ctx, w, clientID, s)
		},
	}
	if clientID == "" {
		return v
	}
	for _, grant := range []string{oauth.ClientCredentials, oauth.Introspection, oauth.AuthorizationCode} {
		for _, method := range c.login.methods(oauth.Methods(nil)) {
			v.Ways = append(v.Ways, verify.Way{Grant: grant, Method: method})
		}
	}
	return v
}

func (c *Client) try(ctx context.Context, w verify.Way, clientID string, s secret.Value) verify.Answer {
	c.known.Remember(s)
	target, err := c.endpoints.token(ctx)
	if err != nil {
		return verify.Answer{}
	}
	template := "{token_endpoint}"
	if w.Grant == oauth.Introspection {
		template = "{introspection_endpoint}"
		if target = c.endpoints.introspection(ctx); target.url == "" {
			return verify.Answer{Outcome: verify.Impossible}
		}
	}
	if target.noSecrets || !slices.Contains(target.methods, w.Method) {
		return verify.Answer{Outcome: verify.Impossible}
	}
	r := oauth.Request("verify the client secret", template, target.url, w.Method, clientID, s, oauth.TrialForm(w.Grant))
	return oauth.Try(ctx, c.http, r, func(status int, body []byte) verify.Answer {
		return oauth.Classify(w.Grant, status, body)
	})
}
