package identityservice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Locate implements rotation.Locator: the entry that was not there before and has the date that was asked for. A new
// entry may need a while to be listed.
func (s *secrets) Locate(ctx context.Context, c rotation.Client, issued rotation.Issued) (rotation.Entry, []string, error) {
	var err error
	for _, pause := range looks {
		if s.clock.Sleep(ctx, pause) != nil {
			break
		}
		var now rotation.Facts
		if now, err = s.list(ctx, c); err != nil {
			continue
		}
		entry, notes, found, ambiguous := match(issued, now, s.misses(c))
		if ambiguous != nil {
			if issued.Requested == nil {
				return rotation.Entry{}, nil, ambiguous
			}
			err = ambiguous // ours may be listed yet, and is known by its date
			continue
		}
		if found {
			s.mu.Lock()
			s.after[c.Key()] = now
			s.mu.Unlock()
			return entry, notes, nil
		}
	}
	s.miss(c)
	if lost := (*rotation.LostError)(nil); errors.As(err, &lost) {
		return rotation.Entry{}, nil, lost
	}
	if err == nil {
		err = errors.New("the list of the application's secrets shows no new entry")
	}
	return rotation.Entry{}, nil, &rotation.LostError{
		Cause:      err,
		StillValid: "The new secret exists and is in state, without its id. " + stillValid,
		Remedy:     "The next plan looks for it in the list again. If it cannot tell which one it is, rotate again to get a secret with a known id, and delete the entry that nobody uses.",
	}
}

// match applies the rule for the id of a new secret: never guess. missing: an entry that appeared may also be that of an
// earlier addition.
func match(issued rotation.Issued, now rotation.Facts, missing bool) (entry rotation.Entry, notes []string, found bool, err error) {
	fresh := newEntries(issued.Before, now)
	ours := dated(fresh, issued.Requested)
	switch {
	case len(ours) == 1:
		return ours[0], nil, true, nil
	case len(fresh) == 0:
		return rotation.Entry{}, nil, false, nil
	case len(fresh) == 1 && len(ours) == 0 && !missing && derived(fresh[0], issued.Requested):
		if issued.Requested != nil {
			notes = []string{fmt.Sprintf("The expiration date of secret %s is not the one that was asked for (%s); expires_at has the one that is listed.", fresh[0].ID, rotation.Stamp(*issued.Requested))}
		}
		return fresh[0], notes, true, nil
	}
	cause := "several new secrets are listed and cannot be told apart"
	switch {
	case len(fresh) == 1 && !missing:
		cause = "the only new secret that is listed has another expiration date than the one that was asked for, so it may be somebody else's"
	case len(fresh) == 1:
		cause = "the new secret that is listed may be an earlier one, which was not listed when it was made"
	}
	return rotation.Entry{}, nil, false, &rotation.LostError{
		Cause:      errors.New(cause),
		StillValid: "The new secret works and is in state, without its id. " + stillValid,
		Remedy:     fmt.Sprintf("Candidates: %s. Rotate again with expires_after set: the provider then knows its own by the date. Then delete the one that nobody uses.", ids(fresh)),
	}
}

// derived tells whether an entry may have the date that was asked for, as a vendor that cuts dates keeps it: to the minute, the
// hour or the day. An entry with any other date is somebody else's, who added it while ours is not listed yet.
func derived(entry rotation.Entry, requested *time.Time) bool {
	if requested == nil {
		return true
	}
	if entry.ExpiresAt == nil {
		return false
	}
	for _, unit := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		if entry.ExpiresAt.UTC().Equal(requested.UTC().Truncate(unit)) {
			return true
		}
	}
	return false
}

// newEntries are the live entries of now that before does not list.
func newEntries(before, now rotation.Facts) []rotation.Entry {
	known := make(map[string]bool, len(before.Secrets))
	for _, e := range before.Secrets {
		known[strings.ToLower(e.ID)] = true
	}
	var fresh []rotation.Entry
	for _, e := range now.Secrets {
		if !known[strings.ToLower(e.ID)] && !e.Deleted {
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
