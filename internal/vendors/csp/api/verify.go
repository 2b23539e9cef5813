package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Verifiable is clientID as it can be asked about: by a login of its own, which needs the grant client_credentials, and by a
// random token at the introspection endpoint. The app must exist and must not be public. An accept does not say which of two
// live secrets it was. The vendor takes the credentials in the header alone.
//
// How the vendor refuses a wrong secret is not documented, and neither is that the introspection endpoint refuses one at all.
//
// https://developer.vmware.com/apis/csp/csp-iam/v1.0/csp/gateway/am/api/auth/token/post/
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/auth/introspect/post/
func (c *Client) Verifiable(clientID string) verify.Client {
	v := verify.Client{
		ID:    clientID,
		Wrong: func() (secret.Value, error) { return GenerateSecret(rand.Reader) },
		Ask: func(ctx context.Context, w verify.Way, s secret.Value) verify.Answer {
			c.known.Remember(s)
			return oauth.Try(ctx, c.http, trial(w.Grant, clientID, s), func(status int, body []byte) verify.Answer {
				return classify(w.Grant, status, body)
			})
		},
	}
	if clientID != "" && !strings.Contains(clientID, ":") {
		v.Ways = []verify.Way{{Grant: oauth.ClientCredentials, Method: oauth.Basic}, {Grant: oauth.Introspection, Method: oauth.Basic}}
	}
	return v
}

func trial(grant, clientID string, s secret.Value) httpapi.Request {
	r := tokenRequest("verify the client secret", clientID, s, "")
	if grant == oauth.Introspection {
		r.Template = "/auth/introspect"
		r.Path = []string{"auth", "introspect"}
		r.Form = oauth.TrialForm(grant)
	}
	return r
}

// missingHeader is the vendor's code for a request without credentials: a fault of this client, not of the secret.
const missingHeader = "250.100"

// complaints begin the messages about the client or the request, whose secret may be right.
var complaints = []string{"unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"}

// classify says what an answer tells about the secret that was sent. A refusal that the vendor words as one is one; any other
// of its errors is one if a wrong secret gets the same.
func classify(grant string, status int, body []byte) verify.Answer {
	failure := readCSPError(body)
	if !failure.ok {
		if grant == oauth.Introspection && status == http.StatusOK && introspected(body) {
			return verify.Answer{Outcome: verify.Indicated, Status: status}
		}
		return oauth.Classify(grant, status, body)
	}
	a := verify.Answer{Outcome: verify.Unclear, Status: status, Code: failure.Code}
	a.Code = httpapi.PlainCode(a.Code)
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound:
	default:
		return a
	}
	message := strings.ToLower(strings.TrimSpace(failure.Message))
	switch {
	case failure.Code == missingHeader:
		return a
	case strings.HasPrefix(message, "invalid_client"), strings.Contains(message, "unauthorized client credentials"):
		a.Outcome = verify.Refusal
		return a
	}
	for _, complaint := range complaints {
		if strings.HasPrefix(message, complaint) {
			return verify.Answer{Outcome: verify.Complaint, Status: status, Code: complaint}
		}
	}
	if !failure.own {
		return a // a gateway's, which says nothing about the secret
	}
	a.Outcome = verify.PossibleRefusal
	if a.Code == "" {
		a.Text = failure.Message
	}
	return a
}

// introspected tells the answer about a token that is none. Whether it is one about an active token is not documented to
// depend on anything, so the field alone counts.
func introspected(body []byte) bool {
	var w struct {
		Active *bool `json:"active"`
	}
	return httpapi.Unmarshal(body, &w) == nil && w.Active != nil
}
