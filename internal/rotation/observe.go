package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Noted is what a read leaves for the plans that follow it. It is a cache in private state: when it is lost, nothing is
// due and nothing of unknown origin is deleted until the next read.
type Noted struct {
	// At is the vendor's time of the read, the only clock of a plan.
	At time.Time `json:"at"`
	// External is set while somebody else's change of the secret stands.
	External *External `json:"external,omitempty"`
	// ForeignPrevious: the previous secret of a slot API was not put there by this resource.
	ForeignPrevious bool `json:"foreign_previous,omitempty"`
	// PreviousExpiresAt is when the vendor itself ends the previous secret of a Listed vendor; nil when it does not.
	PreviousExpiresAt *time.Time `json:"previous_expires_at,omitempty"`
	// Changed is when the client of a slot API was last changed by anyone, as the last read showed it. A client that was
	// changed since may have been rotated twice, and its previous secret is then another one.
	Changed *time.Time `json:"changed,omitempty"`
	// EndedAt is when the previous secret was last ended from here.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// Rotated frames the last rotation from here, on a slot API that tells when a client changed.
	Rotated *Frame `json:"rotated,omitempty"`
	// SecretAge is the last age seen since the last rotation from here.
	SecretAge *float64 `json:"secret_age,omitempty"`
	// Older are secrets of a Listed vendor from before the previous one that this resource made and has not deleted.
	Older []Older `json:"older,omitempty"`
	// Sighted are the live entries of a Listed vendor that plans need not name; nil before the first look. One that appears
	// later and is not ours is a stray.
	Sighted *Sighting `json:"sighted,omitempty"`
	// Recent is a look that showed strays. After a while, what it showed has been named.
	Recent *Look `json:"recent,omitempty"`
	// Strays are live entries that appeared and that this state does not know.
	Strays []string `json:"strays,omitempty"`
	// Interrupted: these notes were lost, as they are when the provider dies in the middle of a change.
	Interrupted bool `json:"interrupted,omitempty"`
	// Unfit says why the client cannot have its secret rotated, as the last read showed it; "" when it can.
	Unfit string `json:"unfit,omitempty"`
	// Conflict: the last rotation was refused because another one is open, at a vendor that does not show it.
	Conflict bool `json:"conflict,omitempty"`
	// Pending is a rotation whose outcome is unknown; kept outside this record because of its value.
	Pending *Pending `json:"-"`
}

// Recalled are the notes as they were found beside a state. Every rotation and every read leaves some, so that none are lost
// ones, unless nothing was observed yet (first).
func (n Noted) Recalled(first bool) Noted {
	if n.At.IsZero() && !first {
		n.Interrupted = true
	}
	return n
}

// Known are the entries that stay no strays after a rotation: those of an earlier look, none where the notes were lost, and
// where there was no look yet all that were there right before.
func (n Noted) Known(before Facts) *Sighting {
	switch {
	case n.Sighted != nil:
		return n.Sighted
	case n.Interrupted:
		return SightingOf(Facts{})
	}
	return SightingOf(before)
}

// Framed are the notes that the destruction of an object goes by. A tainted one has none; then a change of the client after
// the last rotation from here may be a rotation by somebody else.
func (n Noted) Framed(st State) Noted {
	if n.At.IsZero() && st.RotatedAt != nil {
		n.Rotated = &Frame{Answered: *st.RotatedAt}
	}
	return n
}

// Frame holds a rotation between two of the vendor's times.
type Frame struct {
	// Before is the client's last change before the rotation.
	Before time.Time `json:"before"`
	// Answered is when the rotation was answered.
	Answered time.Time `json:"answered"`
}

// FrameOf frames a rotation; nil when the vendor does not tell when a client changed.
func FrameOf(before Facts, answered time.Time) *Frame {
	if before.ChangedAt == nil {
		return nil
	}
	return &Frame{Before: *before.ChangedAt, Answered: answered}
}

// Ours tells that nobody changed the client since the last rotation from here: its last change lies within the frame.
func (n Noted) Ours(facts Facts) bool {
	return n.Rotated != nil && facts.ChangedAt != nil && facts.ChangedAt.After(n.Rotated.Before) && !facts.ChangedAt.After(n.Rotated.Answered)
}

// Settled is how long after a rotation a vendor may still show the client as it was before.
const Settled = 5 * time.Minute

// Stale tells facts that may still show a client as it was before the last rotation from here. left: as far as is known, the
// previous secret that it left behind is still there. They may as well be true: the time of the last change is a hint that
// some vendors do not keep.
func (n Noted) Stale(left bool, facts Facts) bool {
	return left && facts.HasPrevious != nil && !*facts.HasPrevious &&
		n.Rotated != nil && facts.ChangedAt != nil && facts.ChangedAt.Equal(n.Rotated.Before) && facts.At.Sub(n.Rotated.Answered) <= Settled
}

// later is how long after the answer to a rotation a vendor may still date a change that belongs to it: the answer's time
// is known within a second or two, and the vendor's own clocks may differ a little.
const later = 15 * time.Second

// ChangedSince tells that somebody changed the client of a slot API after the last rotation from here, where no read has
// shown that change yet.
func (n Noted) ChangedSince(st State, facts Facts) bool {
	if facts.ChangedAt == nil || n.Changed != nil && facts.ChangedAt.Equal(*n.Changed) {
		return false
	}
	if n.Rotated != nil && facts.ChangedAt.Sub(n.Rotated.Answered) > later {
		return true
	}
	if n.Changed == nil {
		return false
	}
	// The last read must surely have shown the rotation.
	return n.Rotated != nil && !n.Changed.Equal(n.Rotated.Before) || st.RotatedAt != nil && n.At.Sub(*st.RotatedAt) > Settled
}

// Older is a secret that left the previous place and still lives.
type Older struct {
	ID string `json:"id"`
	// RetireAt is when it is to be deleted; nil for never: nothing was set while it was the previous one.
	RetireAt *time.Time `json:"retire_at,omitempty"`
	// Expires: the vendor ends it at some date.
	Expires bool `json:"expires,omitempty"`
}

func (n Noted) olderDue() []string {
	var ids []string
	for _, o := range n.Older {
		if o.RetireAt != nil && !n.At.IsZero() && !n.At.Before(*o.RetireAt) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// endless are the older secrets that nothing ends.
func (n Noted) endless() []string {
	var ids []string
	for _, o := range n.Older {
		if o.RetireAt == nil && !o.Expires {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Doubtful tells that the previous secret of a slot API may be another one than the one that this resource replaced, and
// therefore the one in use.
func (n Noted) Doubtful() bool {
	return n.ForeignPrevious || n.Interrupted || n.Conflict || n.External != nil
}

// Ended takes over that a secret was ended from here: the previous one of a slot API (id is empty), or the one with that id.
func (n *Noted) Ended(id string, at time.Time) {
	n.Older = slices.DeleteFunc(n.Older, func(o Older) bool { return o.ID == id })
	n.EndedAt = &at
	n.SecretAge = nil // nobody says what that does to the age
}

// Lags tells facts that may still show a previous secret that was ended from here. They may as well show somebody else's new
// rotation. left: as far as is known, there is none.
func (n Noted) Lags(left bool, facts Facts) bool {
	return !left && facts.HasPrevious != nil && *facts.HasPrevious &&
		n.EndedAt != nil && facts.At.Sub(*n.EndedAt) <= Settled && (facts.ChangedAt == nil || !facts.ChangedAt.After(*n.EndedAt))
}

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

// namedFor is how long strays are named at least, and by two looks. One would not do: a plan need not follow what reads and stores, as
// `terraform apply -refresh-only` shows.
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

const interrupted = "The notes that the provider keeps beside this object are missing: it ended in the middle of a change. "

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
