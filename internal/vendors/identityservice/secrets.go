package identityservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/proof"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/identityservice/api"
)

var (
	_ rotation.Vendor  = (*secrets)(nil)
	_ rotation.Locator = (*secrets)(nil)
)

// traits: any number of secrets, each with an id, an optional expiry and a deleted flag.
var traits = rotation.Traits{Listed: true, LogsIn: true}

// secrets carries out rotations on applications of an Identity Service tenant.
type secrets struct {
	api    *api.Client
	clock  clock.Clock
	reader *coalesce.Reader[[]api.ClientSecret]

	mu sync.Mutex
	// after are the facts that Locate read right after the last addition to a client; they are as fresh as the next
	// addition in the same run needs them.
	after map[rotation.Client]rotation.Facts
}

func newSecrets(client *api.Client, c clock.Clock) *secrets {
	return &secrets{
		api: client, clock: c, after: map[rotation.Client]rotation.Facts{},
		reader: &coalesce.Reader[[]api.ClientSecret]{Clock: c, One: client.Secrets},
	}
}

func (s *secrets) facts(list []api.ClientSecret) rotation.Facts {
	facts := rotation.Facts{At: s.Now()}
	for _, entry := range list {
		facts.Secrets = append(facts.Secrets, rotation.Entry{ID: entry.ID, ExpiresAt: entry.ExpiresAt, Deleted: entry.Deleted})
	}
	return facts
}

// Now implements rotation.Vendor.
func (s *secrets) Now() time.Time { return s.api.Now() }

// Read implements rotation.Vendor: one list serves all secrets of an application.
func (s *secrets) Read(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	list, err := s.reader.Read(ctx, c.Scope, c.ID)
	return s.facts(list), err
}

// afterLife is how long the list that followed one addition serves as the list before the next.
const afterLife = 5 * time.Second

// Prepare implements rotation.Vendor.
func (s *secrets) Prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	s.mu.Lock()
	after, ok := s.after[c]
	delete(s.after, c)
	s.mu.Unlock()
	if ok && s.Now().Sub(after.At) < afterLife {
		return after, nil
	}
	return s.list(ctx, c)
}

func (s *secrets) list(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	list, err := s.api.Secrets(ctx, c.Scope, c.ID)
	return s.facts(list), err
}

// Pauses while an unanswered or invisible addition is cleared up. Before one is sent again, resendAfter must have passed,
// which is longer than a request may take.
const (
	lookPause   = 3 * time.Second
	looks       = 4
	resendAfter = 65 * time.Second
)

// Issue implements rotation.Vendor. An addition whose answer was lost leaves a secret that nobody has; the unique
// expiration date tells it from everybody else's, so it is deleted and another one is made.
func (s *secrets) Issue(ctx context.Context, c rotation.Client, order rotation.Order) (rotation.Issued, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	before, dates := order.Before, []time.Time{}
	for attempt := 1; ; attempt++ {
		sent := s.clock.Now()
		requested, err := s.expiration(order.ExpiresAfter, before, dates)
		if err != nil {
			return rotation.Issued{}, err
		}
		value, err := s.api.AddSecret(ctx, c.Scope, c.ID, requested)
		if err == nil && !order.Current.Empty() && value == order.Current {
			err = &httpapi.OutcomeUnknownError{Vendor: api.Vendor, Operation: "add a client secret", Cause: errors.New("the answer repeats the secret that was current before")}
		}
		if err == nil {
			result := rotation.Issued{Value: value, At: s.Now(), Requested: requested, Before: before}
			if attempt > 1 {
				result.Notes = s.afterwards(ctx, c, before, dates)
			}
			return result, nil
		}
		if !httpapi.IsOutcomeUnknown(err) {
			return rotation.Issued{}, err
		}
		if requested != nil {
			dates = append(dates, *requested)
		}
		removed, err := s.removeOrphan(ctx, c, before, requested, err)
		if err != nil {
			return rotation.Issued{}, err
		}
		if attempt == 2 || ctx.Err() != nil {
			return rotation.Issued{}, gaveUp(err)
		}
		if !removed && s.clock.Sleep(ctx, resendAfter-s.clock.Now().Sub(sent)) != nil {
			return rotation.Issued{}, gaveUp(ctx.Err())
		}
		if !removed {
			if _, err := s.removeOrphan(ctx, c, before, requested, gaveUp(nil)); err != nil {
				return rotation.Issued{}, err
			}
		}
	}
}

// gaveUp says that no secret was made after lost answers and that none is left behind.
func gaveUp(cause error) error {
	if cause == nil {
		cause = errors.New("the request to add a secret was not answered")
	}
	return &rotation.LostError{
		Cause:      cause,
		StillValid: "The secret in use still works, and no new secret is listed.",
		Remedy:     "Run the command again when the vendor answers.",
	}
}

// removeOrphan looks for the secret of an unanswered addition and deletes it. removed is false when none is visible.
func (s *secrets) removeOrphan(ctx context.Context, c rotation.Client, before rotation.Facts, requested *time.Time, cause error) (removed bool, err error) {
	ctx, cancel := rotation.Settling(ctx)
	defer cancel()
	seen := false
	for i := range looks {
		if i > 0 && s.clock.Sleep(ctx, lookPause) != nil {
			break
		}
		now, err := s.list(ctx, c)
		if err != nil {
			continue
		}
		seen = true
		fresh := newEntries(before, now)
		if len(fresh) == 0 {
			continue
		}
		ours := dated(fresh, requested)
		if len(ours) != 1 {
			return false, strangers(cause, fresh)
		}
		if _, err := s.retire(ctx, c, ours[0].ID); err != nil {
			return false, orphan(cause, ours[0].ID)
		}
		return true, nil
	}
	if !seen {
		return false, &rotation.LostError{
			Cause:      cause,
			StillValid: "The secret in use still works. Whether a new one was made could not be found out.",
			Remedy:     "Look at the list of the application's secrets and delete a new one that nobody knows; then run the command again.",
		}
	}
	return false, nil
}

// afterwards looks once more for late effects of the requests that were given up.
func (s *secrets) afterwards(ctx context.Context, c rotation.Client, before rotation.Facts, dates []time.Time) []string {
	notes := []string{"The Identity Service did not answer the first request to add a secret. Nothing of it is left; it was sent once more."}
	ctx, cancel := rotation.Settling(ctx)
	defer cancel()
	now, err := s.list(ctx, c)
	if err != nil {
		return notes
	}
	for _, date := range dates {
		for _, e := range dated(newEntries(before, now), &date) {
			if _, err := s.retire(ctx, c, e.ID); err != nil {
				notes = append(notes, fmt.Sprintf("Secret %s came from that first request after all and could not be deleted; nobody knows its value. Delete it.", e.ID))
			}
		}
	}
	return notes
}

func strangers(cause error, fresh []rotation.Entry) error {
	return &rotation.LostError{
		Cause:      cause,
		StillValid: "The secret in use still works.",
		Remedy: fmt.Sprintf("New secrets appeared that cannot be told apart: %s. One may come from this request, and nobody knows its value; others may belong to somebody else. "+
			"Nothing was deleted. Delete the one that nobody uses, then run the command again; with expires_after set, the provider can tell its own.", ids(fresh)),
	}
}

func orphan(cause error, id string) error {
	return &rotation.LostError{
		Cause:      cause,
		StillValid: "The secret in use still works.",
		Remedy:     fmt.Sprintf("Secret %s was made by this request, nobody knows its value, and it could not be deleted. Delete it, then run the command again.", id),
	}
}

func ids(entries []rotation.Entry) string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.ID
	}
	return strings.Join(names, ", ")
}

// newEntries are the live entries of now that before does not list.
func newEntries(before, now rotation.Facts) []rotation.Entry {
	var fresh []rotation.Entry
	for _, e := range now.Secrets {
		known := slices.ContainsFunc(before.Secrets, func(b rotation.Entry) bool { return b.Is(e.ID) })
		if !known && !e.Deleted {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

// dated are the entries with that expiration date, to the second.
func dated(entries []rotation.Entry, date *time.Time) []rotation.Entry {
	if date == nil {
		return nil
	}
	var same []rotation.Entry
	for _, e := range entries {
		if e.ExpiresAt != nil && e.ExpiresAt.Truncate(time.Second).Equal(date.Truncate(time.Second)) {
			same = append(same, e)
		}
	}
	return same
}

// expiration is the date to ask for: the wanted one, later by a random number of seconds so that no listed secret and no
// earlier attempt has it.
func (s *secrets) expiration(life time.Duration, before rotation.Facts, used []time.Time) (*time.Time, error) {
	if life <= 0 {
		return nil, nil
	}
	wanted := s.Now().Add(life).UTC().Truncate(time.Second)
	for {
		shift, err := rand.Int(rand.Reader, big.NewInt(int64(spread(life)/time.Second)))
		if err != nil {
			return nil, err
		}
		date := wanted.Add(time.Duration(shift.Int64()) * time.Second)
		taken := len(dated(before.Secrets, &date)) > 0 || slices.ContainsFunc(used, date.Equal)
		if !taken {
			return &date, nil
		}
	}
}

// spread is the range of the random shift: small against the life of the secret, at most a day, and wide enough to be
// unique.
func spread(life time.Duration) time.Duration {
	return min(max(life/1000, time.Minute), 24*time.Hour)
}

// Locate implements rotation.Locator: the entry that was not there before and has the date that was asked for. A new
// entry may need a while to be listed.
func (s *secrets) Locate(ctx context.Context, c rotation.Client, issued rotation.Issued) (rotation.Entry, []string, error) {
	var err error
	for i := range looks {
		if i > 0 && s.clock.Sleep(ctx, lookPause) != nil {
			break
		}
		var now rotation.Facts
		if now, err = s.list(ctx, c); err != nil {
			continue
		}
		entry, notes, found, ambiguous := match(issued, now)
		if ambiguous != nil {
			return rotation.Entry{}, nil, ambiguous
		}
		if found {
			s.mu.Lock()
			s.after[c] = now
			s.mu.Unlock()
			return entry, notes, nil
		}
	}
	if err == nil {
		err = errors.New("the list of the application's secrets shows no new entry")
	}
	return rotation.Entry{}, nil, &rotation.LostError{
		Cause:      err,
		StillValid: "The new secret exists and is in state, without its id. The previous secret still works.",
		Remedy:     "Find the new entry in the list of the application's secrets. Rotate again to get a secret with a known id, and delete the entry without one.",
	}
}

// match applies the rule for the id of a new secret: never guess.
func match(issued rotation.Issued, now rotation.Facts) (entry rotation.Entry, notes []string, found bool, err error) {
	fresh := newEntries(issued.Before, now)
	ours := dated(fresh, issued.Requested)
	switch {
	case len(ours) == 1:
		return ours[0], nil, true, nil
	case len(fresh) == 0:
		return rotation.Entry{}, nil, false, nil
	case len(fresh) == 1 && len(ours) == 0:
		if issued.Requested != nil {
			notes = []string{fmt.Sprintf("The expiration date of secret %s is not the one that was asked for (%s); expires_at has the one that is listed.", fresh[0].ID, rotation.Stamp(*issued.Requested))}
		}
		return fresh[0], notes, true, nil
	}
	return rotation.Entry{}, nil, false, &rotation.LostError{
		Cause:      errors.New("several new secrets are listed and cannot be told apart"),
		StillValid: "The new secret works and is in state, without its id. The previous secret still works.",
		Remedy:     fmt.Sprintf("Candidates: %s. Import the right one, or rotate again with expires_after set: the provider then knows its own by the date.", ids(fresh)),
	}
}

// Retire implements rotation.Vendor for the secret with that id.
func (s *secrets) Retire(ctx context.Context, c rotation.Client, id string, before rotation.Facts) (bool, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	if before.At.IsZero() {
		var err error
		if before, err = s.Read(ctx, c); err != nil {
			return false, err
		}
	}
	if err := ctx.Err(); err != nil || !live(before, id) {
		return false, err
	}
	return s.retire(ctx, c, id)
}

// retire deletes one entry; what the vendor answers is judged by the list.
func (s *secrets) retire(ctx context.Context, c rotation.Client, id string) (bool, error) {
	err := s.api.DeleteSecret(ctx, c.Scope, c.ID, id)
	if err == nil {
		return true, nil
	}
	settling, cancel := rotation.Settling(ctx)
	defer cancel()
	now, lookErr := s.list(settling, c)
	switch {
	case lookErr != nil:
		return false, err
	case !live(now, id):
		return true, nil
	case !httpapi.IsOutcomeUnknown(err):
		return false, err
	}
	if err := s.api.DeleteSecret(settling, c.Scope, c.ID, id); err != nil {
		return false, err
	}
	return true, nil
}

// live tells whether the list has an undeleted entry with that id. An expired one counts: deleting it is still asked for.
func live(facts rotation.Facts, id string) bool {
	return slices.ContainsFunc(facts.Secrets, func(e rotation.Entry) bool { return e.Is(id) && !e.Deleted })
}

// Prove implements rotation.Vendor with a login of the application itself, or what stands in for one.
func (s *secrets) Prove(ctx context.Context, c rotation.Client, value secret.Value) (proof.Verdict, error) {
	return s.api.Prove(ctx, c.ID, value)
}

// LoginClientID implements rotation.Vendor.
func (s *secrets) LoginClientID() string { return s.api.LoginClientID() }

// UseLoginSecret implements rotation.Vendor.
func (s *secrets) UseLoginSecret(id string, value secret.Value) { s.api.UseLoginSecret(id, value) }
