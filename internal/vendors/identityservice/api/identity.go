package api

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// LoginClientID is the client that this credential logs in as: the configured one, else what the configured access token
// says. It makes no request and is "" when the token does not say.
func (c *Client) LoginClientID() string {
	if c.login.clientID != "" {
		return c.login.clientID
	}
	return tokenClientID(c.login.ready)
}

// UseLoginSecret makes later logins of clientID use s, after its secret was rotated. It does nothing for any other client
// and for a configured access token. The access token in hand stays in use while it is valid; a 401 renews it.
func (c *Client) UseLoginSecret(clientID string, s secret.Value) {
	if c.login.clientID == "" || clientID != c.login.clientID || s.Empty() {
		return
	}
	c.known.remember(s)
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	c.login.clientSecret = s
}

// tokenClientID reads the client out of a JWT without verifying it: the answer only guards against rotating the
// provider's own credential. The subject is no evidence; it is a user in many tokens. An encrypted token says nothing.
func tokenClientID(token secret.Value) string {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	for _, name := range []string{"azp", "client_id", "cid"} {
		var id string
		if json.Unmarshal(claims[name], &id) == nil && id != "" {
			return id
		}
	}
	return ""
}
