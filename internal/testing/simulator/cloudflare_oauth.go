package simulator

import (
	"net/http"
	"time"
)

func (v *CloudflareState) routeOAuth(c *call) {
	if c.method != http.MethodPost {
		return
	}
	c.op = opCloudflareToken
	if c.path == CloudflareRevokePath {
		c.op = opCloudflareRevoke
	}
	c.target = c.form().Get("client_id")
	if id, _, ok := c.basic(true); ok {
		c.target = id
	}
	c.run = v.handleOAuth
}

// handleOAuth authenticates the client before it looks at anything else, as
// the engine behind the service does. No code and no token ever exists here.
func (v *CloudflareState) handleOAuth(c *call, now time.Time) reply {
	form := c.form()
	id, secret, isBasic := c.basic(true)
	method := AuthMethodBasic
	if !isBasic {
		id, secret, method = form.Get("client_id"), form.Get("client_secret"), AuthMethodPost
	}
	if !v.authenticates(id, secret, method, now) {
		return oauthFailure(v.Switches.RefusalStatus, "invalid_client", "Client authentication failed")
	}
	if c.op == opCloudflareRevoke {
		if form.Get("token") == "" {
			return oauthFailure(http.StatusBadRequest, "invalid_request", "The token is missing")
		}
		return emptyReply(http.StatusOK)
	}
	switch form.Get("grant_type") {
	case "authorization_code", "refresh_token":
		return oauthFailure(http.StatusBadRequest, "invalid_grant", "The grant is invalid or expired")
	case "client_credentials":
		return oauthFailure(http.StatusBadRequest, "unauthorized_client", "The client may not use this grant")
	case "":
		return oauthFailure(http.StatusBadRequest, "invalid_request", "The grant_type is missing")
	}
	return oauthFailure(http.StatusBadRequest, "unsupported_grant_type", "The grant_type is not supported")
}

func (v *CloudflareState) authenticates(id, secret, method string, now time.Time) bool {
	for k, x := range v.clients {
		if k.id == id && !x.deleted && x.AuthMethod == method && v.accepts(x, secret, now) {
			return true
		}
	}
	return false
}

// accepts is what the token endpoint says of a secret, which need not be the
// truth while a rotation is open.
func (v *CloudflareState) accepts(x *cloudflareClient, value string, now time.Time) bool {
	if !x.secrets.authenticates(value, now) {
		return false
	}
	live := x.secrets.live(now)
	if len(live) < 2 {
		return true
	}
	current := live[len(live)-1]
	switch v.Switches.Overlap {
	case OverlapOldRefused:
		return value == current.value
	case OverlapNewRefused:
		return value != current.value || !now.Before(current.created.Add(v.Switches.NewRefusedFor))
	case OverlapBothRefused:
		return false
	}
	return true
}

func oauthFailure(status int, code, description string) reply {
	return jsonReply(status, map[string]string{"error": code, "error_description": description})
}
