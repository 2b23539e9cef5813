package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// kind is how an attempt ended.
type kind int

const (
	answered   kind = iota + 1 // with a status, and with its body if that matters
	unreadable                 // with a 2xx whose body broke off or is too large
	broken                     // without an answer
	blocked                    // before it began: no permission from the gate, or no credential
)

// outcome is the end of one attempt.
type outcome struct {
	kind    kind
	status  int
	header  http.Header
	body    []byte
	err     error // why it is not answered; fit for users
	sent    bool  // the vendor may have got the request
	final   bool  // a repeat would end in the same way
	renewed bool  // a 401 after which there is a new credential to try
}

var errTruncated = errors.New("the answer broke off before its end")

// attempts is the RoundTripper below the retry layer: everything that one attempt needs, once per attempt. It has no
// CloseIdleConnections on purpose: retryablehttp calls that after each failure, which would cost all other callers
// their connections.
type attempts struct {
	client  *Client
	network network
}

// RoundTrip runs one attempt and leaves its outcome in the call that the request's context carries.
func (a *attempts) RoundTrip(r *http.Request) (*http.Response, error) {
	call := callFrom(r.Context())
	call.last = a.run(r, call)
	if call.last.status == 0 {
		return nil, call.last.err
	}
	return &http.Response{
		StatusCode: call.last.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		// The layers above need the status alone; call.last has the rest. Without Location, http.Client has nothing to
		// follow, whatever its CheckRedirect says.
		Header:  http.Header{},
		Body:    http.NoBody,
		Request: r,
	}, nil
}

func (a *attempts) run(r *http.Request, call *call) outcome {
	ctx := r.Context()
	if err := a.client.gate.pass(ctx); err != nil {
		return outcome{kind: blocked, err: err}
	}
	own, err := a.authenticate(ctx, r, call)
	if err != nil {
		return outcome{kind: blocked, err: err}
	}
	// A login may have taken long enough for the gate to shut.
	sent, err := a.client.gate.open(ctx)
	if err != nil {
		return outcome{kind: blocked, err: err}
	}
	call.attempts++
	call.began = sent
	o := a.send(own, call)
	received := a.client.options.Clock.Now()
	if o.header != nil {
		a.client.skew.observe(o.header, sent, received)
		a.client.gate.observe(answer{sent: sent, received: received, status: o.status, header: o.header})
	}
	if o.kind == answered && o.status == http.StatusUnauthorized && !call.renewed && call.usesCredential() {
		call.renewed = true
		o.renewed = a.client.options.Credential.Renew(own)
	}
	call.log(ctx, o, received.Sub(sent))
	return o
}

// authenticate returns a copy of r with the credential; retries share the headers of r.
func (a *attempts) authenticate(ctx context.Context, r *http.Request, call *call) (*http.Request, error) {
	own := r.Clone(ctx)
	if basic := call.request.Basic; basic != nil {
		own.SetBasicAuth(basic.Username, basic.Password.Reveal())
		return own, nil
	}
	if !call.usesCredential() {
		return own, nil
	}
	if err := a.client.options.Credential.Apply(ctx, own); err != nil {
		return nil, hideOutcome(err, a.client.options.CredentialName)
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

func (a *attempts) send(r *http.Request, call *call) outcome {
	operation := r.Context()
	if call.request.Class != ReadOnly {
		// What was sent cannot be taken back: to stop waiting for the answer would only lose it, and with it a secret that
		// nobody else has. Every wait before this point honours the caller's context.
		operation = context.WithoutCancel(operation)
	}
	ctx, cancel := context.WithTimeoutCause(operation, attemptTimeout, errAttemptTimeout)
	defer cancel()
	var t trace
	way := a.network.pooled
	if call.request.Class != ReadOnly || call.last.kind == broken {
		way = a.network.fresh // for a read too: its connection failed, and others of the pool may be as dead
	}
	response, err := way.RoundTrip(r.WithContext(t.attach(ctx)))
	if err != nil {
		return outcome{
			kind:  broken,
			err:   describe(operation, ctx, err, call.allSecrets()),
			sent:  t.mayHaveSent(err),
			final: t.refusedTLS.Load() || isRefusedTLS(err),
		}
	}
	defer func() { _ = response.Body.Close() }()
	o := outcome{kind: answered, status: response.StatusCode, header: response.Header, sent: true}
	limit := call.request.maxBody()
	o.body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case int64(len(o.body)) > limit:
		o.err, o.final, o.body = fmt.Errorf("the answer is larger than %d bytes", limit), true, nil
	case err != nil && ctx.Err() != nil:
		o.err, o.body = describe(operation, ctx, err, nil), nil
	case err != nil:
		o.err, o.body = errTruncated, nil
	}
	// A refusal is known by its status; only an answer needs its body.
	if o.err != nil && call.isAnswer(o.status) {
		o.kind = unreadable
	}
	return o
}

// Attempt.Failure values.
const (
	failureNetwork = "network"
	failureBody    = "body"
	failureStatus  = "status"
)

func (c *call) log(ctx context.Context, o outcome, took time.Duration) {
	if c.client.options.Log == nil {
		return
	}
	attempt := Attempt{
		Operation: c.request.Operation, Method: c.request.Method, Template: c.request.Template,
		Number: c.attempts, Status: o.status, Duration: took,
	}
	switch {
	case o.kind == broken:
		attempt.Failure = failureNetwork
	case o.kind == unreadable:
		attempt.Failure = failureBody
	case !c.isAnswer(o.status) || c.failed(o):
		attempt.Failure = failureStatus
	}
	if attempt.Failure == failureStatus {
		attempt.RequestID = c.decodeError(o).RequestID
	} else {
		// The body of a success is no error: what looks like a request id in it may be a new secret.
		attempt.RequestID = secret.Scrub(headerRequestID(o.header), c.allSecrets(), maxToken)
	}
	c.client.options.Log(ctx, attempt)
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
