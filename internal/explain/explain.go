// Package explain turns errors into diagnostics for people: what was attempted on which client, what the vendor said,
// what is still valid, and what to do. Remedies depend on status and code, never on the text of a message.
package explain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Subject is what an operation was about.
type Subject struct {
	Vendor string // "Cloudflare"
	Noun   string // "OAuth client"
	Client rotation.Client
	// Scope and ID are the attribute names of the two parts of Client.
	Scope, ID string
	// Remedy gives the vendor's own advice for a status, "" for none.
	Remedy func(status int) string
}

// Failure describes err as summary and detail. action completes "Unable to …". unchanged says what is still valid when
// err shows that nothing was changed; "" leaves that sentence out (reads).
func Failure(s Subject, action string, err error, unchanged string) (summary, detail string) {
	parts := []string{s.what(err)}
	if still := stillValid(err, unchanged); still != "" {
		parts = append(parts, still)
	}
	parts = append(parts, Where(s))
	if remedy := s.remedy(err); remedy != "" {
		parts = append(parts, remedy)
	}
	return "Unable to " + action, strings.Join(parts, "\n\n")
}

// Where names the client of s, or the scope when s is about all clients of one.
func Where(s Subject) string {
	if s.Client.ID == "" {
		return fmt.Sprintf("%s = %q.", s.Scope, s.Client.Scope)
	}
	return fmt.Sprintf("%s: %s = %q, %s = %q.", s.Noun, s.ID, s.Client.ID, s.Scope, s.Client.Scope)
}

func (s Subject) what(err error) string {
	var lost *rotation.LostError
	var refused *rotation.RefusedError
	switch {
	case errors.As(err, &lost):
		return Sentence(lost.Cause.Error())
	case errors.As(err, &refused):
		return Sentence(refused.Reason)
	case errors.Is(err, context.Canceled):
		return "The operation was interrupted."
	default:
		return Sentence(err.Error())
	}
}

func stillValid(err error, unchanged string) string {
	var lost *rotation.LostError
	if errors.As(err, &lost) {
		return lost.StillValid
	}
	if httpapi.IsOutcomeUnknown(err) {
		return "Whether it had its effect is not known."
	}
	return unchanged
}

func (s Subject) remedy(err error) string {
	var lost *rotation.LostError
	var refused *rotation.RefusedError
	var api *httpapi.APIError
	var unsent *httpapi.NotSentError
	var unusable *httpapi.AnswerError
	switch {
	case errors.As(err, &lost):
		return lost.Remedy
	case errors.As(err, &refused):
		return refused.Remedy
	case httpapi.IsOutcomeUnknown(err):
		return "Run a plan to see what is valid now; then run the command again."
	case errors.As(err, &api) && api.Credential != "":
		check := fmt.Sprintf("Check %s: the credential is wrong, expired or revoked.", api.Credential)
		if s.Remedy != nil {
			check += " " + s.Remedy(api.Status)
		}
		return strings.TrimSpace(check)
	case errors.As(err, &api):
		if s.Remedy != nil {
			if own := s.Remedy(api.Status); own != "" {
				return own
			}
		}
		if !api.Definite && (api.Status == http.StatusNotFound || api.Status == http.StatusBadRequest) {
			return "Check the addresses and the credential in the provider configuration: this answer is not the API's word on the client."
		}
		return general(api.Status)
	case errors.Is(err, context.Canceled):
		return "Run the command again."
	case errors.Is(err, context.DeadlineExceeded):
		return "Run the command again, or give it more time in the timeouts block."
	case errors.As(err, &unsent):
		return "Check the network, the proxy and the address in the provider configuration; then run the command again."
	case errors.As(err, &unusable):
		return "Check that the address in the provider configuration is that of the API; if it is, run the command again later."
	default:
		return ""
	}
}

func general(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "Check the provider's credential: it is wrong, expired or revoked."
	case status == http.StatusForbidden:
		return "The provider's credential is valid but may not do this; give it the permission."
	case status == http.StatusNotFound:
		return "Check the ids: the client does not exist there, or the credential may not see it."
	case status == http.StatusConflict:
		return "Another change of this client is under way or left open. Wait or finish it, then run the command again."
	case status == http.StatusTooManyRequests:
		return "Run the command again later, lower requests_per_second in the provider configuration, or allow more time in the timeouts block."
	case status >= 500:
		return "The vendor has a problem; run the command again later."
	default:
		return ""
	}
}

// Stem is a sentence without its stop.
func Stem(sentence string) string { return strings.TrimRight(strings.TrimSpace(sentence), ".") }

// Sentence makes a message start with a capital and end with its stop.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "The reason is not known."
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.ContainsAny(text[len(text)-1:], ".?") {
		text += "."
	}
	return text
}
