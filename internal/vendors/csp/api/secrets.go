package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

var (
	errNoNewSecret = errors.New("there is no new secret to send")
	errOverlap     = errors.New("the overlap must be whole seconds, not negative and at most 2147483647 s")
)

// secretTemplate is the path of the three calls that change a secret.
const secretTemplate = "/orgs/{orgId}/oauth-apps/{oauthAppId}/secret"

func secretPath(orgID, appID string) []string {
	return []string{"orgs", orgID, "oauth-apps", appID, "secret"}
}

// rotationWire is ClientSecretOwnerRotationRequest. The secret is a string here: secret.Value marshals as "(redacted)".
type rotationWire struct {
	NewClientSecret string `json:"newClientSecret"`
	// Left out for the vendor's default; what 0 means is not documented.
	ExpirationInSeconds int32 `json:"secretRotationExpirationInSeconds,omitempty"`
}

// StartRotation makes newSecret the current secret. The one that was current stays valid for overlap, or for the vendor's
// default (48 hours) when overlap is 0. The answer has no body. A conflict, httpapi.ErrConflict, may mean that a rotation
// is open already. An *httpapi.OutcomeUnknownError is settled by trying newSecret. A new secret that is empty and an overlap
// that the vendor cannot express are *httpapi.NotSentError.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/orgs/orgId/oauth-apps/oauthAppId/secret/post/
func (c *Client) StartRotation(ctx context.Context, orgID, appID string, newSecret secret.Value, overlap time.Duration) error {
	r := httpapi.Request{
		Operation: "start a rotation of the client secret",
		Template:  secretTemplate,
		Class:     httpapi.Once,
		Method:    http.MethodPost,
		Path:      secretPath(orgID, appID),
	}
	switch {
	case newSecret.Empty():
		return &httpapi.NotSentError{Vendor: Vendor, Operation: r.Operation, Cause: errNoNewSecret}
	case overlap < 0 || overlap%time.Second != 0 || overlap/time.Second > math.MaxInt32:
		return &httpapi.NotSentError{Vendor: Vendor, Operation: r.Operation, Cause: errOverlap}
	}
	r.JSON = rotationWire{
		NewClientSecret:     newSecret.Reveal(),
		ExpirationInSeconds: int32(overlap / time.Second),
	}
	c.known.Remember(newSecret)
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return err
	}
	return c.http.Acknowledged(r, resp)
}

// RegenerateSecret replaces every secret of the app by one that the vendor generates, at once and without overlap; an open
// rotation ends with it. The vendor shows the secret only in this answer: when it is lost or holds no secret, or is about
// another app, the error is *httpapi.OutcomeUnknownError.
//
// https://developer.vmware.com/apis/csp/csp-iam/latest/csp/gateway/am/api/orgs/orgId/oauth-apps/oauthAppId/secret/put/
func (c *Client) RegenerateSecret(ctx context.Context, orgID, appID string) (secret.Value, error) {
	r := httpapi.Request{
		Operation: "regenerate the client secret",
		Template:  secretTemplate,
		Class:     httpapi.Once,
		Method:    http.MethodPut,
		Path:      secretPath(orgID, appID),
		// The vendor requires an empty object.
		JSON: struct{}{},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return secret.Value{}, err
	}
	issued, problem := httpapi.ReadClientSecret(resp.Body, appID)
	if problem != "" {
		return secret.Value{}, c.http.Unusable(r, problem)
	}
	c.known.Remember(issued)
	return issued, nil
}

// EndRotation ends an open rotation before its time: the new secret becomes the only valid one. What the vendor answers
// when no rotation is open is not documented. An *httpapi.OutcomeUnknownError is settled by trying the old secret.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/orgs/orgId/oauth-apps/oauthAppId/secret/delete/
func (c *Client) EndRotation(ctx context.Context, orgID, appID string) error {
	r := httpapi.Request{
		Operation: "end the rotation of the client secret",
		Template:  secretTemplate,
		Class:     httpapi.Once,
		Method:    http.MethodDelete,
		Path:      secretPath(orgID, appID),
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return err
	}
	return c.http.Acknowledged(r, resp)
}
