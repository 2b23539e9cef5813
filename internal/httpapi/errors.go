package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Sentinels that an APIError matches with errors.Is, by status alone: codes and texts of vendors change.
var (
	ErrUnauthorized = errors.New("unauthorized")
	ErrForbidden    = errors.New("forbidden")
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrRateLimited  = errors.New("rate limited")
)

// APIError is a refusal by the vendor: the request was answered and had no effect.
type APIError struct {
	Vendor    string // in words, "Cloudflare"
	Operation string // as in Request.Operation
	Method    string
	Template  string // path with placeholders, never a value
	Status    int
	Code      string // the vendor's own, "" when it sent none
	Message   string // the vendor's own words: one line, scrubbed, at most MaxMessage bytes
	RequestID string
	// Definite is false when the answer is not in the vendor's own form (HTML of a proxy, the JSON of a gateway, no body at
	// all): a 404 of that kind does not say that the object is gone.
	Definite bool
	// RetryAfter is how long the vendor asked to wait; zero when it did not say.
	RetryAfter time.Duration
	// Credential is the one that the vendor refused, as users know it; "" when it refused something else.
	Credential string
	// Note is why this client did not go on after the answer, "" when nothing but the answer stopped it.
	Note string
}

// MaxMessage bounds a vendor's message inside an error, in bytes.
const MaxMessage = 300

// Error is one line: what was attempted and what the vendor said.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d %s", e.Vendor, e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	if e.Note != "" {
		fmt.Fprintf(&b, "; %s", e.Note)
	}
	return b.String()
}

// Is matches the sentinels of this package. A 404 that is not Definite is not ErrNotFound.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Definite && (e.Status == http.StatusNotFound || e.Status == http.StatusGone)
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	}
	return false
}

// Indefinite is err without the claim that a refusal in it is definite. It is for an answer that is passed on to somebody
// who asked for something else: a 404 of a list or of a login does not say that a client is gone.
func Indefinite(err error) error {
	refused, ok := errors.AsType[*APIError](err)
	if !ok || !refused.Definite {
		return err
	}
	indefinite := *refused
	indefinite.Definite = false
	return &passedOnError{text: err.Error(), refused: &indefinite}
}

type passedOnError struct {
	text    string
	refused *APIError
}

func (e *passedOnError) Error() string { return e.text }

func (e *passedOnError) Unwrap() error { return e.refused }

// OutcomeUnknownError says that a Once call was sent and that nobody knows whether it was executed. The caller
// reconciles by reading; it never just sends again.
type OutcomeUnknownError struct {
	Vendor    string
	Operation string
	// Cause is what went wrong: a transport error, an *APIError for 408, 5xx and redirects, or an answer without its content.
	Cause error
}

// Error is one line.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("the request to %s was sent to %s, and no answer tells what became of it: %v", e.Operation, e.Vendor, e.Cause)
}

// Unwrap gives the cause.
func (e *OutcomeUnknownError) Unwrap() error { return e.Cause }

// NotSentError says that a call surely had no effect because no request reached the vendor, or each one was put off: no connection,
// no token, or no time left to wait for the vendor's permission.
type NotSentError struct {
	Vendor    string
	Operation string
	Cause     error
}

// Error is one line.
func (e *NotSentError) Error() string {
	var refused *APIError
	if errors.As(e.Cause, &refused) {
		return fmt.Sprintf("the request to %s was not sent, because the login failed: %v", e.Operation, e.Cause)
	}
	return fmt.Sprintf("no request to %s was carried out by %s: %v", e.Operation, e.Vendor, e.Cause)
}

// Unwrap gives the cause.
func (e *NotSentError) Unwrap() error { return e.Cause }

// IsNotSent tells whether err is a call that surely had no effect because nothing of it was carried out.
func IsNotSent(err error) bool {
	var unsent *NotSentError
	return errors.As(err, &unsent)
}

// AnswerError says that a call which may be repeated was answered with something that cannot be used, again and again.
type AnswerError struct {
	Vendor    string
	Operation string
	Cause     error
}

// Error is one line.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s gave no usable answer to the request to %s: %v", e.Vendor, e.Operation, e.Cause)
}

// Unwrap gives the cause.
func (e *AnswerError) Unwrap() error { return e.Cause }

// IsOutcomeUnknown tells whether err leaves open if the vendor changed something.
func IsOutcomeUnknown(err error) bool {
	var unknown *OutcomeUnknownError
	return errors.As(err, &unknown)
}
