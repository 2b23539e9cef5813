package rotation

import (
	"fmt"
	"strings"
	"time"
)

// SightedBefore are the entries that stay no strays after a rotation: those of an earlier look, none where the notes were lost, and
// where there was no look yet all that were there right before.
func (n Noted) SightedBefore(before Facts) *Sighting {
	switch {
	case n.Sighted != nil:
		return n.Sighted
	case n.Interrupted:
		return SightingOf(Facts{})
	}
	return SightingOf(before)
}

// namedFor is how long strays are named at least, and by two looks. One would not do: a plan need not follow what reads and
// stores, as `terraform apply -refresh-only` shows.
const namedFor = 24 * time.Hour

// observeStrays finds entries that this state does not know: all of them when the notes were lost, else those that were
// not there at an earlier look.
func observeStrays(st State, noted Noted, facts Facts) Noted {
	if noted.Sighted == nil && noted.Interrupted {
		noted.Sighted = SightingOf(Facts{})
	}
	if noted.Strays = strays(st, noted, facts); st.Unrecognised() { // its own entry stays among those that appeared
		return noted
	}
	left := noted.Strays
	if noted.Recent != nil && facts.At.Sub(noted.Recent.At) >= namedFor {
		noted.Sighted, noted.Recent = &noted.Recent.Entries, nil // from the next look on
		left = strays(st, noted, facts)
	}
	switch {
	case len(left) == 0:
		noted.Sighted, noted.Recent = SightingOf(facts), nil
	case noted.Recent == nil:
		noted.Recent = &Look{At: facts.At, Entries: *SightingOf(facts)}
	}
	return noted
}

func strays(st State, noted Noted, facts Facts) (ids []string) {
	if noted.Sighted == nil { // there was no look yet
		return nil
	}
	known := noted.Sighted.marks()
	known[markOf(st.SecretID)], known[markOf(st.PreviousSecretID)] = true, true
	for _, o := range noted.Older {
		known[markOf(o.ID)] = true
	}
	for _, e := range facts.Secrets {
		if e.Live(facts.At) && !known[markOf(e.ID)] {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// recognisable is how long after a rotation its secret is found without a date.
const recognisable = time.Hour

// Recognise finds the entry of a current secret whose id could not be found when it was made. It is among the candidates:
// entries that appeared since and that no other object holds. It has the date that was asked for; without one it is the only
// candidate of the first look that must show it, for what appears later is another one, and it seeks alone. That look must
// follow soon: later somebody may have deleted it and added another. looked is the time of the last look, or of the rotation.
// ok is false when none or several could be it.
func Recognise(st State, looked time.Time, facts Facts, candidates []string, alone bool) (entry Entry, ok bool) {
	if st.ExpiresAt == nil && (!alone || looked.IsZero() || st.RotatedAt == nil ||
		looked.Sub(*st.RotatedAt) > Settled || facts.At.Sub(*st.RotatedAt) > recognisable) {
		return Entry{}, false
	}
	found := 0
	for _, id := range candidates {
		e, listed := find(facts.Secrets, id)
		dated := st.ExpiresAt == nil || e.ExpiresAt != nil && e.ExpiresAt.Truncate(time.Second).Equal(*st.ExpiresAt)
		if listed && e.Live(facts.At) && dated {
			entry, found = e, found+1
		}
	}
	if found != 1 {
		return Entry{}, false
	}
	return entry, true
}

// Strays are live entries of one client of a Listed vendor that no object is known to hold.
type Strays struct {
	IDs []string
	// Unrecognised: an object does not know which entry is its current secret.
	Unrecognised bool
	// Interrupted: the notes of an object were lost.
	Interrupted bool
}

// StraysOf are those that one object knows of.
func StraysOf(st State, noted Noted) Strays {
	return Strays{IDs: noted.Strays, Unrecognised: st.Unrecognised(), Interrupted: noted.Interrupted}
}

// Warning names what an interrupted run may have left behind.
func (s Strays) Warning() Warning {
	ids := strings.Join(s.IDs, ", ")
	if s.Unrecognised {
		return Warning{
			Summary: "The id of the current secret is not known",
			Detail: fmt.Sprintf("The current secret works, but when it was made its entry could not be told from others. It is one of these, or is not listed yet: %s. ", ids) +
				"Delete none of them before you know which. Rotate once more, with expires_after set, and the provider knows its own; then delete what nobody uses. Nothing is deleted here.",
		}
	}
	detail := fmt.Sprintf("Live secrets that this state does not know: %s. ", ids)
	if s.Interrupted {
		detail = interrupted + detail + "One of them may be of that change"
	} else {
		detail += "They were added since the last apply: by somebody else, or by a run that ended before its state was saved"
	}
	return Warning{
		Summary: "A secret that this state does not know",
		Detail:  detail + "; then nobody has its value. Delete what no other resource holds and nobody uses. Nothing is deleted here.",
	}
}
