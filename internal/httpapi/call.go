package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

// call is the state of one Do. Only the goroutine of Do touches it.
type call struct {
	client  *Client
	request Request
	secrets []string // of the request itself
	headers []string // of the credential in the latest attempt

	attempts int
	failures int           // attempts repeated for reasons other than 429 and 401
	troubled time.Duration // spent in them
	began    time.Time     // of the current attempt
	renewed  bool
	waiting  bool // for another attempt
	gate     *pace.Gate
	unclear  bool   // an attempt may have been executed
	note     string // why there is no further attempt
	last     outcome
}

type callKey struct{}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// usesCredential tells whether the client's own credential goes with the request.
func (c *call) usesCredential() bool {
	return c.client.options.Credential != nil && !c.request.Anonymous && c.request.Basic == nil
}

// isAnswer tells whether status is what the caller wants to see. A 2xx that no standard knows is none.
func (c *call) isAnswer(status int) bool {
	return status >= 200 && status <= 299 && http.StatusText(status) != "" || slices.Contains(c.request.Accept, status)
}

// failed tells whether o is an error in disguise.
func (c *call) failed(o outcome) bool {
	return o.kind == answered && o.status >= 200 && o.status <= 299 && c.client.options.Failed != nil &&
		c.client.options.Failed(o.body)
}

func (c *call) allSecrets() []string {
	all := slices.Concat(c.secrets, c.headers)
	if c.client.options.Known != nil {
		all = append(all, c.client.options.Known.Texts()...)
	}
	return all
}

// isRefusal tells that the request was not carried out. No other status than these proves that.
func isRefusal(status int) bool {
	return status >= 400 && status <= 499 && status != http.StatusRequestTimeout || status == http.StatusNotImplemented
}

// isOutage tells that another try may be answered.
func isOutage(status int) bool {
	return status == http.StatusRequestTimeout || status >= 500 && !isRefusal(status)
}

func isRedirect(status int) bool { return status >= 300 && status <= 399 }
