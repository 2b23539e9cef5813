package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"
)

// authenticate returns a copy of r with the credential; retries share the headers of r.
func (c *Client) authenticate(ctx context.Context, r *http.Request, call *call) (*http.Request, error) {
	own := r.Clone(ctx)
	if basic := call.request.Basic; basic != nil {
		own.SetBasicAuth(basic.Username, basic.Password.Reveal())
		return own, nil
	}
	if !call.usesCredential() {
		return own, nil
	}
	if err := c.options.Credential.Apply(ctx, own); err != nil {
		return nil, hideOutcome(err, c.options.CredentialName)
	}
	return own, call.addHeaderSecrets(r.Header, own.Header)
}

// hideOutcome drops what a failed login says about the login alone: its outcome, since the request that needed it was not
// sent, and that a refusal was definite. A login that ends in 404 or 400 says nothing about the object of the request;
// taken for its absence, it would remove live secrets from a state. A refused login gets the name of its credential.
func hideOutcome(err error, credential string) error {
	if unknown, ok := errors.AsType[*OutcomeUnknownError](err); ok {
		err = unknown.Cause
	}
	if refused, ok := errors.AsType[*APIError](err); ok && isRefusedLogin(err) {
		named := *refused
		named.Definite, named.Credential = false, credential
		return &passedOnError{text: err.Error(), refused: &named}
	}
	return Indefinite(err)
}

// errBadCredential stands for the error of net/http, which does not tell that nothing was sent.
var errBadCredential = errors.New("the credential holds a control character, such as a line break")

// addHeaderSecrets remembers what the credential added, and refuses what no header can hold.
func (c *call) addHeaderSecrets(before, after http.Header) error {
	c.headers = c.headers[:0]
	for name, values := range after {
		if _, ok := before[name]; ok {
			continue
		}
		for _, value := range values {
			if strings.ContainsFunc(value, unicode.IsControl) {
				return errBadCredential
			}
			c.headers = append(c.headers, value)
			if _, credential, ok := strings.Cut(value, " "); ok {
				c.headers = append(c.headers, credential)
			}
		}
	}
	return nil
}
