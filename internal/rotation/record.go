package rotation

import (
	"slices"
	"time"
)

// form is the form of a stored Record. One of another form counts as lost.
const form = 2

// Record is what one object knows of its client beyond its attributes. It lies in private state. When it is lost, nothing is
// due and nothing of unknown origin is ended until it has been rebuilt.
//
// Terraform counts a change of private state as drift, so a Record holds nothing that grows with time: it is written when a
// fact changed or a deadline passed.
type Record struct {
	Form int `json:"form"`
	// Object tells this object from every other one of the same client. An object keeps it for life.
	Object string `json:"object"`
	// Known is the latest time of the vendor's that is recorded: deadlines up to it have passed. It is the only clock of a
	// plan, because Terraform plans again while it applies, and both plans must agree.
	Known time.Time `json:"known"`
	// Evidence is what drift was seen by, as a sentence without its full stop.
	Evidence string `json:"evidence,omitempty"`
	// Refused: the drift is a refusal at the token endpoint, which only another answer of it takes back.
	Refused bool `json:"refused,omitempty"`
	// Behind is the drift that the refusal hides; it holds again when the endpoint accepts.
	Behind *Sign `json:"behind,omitempty"`
	// ForeignPrevious: the previous secret of a vendor with two slots was not, or may not have been, left behind by this
	// object.
	ForeignPrevious bool `json:"foreign_previous,omitempty"`
	// PreviousVersion is the version of the previous secret; 0 when it was not made here, or that is not known.
	PreviousVersion int64 `json:"previous_version,omitempty"`
	// PreviousExpiresAt is when the vendor itself ends the previous secret, at a vendor with many; nil when it does not.
	PreviousExpiresAt *time.Time `json:"previous_expires_at,omitempty"`
	// Changed is when the client was last changed by anyone, as the last read showed it, at a vendor with two slots.
	Changed *time.Time `json:"changed,omitempty"`
	// EndedAt is when the previous secret was last ended by this object, or seen to be gone after its rotation.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// EndedFrom is the client's last change as that look showed it, right before the end; nil when it did not. A later look that
	// shows a previous secret and another change is none from before the end.
	EndedFrom *time.Time `json:"ended_from,omitempty"`
	// Window frames the last rotation of this object between two of the vendor's times.
	Window *Window `json:"window,omitempty"`
	// Age is the age of the secret when this object was first looked at, which later ages are compared with.
	Age *Age `json:"age,omitempty"`
	// Older are secrets from before the previous one that this object made and has not deleted, at a vendor with many.
	Older []Older `json:"older,omitempty"`
	// Listed fingerprints the entries that the vendor listed when this object was last applied; nil before that.
	Listed *Fingerprints `json:"listed,omitempty"`
	// Lost: the record was lost, as it is when the provider dies in the middle of a change.
	Lost bool `json:"lost,omitempty"`
	// Unsupported says why the client cannot have its secret rotated, as the last read showed it; "" when it can.
	Unsupported string `json:"unsupported,omitempty"`
	// Conflict: the last rotation was refused because another one is open, at a vendor that does not show it.
	Conflict bool `json:"conflict,omitempty"`
	// Unanswered: a rotation was sent, and nobody knows what became of it, at a vendor whose next look tells.
	Unanswered bool `json:"unanswered,omitempty"`
	// Pending is a rotation whose outcome is not known; stored beside this record because of its value.
	Pending *Pending `json:"-"`
}

// Sign is a drift and what it was seen by.
type Sign struct {
	Drift    string `json:"drift"`
	Evidence string `json:"evidence"`
}

// Age is an age that a vendor showed at a time.
type Age struct {
	At    time.Time `json:"at"`
	Shown float64   `json:"shown"`
}

// Older is a secret that left the previous place and still lives.
type Older struct {
	ID string `json:"id"`
	// RetireAt is when it is to be deleted; nil for never: nothing was set while it was the previous one.
	RetireAt *time.Time `json:"retire_at,omitempty"`
	// Expires: the vendor ends it at some date.
	Expires bool `json:"expires,omitempty"`
}

// NewRecord is the record of an object that begins now.
func NewRecord(object string, known time.Time) Record {
	return Record{Form: form, Object: object, Known: known}
}

// Valid tells a record that was stored by this version and is not lost.
func (r Record) Valid() bool { return r.Form == form && !r.Known.IsZero() }

// gone tells that what was known beside the attributes is not there any more.
func (r Record) gone() bool { return !r.Valid() || r.Lost }

// MarkLost is r, or, where there is none although the object was applied or read before, a record that says so. The mark of the
// object stays.
func (r Record) MarkLost(first bool) Record {
	if r.Valid() {
		return r
	}
	return Record{Form: form, Object: r.Object, Lost: !first, Pending: r.Pending}
}

// Window holds a rotation between two of the vendor's times.
type Window struct {
	// Before is the client's last change before the rotation.
	Before time.Time `json:"before"`
	// Answered is when the rotation was answered.
	Answered time.Time `json:"answered"`
	// Exactly is the client's last change as the answer showed it; nil when it did not.
	Exactly *time.Time `json:"exactly,omitempty"`
}

// WindowOf frames a rotation; nil when the vendor does not tell when a client changed.
func WindowOf(issued Issued) *Window {
	if issued.Before.ChangedAt == nil && issued.ChangedAt == nil {
		return nil
	}
	w := &Window{Answered: issued.At, Exactly: issued.ChangedAt}
	if issued.Before.ChangedAt != nil {
		w.Before = *issued.Before.ChangedAt
	}
	if w.Exactly != nil && w.Exactly.Equal(w.Before) { // the vendor does not date rotations, so this date is not ours
		w.Exactly = nil
	}
	return w
}

// rounding is what a time of the vendor's may be off: answers are dated in whole seconds.
const rounding = time.Second

// contains tells whether a change of the client at that time is the rotation itself.
func (w *Window) contains(changed time.Time) bool {
	if w.Exactly != nil {
		return changed.Equal(*w.Exactly)
	}
	return changed.After(w.Before) && changed.Sub(w.Answered) <= rounding
}

// Lag is how long after a change a vendor may still show the client as it was before.
const Lag = 5 * time.Minute

// LagsRotation tells facts that may still show a client as it was before the last rotation of this object. They may as well
// be true: not every vendor dates every change.
func (r Record) LagsRotation(facts Facts) bool {
	return facts.HasPrevious != nil && !*facts.HasPrevious && r.EndedAt == nil &&
		r.Window != nil && facts.ChangedAt != nil && facts.ChangedAt.Equal(r.Window.Before) && facts.At.Sub(r.Window.Answered) <= Lag
}

// LagsEnd tells facts that may still show a previous secret that this object ended. They may as well show somebody else's new
// rotation.
func (r Record) LagsEnd(facts Facts) bool {
	if facts.HasPrevious == nil || !*facts.HasPrevious || r.EndedAt == nil || facts.At.Sub(*r.EndedAt) > Lag {
		return false
	}
	switch {
	case facts.ChangedAt == nil:
		return true
	case r.EndedFrom != nil:
		return facts.ChangedAt.Equal(*r.EndedFrom)
	default:
		return facts.ChangedAt.Sub(*r.EndedAt) <= rounding
	}
}

// Ours tells that the client's last change is the last rotation of this object.
func (r Record) Ours(facts Facts) bool {
	return r.Window != nil && facts.ChangedAt != nil && r.Window.contains(*facts.ChangedAt)
}

// ChangedSince tells that somebody changed the client of a vendor with two slots after what this record knows of. rotatedAt is
// when this object rotated last.
func (r Record) ChangedSince(rotatedAt *time.Time, facts Facts) bool {
	switch changed := facts.ChangedAt; {
	case changed == nil:
		return false
	case r.Changed != nil && changed.Equal(*r.Changed):
		return false
	case r.Window != nil:
		return !r.Window.contains(*changed) && !changed.Equal(r.Window.Before)
	case r.Changed != nil:
		return true
	default: // the record is lost, or of a vendor that dates nothing at the rotation
		return rotatedAt != nil && changed.Sub(*rotatedAt) > 2*rounding // rotatedAt lost its fraction
	}
}

// passed tells whether a deadline is behind the recorded time.
func (r Record) passed(deadline *time.Time) bool {
	return deadline != nil && r.Valid() && !r.Known.Before(*deadline)
}

// Advance records the time now where a deadline has passed since the recorded time; otherwise the record stays as it is.
func (r Record) Advance(now time.Time, deadlines ...*time.Time) Record {
	for _, d := range deadlines {
		if d != nil && r.Known.Before(*d) && !now.Before(*d) {
			r.Known = now
			return r
		}
	}
	return r
}

// Deadlines are the times at which something becomes due under the settings.
func Deadlines(set Settings, st State, rec Record) []*time.Time {
	deadlines := []*time.Time{DueAt(set, st, rec.Known), retireAt(set, st)}
	for _, o := range rec.Older {
		deadlines = append(deadlines, o.RetireAt)
	}
	return deadlines
}

func (r Record) olderDue() []string {
	var ids []string
	for _, o := range r.Older {
		if r.passed(o.RetireAt) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// endless are the older secrets that nothing ends.
func (r Record) endless() []string {
	var ids []string
	for _, o := range r.Older {
		if o.RetireAt == nil && !o.Expires {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Ended takes over that this object ended a secret: the previous one of a vendor with two slots (id is empty), or the one with
// that id. from is the client's last change as the look right before showed it.
func (r *Record) Ended(id string, at time.Time, from *time.Time) {
	r.Older = slices.DeleteFunc(r.Older, func(o Older) bool { return Entry{ID: o.ID}.Is(id) })
	r.EndedAt, r.EndedFrom = &at, from
	r.ForeignPrevious = false
}

// Doubtful tells that the previous secret of a vendor with two slots may be another one than the one that this object
// replaced, and therefore the one in use.
func (r Record) Doubtful(st State) bool {
	return r.Pending != nil || r.Unanswered || r.ForeignPrevious || r.Lost || r.Conflict || st.Drift != ""
}
