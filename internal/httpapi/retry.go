package httpapi

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Bounds of the repeats that no vendor asked for. A 429 is repeated as long as the caller has time.
const (
	maxFailures = 5                // repeats after network errors and 5xx
	maxTroubled = 60 * time.Second // no repeat after so much time was lost on them
	maxRepeats  = 1000             // ends a call that has no deadline; every other bound is reached earlier
)

// BackoffRange bounds the wait before a repeat that no vendor asked for.
type BackoffRange struct {
	Min, Max time.Duration
}

func (b BackoffRange) orDefault() BackoffRange {
	if b == (BackoffRange{}) {
		return BackoffRange{Min: 500 * time.Millisecond, Max: 30 * time.Second}
	}
	return b
}

// newRetry makes the loop. retryablehttp repeats, waits in between and rewinds bodies; checkRetry decides by the class of the call,
// which the context carries. What the vendor asks to wait is the gate's business, below, because it holds for everybody.
func newRetry(chain http.RoundTripper, b BackoffRange) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     chain,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryWaitMin: b.Min,
		RetryWaitMax: b.Max,
		RetryMax:     maxRepeats,
		CheckRetry:   checkRetry,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// backoff is drawn from all of [0, ceiling], where the ceiling doubles with each attempt: callers that failed together do not come
// back together.
func backoff(least, most time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusUnauthorized) {
		return 0 // the gate waits for the one, and there is another credential after the other
	}
	ceiling := least
	for range attempt {
		ceiling = min(2*ceiling, most)
	}
	return rand.N(ceiling + 1)
}

func checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	call := callFrom(ctx)
	call.last = outcomeOf(response, err)
	call.waiting = call.repeat(ctx, response)
	return call.waiting, nil
}

// repeat decides about the attempt that just ended.
func (c *call) repeat(ctx context.Context, response *http.Response) bool {
	o := c.last
	switch {
	case o.kind == blocked, o.final:
		return false
	case o.kind == answered && c.isAnswer(o.status):
		return false
	case o.kind == answered && o.status == http.StatusUnauthorized:
		return c.renew(response)
	case o.kind == answered && o.status == http.StatusTooManyRequests:
		return c.permitted(ctx)
	case o.kind == answered && !isOutage(o.status):
		return false
	case o.sent && c.request.Class != ReadOnly:
		return false
	}
	c.unclear = c.unclear || o.sent
	return c.worthAnother() && c.permitted(ctx)
}

// renew asks for another credential after a 401, once in a call.
func (c *call) renew(response *http.Response) bool {
	if c.renewed || !c.usesCredential() {
		return false
	}
	c.renewed = true
	return c.client.options.Credential.Renew(response.Request)
}

// permitted tells whether the caller has the time that the vendor asks for. The gate does the waiting.
func (c *call) permitted(ctx context.Context) bool {
	if err := c.gate.Fits(ctx); err != nil {
		c.note = err.Error()
		return false
	}
	return true
}

// worthAnother counts a failure that no vendor asked to repeat.
func (c *call) worthAnother() bool {
	c.failures++
	c.troubled += c.client.options.Clock.Now().Sub(c.began)
	return c.failures <= maxFailures && c.troubled <= maxTroubled
}
