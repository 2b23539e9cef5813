package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// TokenClientID reads the client out of a JWT without verifying it: the answer only guards against rotating the
// provider's own credential. The subject comes last: it is a user in many tokens, and then no client has its id.
func TokenClientID(token secret.Value) string {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims map[string]json.RawMessage
	if Unmarshal(payload, &claims) != nil {
		return ""
	}
	for _, name := range []string{"azp", "client_id", "cid", "sub"} {
		var id string
		if Unmarshal(claims[name], &id) == nil && id != "" {
			return id
		}
	}
	return ""
}
