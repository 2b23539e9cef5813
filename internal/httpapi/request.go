// Package httpapi is the one HTTP client under every vendor: retry by class of operation, pacing, authentication per
// attempt, no redirects, bounded bodies, typed errors. It knows neither Terraform nor any vendor.
package httpapi

import (
	"net/http"
	"net/url"
)

// Class says when a call may be sent again. It is declared per operation: the HTTP verb predicts nothing (one vendor's
// PUT makes a new secret each time, another's DELETE can be repeated).
type Class int

const (
	// ReadOnly calls change nothing: repeated on network errors, 429 and 5xx other than 501.
	ReadOnly Class = iota + 1
	// Once calls are repeated only when they surely were not executed: a connection that was never made, a 429, or a 401
	// answered by a renewed token. Every other failure after the request was written is an OutcomeUnknownError.
	Once
)

// Request is one call of a vendor's API.
type Request struct {
	// Operation is what is attempted, in words that complete "unable to …", for example "rotate the client secret".
	Operation string
	// Template is the path as the vendor documents it, with placeholders; logs show it instead of the path.
	Template string
	Class    Class
	Method   string
	// Path holds the elements below the base URL. Each is escaped on its own; empty, "." and ".." are refused.
	Path  []string
	Query url.Values
	// URL replaces base URL and Path, for endpoints that live elsewhere (token endpoints). It is checked by
	// CheckEndpoint and sent as it is written.
	URL string
	// JSON is the body, marshalled; nil sends none.
	JSON any
	// Form is the body of a form post; nil sends none. At most one of JSON and Form is set.
	Form url.Values
	// Basic is sent as raw RFC 7617 credentials in place of the client's own; the password never reaches a log or error.
	Basic *BasicAuth
	// Anonymous calls carry no credential (logins and probes).
	Anonymous bool
	// MaxBody replaces the package's MaxBody for an answer that is expected to be large; 0: that one.
	MaxBody int64
	// Accept lists statuses other than 2xx that are an answer and not an error (a probe's 400).
	Accept []int
}

func (r Request) maxBody() int64 {
	if r.MaxBody > 0 {
		return r.MaxBody
	}
	return MaxBody
}

// Response is a complete answer: its body was read whole and is at most Request.MaxBody bytes.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// MaxBody is the largest answer that is read, in bytes after decompression.
const MaxBody = 1 << 20
