package rotation

import (
	"fmt"
	"strings"
	"time"
)

// External is a change by somebody else.
type External struct {
	// Seen is what was seen, as a sentence without its full stop.
	Seen string `json:"seen"`
	// Dead: the secret in state surely does not work any more. Otherwise it may.
	Dead bool `json:"dead,omitempty"`
	// Listed: the entry of a Listed vendor is missing, deleted or expired; only "ignore" leaves that alone.
	Listed bool `json:"listed,omitempty"`
}

func (e External) rotates(policy string) bool {
	return policy == ExternalRotate || e.Listed && policy != ExternalIgnore
}

func (e External) warning(traits Traits, st State, chosen, rotating, refused bool) Warning {
	var b strings.Builder
	ours := "The secret in this state"
	if st.Version == 0 {
		ours = "The secret that was in use when the client was adopted or imported"
	}
	fmt.Fprintf(&b, "%s. %s", e.Seen, ours)
	switch {
	case e.Dead:
		b.WriteString(" does not work any more.")
	case !traits.Listed && st.HasPrevious:
		b.WriteString(" still works, as the previous secret: whoever rotated can end it at any moment, and a second rotation would end it too.")
	default:
		b.WriteString(" may have stopped working.")
	}
	switch {
	case refused: // the refusal says what to do
	case rotating:
		b.WriteString(" This plan rotates, so that the state holds a working secret again.")
	case chosen:
		b.WriteString(` To set one from here, give client_secret_wo a new value and client_secret_wo_version a new number. on_external_rotation = "ignore" silences this warning.`)
	default:
		b.WriteString(` To make a new one here, change a value of rotate_when_changed or set on_external_rotation = "rotate"`)
		if !traits.Listed && st.HasPrevious && !e.Dead {
			b.WriteString(`, with on_pending_rotation = "retire_first": that ends the secret in this state before the new one is made`)
		}
		b.WriteString(`. on_external_rotation = "ignore" silences this warning.`)
	}
	return Warning{Summary: "The secret was changed outside Terraform", Detail: b.String()}
}

// Observe updates the state and the notes by what a read showed. first: nothing was observed before (right after an
// import or adoption), so that there is nothing to compare with.
func Observe(traits Traits, st State, noted Noted, facts Facts, first bool) (State, Noted) {
	noted = noted.Recalled(first)
	noted.Unfit = facts.Unfit
	if !traits.Listed {
		return observeSlots(traits, st, noted, facts, first)
	}
	noted.At = facts.At
	return observeList(st, noted, facts)
}

// rounding is what a time loses in state, which keeps whole seconds: a vendor may end an overlap that much later.
const rounding = time.Second

func observeSlots(traits Traits, st State, noted Noted, facts Facts, first bool) (State, Noted) {
	if facts.HasPrevious != nil {
		now := *facts.HasPrevious
		switch {
		case first:
			noted.ForeignPrevious = now
		case now && st.HasPrevious && noted.ChangedSince(st, facts):
			noted.ForeignPrevious = true
		case now && !st.HasPrevious && noted.Ours(facts): // an earlier look was too early
		case now && !st.HasPrevious:
			noted.ForeignPrevious = true
			noted.External = &External{Seen: "The client has a previous secret that this resource did not leave behind: somebody else rotated"}
		case !now && noted.ForeignPrevious:
			noted.ForeignPrevious = false
			if noted.External != nil {
				noted.External = &External{Seen: "Somebody else rotated the secret and then deleted the previous one, which this state holds", Dead: true}
			}
		}
		st.HasPrevious, noted.Changed = now, facts.ChangedAt
	} else if traits.EndsOverlap && st.HasPrevious && st.PreviousEndsAt != nil && facts.At.Sub(*st.PreviousEndsAt) >= rounding {
		st.HasPrevious = false
	}
	if !st.HasPrevious {
		st.PreviousEndsAt = nil
	}
	if age := facts.SecretAge; age != nil {
		if noted.SecretAge != nil && *age < *noted.SecretAge {
			noted.External = &External{Seen: fmt.Sprintf("The age of the secret went down from %g to %g: somebody else changed the secret", *noted.SecretAge, *age)}
		}
		noted.SecretAge = age
	}
	noted.At = facts.At
	return st, noted
}

func observeList(st State, noted Noted, facts Facts) (State, Noted) {
	noted.External, noted.PreviousExpiresAt = nil, nil
	if st.SecretID != "" {
		entry, listed := find(facts.Secrets, st.SecretID)
		switch {
		case !listed:
			noted.External = &External{Seen: fmt.Sprintf("Secret %s is no longer listed", st.SecretID), Dead: true, Listed: true}
		case entry.Deleted:
			noted.External = &External{Seen: fmt.Sprintf("Secret %s was deleted", st.SecretID), Dead: true, Listed: true}
		case !entry.Live(facts.At):
			noted.External = &External{Seen: fmt.Sprintf("Secret %s expired at %s", st.SecretID, Stamp(*entry.ExpiresAt)), Dead: true, Listed: true}
		}
		if listed {
			st.ExpiresAt = entry.ExpiresAt
		}
	}
	if st.PreviousSecretID != "" {
		entry, listed := find(facts.Secrets, st.PreviousSecretID)
		if listed && entry.Live(facts.At) {
			st.HasPrevious = true
			st.PreviousEndsAt, noted.PreviousExpiresAt = entry.ExpiresAt, entry.ExpiresAt
		} else {
			st.HasPrevious, st.PreviousSecretID, st.PreviousEndsAt = false, "", nil
		}
	} else {
		st.HasPrevious, st.PreviousEndsAt = false, nil
	}
	var older []Older
	for _, o := range noted.Older {
		if entry, listed := find(facts.Secrets, o.ID); listed && entry.Live(facts.At) {
			o.Expires = entry.ExpiresAt != nil
			older = append(older, o)
		}
	}
	noted.Older = older
	return st, observeStrays(st, noted, facts)
}

const interrupted = "The notes that the provider keeps beside this object are missing: it ended in the middle of a change. "

// interruptedWarning says, on a slot API, what an interrupted run may have done.
func interruptedWarning(traits Traits, st State) Warning {
	which, ends := "the secret in this state", "is the previous one now"
	if st.Version == 0 {
		which = "the one in use before"
	}
	if traits.EndsOverlap {
		ends = "ends with the overlap of that rotation"
	}
	return Warning{
		Summary: "A run ended in the middle of a change",
		Detail: interrupted + "If it was rotating, a new secret was made and lost, and " + which + " " + ends + ". " +
			"Try the secret before anything is deleted; to be safe, rotate again. This is said until the next rotation.",
	}
}

func conflictWarning() Warning {
	return Warning{
		Summary: "Another rotation is open",
		Detail: "The vendor refused the last rotation because another one is open that this state does not know: somebody else rotated, " +
			"or a run ended before its state was saved. The secret in this state may then be the previous one, which ends with the overlap of that rotation. " +
			`Replace it before: on_pending_rotation = "retire_first" ends the previous secret right before a new one is made, and whatever uses it fails until it has the new one.`,
	}
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
