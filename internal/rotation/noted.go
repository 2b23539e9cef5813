package rotation

import (
	"slices"
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
	// PreviousMadeHere: the secret that the last rotation replaced was made here too, not adopted or imported.
	PreviousMadeHere bool `json:"previous_made_here,omitempty"`
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

// doubtful tells that the previous secret of a slot API may be another one than the one that this resource replaced, and
// therefore the one in use.
func (n Noted) doubtful() bool {
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
