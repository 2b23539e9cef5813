package api

import (
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// LoginClientID is the client that this credential logs in as: the configured one, else what the access token in hand
// says. It makes no request and is "" when it is not known, for example before the first login with an API token.
func (c *Client) LoginClientID() string {
	if c.login.clientID != "" {
		return c.login.clientID
	}
	token := c.login.ready
	if c.login.tokens != nil {
		token, _ = c.login.tokens.Cached()
	}
	return httpapi.TokenClientID(token)
}

// UseLoginSecret makes later logins of clientID use s, after its secret was rotated. It does nothing for any other client
// and for credentials without a secret. The access token in hand stays in use while it is valid; a 401 renews it.
func (c *Client) UseLoginSecret(clientID string, s secret.Value) {
	if c.login.clientID == "" || clientID != c.login.clientID || s.Empty() {
		return
	}
	c.known.Remember(s)
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	c.login.clientSecret = s
	c.login.tokens.SecretChanged()
}
