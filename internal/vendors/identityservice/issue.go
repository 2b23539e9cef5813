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

// looks are the pauses before each look for an addition that is not answered or not listed yet: half a minute in all.
var looks = []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second}

// resendAfter must have passed before an unanswered addition is sent again; it is longer than a request may take.
const resendAfter = 65 * time.Second

// Issue implements rotation.Vendor. An addition whose answer was lost leaves a secret that nobody has; the unique
// expiration date tells it from everybody else's, so it is deleted and another one is made.
func (s *secrets) Issue(ctx context.Context, c rotation.Client, order rotation.Order) (rotation.Issued, error) {
	defer s.reader.Forget(c.Scope, c.ID)
	s.forgetListed(c) // it lacks what is added now
	if err := s.clearUp(ctx, c, order); err != nil {
		return rotation.Issued{}, err
	}
	var dates []time.Time
	issued, err := s.add(ctx, c, order, &dates)
	if lost := (*rotation.LostError)(nil); errors.As(err, &lost) && len(dates) > 0 {
		lost.Pending = &rotation.Pending{Dates: dates, SentAt: s.Now()} // by which the next apply finds what became of it
		if order.Pending != nil {
			lost.Pending.Dates = append(order.Pending.Dates, dates...)
		}
	}
	return issued, err
}

// clearUp deletes what an earlier order whose outcome was not known has made after all.
func (s *secrets) clearUp(ctx context.Context, c rotation.Client, order rotation.Order) error {
	if order.Pending == nil {
		return nil
	}
	for _, date := range order.Pending.Dates {
		found := dated(order.Before.Secrets, &date)
		if len(found) != 1 || !found[0].Live(order.Before.At) {
			continue
		}
		if _, err := s.retire(ctx, c, found[0].ID); err != nil {
			lost := orphan(err, found[0].ID)
			lost.Pending = order.Pending
			return lost
		}
	}
	return nil
}

// add asks for a secret, twice at most. It notes the dates that it asked for while what they were for is not settled.
func (s *secrets) add(ctx context.Context, c rotation.Client, order rotation.Order, asked *[]time.Time) (rotation.Issued, error) {
	before, dates := order.Before, []time.Time{}
	unseen := false // an earlier request may have had its effect after all
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
			if unseen {
				err = s.gaveUp(c, err, true)
			}
			return rotation.Issued{}, err
		}
		unsettled := slices.Clone(*asked)
		if requested != nil {
			dates = append(dates, *requested)
			*asked = append(*asked, *requested)
		}
		removed, lost := s.removeOrphan(ctx, c, before, requested, err, looks)
		if lost != nil {
			return rotation.Issued{}, lost
		}
		if removed {
			*asked = unsettled
		}
		if attempt == 2 || ctx.Err() != nil || !removed && s.clock.Sleep(ctx, resendAfter-s.clock.Now().Sub(sent)) != nil {
			return rotation.Issued{}, s.gaveUp(c, err, unseen || !removed)
		}
		if !removed {
			if removed, lost = s.removeOrphan(ctx, c, before, requested, err, looks[:2]); lost != nil {
				return rotation.Issued{}, lost
			}
			if removed {
				*asked = unsettled
			}
		}
		unseen = unseen || !removed
	}
}

// gaveUp says that no secret was made after lost answers, as far as the list shows. unseen: that of an addition may be listed
// yet.
func (s *secrets) gaveUp(c rotation.Client, cause error, unseen bool) error {
	if unseen {
		s.miss(c)
	}
	return &rotation.LostError{
		Cause:      cause,
		StillValid: stillValid + " No new secret is listed. If one is listed later, it is of this request, and nobody has its value: delete it.",
		Remedy:     "Run the command again when the vendor answers.",
	}
}

// stillValid is true of an addition, whatever became of it.
const stillValid = "The secrets that worked before still work."

// removeOrphan looks for the secret of an unanswered addition and deletes it. removed is false when none is visible.
func (s *secrets) removeOrphan(ctx context.Context, c rotation.Client, before rotation.Facts, requested *time.Time, cause error, looks []time.Duration) (removed bool, err error) {
	ctx, cancel := rotation.Detached(ctx)
	defer cancel()
	seen := false
	for _, pause := range looks {
		if s.clock.Sleep(ctx, pause) != nil {
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
			return false, strangers(cause, fresh, requested != nil)
		}
		if _, err := s.retire(ctx, c, ours[0].ID); err != nil {
			return false, orphan(cause, ours[0].ID)
		}
		if now, err := s.list(ctx, c); err == nil && live(now, ours[0].ID) {
			return false, orphan(cause, ours[0].ID)
		}
		return true, nil
	}
	if !seen {
		s.miss(c)
		return false, &rotation.LostError{
			Cause:      cause,
			StillValid: stillValid + " Whether a new one was made could not be found out.",
			Remedy:     lookForIt(requested),
		}
	}
	return false, nil
}

// lookForIt says how a secret that may have been made is found.
func lookForIt(requested *time.Time) string {
	if requested == nil {
		return "Look at the list of the application's secrets and delete a new one that nobody knows; then run the command again."
	}
	return "Run the command again when the vendor answers: a secret that expires at " + rotation.Stamp(*requested) + " is of this request and is deleted then, because nobody has its value. After the creation of a resource, delete it by hand."
}

// afterwards looks once more for late effects of the requests that were given up.
func (s *secrets) afterwards(ctx context.Context, c rotation.Client, before rotation.Facts, dates []time.Time) []string {
	notes := []string{"The Identity Service gave no usable answer to the first request to add a secret. Nothing of it is left; it was sent once more."}
	ctx, cancel := rotation.Detached(ctx)
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

// strangers says that new entries cannot be told apart; dated tells that the provider looked for its own by the date.
func strangers(cause error, fresh []rotation.Entry, dated bool) error {
	remedy := fmt.Sprintf("New secrets appeared that cannot be told apart: %s. One may come from this request, and nobody knows its value; others may belong to somebody else. "+
		"Nothing was deleted. Delete the one that nobody uses, then run the command again", ids(fresh))
	if !dated {
		remedy += "; with expires_after set, the provider can tell its own"
	}
	return &rotation.LostError{Cause: cause, StillValid: stillValid, Remedy: remedy + "."}
}

func orphan(cause error, id string) *rotation.LostError {
	return &rotation.LostError{
		Cause:      cause,
		StillValid: stillValid,
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
