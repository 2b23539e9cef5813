package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	problemNoSecret      = "the answer holds no client_secret, and the vendor shows a new secret only once"
	problemBrokenSecret  = "the client_secret in the answer is not valid text"
	problemContradiction = "the answer says that the request failed and yet holds a client_secret"
)

// RotateSecret makes a new secret the current one and returns it. The secret that was current stays valid as the old one;
// an old one that is still there must be deleted first. The vendor shows the new secret only in this answer: when it is
// lost or holds no secret, the error is *httpapi.OutcomeUnknownError, and the request must not simply be sent again. A 2xx
// that says success false is a refusal, *httpapi.APIError.
//
// https://developers.cloudflare.com/api/resources/iam/subresources/oauth_clients/methods/rotate_secret/
func (c *Client) RotateSecret(ctx context.Context, accountID, clientID string) (secret.Value, error) {
	r := httpapi.Request{
		Operation: "rotate the client secret",
		Template:  "/accounts/{account_id}/oauth_clients/{oauth_client_id}/rotate_secret",
		Class:     httpapi.Once,
		Method:    http.MethodPost,
		Path:      []string{"accounts", accountID, "oauth_clients", clientID, "rotate_secret"},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return secret.Value{}, err
	}
	issued, problem := rotated(resp.Body)
	if problem != "" {
		return secret.Value{}, c.http.Unusable(r, problem)
	}
	c.known.Remember(issued)
	return issued, nil
}

// rotated reads nothing but the secret: it is shown once, and an oddity elsewhere in the answer, a missing success for
// example, is no reason to throw it away.
func rotated(body []byte) (issued secret.Value, problem string) {
	var e struct {
		Success json.RawMessage `json:"success"`
		Result  *struct {
			ClientSecret secret.Value `json:"client_secret"`
		} `json:"result"`
	}
	switch err := httpapi.Unmarshal(body, &e); {
	case err != nil:
		return secret.Value{}, problemShape
	case e.Result == nil || e.Result.ClientSecret.Empty():
		return secret.Value{}, problemNoSecret
	case string(e.Success) == "false":
		return secret.Value{}, problemContradiction
	case strings.ContainsRune(e.Result.ClientSecret.Reveal(), utf8.RuneError):
		// The decoder puts U+FFFD in place of bytes that are no text: not the secret that the vendor stored.
		return secret.Value{}, problemBrokenSecret
	}
	return e.Result.ClientSecret, ""
}

// DeleteRotatedSecret removes the old secret; the current one stays. It names no secret, so a request that is sent again
// late could end somebody else's new rotation: an answer that leaves the outcome open is *httpapi.OutcomeUnknownError. The
// result of the answer is ignored, because the vendor may leave it out.
//
// https://developers.cloudflare.com/api/resources/iam/subresources/oauth_clients/methods/delete_rotated_secret/
func (c *Client) DeleteRotatedSecret(ctx context.Context, accountID, clientID string) error {
	r := httpapi.Request{
		Operation: "delete the old client secret",
		Template:  "/accounts/{account_id}/oauth_clients/{oauth_client_id}/rotate_secret",
		Class:     httpapi.Once,
		Method:    http.MethodDelete,
		Path:      []string{"accounts", accountID, "oauth_clients", clientID, "rotate_secret"},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return err
	}
	if problem := deleted(resp.Body); problem != "" {
		return c.http.Unusable(r, problem)
	}
	return nil
}

func deleted(body []byte) (problem string) {
	_, problem = open[json.RawMessage](body)
	if problem == problemResult {
		return ""
	}
	return problem
}
