package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// problemShape is a fixed text, like every problem of an answer: a decoder's own error may quote a part of the body.
const problemShape = "the answer is not the JSON that the vendor documents"

// codePattern is what a code looks like: "403", "invalid_client". Anything else is no code and may be an echo.
var codePattern = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,40}$`)

// decodeError is httpapi.Options.DecodeError. One decoder reads the vendor's two shapes (ProblemDetails, and the one with
// identifier and responseCode) and the error of RFC 6749 section 5.2, because none of them is documented for every status.
func decodeError(_ http.Header, body []byte) (code, message, requestID string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return "", "", ""
	}
	text := func(names ...string) string {
		for _, name := range names {
			var s string
			if json.Unmarshal(fields[name], &s) == nil && strings.TrimSpace(s) != "" {
				return s
			}
		}
		return ""
	}
	code = text("responseCode", "error")
	if !codePattern.MatchString(code) {
		code = ""
	}
	message = text("detail", "message", "error_description", "title")
	if details := texts(fields["errors"]); len(details) > 0 {
		message = strings.TrimPrefix(message+": "+strings.Join(details, "; "), ": ")
	}
	return code, message, text("identifier")
}

// texts collects every text in raw, whose elements the vendor does not describe: strings, or objects that hold some. They
// are decoded, so that an escape does not hide a secret from the scrubber.
func texts(raw json.RawMessage) []string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s = strings.TrimSpace(s); s != "" {
			return []string{s}
		}
		return nil
	}
	var found []string
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for _, element := range list {
			found = append(found, texts(element)...)
		}
		return found
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil {
		names := make([]string, 0, len(object))
		for name := range object {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			found = append(found, texts(object[name])...)
		}
	}
	return found
}
