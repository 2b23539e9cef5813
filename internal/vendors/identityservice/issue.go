package identityservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/identityservice/api"
)

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
	s.forgetListed(c) // it lacks what is added now
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
		StillValid: "The secret in use still works, and no new secret is listed. If one is listed later, it is of this request, and nobody has its value: delete it.",
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
