package api

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Prove asks the token endpoint whether it accepts s as a secret of clientID. The app must exist, must not be public, and
// must have the grant client_credentials. Accepted does not say which of two live secrets it was.
//
// How the vendor refuses a wrong secret is not documented. A refusal that it words as one is believed; any other is
// compared with what a random secret gets, which is asked once for each client id. Everything else, and no answer, is
// verify.Inconclusive without an error. The only error is the end of ctx.
//
// https://developer.vmware.com/apis/csp/csp-iam/v1.0/csp/gateway/am/api/auth/token/post/
func (c *Client) Prove(ctx context.Context, clientID string, s secret.Value) (verify.Verdict, error) {
	return c.prove(ctx, tokenProbe, clientID, s)
}

// ProveByIntrospection asks the introspection endpoint the same with a random token, for apps without the grant
// client_credentials. Because the vendor does not document that it refuses a wrong secret there, even an accept counts
// only after a random secret was refused.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/auth/introspect/post/
func (c *Client) ProveByIntrospection(ctx context.Context, clientID string, s secret.Value) (verify.Verdict, error) {
	return c.prove(ctx, introspectionProbe, clientID, s)
}

// probeKind is one of the two endpoints that authenticate a client.
type probeKind int

const (
	tokenProbe probeKind = iota
	introspectionProbe
)

func (k probeKind) request(clientID string, s secret.Value) httpapi.Request {
	r := tokenRequest("try the client secret", clientID, s, "")
	if k == introspectionProbe {
		r.Template = "/auth/introspect"
		r.Path = []string{"auth", "introspect"}
		// rand.Text has at least 128 random bits: it is nobody's token.
		r.Form = url.Values{"token": {rand.Text()}}
	}
	r.Accept = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound}
	return r
}

// accepts tells that a 200 shows an authenticated client.
func (k probeKind) accepts(body []byte) bool {
	if k == tokenProbe {
		_, problem := httpapi.ReadToken(body)
		return problem == ""
	}
	var w struct {
		Active *bool `json:"active"`
	}
	return httpapi.Unmarshal(body, &w) == nil && w.Active != nil
}

func (c *Client) prove(ctx context.Context, kind probeKind, clientID string, s secret.Value) (verify.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return verify.Inconclusive, err
	}
	if clientID == "" || strings.Contains(clientID, ":") || s.Empty() {
		return verify.Inconclusive, nil
	}
	c.known.Remember(s)
	got, err := c.probe(ctx, kind, clientID, s)
	if err != nil {
		return verify.Inconclusive, ctx.Err()
	}
	verdict, certain := got.verdict()
	if kind == introspectionProbe && verdict == verify.Accepted {
		certain = false
	}
	if certain || verdict == verify.Inconclusive {
		return verdict, nil
	}
	control, err := c.control(ctx, kind, clientID)
	if err != nil {
		return verify.Inconclusive, ctx.Err()
	}
	switch refused, _ := control.verdict(); {
	case verdict == verify.Accepted && refused == verify.Refused:
		return verify.Accepted, nil
	case verdict == verify.Refused && got.sameRefusal(control):
		return verify.Refused, nil
	}
	return verify.Inconclusive, nil
}

// answer is what a probe got.
type answer struct {
	status   int
	accepted bool
	failure  cspError
}

func (c *Client) probe(ctx context.Context, kind probeKind, clientID string, s secret.Value) (answer, error) {
	resp, err := c.http.Do(ctx, kind.request(clientID, s))
	if err != nil {
		return answer{}, err
	}
	got := answer{status: resp.Status, failure: readCSPError(resp.Body)}
	got.accepted = resp.Status == http.StatusOK && kind.accepts(resp.Body)
	return got, nil
}

// missingHeader is the vendor's code for a request without credentials: a fault of this client, not of the secret.
const missingHeader = "250.100"

// verdict classifies an answer by itself. A refusal that is not certain needs the control probe.
func (a answer) verdict() (v verify.Verdict, certain bool) {
	if a.accepted {
		return verify.Accepted, true
	}
	switch a.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound:
	default:
		return verify.Inconclusive, true
	}
	message := strings.ToLower(strings.TrimSpace(a.failure.Message))
	if !a.failure.ok || a.failure.Code == missingHeader {
		return verify.Inconclusive, true
	}
	// These are about the client or the request; its secret may be right.
	for _, other := range []string{"unauthorized_client", "unsupported_grant_type", "invalid_scope"} {
		if strings.HasPrefix(message, other) {
			return verify.Inconclusive, true
		}
	}
	certain = strings.HasPrefix(message, "invalid_client") || strings.Contains(message, "unauthorized client credentials")
	return verify.Refused, certain
}

// sameRefusal tells that a wrong secret got the same answer. Without a code the messages are compared.
func (a answer) sameRefusal(control answer) bool {
	if control.accepted || a.status != control.status || !control.failure.ok || a.failure.Code != control.failure.Code {
		return false
	}
	return a.failure.Code != "" || a.failure.Message == control.failure.Message
}

type controlKey struct {
	kind     probeKind
	clientID string
}

// control is the one control probe of a client id. Its channel is a lock that a context can leave.
type control struct {
	turn   chan struct{}
	done   bool
	answer answer
	err    error
}

// control gives the answer to a wrong secret. It is asked once for each client id, because the vendor may lock a client
// out after wrong secrets; only a probe that was surely not sent is made up for.
func (c *Client) control(ctx context.Context, kind probeKind, clientID string) (answer, error) {
	c.mu.Lock()
	key := controlKey{kind, clientID}
	p := c.controls[key]
	if p == nil {
		p = &control{turn: make(chan struct{}, 1)}
		c.controls[key] = p
	}
	c.mu.Unlock()

	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-p.turn }()
	if p.done {
		return p.answer, p.err
	}
	wrong, err := GenerateSecret(rand.Reader)
	if err != nil {
		return answer{}, err
	}
	c.known.Remember(wrong)
	p.answer, p.err = c.probe(ctx, kind, clientID, wrong)
	var notSent *httpapi.NotSentError
	p.done = !errors.As(p.err, &notSent)
	return p.answer, p.err
}
