package csp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp/api"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

var _ rotation.Vendor = (*secrets)(nil)

// defaultOverlap is how long the old secret lives when a rotation names no time.
const defaultOverlap = 48 * time.Hour

// traits: two slots of which nothing can be seen, an overlap that the vendor ends, values that the caller chooses, and a
// second call that replaces everything at once.
var traits = rotation.Traits{
	EndsOverlap:    true,
	DefaultOverlap: defaultOverlap,
	CallerChooses:  true,
	Regenerates:    true,
	LogsIn:         true,
	Name:           "VMware Cloud Services",
}

// secrets carries out rotations on OAuth apps of a CSP organization.
type secrets struct {
	api      *api.Client
	clock    clock.Clock
	verifier *verify.Verifier
	reader   *coalesce.Reader[api.App]
}

func newSecrets(client *api.Client, c clock.Clock) *secrets {
	return &secrets{api: client, clock: c, verifier: verify.New(c), reader: &coalesce.Reader[api.App]{
		Clock: c,
		One:   client.App,
		List: func(ctx context.Context, orgID string) (map[string]api.App, error) {
			apps, err := client.Apps(ctx, orgID, "")
			byID := make(map[string]api.App, len(apps))
			for _, app := range apps {
				byID[app.ID] = app
			}
			return byID, err
		},
		Unlistable: func(err error) bool {
			return errors.Is(err, httpapi.ErrForbidden)
		},
	}}
}

func (s *secrets) facts(app api.App) rotation.Facts {
	facts := rotation.Facts{At: s.Now(), Name: app.DisplayName, SecretAge: app.SecretAge, CreatedAt: app.CreatedAt, ChangedAt: app.LastUpdatedAt}
	switch {
	case isTrue(app.PublicClient):
		facts.Unsupported, facts.NoSecret = "it is a public client, so it has no secret", true
	case isTrue(app.Immutable):
		facts.Unsupported = "it is immutable"
	}
	return facts
}

func isTrue(b *bool) bool { return b != nil && *b }

// Now implements rotation.Vendor.
func (s *secrets) Now() time.Time { return s.api.Now() }

// Read implements rotation.Vendor.
func (s *secrets) Read(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	app, err := s.reader.Read(ctx, c.Scope, c.ID)
	return s.facts(app), err
}

// Prepare implements rotation.Vendor. CSP does not show whether a rotation is open, but some installations show the age of the
// secret, which tells when somebody else rotated.
func (s *secrets) Prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	app, err := s.api.App(ctx, c.Scope, c.ID)
	return s.facts(app), err
}

// Issue implements rotation.Vendor.
func (s *secrets) Issue(ctx context.Context, c rotation.Client, order rotation.Order) (rotation.Issued, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	if order.Mode == rotation.Regenerate {
		return s.regenerate(ctx, c)
	}
	if order.Pending != nil {
		return s.resume(ctx, c, order)
	}
	value := order.Chosen
	if value.Empty() {
		var err error
		if value, err = api.GenerateSecret(rand.Reader); err != nil {
			return rotation.Issued{}, err
		}
	}
	return s.start(ctx, c, order, value)
}

// start begins a rotation to value. The value is known before it is sent, so a lost answer is cleared up by trying it.
func (s *secrets) start(ctx context.Context, c rotation.Client, order rotation.Order, value secret.Value) (rotation.Issued, error) {
	sent := s.Now()
	err := s.api.StartRotation(ctx, c.Scope, c.ID, value, order.Overlap)
	switch {
	case err == nil:
		return issued(order, value, s.Now()), nil
	case errors.Is(err, httpapi.ErrConflict) && !httpapi.IsOutcomeUnknown(err):
		if s.tries(ctx, c, value) == verify.Accepted {
			return issued(order, value, sent), nil
		}
		return rotation.Issued{}, &rotation.LostError{
			Cause:      err,
			StillValid: "This request changed nothing: the secrets that worked before still work.",
			Remedy: "Another rotation or change of this app is open. Wait until it ends; or, if nothing uses the secret before it any more, finish it " +
				`(a rotation completion, or on_pending_rotation = "retire_first"); then run the command again.`,
		}
	case !httpapi.IsOutcomeUnknown(err):
		return rotation.Issued{}, err
	}
	pending := &rotation.Pending{Value: value, Fingerprint: value.SHA256(), SentAt: sent, EndsAt: endOfOverlap(order, sent)}
	if !order.Chosen.Empty() {
		pending.Version = order.Version
	}
	return s.clearUp(ctx, c, order, pending, err)
}

// resume clears up an earlier rotation whose answer was lost before anything new is sent: by the value that was sent, never by
// another one.
func (s *secrets) resume(ctx context.Context, c rotation.Client, order rotation.Order) (rotation.Issued, error) {
	pending := *order.Pending
	if pending.Value.Empty() && !order.Chosen.Empty() && order.Chosen.SHA256() == pending.Fingerprint {
		pending.Value = order.Chosen // a write-only value is kept nowhere, but the configuration still has it
	}
	cause := errors.New("the outcome of an earlier request to rotate the secret is not known")
	// What was made here must not be recorded as the value that the user chose since, nor the other way round.
	fits := !pending.Value.Empty() && (order.Chosen.Empty() || order.Chosen.SHA256() == pending.Value.SHA256())
	if !s.Now().Before(pending.EndsAt) && (!fits || s.tries(ctx, c, pending.Value) != verify.Accepted) {
		order.Pending = nil
		return s.Issue(ctx, c, order)
	}
	switch {
	case pending.Value.Empty() && pending.Version != nil:
		return rotation.Issued{}, otherValue(cause, &pending, fmt.Sprintf("give client_secret_wo the value that was sent as client_secret_wo_version %d, and apply", *pending.Version))
	case !fits && !pending.Value.Empty():
		return rotation.Issued{}, otherValue(cause, &pending, "take client_secret_wo and client_secret_wo_version away until that rotation is cleared up, and apply")
	case pending.Value.Empty():
		return rotation.Issued{}, lost(cause, &pending)
	}
	return s.clearUp(ctx, c, order, &pending, cause)
}

// otherValue says that a rotation cannot be cleared up by the value that the configuration has now.
func otherValue(cause error, pending *rotation.Pending, remedy string) error {
	return &rotation.LostError{
		Cause:      cause,
		Pending:    pending,
		StillValid: stillValid(pending),
		Remedy: "Only the value that was sent can tell, and the configuration has another one now. Nothing was sent. Before that time, " + remedy +
			". After that time an apply starts anew.",
	}
}

func stillValid(pending *rotation.Pending) string {
	return "The secret in use works at least until " + rotation.Stamp(pending.EndsAt) + ", and for good if the rotation did not take effect. " +
		"Whether it did could not be found out."
}

// refusedFor is how long after an unanswered request a refusal of its secret means that it never took effect: longer than
// a request lives and a change needs to be known everywhere.
const refusedFor = 10 * time.Minute

// clearUp finds out by the secret itself whether a rotation took effect. Only when the new one is refused and the one in
// use is accepted, or is not known and the refusal is no matter of minutes, the same value is sent once more.
func (s *secrets) clearUp(ctx context.Context, c rotation.Client, order rotation.Order, pending *rotation.Pending, cause error) (rotation.Issued, error) {
	switch s.tries(ctx, c, pending.Value) {
	case verify.Accepted:
		at := pending.SentAt
		result := issued(order, pending.Value, at)
		result.PreviousEndsAt = &pending.EndsAt
		result.Notes = []string{"VMware Cloud Services did not answer the request to rotate the secret, but the token endpoint accepts the new secret: the rotation took effect."}
		return result, nil
	case verify.Refused:
	default:
		return rotation.Issued{}, lost(cause, pending)
	}
	longAgo := order.Current.Empty() && s.Now().Sub(pending.SentAt) >= refusedFor
	if ctx.Err() != nil || !longAgo && (order.Current.Empty() || s.tries(ctx, c, order.Current) != verify.Accepted) {
		return rotation.Issued{}, lost(cause, pending)
	}
	sent := s.Now()
	err := s.api.StartRotation(ctx, c.Scope, c.ID, pending.Value, order.Overlap)
	if err != nil && s.tries(ctx, c, pending.Value) != verify.Accepted {
		// Also after a refusal the first request may still be carried out.
		// The previous secret ends with the overlap of the first one at the earliest.
		again := *pending
		again.SentAt = sent
		return rotation.Issued{}, lost(err, &again)
	}
	result := issued(order, pending.Value, sent)
	result.Notes = []string{"VMware Cloud Services did not answer the first request to rotate the secret. The token endpoint refused the new secret, so the same one was sent once more."}
	return result, nil
}

// tries finds out whether the token endpoint accepts value, for up to half a minute: a new secret may need a while.
func (s *secrets) tries(ctx context.Context, c rotation.Client, value secret.Value) verify.Verdict {
	ctx, cancel := rotation.Detached(ctx)
	defer cancel()
	return s.Verify(ctx, c, value, verify.BeforeChange()).Verdict
}

func lost(cause error, pending *rotation.Pending) error {
	return &rotation.LostError{
		Cause:      cause,
		Pending:    pending,
		StillValid: stillValid(pending),
		Remedy: "Apply again as soon as the token endpoint can be reached: a secret that was sent and is still known is tried first, and sent again when it is still refused ten minutes later. " +
			`If the app cannot log in by itself, or the value is not kept, replace the secret before that time with rotation_mode = "regenerate" (every secret then ends at once). ` +
			"After that time an apply starts anew.",
	}
}

// issued describes a rotation with overlap that took effect at the time at.
func issued(order rotation.Order, value secret.Value, at time.Time) rotation.Issued {
	ends := endOfOverlap(order, at)
	return rotation.Issued{Value: value, At: at, PreviousEndsAt: &ends, Before: order.Before}
}

// endOfOverlap is when the vendor ends the previous secret; it never tells.
func endOfOverlap(order rotation.Order, at time.Time) time.Time {
	if order.Overlap > 0 {
		return at.Add(order.Overlap)
	}
	return at.Add(defaultOverlap)
}

// A regeneration that was not answered may still be executed, and would then replace the one that follows.
const (
	regenerations   = 3
	regeneratePause = 65 * time.Second
	conflictPause   = 5 * time.Second
)

// regenerate replaces every secret. When its answer is lost, the old secrets are probably dead and the new one is unknown:
// there is nothing to lose by doing it again.
func (s *secrets) regenerate(ctx context.Context, c rotation.Client) (rotation.Issued, error) {
	var notes []string
	for attempt := 1; ; attempt++ {
		value, err := s.api.RegenerateSecret(ctx, c.Scope, c.ID)
		if err == nil {
			return rotation.Issued{Value: value, At: s.Now(), Notes: notes}, nil
		}
		unknown := httpapi.IsOutcomeUnknown(err)
		if !unknown && !errors.Is(err, httpapi.ErrConflict) {
			return rotation.Issued{}, unregenerated(err, notes)
		}
		pause := conflictPause
		if unknown {
			pause = regeneratePause
			notes = []string{"VMware Cloud Services did not answer a request to regenerate the secret, so it was sent again."}
		}
		if attempt == regenerations || s.clock.Sleep(ctx, pause) != nil {
			return rotation.Issued{}, unregenerated(err, notes)
		}
	}
}

// unregenerated is the error of a regeneration that failed. With notes, an earlier request of it was not answered, and
// then also a clear refusal of the last one does not mean that nothing was changed.
func unregenerated(err error, notes []string) error {
	if len(notes) == 0 {
		return err
	}
	return &rotation.LostError{
		Cause:      err,
		StillValid: "The secrets that worked before have probably stopped working, and nobody has the new one.",
		Remedy:     "Apply again: regenerating once more gives a known secret, and nothing is left to lose by it.",
	}
}

// Retire implements rotation.Vendor. CSP does not show whether a rotation is open, and what it answers when none is open
// is not documented: a refusal with 400, or with 404 while the app exists, counts as nothing to end.
func (s *secrets) Retire(ctx context.Context, c rotation.Client, _ string, before rotation.Facts) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err := s.api.EndRotation(ctx, c.Scope, c.ID)
	var refused *httpapi.APIError
	switch {
	case err == nil:
		return true, nil
	case httpapi.IsOutcomeUnknown(err) && s.changedSince(ctx, c, before):
		return true, nil
	case httpapi.IsOutcomeUnknown(err):
		// Ending what is ended already does nothing, unless somebody began a new rotation meanwhile; that would end the
		// secret in use now, so it is not repeated here.
		return false, &rotation.LostError{
			Cause:      err,
			StillValid: "The current secret works. The previous one has ended, or ends by itself when its overlap is over.",
			Remedy:     "Run the command again to make sure that it has ended.",
		}
	case errors.As(err, &refused) && refused.Definite && refused.Status == 400:
		return false, nil
	case errors.Is(err, httpapi.ErrNotFound):
		_, err = s.api.App(ctx, c.Scope, c.ID)
		return false, err
	}
	return false, err
}

// changedSince tells that the app was changed after it was looked at right before: an end that was not answered was carried out.
func (s *secrets) changedSince(ctx context.Context, c rotation.Client, before rotation.Facts) bool {
	ctx, cancel := rotation.Detached(ctx)
	defer cancel()
	app, err := s.api.App(ctx, c.Scope, c.ID)
	return err == nil && before.ChangedAt != nil && app.LastUpdatedAt != nil && app.LastUpdatedAt.After(*before.ChangedAt)
}

// Verify implements rotation.Vendor with a login of the app itself, or what stands in for one.
func (s *secrets) Verify(ctx context.Context, c rotation.Client, value secret.Value, t verify.Terms) verify.Result {
	return s.verifier.Verify(ctx, s.api.Verifiable(c.ID), value, t)
}

// LoginClientID implements rotation.Vendor.
func (s *secrets) LoginClientID() string { return s.api.LoginClientID() }

// UseLoginSecret implements rotation.Vendor.
func (s *secrets) UseLoginSecret(id string, value secret.Value) { s.api.UseLoginSecret(id, value) }
