package httpapi

import (
	"context"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// longAnswer is how long an answer takes before the log tells that it is waited for.
const longAnswer = 10 * time.Second

// tell tells the log that something is waited for.
func (c *Client) tell(ctx context.Context, what string, atMost time.Duration) {
	if c.options.Waiting != nil {
		c.options.Waiting(ctx, Wait{Vendor: c.options.Vendor, For: what, AtMost: atMost})
	}
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
