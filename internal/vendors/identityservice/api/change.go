package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	problemNoSecret     = "the answer holds no clientSecret, and the vendor shows a new secret only once"
	problemBrokenSecret = "the clientSecret in the answer is not valid text"
	problemOtherClient  = "the answer is about another application"
)

// secretsTemplate is the path of an application's list of secrets.
const secretsTemplate = "/api/tenants/{tenant}/applications/{clientId}/secrets"

func secretsPath(tenant, clientID string) []string {
	return []string{"api", "tenants", tenant, "applications", clientID, "secrets"}
}

// additionWire is the body of AddSecret.
type additionWire struct {
	ExpirationDate string `json:"expirationDate,omitempty"`
}

// AddSecret adds one more secret, which the vendor generates, and returns it; the other secrets stay valid. expires is cut
// to whole seconds, nil asks for none. The answer names no id: it is found in the list. The vendor shows the value only in
// this answer: when it is lost or holds no secret, or is about another application, the error is
// *httpapi.OutcomeUnknownError, and one more secret may be in the list.
//
// https://docs.vancoplatform.com/key-rotation
func (c *Client) AddSecret(ctx context.Context, tenant, clientID string, expires *time.Time) (secret.Value, error) {
	var body additionWire
	if expires != nil {
		body.ExpirationDate = expires.UTC().Format(time.RFC3339)
	}
	r := httpapi.Request{
		Operation: "add a client secret",
		Template:  secretsTemplate,
		Class:     httpapi.Once,
		Method:    http.MethodPost,
		Path:      secretsPath(tenant, clientID),
		JSON:      body,
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return secret.Value{}, err
	}
	issued, problem := added(resp.Body, clientID)
	if problem != "" {
		return secret.Value{}, c.http.Unusable(r, problem)
	}
	c.known.Remember(issued)
	return issued, nil
}

// added reads two fields of the application that the vendor answers with; the types of the others are not described.
func added(body []byte, clientID string) (issued secret.Value, problem string) {
	var w struct {
		ClientID     string       `json:"clientId"`
		ClientSecret secret.Value `json:"clientSecret"`
	}
	switch err := httpapi.Unmarshal(body, &w); {
	case err != nil:
		return secret.Value{}, problemShape
	case w.ClientID != "" && !strings.EqualFold(w.ClientID, clientID):
		return secret.Value{}, problemOtherClient
	case w.ClientSecret.Empty():
		return secret.Value{}, problemNoSecret
	case strings.ContainsRune(w.ClientSecret.Reveal(), utf8.RuneError):
		// The decoder puts U+FFFD in place of bytes that are no text: not the secret that the vendor stored.
		return secret.Value{}, problemBrokenSecret
	}
	return w.ClientSecret, ""
}

// DeleteSecret marks one secret as deleted. What the vendor answers for a secret that is not there is not documented. The
// body of the answer is ignored; an *httpapi.OutcomeUnknownError is settled by reading the list.
//
// https://docs.vancoplatform.com/key-rotation
func (c *Client) DeleteSecret(ctx context.Context, tenant, clientID, id string) error {
	r := httpapi.Request{
		Operation: "delete the client secret",
		Template:  secretsTemplate + "/{id}",
		Class:     httpapi.Once,
		Method:    http.MethodDelete,
		Path:      append(secretsPath(tenant, clientID), id),
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return err
	}
	switch resp.Status {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return nil
	}
	return c.http.Unusable(r, fmt.Sprintf("the status %d is none that a deletion has", resp.Status))
}
