package rotation

import (
	"fmt"
	"strings"
	"time"
)

// ReasonKind is what makes a rotation due.
type ReasonKind int

// The kinds of reasons.
const (
	NoReason ReasonKind = iota
	BecauseCreated
	BecausePending
	BecauseChosen
	BecauseTriggers
	BecauseSchedule
	BecauseDrift
)

// Reason is why a new secret is made.
type Reason struct {
	Kind ReasonKind
	// Keys are the triggers that changed.
	Keys []string
	// Drift is the drift that is acted on.
	Drift string
	// Earlier is the reason of the rotation that is taken up again.
	Earlier string
	// DueAt is when the schedule made it due.
	DueAt *time.Time
}

// String is the value of rotation_reason.
func (r Reason) String() string {
	switch r.Kind {
	case BecauseCreated:
		return "created"
	case BecausePending:
		return r.Earlier
	case BecauseChosen:
		return "client_secret_wo_version"
	case BecauseTriggers:
		return "rotate_when_changed: " + strings.Join(r.Keys, ", ")
	case BecauseSchedule:
		return "rotate_after"
	case BecauseDrift:
		return "drift: " + r.Drift
	default:
		return ""
	}
}

// Why is the reason as the end of a sentence.
func (r Reason) Why() string {
	switch r.Kind {
	case BecausePending:
		return "an earlier rotation was sent and its outcome is not known"
	case BecauseChosen:
		return "client_secret_wo_version changed"
	case BecauseTriggers:
		return "rotate_when_changed: the value of " + strings.Join(r.Keys, ", ") + " changed"
	case BecauseSchedule:
		return fmt.Sprintf("rotate_after: it was due at %s", Stamp(*r.DueAt))
	case BecauseDrift:
		return "on_external_rotation: drift is \"" + r.Drift + "\""
	default:
		return "the resource is created"
	}
}

// If is the condition under which a rotation that only the apply can decide on comes to be, as the beginning of a sentence.
func (r Reason) If() string {
	switch r.Kind {
	case BecauseChosen:
		return "If client_secret_wo_version turns out to differ"
	case BecauseTriggers:
		return "If the value of " + strings.Join(r.Keys, ", ") + " in rotate_when_changed turns out to differ"
	case BecauseSchedule:
		return "If rotate_after turns out to be over, and nothing stands in its way"
	case BecauseDrift:
		return "If on_external_rotation turns out to act on drift \"" + r.Drift + "\""
	default:
		return "If it rotates"
	}
}

// due decides whether a new secret is due, and why. Maybe has the reason that would hold.
func due(traits Traits, set Settings, st State, rec Record) (Answer, Reason) {
	if rec.Pending != nil {
		return Yes, Reason{Kind: BecausePending, Earlier: rec.Pending.Reason}
	}
	if set.Unknown.ChosenVersion {
		return Maybe, Reason{Kind: BecauseChosen}
	}
	if set.Chosen {
		if !sameVersion(set.ChosenVersion, st.ChosenVersion) {
			return Yes, Reason{Kind: BecauseChosen}
		}
		return No, Reason{}
	}
	changed := Changed(st.Triggers, set.Triggers)
	if changed.Answer == Yes {
		return Yes, Reason{Kind: BecauseTriggers, Keys: changed.Keys}
	}
	if at := DueAt(set, st, rec.Known); rec.passed(at) {
		return Yes, Reason{Kind: BecauseSchedule, DueAt: at}
	}
	if actsOnDrift(traits, set.OnExternal, st, rec) {
		return Yes, Reason{Kind: BecauseDrift, Drift: st.Drift}
	}
	switch {
	case changed.Answer == Maybe:
		return Maybe, Reason{Kind: BecauseTriggers, Keys: changed.Open}
	case openSchedule(set, st, rec):
		return Maybe, Reason{Kind: BecauseSchedule, DueAt: &rec.Known}
	case set.Unknown.OnExternal && (st.Drift == Rotated || st.Drift == Dead):
		return Maybe, Reason{Kind: BecauseDrift, Drift: st.Drift}
	}
	return No, Reason{}
}

// openSchedule tells that a schedule that is not known yet may be over: any but a long one is.
func openSchedule(set Settings, st State, rec Record) bool {
	from := scheduleFrom(st)
	return set.Unknown.RotateAfter && from != nil && rec.Known.After(*from)
}

// actsOnDrift tells whether a policy makes a new secret because of the drift. A secret of many that the vendor lists as gone is
// replaced unless that is to be ignored.
func actsOnDrift(traits Traits, policy string, st State, rec Record) bool {
	switch st.Drift {
	case Dead:
		return policy == ExternalRotate || traits.ManySecrets && !rec.Refused && policy == ExternalWarn
	case Rotated:
		return policy == ExternalRotate
	}
	return false
}

func sameVersion(a, b *int64) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return *a == *b
}
