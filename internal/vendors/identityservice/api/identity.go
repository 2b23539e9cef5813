package api

import (
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// LoginClientID is the client that this credential logs in as: the configured one, else what the configured access token
// says. It makes no request and is "" when the token does not say.
func (c *Client) LoginClientID() string {
	if c.login.clientID != "" {
		return c.login.clientID
	}
	return httpapi.TokenClientID(c.login.ready)
}

// UseLoginSecret makes later logins of clientID use s, after its secret was rotated. It does nothing for any other client
// and for a configured access token. The access token in hand stays in use while it is valid; a 401 renews it.
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
