package rotation

import "time"

// Policies for a secret that somebody else changed, and for a rotation that meets an open one.
const (
	ExternalWarn   = "warn"
	ExternalRotate = "rotate"
	ExternalIgnore = "ignore"

	PendingFail        = "fail"
	PendingRetireFirst = "retire_first"
)

// Values of drift.
const (
	// Rotated: somebody else made another secret; the one in state is not the current one.
	Rotated = "rotated"
	// Dead: the secret in state does not work.
	Dead = "dead"
	// Possible: the client was changed while a previous secret is alive, and the vendor does not tell what was changed.
	Possible = "possible"
)

// Settings are the configuration that decisions depend on.
type Settings struct {
	Triggers    Triggers
	RotateAfter time.Duration  // 0: no schedule
	RetireAfter *time.Duration // nil: never
	OnExternal  string
	OnPending   string
	Mode        Mode
	// Chosen: the user supplies the value; then only a change of ChosenVersion rotates.
	Chosen        bool
	ChosenVersion *int64
	AllowSelf     bool
	// Verified: nothing is ended before the current secret is verified.
	Verified bool
	// Unverifiable: that cannot be done from here, because the value of the current secret is not known.
	Unverifiable bool
	// Unknown are the settings that are known only at apply.
	Unknown Unknown
}

// Unknown names settings whose values are known only at apply.
type Unknown struct {
	RotateAfter, RetireAfter, OnExternal, OnPending, Mode, ChosenVersion, AllowSelf, Verify bool
}

// State is what is known of the secret since the last apply, refreshed by the last read.
type State struct {
	Triggers         Triggers
	RotateAfter      time.Duration
	RetireAfter      *time.Duration
	ChosenVersion    *int64
	Version          int64 // 0: adopted or imported, the value is not known here
	RotatedAt        *time.Time
	DueAt            *time.Time
	HasPrevious      bool
	PreviousEndsAt   *time.Time
	SecretID         string
	PreviousSecretID string
	ExpiresAt        *time.Time
	Drift            string
	Verified         bool
}

// Unidentified tells a secret of a vendor with many that was made here and whose id is not known.
func (st State) Unidentified() bool { return st.Version > 0 && st.SecretID == "" }

// firstVersion is before every Unix second at which a secret can have been made here. Smaller versions are counted from 1, by
// releases that told nothing by them.
const firstVersion = 1_000_000_000

// rotatedHere tells from the attributes alone that the secret before the current one was made by this object too: versions begin
// with the Unix second of the first secret, so that a rotation later than that has a version below its own second.
func (st State) rotatedHere() bool {
	return st.Version > firstVersion && st.RotatedAt != nil && st.Version < st.RotatedAt.Unix()
}

// DueAt is the time of the next scheduled rotation, nil without a schedule. It counts from the last rotation; for a secret
// that was never rotated here, from the moment the schedule was first set.
func DueAt(set Settings, st State, now time.Time) *time.Time {
	if set.RotateAfter <= 0 || set.Chosen {
		return nil
	}
	from := scheduleFrom(st)
	switch {
	case from != nil:
	case now.IsZero():
		return nil
	default:
		from = &now
	}
	due := from.Add(set.RotateAfter)
	return &due
}

// scheduleFrom is the moment from which a schedule counts; nil where that is the present.
func scheduleFrom(st State) *time.Time {
	switch {
	case st.RotatedAt != nil:
		return st.RotatedAt
	case st.DueAt != nil && st.RotateAfter > 0:
		from := st.DueAt.Add(-st.RotateAfter)
		return &from
	}
	return nil
}

// RetireAt is when the previous secret is to be deleted by the settings, nil for never.
func RetireAt(set Settings, st State) *time.Time { return retireAt(set, st) }

// retireAt is when the previous secret is to be deleted, nil for never.
func retireAt(set Settings, st State) *time.Time {
	if set.RetireAfter == nil || st.RotatedAt == nil {
		return nil
	}
	at := st.RotatedAt.Add(*set.RetireAfter)
	return &at
}

// PreviousIsOurs tells whether the previous secret is one that this object may end. With two slots nobody may delete what
// somebody else's rotation pushed there: it can be the very secret that this state hands out. Of many only what this object
// made may go.
func PreviousIsOurs(traits Traits, st State, rec Record) bool {
	if traits.ManySecrets {
		return st.PreviousSecretID != "" && (rec.PreviousVersion > 0 || rec.gone() && st.rotatedHere())
	}
	return st.Version > 0 && !rec.Doubtful(st)
}

// PreviousEndsAt is when the previous secret stops working or is due to be deleted: what the vendor enforces, else what
// the configuration asks for; of many secrets whichever comes first. nil when nothing ends it.
func PreviousEndsAt(traits Traits, set Settings, st State, rec Record) *time.Time {
	if !st.HasPrevious {
		return nil
	}
	if traits.ManySecrets {
		own := rec.PreviousExpiresAt
		if !rec.Valid() {
			own = st.PreviousEndsAt
		}
		if at := retireAt(set, st); at != nil && PreviousIsOurs(traits, st, rec) && (own == nil || at.Before(*own)) {
			return at
		}
		return own
	}
	if traits.EndsOverlap || !PreviousIsOurs(traits, st, rec) {
		return st.PreviousEndsAt
	}
	if at := retireAt(set, st); at != nil {
		return at
	}
	if st.RetireAfter != nil { // what stands there is the date of a setting that was removed
		return nil
	}
	return st.PreviousEndsAt
}

// EndsAtRotation is the rule of a previous secret that outlives no rotation.
const EndsAtRotation = "at the rotation"

// Of is set as far as it counts for what a rotation of st replaces: a secret of many that was not made here is not deleted.
func (set Settings) Of(traits Traits, st State) Settings {
	if traits.ManySecrets && st.Version == 0 {
		set.RetireAfter, set.Unknown.RetireAfter = nil, false
	}
	return set
}

// PreviousEnds is the rule by which the secret that a rotation replaces ends, as previous_secret_ends says it; "" when there is
// none. It comes from the settings alone. first: nothing was made or known here before.
func PreviousEnds(traits Traits, set Settings, first bool) string {
	switch {
	case traits.ManySecrets && first: // the secrets that the client has already are nobody's previous one
		return ""
	case set.Mode == Regenerate, set.RetireAfter != nil && *set.RetireAfter == 0:
		return EndsAtRotation
	case traits.EndsOverlap:
		overlap := traits.DefaultOverlap
		if set.RetireAfter != nil {
			overlap = *set.RetireAfter
		}
		return Span(overlap) + " after the rotation, by " + traits.Name
	case set.RetireAfter != nil:
		return "at the first apply " + Span(*set.RetireAfter) + " after the rotation"
	default:
		return "when a completion or somebody deletes it"
	}
}

// Stamp formats a time as it stands in state: RFC 3339, UTC, whole seconds.
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
