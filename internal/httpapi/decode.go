package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Decode reads a 2xx answer of r into v. An answer that cannot be read is *OutcomeUnknownError for class Once and
// *AnswerError otherwise. The error names a field at most, never a value.
func (c *Client) Decode(r Request, resp *Response, v any) error {
	err := json.Unmarshal(resp.Body, v)
	if err == nil {
		return nil
	}
	return c.unusable(r, describeJSON(err, resp.Body))
}

// Unusable is the error for a 2xx answer to r that lacks what it must hold; the same classes as Decode.
func (c *Client) Unusable(r Request, cause string) error {
	return c.unusable(r, errors.New(cause))
}

func (c *Client) unusable(r Request, cause error) error {
	if r.Class == Once {
		return &OutcomeUnknownError{Vendor: c.options.Vendor, Operation: r.Operation, Cause: cause}
	}
	return &AnswerError{Vendor: c.options.Vendor, Operation: r.Operation, Cause: cause}
}

// describeJSON says what is wrong with body in words of our own: the texts of encoding/json quote it.
func describeJSON(err error, body []byte) error {
	if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && field.Field != "" {
		return fmt.Errorf("field %q of the answer is not of the documented type", field.Field)
	}
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return errors.New("the answer is empty")
	case isHTML(body):
		return errors.New(messageHTML)
	case !json.Valid(body):
		return errors.New("the answer is not JSON")
	}
	return errors.New("the answer does not have the documented form")
}
