package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
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
	issued, problem := httpapi.ReadClientSecret(resp.Body, clientID)
	if problem != "" {
		return secret.Value{}, c.http.Unusable(r, problem)
	}
	c.known.Remember(issued)
	return issued, nil
}

// DeleteSecret marks one secret as deleted. What the vendor answers for a secret that is not there is not documented. The
// body of the answer is ignored, unless it is a page for people; an *httpapi.OutcomeUnknownError is settled by reading the list.
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
		return c.http.Acknowledged(r, resp)
	}
	return c.http.Unusable(r, fmt.Sprintf("the status %d is none that a deletion has", resp.Status))
}
