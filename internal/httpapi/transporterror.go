package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// errAttemptTimeout is the cause of an attempt's context after attemptTimeout.
var errAttemptTimeout = fmt.Errorf("no complete answer within %s", attemptTimeout)

// transportError is a failure below HTTP with a text that is fit for users. It does not unwrap to what the network
// reported: such an error holds the URL with its query, or bytes that the server chose.
type transportError struct{ text string }

func (e *transportError) Error() string { return e.text }

// stoppedError is the end of the operation's context, with what was under way.
type stoppedError struct {
	doing string
	cause error
}

func (e *stoppedError) Error() string {
	if errors.Is(e.cause, context.DeadlineExceeded) {
		return "the time for this operation ended " + e.doing
	}
	return "the operation was stopped " + e.doing
}

func (e *stoppedError) Unwrap() error { return e.cause }

// describe turns err, which ended an attempt, into an error for users; operation is the caller's context.
func describe(operation, attempt context.Context, err error, secrets []string) error {
	if cause := operation.Err(); cause != nil {
		return &stoppedError{doing: "while waiting for the answer", cause: cause}
	}
	if attempt.Err() != nil {
		return errAttemptTimeout
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	text := secret.Scrub(err.Error(), secrets, MaxMessage)
	if _, network := errors.AsType[net.Error](err); !network && !isDial(err) && !isRefusedTLS(err) {
		text = plainWords(text, nil) // of an answer that is not HTTP, which the error quotes
	}
	return &transportError{text: text}
}

// isDial tells that err is the failure to reach the host, before any connection.
func isDial(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// isRefusedTLS tells that the two sides do not agree on TLS. A repeat ends in the same way.
func isRefusedTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.AlertError](err)
	return ok
}
