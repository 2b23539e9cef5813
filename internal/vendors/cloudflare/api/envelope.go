package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
)

// The problems of an answer. They are fixed texts: a decoder's own error may quote a part of the body.
const (
	problemShape   = "the answer is not the JSON that the vendor documents"
	problemSuccess = "the answer does not say that the request succeeded"
	problemResult  = "the answer holds no result"
)

// envelope is around every answer of the API. What few methods look at stays raw, so that no value of it makes the rest
// unreadable.
type envelope[T any] struct {
	Success    json.RawMessage `json:"success"`
	Result     *T              `json:"result"`
	ResultInfo json.RawMessage `json:"result_info"`
}

func (e envelope[T]) succeeded() bool { return string(e.Success) == "true" }

// open reads body as an envelope that must say success and hold a result. problem is "" when it does.
func open[T any](body []byte) (e envelope[T], problem string) {
	switch err := httpapi.Unmarshal(body, &e); {
	case err != nil:
		return envelope[T]{}, problemShape
	case !e.succeeded():
		return envelope[T]{}, problemSuccess
	case e.Result == nil:
		return envelope[T]{}, problemResult
	}
	return e, ""
}

// failed is httpapi.Options.Failed: the vendor says no with a 2xx. An answer that says no and yet holds a new secret is
// no plain refusal; it is left to the method, which then reports an unknown outcome.
func failed(body []byte) bool {
	var e envelope[json.RawMessage]
	if err := httpapi.Unmarshal(body, &e); err != nil || string(e.Success) != "false" {
		return false
	}
	_, problem := rotated(body)
	return problem != problemContradiction
}

// vendorError is one element of errors.
type vendorError struct {
	Code       json.RawMessage `json:"code"`
	Message    string          `json:"message"`
	ErrorChain []struct {
		Message string `json:"message"`
	} `json:"error_chain"`
}

// codePattern is a Cloudflare code: an integer. What is no code has no place in front of the message.
var codePattern = regexp.MustCompile(`^[0-9]{1,10}$`)

// The codes of the router in front of the API: "No route for that URI" and "Could not route to …".
const (
	noRoute   = "7000"
	noRouteTo = "7003"
)

// maxErrors bounds the elements of errors that are looked at; a message is cut long before.
const maxErrors = 20

// decodeError is httpapi.Options.DecodeError. It reads the envelope of the API, which is Cloudflare's own form when it says
// success false and lists its errors as objects, and, for the token endpoint, the error of RFC 6749 section 5.2.
func decodeError(header http.Header, body []byte) httpapi.VendorError {
	said := httpapi.VendorError{RequestID: header.Get("Cf-Ray")}
	var list struct {
		Success json.RawMessage   `json:"success"`
		Errors  []json.RawMessage `json:"errors"`
	}
	// Elements are read one by one: an odd one does not hide the others.
	err := httpapi.Unmarshal(body, &list)
	said.Own = err == nil && string(list.Success) == "false" && list.Errors != nil
	var messages []string
	for _, raw := range list.Errors[:min(len(list.Errors), maxErrors)] {
		said.Own = said.Own && bytes.HasPrefix(raw, []byte("{"))
		var e vendorError
		if httpapi.Unmarshal(raw, &e) != nil {
			continue
		}
		if string(e.Code) == noRoute || string(e.Code) == noRouteTo { // an address that the API does not have, whatever the client
			said.Own = false
		}
		if said.Code == "" && codePattern.Match(e.Code) {
			said.Code = string(e.Code)
		}
		if e.Message != "" {
			messages = append(messages, e.Message)
		}
		for _, link := range e.ErrorChain {
			if link.Message != "" {
				messages = append(messages, link.Message)
			}
		}
	}
	said.Message = strings.Join(messages, "; ")
	if said.Message == "" && said.Code == "" {
		failure := oauth.ReadFailure(body)
		said.Code, said.Message = failure.Code, failure.Description
	}
	return said
}
