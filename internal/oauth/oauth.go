// Package oauth speaks to token endpoints as RFC 6749 and RFC 7662 describe them: how a client authenticates, and what an
// answer says about its secret.
package oauth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// The ways for a client to authenticate with a secret, as token_endpoint_auth_method names them.
const (
	Basic = "client_secret_basic"
	Post  = "client_secret_post"
)

// What a client asks for.
const (
	ClientCredentials = "client_credentials"
	AuthorizationCode = "authorization_code"
	Introspection     = "introspection"
)

// TakesSecrets tells whether a server that offers these methods takes a client's secret at all; one that tells nothing may.
func TakesSecrets(offered []string) bool {
	return len(offered) == 0 || slices.Contains(offered, Basic) || slices.Contains(offered, Post)
}

// Methods are the methods to try, in order: those that are offered. Where nothing usable is offered, Basic comes first,
// because every server must know it (RFC 6749 section 2.3.1).
func Methods(offered []string) []string {
	all := []string{Basic, Post}
	usable := slices.DeleteFunc(slices.Clone(all), func(m string) bool { return !slices.Contains(offered, m) })
	if len(usable) == 0 {
		return all
	}
	return usable
}

// Request is one to a token or introspection endpoint. It carries the credentials of the client in itself.
func Request(operation, template, endpoint, method, clientID string, s secret.Value, form url.Values) httpapi.Request {
	r := httpapi.Request{
		Operation: operation,
		Template:  template,
		Class:     httpapi.ReadOnly,
		Method:    http.MethodPost,
		URL:       endpoint,
		Form:      form,
		Anonymous: true,
	}
	if method == Post {
		form.Set("client_id", clientID)
		form.Set("client_secret", s.Reveal())
		return r
	}
	// RFC 6749 section 2.3.1: both are form-encoded before they become Basic credentials.
	r.Basic = &httpapi.BasicAuth{Username: url.QueryEscape(clientID), Password: secret.New(url.QueryEscape(s.Reveal()))}
	return r
}

// FetchToken sends r, which is a login, and reads the token.
func FetchToken(ctx context.Context, c *httpapi.Client, r httpapi.Request) (httpapi.Token, error) {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return httpapi.Token{}, err
	}
	token, problem := httpapi.ReadToken(resp.Body)
	if problem != "" {
		return httpapi.Token{}, c.Unusable(r, problem)
	}
	return token, nil
}

// TrialForm asks for grant in a way that changes nothing, whether the client is authenticated or not.
func TrialForm(grant string) url.Values {
	// rand.Text has at least 128 random bits: it is nobody's token and nobody's code.
	switch grant {
	case Introspection:
		return url.Values{"token": {rand.Text()}}
	case AuthorizationCode:
		return url.Values{"grant_type": {grant}, "code": {rand.Text()}}
	default:
		return url.Values{"grant_type": {grant}}
	}
}

// WrongSecret is a random secret that is nobody's.
func WrongSecret() (secret.Value, error) { return secret.New(rand.Text()), nil }

// Try sends r, which tries a secret, and reads the answer with classify.
func Try(ctx context.Context, c *httpapi.Client, r httpapi.Request, classify func(status int, body []byte) verify.Answer) verify.Answer {
	r.Accept = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	resp, err := c.Do(ctx, r)
	if err == nil {
		return classify(resp.Status, resp.Body)
	}
	var refused *httpapi.APIError
	if errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests && refused.Status != http.StatusRequestTimeout {
		return verify.Answer{Outcome: verify.Unclear, Status: refused.Status}
	}
	return verify.Answer{}
}

// Failure is the error of RFC 6749 section 5.2.
type Failure struct{ Code, Description string }

// ReadFailure reads body; what is no such error gives the zero value.
func ReadFailure(body []byte) Failure {
	var w struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if httpapi.Unmarshal(body, &w) != nil {
		return Failure{}
	}
	return Failure{Code: httpapi.PlainCode(w.Error), Description: w.Description}
}

// Classify says what an answer to a request for grant tells about the secret that was sent.
func Classify(grant string, status int, body []byte) verify.Answer {
	a := verify.Answer{Outcome: verify.Unclear, Status: status}
	switch status {
	case http.StatusOK:
		a.Outcome = success(grant, body)
	case http.StatusBadRequest, http.StatusUnauthorized:
		failure := ReadFailure(body)
		a.Code = failure.Code
		switch {
		case a.Code == "invalid_client" && strings.Contains(failure.Description, Basic) && strings.Contains(failure.Description, Post):
			// "The client supports A, but B was requested", as Ory Hydra says it.
			a.Outcome = verify.WrongMethod
		case a.Code == "invalid_client":
			// A 400 is as good as a 401 here.
			a.Outcome = verify.Refusal
		case a.Code == "invalid_grant" && grant == AuthorizationCode && status == http.StatusBadRequest:
			a.Outcome = verify.Indicated
		case a.Code != "":
			a.Outcome = verify.Complaint
		case status == http.StatusUnauthorized && !json.Valid(body) && !isPage(body):
			a.Outcome = verify.PossibleRefusal
		}
	}
	return a
}

func success(grant string, body []byte) verify.Outcome {
	switch grant {
	case ClientCredentials:
		if _, problem := httpapi.ReadToken(body); problem == "" {
			return verify.Authenticated
		}
	case Introspection:
		var w struct {
			Active *bool `json:"active"`
		}
		// A random token is never active.
		if httpapi.Unmarshal(body, &w) == nil && w.Active != nil && !*w.Active {
			return verify.Indicated
		}
	}
	return verify.Unclear
}

// isPage tells the page of a proxy or a sign-in from the answer of an endpoint.
func isPage(body []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(body)), "<") }
