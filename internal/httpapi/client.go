package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Options describe one vendor to a Client.
type Options struct {
	Vendor    string // in words, for errors
	BaseURL   string // checked by CheckURL; a path prefix is kept
	UserAgent string
	// Credential authenticates each attempt; nil when every request is anonymous.
	Credential Credential
	// CredentialName is how errors call it when it is refused, for example "csp.api_token (CSP_API_TOKEN)".
	CredentialName string
	// RefusesCredential tells, by status and the vendor's code, that an answer other than a 401 is about the credential. Nil:
	// none is.
	RefusesCredential func(status int, code string) bool
	// DecodeError reads the vendor's own error shape out of a body that is JSON. It returns what it finds and never fails.
	DecodeError func(header http.Header, body []byte) VendorError
	// Failed tells that a 2xx body is an error in disguise (an envelope with success false). Nil: it never is. Such an
	// answer is a definite refusal for every class: the vendor said no.
	Failed func(body []byte) bool
	// Pace bounds what is sent; the zero value sets no bound until the vendor answers 429.
	Pace pace.Bound
	// Backoff bounds the waits between repeats that no vendor asked for; the zero value is 0.5 s to 30 s.
	Backoff BackoffRange
	// CACertificatePEM is an extra trust root; "" for none.
	CACertificatePEM string
	// Transport replaces the network in tests.
	Transport http.RoundTripper
	// Clock gives time to everything that decides or waits; nil is the clock of the machine.
	Clock clock.Clock
	// Log is told of every attempt; nil for none.
	Log func(context.Context, Attempt)
	// Waiting is told of everybody who waits for more than ten seconds; nil for nobody.
	Waiting func(context.Context, Wait)
	// Gone tells that the program that asked for the call has ended, so that nobody would learn of its effect. Then no Once call
	// is sent, however long it has waited; nil: never.
	Gone func() bool
	// Known are texts that must never leave in a message, whatever a vendor echoes; nil: only those of the request itself.
	Known *secret.Known
}

// VendorError is what a vendor's error body says, "" where it says nothing.
type VendorError struct {
	Code, Message, RequestID string
	// Own: the body has the form that this vendor's API gives its errors. The JSON of a gateway in front of it has not.
	Own bool
}

// Attempt is one try of one request, as a log may show it.
type Attempt struct {
	Operation, Method, Template string
	Number                      int // from 1
	Status                      int // 0: no answer
	Duration                    time.Duration
	RequestID                   string
	Failure                     string // class of failure, never a message that could hold a value
}

// Wait is what somebody waits for that takes more than ten seconds.
type Wait struct {
	Vendor string
	For    string        // in words
	AtMost time.Duration // 0: nobody knows
}

// Client sends requests to one vendor with one credential. It is safe for concurrent use.
type Client struct {
	options Options
	base    string
	retry   *retryablehttp.Client
	gates   gates
	skew    skew
}

// New builds a client. It makes no request. It fails on a base URL that CheckURL refuses and on CACertificatePEM without a
// certificate.
func New(o Options) (*Client, error) {
	base, err := CheckURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	o.Backoff = o.Backoff.orDefault()
	n := network{pooled: o.Transport, fresh: o.Transport}
	if o.Transport == nil {
		if n, err = newNetwork(o.CACertificatePEM); err != nil {
			return nil, err
		}
	}
	c := &Client{options: o, base: base, gates: gates{open: map[gateKey]*pace.Gate{}, wish: pace.NewBucket(o.Pace)}}
	c.retry = newRetry(c.chain(n), o.Backoff)
	return c, nil
}

// Do sends r and returns the answer when its status is 2xx or listed in r.Accept. Otherwise the error is one of
// *APIError (refused, no effect; for ReadOnly also the last 5xx), *NotSentError (nothing was sent), *OutcomeUnknownError
// (class Once) or *AnswerError (class ReadOnly).
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	call := &call{client: c, request: r}
	request, err := c.build(context.WithValue(ctx, callKey{}, call), r)
	if err != nil {
		return nil, call.notSent(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, call.notSent(&stoppedError{doing: "before anything was sent", cause: err})
	}
	call.secrets = requestSecrets(r)
	// call.last has what the last attempt ended in. retryablehttp drops it when the operation ends between two attempts.
	if response, err := c.retry.Do(request); err == nil {
		_ = response.Body.Close()
	}
	if call.waiting {
		call.note = "the operation ended before another attempt"
	}
	return call.result()
}

// Now is the time at the vendor: the clock, corrected as far as the Date header of its answers proves it wrong. Decisions
// about expiry use it, so that a wrong local clock plans nothing wrong.
func (c *Client) Now() time.Time {
	return c.options.Clock.Now().Add(c.skew.offset())
}
