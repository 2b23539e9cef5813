package identityservice

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/identityservice/api"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

var (
	_ rotation.Vendor  = (*secrets)(nil)
	_ rotation.Locator = (*secrets)(nil)
)

// traits: any number of secrets, each with an id, an optional expiry and a deleted flag.
var traits = rotation.Traits{ManySecrets: true, LogsIn: true, Name: "the Identity Service"}

// secrets carries out rotations on applications of an Identity Service tenant.
type secrets struct {
	api      *api.Client
	clock    clock.Clock
	verifier *verify.Verifier
	reader   *coalesce.Reader[[]api.ClientSecret]

	mu sync.Mutex
	// Clients are kept by their Key.

	// after are the facts that Locate read right after the last addition to a client, until the next one.
	after map[rotation.Client]rotation.Facts
	// missing are clients with an addition from here whose entry is not known. It may be listed at any moment, and be taken for
	// that of a later addition.
	missing map[rotation.Client]bool
	// ended are the entries that were deleted from here. Facts from before show them as deleted too, so that one list serves
	// all deletions.
	ended map[entryOf]bool
}

// entryOf names an entry, its id in lower case.
type entryOf struct {
	client rotation.Client
	id     string
}

func newSecrets(client *api.Client, c clock.Clock) *secrets {
	return &secrets{
		api: client, clock: c, verifier: verify.New(c), after: map[rotation.Client]rotation.Facts{}, missing: map[rotation.Client]bool{}, ended: map[entryOf]bool{},
		reader: &coalesce.Reader[[]api.ClientSecret]{Clock: c, One: client.Secrets},
	}
}

func (s *secrets) facts(c rotation.Client, list []api.ClientSecret) rotation.Facts {
	facts := rotation.Facts{At: s.Now()}
	for _, entry := range list {
		facts.Secrets = append(facts.Secrets, rotation.Entry{ID: entry.ID, ExpiresAt: entry.ExpiresAt, Deleted: entry.Deleted})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.markEnded(c, facts.Secrets)
	return facts
}

// markEnded marks what was deleted from here since the entries were read. The caller holds mu.
func (s *secrets) markEnded(c rotation.Client, entries []rotation.Entry) {
	for i, e := range entries {
		entries[i].Deleted = e.Deleted || s.ended[entryOf{c.Key(), strings.ToLower(e.ID)}]
	}
}

// Now implements rotation.Vendor.
func (s *secrets) Now() time.Time { return s.api.Now() }

// Read implements rotation.Vendor: one list serves all secrets of an application.
func (s *secrets) Read(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	list, err := s.reader.Read(ctx, c.Scope, c.ID)
	return s.facts(c, list), err
}

// afterLife is how long the list that followed an addition serves as the list before the next change.
const afterLife = 5 * time.Second

// justListed are the facts that followed an addition of a moment ago.
func (s *secrets) justListed(c rotation.Client) (after rotation.Facts, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, ok = s.after[c.Key()]
	if !ok || s.Now().Sub(after.At) >= afterLife {
		return rotation.Facts{}, false
	}
	after.Secrets = slices.Clone(after.Secrets)
	s.markEnded(c, after.Secrets)
	return after, true
}

func (s *secrets) miss(c rotation.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing[c.Key()] = true
}

func (s *secrets) misses(c rotation.Client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing[c.Key()]
}

func (s *secrets) forgetListed(c rotation.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.after, c.Key())
}

// Prepare implements rotation.Vendor.
func (s *secrets) Prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	if after, ok := s.justListed(c); ok {
		return after, nil
	}
	return s.list(ctx, c)
}

func (s *secrets) list(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	list, err := s.api.Secrets(ctx, c.Scope, c.ID)
	return s.facts(c, list), err
}

// Retire implements rotation.Vendor for the secret with that id. Facts from before that show it as deleted save the call.
func (s *secrets) Retire(ctx context.Context, c rotation.Client, id string, before rotation.Facts) (bool, error) {
	if !before.At.IsZero() && !live(before, id) {
		return false, nil
	}
	done, err := s.retire(ctx, c, id)
	if err != nil {
		s.reader.Forget(c.Scope, c.ID)
		return done, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[entryOf{c.Key(), strings.ToLower(id)}] = true
	return done, nil
}

// retire deletes one entry; what the vendor answers is judged by the list.
func (s *secrets) retire(ctx context.Context, c rotation.Client, id string) (bool, error) {
	err := s.api.DeleteSecret(ctx, c.Scope, c.ID, id)
	if err == nil || httpapi.IsNotSent(err) { // then there is nothing to find out
		return err == nil, err
	}
	following, cancel := rotation.Detached(ctx)
	defer cancel()
	now, lookErr := s.list(following, c)
	switch {
	case errors.Is(lookErr, httpapi.ErrNotFound):
		return false, lookErr
	case lookErr != nil:
		return false, httpapi.Indefinite(err) // only the list says that the application or the secret is gone
	case !live(now, id):
		return true, nil
	case !httpapi.IsOutcomeUnknown(err):
		return false, httpapi.Indefinite(err)
	}
	if err := s.api.DeleteSecret(following, c.Scope, c.ID, id); err != nil {
		return false, httpapi.Indefinite(err)
	}
	return true, nil
}

// live tells whether the list has an undeleted entry with that id. An expired one counts: deleting it is still asked for.
func live(facts rotation.Facts, id string) bool {
	return slices.ContainsFunc(facts.Secrets, func(e rotation.Entry) bool { return e.Is(id) && !e.Deleted })
}

// Verify implements rotation.Vendor with a login of the application itself, or what stands in for one.
func (s *secrets) Verify(ctx context.Context, c rotation.Client, value secret.Value, t verify.Terms) verify.Result {
	return s.verifier.Verify(ctx, s.api.Verifiable(c.ID), value, t)
}

// LoginClientID implements rotation.Vendor.
func (s *secrets) LoginClientID() string { return s.api.LoginClientID() }

// UseLoginSecret implements rotation.Vendor.
func (s *secrets) UseLoginSecret(id string, value secret.Value) { s.api.UseLoginSecret(id, value) }
