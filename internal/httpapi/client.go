package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Options describe one vendor to a Client.
type Options struct {
	Vendor    string // in words, for errors
	BaseURL   string // checked by CheckURL; a path prefix is kept
	UserAgent string
	// Credential authenticates each attempt; nil when every request is anonymous.
	Credential Credential
	// DecodeError reads the vendor's own error shape out of a body that is JSON. It returns what it finds and never fails.
	DecodeError func(header http.Header, body []byte) (code, message, requestID string)
	// Failed tells that a 2xx body is an error in disguise (an envelope with success false). Nil: it never is.
	Failed func(body []byte) bool
	// Pace bounds what is sent; the zero value sets no bound until the vendor answers 429.
	Pace Pace
	// CACertificatePEM is an extra trust root; "" for none.
	CACertificatePEM string
	// Transport replaces the network in tests.
	Transport http.RoundTripper
	Clock     clock.Clock
	// Log is told of every attempt; nil for none.
	Log func(context.Context, Attempt)
	// Secrets are texts that must never leave in a message, whatever a vendor echoes.
	Secrets func() []string
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

// Client sends requests to one vendor with one credential. It is safe for concurrent use.
type Client struct{}

// New builds a client. It makes no request.
func New(o Options) (*Client, error) { panic("not built") }

// Do sends r and returns the answer when its status is 2xx or listed in r.Accept. Otherwise the error is one of
// *APIError (refused, no effect), *NotSentError (nothing was sent), *OutcomeUnknownError (class Once only) or
// *AnswerError (classes ReadOnly and Idempotent).
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) { panic("not built") }

// Decode reads a 2xx answer of r into v. An answer that cannot be read is *OutcomeUnknownError for class Once and
// *AnswerError otherwise.
func (c *Client) Decode(r Request, resp *Response, v any) error { panic("not built") }

// Unusable is the error for a 2xx answer to r that lacks what it must hold; the same classes as Decode.
func (c *Client) Unusable(r Request, cause string) error { panic("not built") }

// Now is the time at the vendor: the clock, corrected by the Date header of its answers when the two differ by more
// than SkewTolerance. Decisions about expiry use it, so that a wrong local clock plans nothing wrong.
func (c *Client) Now() time.Time { panic("not built") }

// SkewTolerance is the difference between local clock and Date header that is taken for latency and rounding.
const SkewTolerance = 2 * time.Minute

// CheckURL refuses what is not an absolute https URL (http on loopback is allowed) or holds user info, a query or a
// fragment. It returns the URL without a trailing slash.
func CheckURL(raw string) (string, error) { panic("not built") }

// Pace is how fast requests may leave.
type Pace struct {
	PerSecond float64 // 0: no bound until the vendor sets one
	Burst     int
}

// Credential authenticates requests.
type Credential interface {
	// Apply sets headers on a request of its own (already cloned). It may log in first.
	Apply(ctx context.Context, r *http.Request) error
	// Renew drops what Apply used for the refused request, so that the next Apply logs in anew. It reports whether there
	// is anything to renew; a static token has nothing.
	Renew(refused *http.Request) bool
}

// Static is a credential that never changes: a set of headers.
type Static map[string]string

// Token is the result of a login.
type Token struct {
	Access    secret.Value
	ExpiresIn time.Duration // 0: the vendor did not say
}

// TokenCredential logs in with Fetch, caches the token until shortly before it expires (the larger of 60 s and a tenth of its
// life, at most half its life), fetches once for concurrent callers, and sends it as a bearer token.
type TokenCredential struct {
	Fetch func(context.Context) (Token, error)
	Clock clock.Clock
}

// Cached is the access token in hand, without a login; ok is false when there is none.
func (t *TokenCredential) Cached() (token secret.Value, ok bool) { panic("not built") }

// Forget drops the token, so that the next request logs in anew.
func (t *TokenCredential) Forget() { panic("not built") }

// BasicAuth are raw RFC 7617 credentials.
type BasicAuth struct {
	Username string
	Password secret.Value
}
