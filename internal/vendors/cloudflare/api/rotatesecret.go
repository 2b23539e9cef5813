package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	problemNoSecret      = "the answer holds no client_secret, and the vendor shows a new secret only once"
	problemBrokenSecret  = "the client_secret in the answer is not valid text"
	problemContradiction = "the answer says that the request failed and yet holds a client_secret"
)

// Rotated is a new secret.
type Rotated struct {
	Secret secret.Value
	// UpdatedAt is when the rotation changed the client, where the answer holds the whole client; nil where it does not say.
	UpdatedAt *time.Time
}

// RotateSecret makes a new secret the current one and returns it. The secret that was current stays valid as the old one;
// an old one that is still there must be deleted first. The vendor shows the new secret only in this answer: when it is
// lost or holds no secret, the error is *httpapi.OutcomeUnknownError, and the request must not simply be sent again. A 2xx
// that says success false is a refusal, *httpapi.APIError.
//
// https://developers.cloudflare.com/api/resources/iam/subresources/oauth_clients/methods/rotate_secret/
func (c *Client) RotateSecret(ctx context.Context, accountID, clientID string) (Rotated, error) {
	r := httpapi.Request{
		Operation: "rotate the client secret",
		Template:  "/accounts/{account_id}/oauth_clients/{oauth_client_id}/rotate_secret",
		Class:     httpapi.Once,
		Method:    http.MethodPost,
		Path:      []string{"accounts", accountID, "oauth_clients", clientID, "rotate_secret"},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return Rotated{}, err
	}
	issued, problem := rotated(resp.Body)
	if problem != "" {
		return Rotated{}, c.http.Unusable(r, problem)
	}
	c.known.Remember(issued.Secret)
	return issued, nil
}

// rotated needs nothing but the secret: it is shown once, and an oddity elsewhere in the answer, a missing success for
// example, is no reason to throw it away.
func rotated(body []byte) (issued Rotated, problem string) {
	var e struct {
		Success json.RawMessage `json:"success"`
		Result  *struct {
			ClientSecret secret.Value `json:"client_secret"`
			UpdatedAt    lenientTime  `json:"updated_at"`
		} `json:"result"`
	}
	switch err := httpapi.Unmarshal(body, &e); {
	case err != nil:
		return Rotated{}, problemShape
	case e.Result == nil || e.Result.ClientSecret.Empty():
		return Rotated{}, problemNoSecret
	case string(e.Success) == "false":
		return Rotated{}, problemContradiction
	case strings.ContainsRune(e.Result.ClientSecret.Reveal(), utf8.RuneError):
		// The decoder puts U+FFFD in place of bytes that are no text: not the secret that the vendor stored.
		return Rotated{}, problemBrokenSecret
	}
	return Rotated{Secret: e.Result.ClientSecret, UpdatedAt: e.Result.UpdatedAt.at}, ""
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
