package rotation

import (
	"fmt"
	"strings"
	"time"
)

// Policies for a secret that somebody else changed, and for a rotation that meets an open one.
const (
	ExternalWarn   = "warn"
	ExternalRotate = "rotate"
	ExternalIgnore = "ignore"

	PendingFail        = "fail"
	PendingRetireFirst = "retire_first"
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
	// Unprovable: nothing is deleted before the current secret is proven, and it cannot be: its value is not kept.
	Unprovable bool
	// Unsettled: something above depends on a value that is not known yet.
	Unsettled bool
}

// State is what is known of the secret since the last apply, refreshed by the last read.
type State struct {
	Triggers         Triggers
	RotateAfter      time.Duration
	RetireAfter      *time.Duration
	ChosenVersion    *int64
	Version          int64 // 0: adopted or imported, the value is not known here; see session.Versions
	RotatedAt        *time.Time
	DueAt            *time.Time
	HasPrevious      bool
	PreviousEndsAt   *time.Time
	SecretID         string
	PreviousSecretID string
	ExpiresAt        *time.Time
}

// Unrecognised tells a secret of a Listed vendor that was made here and whose id is not known.
func (st State) Unrecognised() bool { return st.Version > 0 && st.SecretID == "" }

// beyondFirst tells, of the object alone, that the current secret surely is not the first one that was made here: the first
// has the second of its own making as its version, or a higher number, and the next ones count on from there. Two
// rotations within a second are not told apart.
func (st State) beyondFirst() bool {
	return st.Version > 0 && st.RotatedAt != nil && st.Version < st.RotatedAt.Unix()
}

// Decision is what an apply will do.
type Decision struct {
	// Rotate issues a new secret.
	Rotate Answer
	// Why names the reason for a rotation, as the end of a sentence.
	Why string
	// RetireFirst ends the previous secret before the new one is issued.
	RetireFirst bool
	// Retire ends the previous secret of the last rotation, whose time has come.
	Retire bool
	// RetireOlder are ids of still earlier secrets of a Listed vendor whose time has come.
	RetireOlder []string
	// Warnings are remarks for the plan.
	Warnings []Warning
	// Refused stops the plan.
	Refused *RefusedError
}

// Warning is a remark with a heading.
type Warning struct{ Summary, Detail string }

// Decide plans one update. The clock is noted.At, the time that the last read recorded: Terraform plans again while it
// applies, and both plans must agree. self tells that the provider logs in as this very client.
func Decide(traits Traits, set Settings, st State, noted Noted, self bool) Decision {
	d := Decision{}
	d.Rotate, d.Why = rotate(set, st, noted)
	retireAt := retireAt(set, st)
	ours := PreviousIsOurs(traits, st, noted)
	due := st.HasPrevious && retireAt != nil && !noted.At.IsZero() && !noted.At.Before(*retireAt)
	if set.RetireAfter != nil {
		d.RetireOlder = noted.olderDue()
	}
	switch {
	case d.Rotate == No && set.Unprovable && (due && ours || len(d.RetireOlder) > 0):
		d.RetireOlder = nil
		d.Warnings = append(d.Warnings, unprovable())
	case due && ours && d.Rotate == No:
		d.Retire = true
	case due && !ours && (traits.Listed || d.Rotate == No):
		d.Warnings = append(d.Warnings, notOurs(traits, st))
	}
	if endless := noted.endless(); len(endless) > 0 {
		d.Warnings = append(d.Warnings, Warning{
			Summary: "Earlier secrets are still valid",
			Detail: fmt.Sprintf("This resource made them before the previous one, and nothing ends them: %s. They were left behind by rotations without retire_previous_after, "+
				"and it is not known whether anything still uses them. Delete them at the vendor when nothing does. With retire_previous_after or expires_after set, later ones end by themselves.", strings.Join(endless, ", ")),
		})
	}
	if due && ours && d.Rotate == Yes && traits.Listed {
		d.RetireOlder = append(d.RetireOlder, st.PreviousSecretID)
	}

	if d.Rotate != No && !traits.Listed && set.Mode != Regenerate && (st.HasPrevious || noted.Conflict) && noted.Pending == nil {
		switch {
		case due && ours, set.OnPending == PendingRetireFirst:
			d.RetireFirst = true
		case d.Rotate == Yes && st.HasPrevious && ours:
			d.Refused = PendingRefusal(traits, st.PreviousEndsAt)
		case d.Rotate == Yes && st.HasPrevious:
			d.Refused = DoubtfulRefusal()
		}
	}
	if d.Rotate == Yes && noted.Unfit != "" {
		d.Refused = UnfitRefusal(noted.Unfit)
	}
	if self && !set.AllowSelf && (d.Rotate == Yes || d.Retire || len(d.RetireOlder) > 0) {
		d.Refused = SelfRefusal()
	}
	if !traits.Listed && noted.Interrupted { // which is nobody else's doing
		d.Warnings = append(d.Warnings, interruptedWarning(traits, st))
	}
	if noted.Conflict {
		d.Warnings = append(d.Warnings, conflictWarning())
	}
	if noted.External != nil && set.OnExternal != ExternalIgnore {
		d.Warnings = append(d.Warnings, noted.External.warning(traits, st, set.Chosen, d.Rotate == Yes, d.Refused != nil))
	}
	return d
}

// rotate decides whether a new secret is due and why.
func rotate(set Settings, st State, noted Noted) (Answer, string) {
	if set.Unsettled {
		return Maybe, "a setting of the rotation is not known yet"
	}
	if noted.Pending != nil {
		return Yes, "an earlier rotation was sent and its outcome is still unknown"
	}
	if set.Chosen {
		if !sameVersion(set.ChosenVersion, st.ChosenVersion) {
			return Yes, "client_secret_wo_version changed"
		}
		return No, ""
	}
	changed := Changed(st.Triggers, set.Triggers)
	if changed == Yes {
		return Yes, "a value of rotate_when_changed changed"
	}
	if due := DueAt(set, st, noted.At); due != nil && !noted.At.IsZero() && !noted.At.Before(*due) {
		return Yes, fmt.Sprintf("rotate_after: it was due at %s", Stamp(*due))
	}
	if noted.External != nil && noted.External.rotates(set.OnExternal) {
		return Yes, "the secret was changed outside Terraform"
	}
	if changed == Maybe {
		return Maybe, "a value of rotate_when_changed is not known yet"
	}
	return No, ""
}

func sameVersion(a, b *int64) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return *a == *b
}

// DueAt is the time of the next scheduled rotation, nil without a schedule. It counts from the last rotation; for a secret
// that was never rotated here, from the moment the schedule was first set.
func DueAt(set Settings, st State, now time.Time) *time.Time {
	if set.RotateAfter <= 0 || set.Chosen {
		return nil
	}
	from := now
	switch {
	case st.RotatedAt != nil:
		from = *st.RotatedAt
	case st.DueAt != nil && st.RotateAfter > 0:
		from = st.DueAt.Add(-st.RotateAfter)
	case now.IsZero():
		return nil
	}
	due := from.Add(set.RotateAfter)
	return &due
}

// retireAt is when the previous secret is to be deleted, nil for never.
func retireAt(set Settings, st State) *time.Time {
	if set.RetireAfter == nil || st.RotatedAt == nil {
		return nil
	}
	at := st.RotatedAt.Add(*set.RetireAfter)
	return &at
}

// PreviousEndsAt is when the previous secret stops working or is due to be deleted: what the vendor enforces, else what
// the configuration asks for; on a Listed vendor whichever comes first. nil when nothing ends it.
func PreviousEndsAt(traits Traits, set Settings, st State, noted Noted) *time.Time {
	if !st.HasPrevious {
		return nil
	}
	if traits.Listed {
		own := noted.PreviousExpiresAt
		if noted.At.IsZero() { // the notes are lost
			own = st.PreviousEndsAt
		}
		if at := retireAt(set, st); at != nil && PreviousIsOurs(traits, st, noted) && (own == nil || at.Before(*own)) {
			return at
		}
		return own
	}
	if traits.EndsOverlap || !PreviousIsOurs(traits, st, noted) {
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

// PreviousIsOurs tells whether the previous secret is one that this resource replaced. On a slot API nobody may delete
// what somebody else's rotation pushed there: it can be the very secret that this state hands out. On a list only what
// this resource created may go: the secret before the first one that was made here was imported. The notes say which it is,
// and so does the object of a later rotation where they are lost; otherwise it counts as imported.
func PreviousIsOurs(traits Traits, st State, noted Noted) bool {
	if traits.Listed {
		return st.PreviousSecretID != "" && (noted.PreviousMadeHere || st.beyondFirst())
	}
	return st.Version > 0 && !noted.doubtful()
}

func notOurs(traits Traits, st State) Warning {
	if traits.Listed {
		return Warning{
			Summary: "The previous secret is not deleted",
			Detail: fmt.Sprintf("retire_previous_after has passed, but secret %s is not known to have been made by this resource (it may have been imported). "+
				"Delete it with a rotation completion that names it in previous_secret_id, or in the vendor's console.", st.PreviousSecretID),
		}
	}
	return Warning{
		Summary: "The previous secret is not deleted",
		Detail: "retire_previous_after has passed, but somebody else may have rotated since, so the previous secret may be the one in use. " +
			"Find out what the consumers use. If it is the current secret, delete the previous one with a rotation completion.",
	}
}

func unprovable() Warning {
	return Warning{
		Summary: "The previous secret is not deleted",
		Detail: "retire_previous_after has passed, but the current secret is not proven to work (verified is false), and its value is not in the state, so it cannot be proven from here. " +
			"Try it where it is used. When it works, delete the previous one with a rotation completion, or remove the verify block.",
	}
}

// PendingRefusal is the answer to a rotation while an earlier previous secret is still valid.
func PendingRefusal(traits Traits, endsAt *time.Time) *RefusedError {
	reason := "A previous secret is still valid, and a second rotation would end or lose a secret that may be in use."
	if !traits.ShowsPrevious && endsAt != nil {
		reason = fmt.Sprintf("The previous secret counts as valid until %s, and a second rotation would end a secret that may be in use.", Stamp(*endsAt))
	}
	finish, beside := "retire_previous_after, or a rotation completion", ""
	if !traits.ShowsPrevious {
		beside = " (also the setting to use beside a rotation completion, of which the vendor shows nothing)"
	}
	switch {
	case traits.ShowsPrevious && endsAt != nil:
		finish = "retire_previous_after deletes the previous secret at the first apply after " + Stamp(*endsAt) + ", a rotation completion at once"
	case traits.EndsOverlap:
		finish = "retire_previous_after, or wait until it ends"
	}
	return &RefusedError{
		Reason: reason,
		Remedy: `Either finish the open rotation first (` + finish + `), ` +
			`or set on_pending_rotation = "retire_first" to delete the previous secret right before the new one is made` + beside + `.`,
	}
}

// DoubtfulRefusal is the answer to a rotation while the previous secret may be the one in use.
func DoubtfulRefusal() *RefusedError {
	return &RefusedError{
		Reason: "A previous secret is still valid, and this resource may not have left it behind: it may be the secret in use, and a second rotation would end or lose it.",
		Remedy: "Find out what the consumers use. If it is the current secret, delete the previous one with a rotation completion. If it is the previous one, choose a time for a short " +
			`interruption and set on_pending_rotation = "retire_first": that deletes it right before the new one is made.`,
	}
}

// UnfitRefusal is the answer to taking on a client that cannot have its secret rotated.
func UnfitRefusal(why string) *RefusedError {
	return &RefusedError{
		Reason: "This client cannot have its secret rotated: " + why + ".",
		Remedy: "Change the client at the vendor, or remove this resource.",
	}
}

// SelfRefusal is the answer to changing the credential that the provider itself logs in with.
func SelfRefusal() *RefusedError {
	return &RefusedError{
		Reason: "The provider itself logs in as this client, and changing its secret can lock the provider out.",
		Remedy: "Log in with another credential, or set allow_self_rotation = true; then make the new secret the provider's credential before the old one ends.",
	}
}

// Stamp formats a time as it stands in state: RFC 3339, UTC, whole seconds.
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
