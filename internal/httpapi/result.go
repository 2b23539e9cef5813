package httpapi

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// result is what Do returns after the last attempt.
func (c *call) result() (*Response, error) {
	o := c.last
	switch {
	case !o.sent:
		if c.unclear {
			return nil, c.unusable(o.err)
		}
		return nil, c.notSent(o.err)
	case o.kind != answered:
		return nil, c.unknown(o.err)
	case c.failed(o):
		return nil, c.apiError(o)
	case c.isAnswer(o.status):
		return &Response{Status: o.status, Header: o.header, Body: o.body}, nil
	case c.request.Class == Once && !isRefusal(o.status):
		// A server in between may have answered so after the vendor had acted.
		return nil, c.unknown(c.apiError(o))
	}
	return nil, c.apiError(o)
}

// unknown is the error when the call may have been executed, by class.
func (c *call) unknown(cause error) error {
	if c.request.Class == Once {
		return &OutcomeUnknownError{Vendor: c.client.options.Vendor, Operation: c.request.Operation, Cause: cause}
	}
	return c.unusable(cause)
}

func (c *call) unusable(cause error) error {
	if c.note != "" {
		cause = fmt.Errorf("%w; %s", cause, c.note)
	}
	return &AnswerError{Vendor: c.client.options.Vendor, Operation: c.request.Operation, Cause: cause}
}

func (c *call) notSent(cause error) error {
	if c.note != "" {
		cause = fmt.Errorf("%w; %s", cause, c.note)
	}
	return &NotSentError{Vendor: c.client.options.Vendor, Operation: c.request.Operation, Cause: cause}
}

// What an answer says that does not come from the API.
const (
	messageRedirect = "a redirect, which is never followed; check the configured URL"
	messageHTML     = "an HTML page instead of an API answer"
	messageNotJSON  = "an answer that is not JSON"
)

func (c *call) apiError(o outcome) *APIError {
	refused := &APIError{
		Vendor: c.client.options.Vendor, Operation: c.request.Operation,
		Method: c.request.Method, Template: c.request.Template,
		Status: o.status, Note: c.note,
	}
	refused.RetryAfter, _ = pace.RetryAfter(o.header, c.client.options.Clock.Now())
	said := c.decodeError(o)
	refused.Code, refused.Message, refused.RequestID = said.Code, said.Message, said.RequestID
	if c.usesCredential() && c.refusesCredential(o.status, refused.Code) {
		refused.Credential = c.client.options.CredentialName
	}
	if refused.Code != "" && refused.RequestID != "" && saysEnough(o.status) {
		refused.Message = ""
	}
	body := bytes.TrimSpace(o.body)
	switch {
	case isRedirect(o.status):
		refused.Message = messageRedirect
	case o.err != nil:
		refused.Message = o.err.Error()
	case len(body) == 0 || isJSON(body):
		// A token endpoint answers in the form of RFC 6749, which is nobody's own; who asked it judges what it says.
		refused.Definite = said.Own || !c.usesCredential()
	case isHTML(body):
		refused.Message = messageHTML
	default:
		refused.Message = messageNotJSON
	}
	return refused
}

func (c *call) refusesCredential(status int, code string) bool {
	own := c.client.options.RefusesCredential
	return status == http.StatusUnauthorized || own != nil && own(status, code)
}

// saysEnough tells whether people know from the status what is wrong. Beside the vendor's code and the request id its text then
// adds nothing but the risk of what it repeats. A 400 or 422 needs its text: it says what about the request is wrong.
func saysEnough(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// maxToken bounds a vendor's code and request id, in bytes.
const maxToken = 100

// decodeError reads the vendor's error, scrubbed. The request id may also come from a usual header.
func (c *call) decodeError(o outcome) VendorError {
	var said VendorError
	if c.client.options.DecodeError != nil && isJSON(o.body) {
		said = c.client.options.DecodeError(o.header, o.body)
	}
	secrets := c.allSecrets()
	said.Code = PlainCode(secret.Scrub(said.Code, secrets, maxToken))
	said.Message = plainWords(secret.Scrub(said.Message, secrets, MaxMessage), namesIn(c.request.URL))
	said.RequestID = secret.Scrub(cmp.Or(plainID(said.RequestID), headerRequestID(o.header)), secrets, maxToken)
	return said
}

func headerRequestID(header http.Header) string {
	return cmp.Or(plainID(header.Get("X-Request-Id")), plainID(header.Get("Cf-Ray")))
}

func isHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}
