package simulator

import (
	"net/http"
	"slices"
	"time"
)

// Paths below the base path. The vendor names none of them; clients have to
// learn them from the discovery document.
const (
	oidcDiscovery     = ".well-known/openid-configuration"
	oidcToken         = "connect/token"
	oidcIntrospection = "connect/introspect"
	oidcRevocation    = "connect/revocation"
)

func (v *IdentityServiceState) routeOIDC(c *call, path string) bool {
	switch path {
	case oidcDiscovery:
		if c.method == http.MethodGet {
			c.op, c.run = opIdentityServiceDiscovery, v.handleDiscovery
		}
		return true
	case oidcToken:
		c.op, c.run = opIdentityServiceToken, v.handleToken
	case oidcIntrospection:
		c.op, c.run = opIdentityServiceIntrospect, v.handleIntrospect
	case oidcRevocation:
		c.op, c.run = opIdentityServiceRevoke, v.handleRevoke
	default:
		return false
	}
	if c.method != http.MethodPost {
		c.op, c.run = opUnknown, methodNotAllowed(v.sim)
		return true
	}
	c.target = c.form().Get("client_id")
	if id, _, ok := c.basic(true); ok {
		c.target = id
	}
	return true
}

func (v *IdentityServiceState) handleDiscovery(c *call, _ time.Time) reply {
	if v.Switches.NoDiscovery {
		return htmlReply(http.StatusNotFound, "")
	}
	base := c.scheme + "://" + c.host + IdentityServiceBasePath + "/"
	document := map[string]any{
		"issuer":                                base,
		"token_endpoint":                        base + oidcToken,
		"introspection_endpoint":                base + oidcIntrospection,
		"revocation_endpoint":                   base + oidcRevocation,
		"authorization_endpoint":                base + "connect/authorize",
		"grant_types_supported":                 []string{"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": v.Switches.TokenEndpoint.OfferedMethods,
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
	}
	if v.Switches.TokenEndpoint.OfferedMethods == nil {
		delete(document, "token_endpoint_auth_methods_supported")
	}
	if v.Switches.TokenEndpoint.ForeignIssuer {
		document["issuer"] = "https://issuer.example.invalid/"
	}
	return jsonReply(http.StatusOK, document)
}

func (v *IdentityServiceState) handleToken(c *call, now time.Time) reply {
	grant := c.form().Get("grant_type")
	if v.Switches.TokenEndpoint.GrantFirst && !v.mayUse(c.target, grant) {
		return oauthFailure(http.StatusBadRequest, v.Switches.TokenEndpoint.GrantError, "This client may not use the grant type.")
	}
	x, refusal := v.client(c, now)
	if x == nil {
		return refusal
	}
	switch {
	case grant == "":
		return oauthFailure(http.StatusBadRequest, "invalid_request", "The mandatory grant_type is missing.")
	case grant != "client_credentials" && grant != "authorization_code":
		return oauthFailure(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
	case !slices.Contains(x.grants, grant):
		return oauthFailure(http.StatusBadRequest, v.Switches.TokenEndpoint.GrantError, "This client may not use the grant type.")
	case grant == "authorization_code":
		return oauthFailure(http.StatusBadRequest, "invalid_grant", "The specified token is invalid.")
	}
	lifetime := v.Switches.TokenLifetime
	claims := map[string]any{
		"iss": c.scheme + "://" + c.host + IdentityServiceBasePath + "/",
		"sub": x.id, "azp": x.id, "client_id": x.id, "tenant": x.tenant,
	}
	if x.manage {
		claims["role"] = []string{"ids:app_admin"}
	}
	token := v.sim.issueToken(accessToken{vendor: IdentityService, clientID: x.id, manage: x.manage}, claims, now, lifetime)
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int64(lifetime / time.Second),
	})
}

// mayUse tells whether any application of that id may use a grant.
func (v *IdentityServiceState) mayUse(id, grant string) bool {
	for k, x := range v.apps {
		if k.id == id && !x.removed && slices.Contains(x.grants, grant) {
			return true
		}
	}
	return false
}

func (v *IdentityServiceState) handleIntrospect(c *call, now time.Time) reply {
	if v.Switches.TokenEndpoint.OpenIntrospection {
		return jsonReply(http.StatusOK, map[string]any{"active": false})
	}
	x, refusal := v.client(c, now)
	if x == nil {
		return refusal
	}
	raw := c.form().Get("token")
	if raw == "" {
		return oauthFailure(http.StatusBadRequest, "invalid_request", "The mandatory token is missing.")
	}
	token := v.sim.tokens[raw]
	if !token.valid(IdentityService, now) || token.clientID != x.id {
		return jsonReply(http.StatusOK, map[string]any{"active": false})
	}
	return jsonReply(http.StatusOK, map[string]any{
		"active": true, "client_id": token.clientID, "sub": token.clientID, "exp": token.expires.Unix(),
	})
}

func (v *IdentityServiceState) handleRevoke(c *call, now time.Time) reply {
	x, refusal := v.client(c, now)
	if x == nil {
		return refusal
	}
	if token := v.sim.tokens[c.form().Get("token")]; token != nil && token.vendor == IdentityService && token.clientID == x.id {
		token.revoked = true
	}
	return emptyReply(http.StatusOK)
}

// client authenticates an application by form or Basic. The endpoints belong
// to no tenant, so that only the secret tells apart two applications of the
// same id.
func (v *IdentityServiceState) client(c *call, now time.Time) (*application, reply) {
	form := c.form()
	id, secret, isBasic := c.basic(v.Switches.Basic != BasicRaw)
	method := AuthMethodBasic
	if !isBasic {
		method = AuthMethodPost
		id, secret = form.Get("client_id"), form.Get("client_secret")
	} else if form.Get("client_secret") != "" {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_request", "Multiple client credentials cannot be specified.")
	}
	if id == "" {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_request", "The mandatory client_id is missing.")
	}
	for k, x := range v.apps {
		if k.id == id && !x.removed && (x.method == "" || x.method == method) && x.secrets.authenticates(secret, now) {
			return x, reply{}
		}
	}
	status := v.Switches.WrongSecretStatus
	return nil, v.Switches.TokenEndpoint.refusal(status, jsonReply(status, map[string]string{
		"error": "invalid_client", "error_description": "The specified client credentials are invalid.",
		"error_uri": "https://documentation.openiddict.com/errors/ID2055",
	}))
}
