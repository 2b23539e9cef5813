package cloudflare

import (
	"context"
	"errors"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare/api"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

var _ rotation.Vendor = (*secrets)(nil)

// traits: two slots, a flag that shows the previous secret, and nothing that ends it but a call.
var traits = rotation.Traits{ShowsPrevious: true, Name: "Cloudflare"}

// secrets carries out rotations on Cloudflare's OAuth clients.
type secrets struct {
	api      *api.Client
	clock    clock.Clock
	verifier *verify.Verifier
	reader   *coalesce.Reader[api.OAuthClient]
}

func newSecrets(client *api.Client, c clock.Clock) *secrets {
	return &secrets{api: client, clock: c, verifier: verify.New(c), reader: &coalesce.Reader[api.OAuthClient]{
		Clock: c,
		One:   client.OAuthClient,
		List: func(ctx context.Context, accountID string) (map[string]api.OAuthClient, error) {
			clients, err := client.OAuthClients(ctx, accountID)
			byID := make(map[string]api.OAuthClient, len(clients))
			for _, c := range clients {
				byID[c.ClientID] = c
			}
			return byID, err
		},
		Partial: func(c api.OAuthClient) bool { return c.HasRotatedSecret == nil },
		Unlistable: func(err error) bool {
			return errors.Is(err, httpapi.ErrForbidden) || errors.Is(err, api.ErrPaged)
		},
	}}
}

func (s *secrets) facts(c api.OAuthClient) rotation.Facts {
	facts := rotation.Facts{At: s.Now(), Name: c.ClientName, HasPrevious: c.HasRotatedSecret, ChangedAt: c.UpdatedAt}
	if c.TokenEndpointAuthMethod == "none" {
		facts.Unsupported, facts.NoSecret = "its token_endpoint_auth_method is none, so it has no secret", true
	}
	return facts
}

// Now implements rotation.Vendor.
func (s *secrets) Now() time.Time { return s.api.Now() }

// Read implements rotation.Vendor.
func (s *secrets) Read(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	client, err := s.reader.Read(ctx, c.Scope, c.ID)
	return s.facts(client), err
}

// Prepare implements rotation.Vendor: has_rotated_secret decides, so it is read anew.
func (s *secrets) Prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	client, err := s.api.OAuthClient(ctx, c.Scope, c.ID)
	return s.facts(client), err
}

// Pauses while an unanswered call is cleared up. A request that nobody answered may still be executed: before it is sent
// again, resendAfter must have passed, which is longer than a request may take.
const (
	lookPause   = 2 * time.Second
	looks       = 3
	resendAfter = 65 * time.Second
)

// Issue implements rotation.Vendor. A lost answer is cleared up by the flag: as long as it stays false nothing happened.
// When it turns true, the new secret exists and nobody has it; ending the previous one would then end the one in use, so
// nothing more is done.
func (s *secrets) Issue(ctx context.Context, c rotation.Client, order rotation.Order) (rotation.Issued, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	sent := s.clock.Now()
	made, err := s.api.RotateSecret(ctx, c.Scope, c.ID)
	if err == nil {
		return s.issued(made, order), nil
	}
	if !httpapi.IsOutcomeUnknown(err) {
		if contradicts(err) {
			if happened, _ := s.rotated(ctx, c, looks); happened {
				return rotation.Issued{}, lost(err, true)
			}
		}
		return rotation.Issued{}, err
	}
	happened, looked := s.rotated(ctx, c, looks)
	if !looked || happened {
		return rotation.Issued{}, lost(err, happened)
	}
	if s.clock.Sleep(ctx, resendAfter-s.clock.Now().Sub(sent)) != nil {
		return rotation.Issued{}, err
	}
	if happened, looked = s.rotated(ctx, c, 1); !looked || happened {
		return rotation.Issued{}, lost(err, happened)
	}
	made, err = s.api.RotateSecret(ctx, c.Scope, c.ID)
	switch {
	case err == nil:
		result := s.issued(made, order)
		result.Notes = []string{"Cloudflare did not answer the first request to rotate the secret. It was not carried out, so it was sent once more."}
		return result, nil
	case httpapi.IsOutcomeUnknown(err):
		happened, _ = s.rotated(ctx, c, looks)
		return rotation.Issued{}, lost(err, happened)
	default:
		return rotation.Issued{}, err
	}
}

func (s *secrets) issued(made api.Rotated, order rotation.Order) rotation.Issued {
	return rotation.Issued{Value: made.Secret, At: s.Now(), ChangedAt: made.UpdatedAt, Before: order.Before}
}

// contradicts tells a refusal in a 2xx, which need not mean that nothing was done.
func contradicts(err error) bool {
	var refused *httpapi.APIError
	return errors.As(err, &refused) && refused.Status < 300
}

// rotated looks at the flag up to n times and stops when it is set. looked is false when no look succeeded. It goes on
// for a while when the operation is cancelled: what was sent cannot be taken back.
func (s *secrets) rotated(ctx context.Context, c rotation.Client, n int) (happened, looked bool) {
	ctx, cancel := rotation.Detached(ctx)
	defer cancel()
	for i := range n {
		if i > 0 && s.clock.Sleep(ctx, lookPause) != nil {
			break
		}
		client, err := s.api.OAuthClient(ctx, c.Scope, c.ID)
		if err != nil || client.HasRotatedSecret == nil {
			continue
		}
		if looked = true; *client.HasRotatedSecret {
			return true, true
		}
	}
	return false, looked
}

func lost(cause error, happened bool) error {
	if !happened {
		return &rotation.LostError{
			Cause:      cause,
			StillValid: "The secret in use still works. Whether a new secret was made could not be found out.",
			Remedy: "Look at has_rotated_secret of the client. If it is false, nothing happened: run the command again. " +
				"If it is true, read on in the guide on lost answers before anything is deleted: the previous secret is the one in use.",
		}
	}
	return &rotation.LostError{
		Cause:    cause,
		Happened: true,
		StillValid: "Cloudflare did make a new secret, but its value was lost with the answer, and no call gives it back. " +
			"The secret in use still works, as the previous one, and it stays valid until somebody deletes it.",
		Remedy: "Do not delete the previous secret: it is the one in use. When a short interruption is acceptable, set " +
			`on_pending_rotation = "retire_first" and apply: that deletes it, makes a new secret, and your consumers fail until they have the new one.`,
	}
}

// Retire implements rotation.Vendor. It names no object, so a late repeat could end somebody else's new rotation: after
// an unanswered call it is repeated only while the client was not changed by anyone.
func (s *secrets) Retire(ctx context.Context, c rotation.Client, _ string, before rotation.Facts) (bool, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	err := s.api.DeleteRotatedSecret(ctx, c.Scope, c.ID)
	if err == nil || httpapi.IsNotSent(err) { // then there is nothing to find out
		return err == nil, err
	}
	following, cancel := rotation.Detached(ctx)
	defer cancel()
	client, lookErr := s.api.OAuthClient(following, c.Scope, c.ID)
	switch {
	case errors.Is(lookErr, httpapi.ErrNotFound):
		return false, lookErr
	case lookErr != nil || client.HasRotatedSecret == nil:
		return false, httpapi.Indefinite(err) // a 404 may be about the previous secret; only the look says that the client is gone
	case !*client.HasRotatedSecret:
		return true, nil
	case !httpapi.IsOutcomeUnknown(err):
		return false, httpapi.Indefinite(err)
	case before.ChangedAt == nil || client.UpdatedAt == nil || !before.ChangedAt.Equal(*client.UpdatedAt):
		return false, &rotation.LostError{
			Cause:      err,
			StillValid: "The current and the previous secret are both valid.",
			Remedy:     "The client may have been changed by somebody else in the meantime, so the deletion was not repeated. Run the command again.",
		}
	}
	return true, httpapi.Indefinite(s.api.DeleteRotatedSecret(following, c.Scope, c.ID))
}

// Verify implements rotation.Vendor with a bogus authorization code: the endpoint authenticates the client before it looks
// at the code.
func (s *secrets) Verify(ctx context.Context, c rotation.Client, value secret.Value, t verify.Terms) verify.Result {
	client, err := s.reader.Read(ctx, c.Scope, c.ID)
	if err != nil {
		return verify.Result{Evidence: "The client could not be read, so how it authenticates is not known."}
	}
	client.ClientID = c.ID
	return s.verifier.Verify(ctx, s.api.Verifiable(client), value, t)
}

// LoginClientID implements rotation.Vendor: the provider logs in with a token or key, never as an OAuth client.
func (s *secrets) LoginClientID() string { return "" }

// UseLoginSecret implements rotation.Vendor.
func (s *secrets) UseLoginSecret(string, secret.Value) {}
