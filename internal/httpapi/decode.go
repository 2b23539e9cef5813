package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxDepth is how deeply an answer may be nested. What the vendors document has five levels.
const maxDepth = 32

var errTooDeep = errors.New("the answer is nested too deeply")

// Unmarshal is json.Unmarshal for what comes from outside. It refuses what is nested deeper than any answer before anything
// is decoded: a decoder that looks at a part of an answer again at each level then takes a small multiple of its length,
// whatever is sent.
func Unmarshal(body []byte, v any) error {
	if !isShallow(body) {
		return errTooDeep
	}
	return json.Unmarshal(unmarked(body), v)
}

// isJSON tells whether body is JSON that Unmarshal would look at.
func isJSON(body []byte) bool { return isShallow(body) && json.Valid(unmarked(body)) }

// unmarked is body without the byte order mark that some servers put in front of UTF-8.
func unmarked(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

// isShallow counts brackets outside of strings.
func isShallow(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return false
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return true
}

// Unusable is the error for a 2xx answer to r that lacks what it must hold; *OutcomeUnknownError for class Once and
// *AnswerError otherwise. cause is a text of our own: that of a decoder may quote the body.
func (c *Client) Unusable(r Request, cause string) error {
	err := errors.New(cause)
	if r.Class == Once {
		return &OutcomeUnknownError{Vendor: c.options.Vendor, Operation: r.Operation, Cause: err}
	}
	return &AnswerError{Vendor: c.options.Vendor, Operation: r.Operation, Cause: err}
}

// Acknowledged is nil when resp may be the vendor's answer to a call of which nothing but success is expected: no body, or
// JSON. A page for people (a sign-on page, a captive portal) does not say that the vendor got the request, so it is Unusable.
func (c *Client) Acknowledged(r Request, resp *Response) error {
	switch body := bytes.TrimSpace(resp.Body); {
	case len(body) == 0 || isJSON(body):
		return nil
	case isHTML(body):
		return c.Unusable(r, messageHTML)
	}
	return c.Unusable(r, messageNotJSON)
}
