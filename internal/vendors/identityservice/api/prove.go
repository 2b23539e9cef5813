package api

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Prove asks the token endpoint whether it accepts s as a secret of clientID. An application without the grant
// client_credentials is asked with a random token at the introspection endpoint that discovery names, and without one with
// a random authorization code; neither changes anything. Accepted does not say which of several live secrets it was.
//
// The vendor documents none of this, so it rests on RFC 6749 section 5.2: only invalid_client refuses a secret. Everything
// else, and no answer, is verify.Inconclusive without an error. The only error is the end of ctx.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-5.2
func (c *Client) Prove(ctx context.Context, clientID string, s secret.Value) (verify.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return verify.Inconclusive, err
	}
	if clientID == "" || s.Empty() {
		return verify.Inconclusive, nil
	}
	c.known.Remember(s)
	endpoint, err := c.endpoints.token(ctx)
	if err != nil {
		return verify.Inconclusive, ctx.Err()
	}

	r := tokenRequest("try the client secret", endpoint, clientID, s)
	r.Form.Set("grant_type", "client_credentials")
	verdict, noGrant := c.ask(ctx, r, byToken)
	if noGrant {
		verdict = c.proveWithoutGrant(ctx, endpoint, clientID, s)
	}
	if err := ctx.Err(); err != nil {
		return verify.Inconclusive, err
	}
	return verdict, nil
}

func (c *Client) proveWithoutGrant(ctx context.Context, endpoint, clientID string, s secret.Value) verify.Verdict {
	// rand.Text has at least 128 random bits: it is nobody's token and nobody's code.
	if introspection := c.endpoints.introspection(ctx); introspection != "" {
		r := tokenRequest("try the client secret", introspection, clientID, s)
		r.Template = "{introspection_endpoint}"
		r.Form.Set("token", rand.Text())
		verdict, _ := c.ask(ctx, r, byIntrospection)
		return verdict
	}
	r := tokenRequest("try the client secret", endpoint, clientID, s)
	r.Form.Set("grant_type", "authorization_code")
	r.Form.Set("code", rand.Text())
	verdict, _ := c.ask(ctx, r, byCode)
	return verdict
}

// ask sends one probe. noGrant tells that the application may not use the grant of this probe.
func (c *Client) ask(ctx context.Context, r httpapi.Request, kind probeKind) (verdict verify.Verdict, noGrant bool) {
	r.Accept = []int{http.StatusBadRequest, http.StatusUnauthorized}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return verify.Inconclusive, false
	}
	return kind.classify(resp.Status, resp.Body)
}

// probeKind is what a probe asks with, and so what an accept looks like.
type probeKind int

const (
	byToken probeKind = iota
	byIntrospection
	byCode
)

func (k probeKind) classify(status int, body []byte) (verdict verify.Verdict, noGrant bool) {
	var w struct {
		Error  string `json:"error"`
		Active *bool  `json:"active"`
	}
	if httpapi.Unmarshal(body, &w) != nil {
		return verify.Inconclusive, false
	}
	if status == http.StatusOK {
		_, problem := httpapi.ReadToken(body)
		if k == byToken && problem == "" || k == byIntrospection && w.Active != nil && !*w.Active {
			return verify.Accepted, false
		}
		return verify.Inconclusive, false
	}
	if status != http.StatusBadRequest && status != http.StatusUnauthorized {
		return verify.Inconclusive, false
	}
	switch w.Error {
	case "invalid_client":
		return verify.Refused, false
	case "invalid_grant":
		if k == byCode && status == http.StatusBadRequest {
			return verify.Accepted, false
		}
	case "unauthorized_client", "unsupported_grant_type":
		return verify.Inconclusive, true
	}
	return verify.Inconclusive, false
}
