package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// step is one link of the chain that an attempt goes through.
type step func(r *http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper. There is no CloseIdleConnections on purpose: retryablehttp calls that after each failure,
// which would cost all other callers their connections.
func (s step) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// chain is what each attempt goes through below retryablehttp, from the outside in: the shared pause, the credential, the log, the
// network. Everything in it is done anew for each attempt.
func (c *Client) chain(n network) step {
	send := func(r *http.Request) (*http.Response, error) { return c.exchange(r, n) }
	log := func(r *http.Request) (*http.Response, error) { return c.logged(r, send) }
	authenticate := func(r *http.Request) (*http.Response, error) { return c.authenticated(r, log) }
	return func(r *http.Request) (*http.Response, error) { return c.paced(r, authenticate) }
}

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
	kind   kind
	status int
	header http.Header
	body   []byte
	err    error // why it is not answered, or why the body of a refusal is not there; fit for users
	sent   bool  // the vendor may have got the request
	final  bool  // a repeat would end in the same way
}

// outcomeError is an outcome that is no answer.
type outcomeError struct{ outcome }

func (e *outcomeError) Error() string { return e.err.Error() }

func (e *outcomeError) Unwrap() error { return e.err }

// wholeBody is the body of an answer. It was read before anybody looks at the answer.
type wholeBody struct {
	*bytes.Reader
	text []byte
	err  error
}

// Close implements io.Closer.
func (wholeBody) Close() error { return nil }

// outcomeOf reads what the chain returned.
func outcomeOf(response *http.Response, err error) outcome {
	if ended, ok := errors.AsType[*outcomeError](err); ok {
		return ended.outcome
	}
	if err != nil { // of http.Client itself, which sent nothing
		return outcome{kind: blocked, err: errors.New("the request is not valid")}
	}
	o := outcome{kind: answered, status: response.StatusCode, header: response.Header, sent: true}
	if body, ok := response.Body.(wholeBody); ok {
		o.body, o.err = body.text, body.err
	}
	return o
}

// paced waits until the request may leave, and tells the gate what became of it.
func (c *Client) paced(r *http.Request, next step) (*http.Response, error) {
	gate := c.gate(r)
	passed, err := gate.Pass(r.Context())
	if err != nil {
		return nil, stopped(err, "while waiting for the vendor's rate limit")
	}
	response, err := next(r)
	if err != nil {
		gate.Observe(passed, 0, nil)
		return nil, err
	}
	gate.Observe(passed, response.StatusCode, response.Header)
	return response, nil
}

// authenticated adds the credential to a copy of the request.
func (c *Client) authenticated(r *http.Request, next step) (*http.Response, error) {
	call := callFrom(r.Context())
	own, err := c.authenticate(r.Context(), r, call)
	if err != nil {
		return nil, &outcomeError{outcome{kind: blocked, err: err}}
	}
	// A login may have taken long enough for the gate to shut. This is the last point at which the end of the operation has
	// no effect on the vendor.
	if err := c.gate(r).Await(r.Context()); err != nil {
		return nil, stopped(err, "before the request was sent")
	}
	if call.request.Class == Once && c.options.Gone != nil && c.options.Gone() && !takesBack(r.Context()) {
		return nil, stopped(errGone, "before the request was sent")
	}
	sent := c.options.Clock.Now()
	response, err := next(own)
	if err != nil {
		return nil, err
	}
	if call.usesCredential() && response.StatusCode >= 200 && response.StatusCode <= 299 {
		c.skew.observe(response.Header, sent, c.options.Clock.Now())
	}
	response.Request = own // with the credential, in case it is refused
	return response, nil
}

type takeBackKey struct{}

// TakingBack is a context for calls that take back what nobody will learn of: they are sent although the program that asked for it
// has ended.
func TakingBack(ctx context.Context) context.Context {
	return context.WithValue(ctx, takeBackKey{}, true)
}

func takesBack(ctx context.Context) bool {
	taking, _ := ctx.Value(takeBackKey{}).(bool)
	return taking
}

// errGone is why a change is not sent any more.
var errGone = errors.New("the program that asked for it has ended")

// stopped is the end of an attempt before it was sent.
func stopped(err error, doing string) error {
	if isWait(err) {
		return &outcomeError{outcome{kind: blocked, err: err}}
	}
	return &outcomeError{outcome{kind: blocked, err: &stoppedError{doing: doing, cause: err}}}
}

// exchange sends the request and reads the whole answer.
func (c *Client) exchange(r *http.Request, n network) (*http.Response, error) {
	call := callFrom(r.Context())
	operation := r.Context()
	if call.request.Class != ReadOnly {
		// What was sent cannot be taken back: to stop waiting for the answer would only lose it, and with it a secret that
		// nobody else has. Every wait before this point honours the caller's context.
		operation = context.WithoutCancel(operation)
	}
	ctx, cancel := context.WithTimeoutCause(operation, attemptTimeout, errAttemptTimeout)
	defer cancel()
	way := n.pooled
	if call.request.Class != ReadOnly || call.last.kind == broken {
		way = n.fresh // for a read too: its connection failed, and others of the pool may be as dead
	}
	var t trace
	response, err := way.RoundTrip(r.WithContext(t.attach(ctx)))
	if err != nil {
		return nil, &outcomeError{outcome{
			kind:  broken,
			err:   describe(operation, ctx, err, call.allSecrets()),
			sent:  t.mayHaveSent(err),
			final: t.refusedTLS.Load() || isRefusedTLS(err),
		}}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 { // the connection changes its protocol: what follows is no body, and has no end
		_ = response.Body.Close()
		response.Body = http.NoBody
	}
	limit := call.request.maxBody()
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	tooLarge := int64(len(text)) > limit
	switch {
	case tooLarge:
		err = fmt.Errorf("the answer is larger than %d bytes", limit)
	case err != nil && ctx.Err() != nil:
		err = describe(operation, ctx, err, nil)
	case err != nil:
		err = errTruncated
	}
	if err != nil {
		text = nil
	}
	// A refusal is known by its status; only an answer needs its body.
	if err != nil && call.isAnswer(response.StatusCode) {
		return nil, &outcomeError{outcome{
			kind: unreadable, status: response.StatusCode, header: response.Header, err: err, sent: true, final: tooLarge,
		}}
	}
	response.Body = wholeBody{bytes.NewReader(text), text, err}
	response.Header.Del("Location") // http.Client has nothing to follow
	return response, nil
}

var errTruncated = errors.New("the answer broke off before its end")

// logged tells the log how the attempt ended, and before that when it takes long.
func (c *Client) logged(r *http.Request, next step) (*http.Response, error) {
	call := callFrom(r.Context())
	call.attempts++
	call.began = c.options.Clock.Now()
	slow := time.AfterFunc(longAnswer, func() { c.tell(r.Context(), "an answer", attemptTimeout-longAnswer) })
	response, err := next(r)
	slow.Stop()
	call.log(r.Context(), outcomeOf(response, err), c.options.Clock.Now().Sub(call.began))
	return response, err
}
