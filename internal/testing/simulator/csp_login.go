package simulator

import (
	"net/http"
	"slices"
	"time"
)

func (v *CSPState) routeAuth(c *call, path string) {
	if c.method != http.MethodPost {
		return
	}
	switch path {
	case "api-tokens/authorize":
		c.op, c.run = opCSPLoginAPIToken, v.handleAPIToken
		return
	case "token":
		c.op, c.run = opCSPToken, v.handleToken
	case "introspect":
		c.op, c.run = opCSPIntrospect, v.handleIntrospect
	default:
		return
	}
	if id, _, ok := c.basic(true); ok {
		c.target = id
	}
	if c.op == opCSPToken && c.target == CSPLoginClientID {
		c.op = opCSPLoginClientCredentials
	}
}

// handleAPIToken is the login of a user, who belongs to no app.
func (v *CSPState) handleAPIToken(c *call, now time.Time) reply {
	form := c.form()
	token := form.Get("api_token")
	if token == "" {
		token = form.Get("refresh_token")
	}
	if token == "" {
		return v.failure(http.StatusBadRequest, "", "")
	}
	if token != CSPAPIToken {
		return v.failure(v.Switches.RefusedAPITokenStatus, "540.120-340.800", "invalid_grant: Invalid refresh token: xxxx")
	}
	return v.tokenReply(accessToken{vendor: CSP, manage: true}, map[string]any{
		"iss": "https://gaz.example.invalid", "sub": "example.invalid:fake-user-0001", "acct": "user@example.invalid",
	}, CSPAPIToken, now)
}

func (v *CSPState) tokenReply(t accessToken, claims map[string]any, refresh any, now time.Time) reply {
	lifetime := v.Switches.TokenLifetime
	token := v.sim.issueToken(t, claims, now, lifetime)
	return jsonReply(http.StatusOK, map[string]any{
		"id_token": nil, "token_type": "bearer", "expires_in": int64(lifetime / time.Second),
		"scope": "csp:org_owner", "access_token": token, "refresh_token": refresh,
	})
}

// handleToken is the login of an app.
func (v *CSPState) handleToken(c *call, now time.Time) reply {
	if v.Switches.GrantFirst && !v.mayUse(c.target, c.form().Get("grant_type")) {
		return v.failure(http.StatusBadRequest, "540.220", "unauthorized_client: Unauthorized grant type")
	}
	x, refusal := v.basicClient(c, now)
	if x == nil {
		return refusal
	}
	form := c.form()
	switch {
	case form.Get("grant_type") != "client_credentials":
		return v.failure(http.StatusBadRequest, "540.210", "unsupported_grant_type: Unsupported grant type")
	case !slices.Contains(x.GrantTypes, "client_credentials"):
		return v.failure(http.StatusBadRequest, "540.220", "unauthorized_client: Unauthorized grant type")
	case form.Get("orgId") != "" && form.Get("orgId") != x.org:
		return v.failure(http.StatusForbidden, "540.230", "invalid_request: The client does not belong to the organization")
	}
	return v.tokenReply(accessToken{vendor: CSP, clientID: x.id, parent: x.org, manage: x.CanManage}, map[string]any{
		"iss": "https://gaz.example.invalid", "sub": x.id, "azp": x.id, "client_id": x.id, "context_name": x.org,
	}, nil, now)
}

// mayUse tells whether any app of that id may use a grant.
func (v *CSPState) mayUse(id, grant string) bool {
	for k, x := range v.apps {
		if k.id == id && !x.deleted && slices.Contains(x.GrantTypes, grant) {
			return true
		}
	}
	return false
}

// handleIntrospect answers about refresh tokens, of which there are none.
func (v *CSPState) handleIntrospect(c *call, now time.Time) reply {
	x, refusal := v.basicClient(c, now)
	if x == nil {
		return refusal
	}
	if c.form().Get("token") == "" {
		return v.failure(http.StatusBadRequest, "", "")
	}
	return jsonReply(http.StatusOK, map[string]any{"active": false})
}

// basicClient authenticates an app by its Basic header, the only way there is.
func (v *CSPState) basicClient(c *call, now time.Time) (*cspApp, reply) {
	if c.header.Get("Authorization") == "" {
		return nil, v.failure(http.StatusUnauthorized, "250.100", "Missing mandatory request header: authorization")
	}
	id, secret, ok := c.basic(v.Switches.Basic == BasicURLDecoded)
	if !ok {
		return nil, v.failure(http.StatusBadRequest, "250.110", "Malformed request header: authorization")
	}
	introspect := c.op == opCSPIntrospect
	for k, x := range v.apps {
		switch {
		case k.id != id || x.deleted:
		case introspect && x.Public && secret == "",
			introspect && v.Switches.IntrospectIgnoresPassword,
			x.secrets.authenticates(secret, now):
			return x, reply{}
		}
	}
	message := "invalid_client: Invalid client credentials"
	if v.Switches.WrongSecretMessage == WrongSecretUnknownText {
		message = "The request was refused"
	}
	return nil, v.failure(v.Switches.WrongSecretStatus, "540.200", message)
}
