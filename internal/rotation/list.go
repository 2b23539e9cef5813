package rotation

import (
	"fmt"
	"time"
)

// The rules of vendors with many secrets for a client, each with an id.

// observeList takes over what a list showed.
func observeList(st State, rec Record, facts Facts) (State, Record) {
	rec.PreviousExpiresAt = nil
	if st.SecretID != "" {
		drift, evidence := entryDrift(facts, st.SecretID)
		switch {
		case drift != "":
			st.Drift, rec.Evidence, rec.Refused = drift, evidence, false
		case !rec.Refused:
			st.Drift, rec.Evidence = "", ""
		}
		if entry, listed := find(facts.Secrets, st.SecretID); listed {
			st.ExpiresAt = entry.ExpiresAt
		}
	}
	st.HasPrevious = false
	if entry, listed := find(facts.Secrets, st.PreviousSecretID); listed && st.PreviousSecretID != "" && entry.Live(facts.At) {
		st.HasPrevious = true
		st.PreviousEndsAt, rec.PreviousExpiresAt = entry.ExpiresAt, seconds(entry.ExpiresAt)
	} else {
		st.PreviousSecretID, st.PreviousEndsAt, rec.PreviousVersion = "", nil, 0
	}
	var older []Older
	for _, o := range rec.Older {
		if entry, listed := find(facts.Secrets, o.ID); listed && entry.Live(facts.At) {
			o.Expires = entry.ExpiresAt != nil
			older = append(older, o)
		}
	}
	rec.Older = older
	return st, rec
}

func entryDrift(facts Facts, id string) (drift, evidence string) {
	entry, listed := find(facts.Secrets, id)
	switch {
	case !listed:
		return Dead, fmt.Sprintf("Secret %s is no longer listed", id)
	case entry.Deleted:
		return Dead, fmt.Sprintf("Secret %s was deleted", id)
	case !entry.Live(facts.At):
		return Dead, fmt.Sprintf("Secret %s expired at %s", id, Stamp(*entry.ExpiresAt))
	}
	return "", ""
}

// seconds is a time as state keeps it, so that what is stored does not change by being stored.
func seconds(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	whole := t.UTC().Truncate(time.Second)
	return &whole
}

func find(entries []Entry, id string) (Entry, bool) {
	for _, e := range entries {
		if e.Is(id) {
			return e, true
		}
	}
	return Entry{}, false
}

// LastLive tells whether the entry with this id is live and the only one that is.
func LastLive(facts Facts, id string) bool {
	live, itself := 0, false
	for _, e := range facts.Secrets {
		if e.Live(facts.At) {
			live++
			itself = itself || e.Is(id)
		}
	}
	return itself && live == 1
}

// Identify finds the entry of a current secret whose id could not be found when it was made: the only one among the candidates,
// entries that appeared since and that no other object holds, that has the date that was asked for. Without a date there is none:
// a candidate may as well be that of another object that seeks its own, in this run or elsewhere. ok is false when none or
// several could be it.
func Identify(st State, facts Facts, candidates []string) (entry Entry, ok bool) {
	if st.RotatedAt == nil || st.ExpiresAt == nil {
		return Entry{}, false
	}
	found := 0
	for _, id := range candidates {
		e, listed := find(facts.Secrets, id)
		dated := e.ExpiresAt != nil && e.ExpiresAt.Truncate(time.Second).Equal(*st.ExpiresAt)
		if listed && e.Live(facts.At) && dated {
			entry, found = e, found+1
		}
	}
	if found != 1 {
		return Entry{}, false
	}
	return entry, true
}

// OlderAfter are the secrets from before the previous one that live on after a rotation. A previous secret that has not reached
// its retirement keeps its date.
func OlderAfter(prior State, rec Record) []Older {
	older := rec.Older
	if prior.HasPrevious && PreviousIsOurs(Traits{ManySecrets: true}, prior, rec) {
		leaving := Older{ID: prior.PreviousSecretID, Expires: rec.PreviousExpiresAt != nil}
		if prior.RetireAfter != nil && prior.RotatedAt != nil {
			at := prior.RotatedAt.Add(*prior.RetireAfter)
			leaving.RetireAt = &at
		}
		older = append(older, leaving)
	}
	return older
}

// NothingBefore tells that no secret is left for a rotation to replace, at a vendor with many: its id is not known, or the list says
// that it has ended. A refusal at the token endpoint does not end it.
func NothingBefore(st State, rec Record) bool {
	return st.SecretID == "" || rec.sign(st).Drift == Dead
}
