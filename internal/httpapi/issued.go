package httpapi

import (
	"strings"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// ReadClientSecret reads an answer that shows a new secret of clientID once, as clientSecret beside a clientId that may be
// absent. It looks at nothing else: the types of the rest are not described. problem says what is wrong with the answer, as a
// fixed text.
func ReadClientSecret(body []byte, clientID string) (issued secret.Value, problem string) {
	var w struct {
		ClientID     string       `json:"clientId"`
		ClientSecret secret.Value `json:"clientSecret"`
	}
	switch err := Unmarshal(body, &w); {
	case err != nil:
		return secret.Value{}, problemShape
	case w.ClientID != "" && !strings.EqualFold(w.ClientID, clientID):
		return secret.Value{}, "the answer is about another client"
	case w.ClientSecret.Empty():
		return secret.Value{}, "the answer holds no clientSecret, and the vendor shows a new secret only once"
	case strings.ContainsRune(w.ClientSecret.Reveal(), utf8.RuneError):
		// The decoder puts U+FFFD in place of bytes that are no text: not the secret that the vendor stored.
		return secret.Value{}, "the clientSecret in the answer is not valid text"
	}
	return w.ClientSecret, ""
}
