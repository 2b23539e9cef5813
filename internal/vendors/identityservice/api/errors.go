package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// problemShape is a fixed text, like every problem of an answer: a decoder's own error may quote a part of the body.
const problemShape = "the answer is not the JSON that the vendor documents"

// decodeError is httpapi.Options.DecodeError. One decoder reads the vendor's two forms (ProblemDetails, and the one with
// identifier and responseCode) and the error of RFC 6749 section 5.2, because none of them is documented for every status.
func decodeError(_ http.Header, body []byte) httpapi.VendorError {
	var fields map[string]json.RawMessage
	if httpapi.Unmarshal(body, &fields) != nil {
		return httpapi.VendorError{}
	}
	text := func(names ...string) string {
		for _, name := range names {
			var s string
			if httpapi.Unmarshal(fields[name], &s) == nil && strings.TrimSpace(s) != "" {
				return s
			}
		}
		return ""
	}
	said := httpapi.VendorError{
		Code:      text("responseCode", "error"),
		Message:   text("detail", "message", "error_description", "title"),
		RequestID: text("identifier"),
		Own:       isOwn(fields),
	}
	said.Code = httpapi.PlainCode(said.Code)
	var details any
	_ = httpapi.Unmarshal(fields["errors"], &details)
	if found := texts(nil, details); len(found) > 0 {
		said.Message = strings.TrimPrefix(said.Message+": "+strings.Join(found, "; "), ": ")
	}
	return said
}

// The members of the two documented forms. Every value but that of identifier may be null, so the names tell; traceId is
// what the framework of such a service adds to ProblemDetails.
var (
	problemMembers = []string{"type", "title", "status", "detail", "instance", "errors", "traceId"}
	ownMembers     = []string{"type", "identifier", "message", "responseCode", "errors"}
)

// isOwn tells that an error has one of the documented forms: the members that make it, and none of another's. Gateways send
// ProblemDetails too, with members of their own.
func isOwn(fields map[string]json.RawMessage) bool {
	has := func(required ...string) bool {
		return !slices.ContainsFunc(required, func(name string) bool { return fields[name] == nil })
	}
	only := func(known []string) bool {
		for name := range fields {
			if !slices.Contains(known, name) {
				return false
			}
		}
		return true
	}
	return has("type", "title", "status") && only(problemMembers) ||
		has("identifier", "message", "responseCode") && only(ownMembers)
}

// maxTexts bounds the texts that are collected; a message is cut long before.
const maxTexts = 20

// texts adds every text in value, whose elements the vendor does not describe: strings, or objects that hold some. They are
// decoded, so that an escape does not hide a secret from the scrubber.
func texts(found []string, value any) []string {
	if len(found) >= maxTexts {
		return found
	}
	switch value := value.(type) {
	case string:
		if value = strings.TrimSpace(value); value != "" {
			found = append(found, value)
		}
	case []any:
		for _, element := range value {
			found = texts(found, element)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = texts(found, value[name])
		}
	}
	return found
}
