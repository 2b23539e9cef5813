package api

import (
	"encoding/json"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// The problems of an answer. They are fixed texts: a decoder's own error may quote a part of the body.
const problemShape = "the answer is not the JSON that the vendor documents"

// cspError is the vendor's CspErrorResponse. Every field is optional, and types vary between generations.
type cspError struct {
	Code    string // cspErrorCode, else errorCode
	Message string
	// requestID is requestId, else traceId.
	requestID string
	// ok tells that the body says something that such an error says.
	ok bool
	// own tells that nothing but the vendor's API sends it.
	own bool
}

func readCSPError(body []byte) cspError {
	var fields map[string]json.RawMessage
	if httpapi.Unmarshal(body, &fields) != nil {
		return cspError{}
	}
	text := func(names ...string) string {
		for _, name := range names {
			var s string
			if httpapi.Unmarshal(fields[name], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	e := cspError{Code: text("cspErrorCode", "errorCode"), Message: text("message"), requestID: text("requestId", "traceId")}
	e.ok = e.Code != "" || e.Message != ""
	// Gateways and frameworks send message and statusCode too. What else one of them sends is not called so.
	e.own = given(fields, "message") && given(fields, "statusCode") &&
		(given(fields, "cspErrorCode") || given(fields, "errorCode") || given(fields, "moduleCode") || given(fields, "requestId"))
	return e
}

// given tells that a field is there and not null.
func given(fields map[string]json.RawMessage, name string) bool {
	raw, ok := fields[name]
	return ok && string(raw) != "null"
}

// decodeError is httpapi.Options.DecodeError. Beside the vendor's own shape it knows the error of RFC 6749 section 5.2.
func decodeError(_ http.Header, body []byte) httpapi.VendorError {
	e := readCSPError(body)
	if !e.ok {
		var oauth struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if httpapi.Unmarshal(body, &oauth) == nil {
			e.Code, e.Message = oauth.Error, oauth.Description
		}
	}
	e.Code = httpapi.PlainCode(e.Code)
	return httpapi.VendorError{Code: e.Code, Message: e.Message, RequestID: e.requestID, Own: e.own}
}
