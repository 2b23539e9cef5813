package rotation

import (
	"fmt"
	"slices"
	"time"
)

// The checks right before a secret is ended. They hold whatever a caller thinks, on every path: in doubt nothing is sent.

// View is what an object of a client is known to hold.
type View struct {
	// Object is the mark of its record, or what stands for it.
	Object string
	State  State
	Record Record
	// Rotates: this plan makes a new secret for it, so that its current secret is the previous one afterwards.
	Rotates bool
}

// Ending names one secret that is to be ended.
type Ending struct {
	// SecretID names it at a vendor with many; "" is the previous secret of a vendor with two slots.
	SecretID string
	// View is the object that ends its own; nil for a completion, which holds none.
	View *View
	// Seen is how the client was when the plan of a completion looked; nil where nothing of that is known.
	Seen *Seen
	// Since bounds, for a completion without Seen, what was looked at: a later change of the client is one that nobody has looked at.
	// It is when the rotation to be completed was made, or when this process started.
	Since time.Time
}

// Seen is what the plan of a completion knew of a client.
type Seen struct {
	// Changed is the client's last change.
	Changed time.Time `json:"changed"`
	// None: the resource that owns the client knows of no previous secret.
	None bool `json:"none,omitempty"`
	// Doubt: the previous secret may be the one in use, and the vendor ends it by itself.
	Doubt bool `json:"doubt,omitempty"`
	// Alone: nothing in that process read the client; another alias or state owns it.
	Alone bool `json:"alone,omitempty"`
}

// MayEnd checks an ending against the facts of right before and against what the other objects of the client are known to hold.
// A nil error with ok false means that there is nothing to end.
func MayEnd(traits Traits, e Ending, facts Facts, others []View) (ok bool, refused *RefusedError) {
	if traits.ManySecrets {
		return mayEndEntry(e, facts, others)
	}
	views := others
	if e.View != nil {
		views = []View{*e.View}
	}
	if traits.ShowsPrevious {
		switch {
		case Lagging(views, facts):
			return false, &RefusedError{
				Reason: "The vendor still shows the client as it was before the rotation, so it does not show the previous secret.",
				Remedy: "Run the command again in a few minutes.",
			}
		case facts.HasPrevious == nil:
			return false, &RefusedError{
				Reason: "The vendor does not say whether the client has a previous secret.",
				Remedy: "Nothing is deleted without that answer; look at the client at the vendor.",
			}
		case !*facts.HasPrevious:
			return false, nil
		}
	}
	if len(views) == 0 && facts.ChangedAt != nil { // what this run did itself is newer than what a plan saw
		switch {
		case e.Seen != nil && !facts.ChangedAt.Equal(e.Seen.Changed):
			return false, ChangedSincePlan()
		case e.Seen == nil && Undated(facts, e.Since):
			return false, NotLookedAt()
		}
	}
	if len(views) == 0 && !traits.ShowsPrevious && e.Seen != nil && (e.Seen.None || e.Seen.Doubt) { // what would end was not left behind by the resource
		return false, nil
	}
	for _, v := range views {
		switch {
		case traits.ShowsPrevious && !v.State.HasPrevious && v.Record.LagsEnd(facts): // the one that is shown was ended already
			return false, nil
		case v.changed(traits, facts):
			if !v.Record.Valid() {
				return false, changedSinceRotation()
			}
			return false, ChangedSincePlan()
		case e.View == nil && v.mayBeInUse(traits):
			return false, MayBeInUse(traits, v.State, v.Record)
		}
	}
	return true, nil
}

// Undated tells that the client was changed after a time up to which its changes are known. Versions and answers are dated in whole
// seconds.
func Undated(facts Facts, since time.Time) bool {
	return facts.ChangedAt != nil && facts.ChangedAt.Sub(since) > 2*rounding
}

// Lagging tells that a vendor may still show a client as it was before a rotation, whose previous secret an object knows of.
func Lagging(views []View, facts Facts) bool {
	return slices.ContainsFunc(views, func(v View) bool { return v.State.HasPrevious && v.Record.LagsRotation(facts) })
}

// mayBeInUse tells that the previous secret may be the one that this object's consumers use.
func (v View) mayBeInUse(traits Traits) bool {
	return v.Record.Doubtful(v.State) && (v.State.HasPrevious || !traits.ShowsPrevious || v.Record.Unanswered)
}

// changed tells that the facts show a change by somebody else that the object's record does not know.
func (v View) changed(traits Traits, facts Facts) bool {
	if traits.ShowsPrevious {
		appeared := !v.State.HasPrevious && !(v.Record.Ours(facts) && v.Record.EndedAt == nil)
		return appeared || v.Record.ChangedSince(v.State.RotatedAt, facts)
	}
	if v.State.HasPrevious && v.State.Drift == "" && v.Record.ChangedSince(v.State.RotatedAt, facts) {
		return true
	}
	if facts.SecretAge == nil || v.State.Drift != "" {
		return false
	}
	st, _ := observeAge(v.State, v.Record, facts, false)
	return st.Drift != ""
}

// ListedAsDeleted tells that the list of a vendor with many secrets shows this one as deleted.
func ListedAsDeleted(facts Facts, id string) bool {
	entry, listed := find(facts.Secrets, id)
	return id != "" && listed && entry.Deleted
}

func mayEndEntry(e Ending, facts Facts, others []View) (bool, *RefusedError) {
	if refused := isCurrent(e.SecretID, others); refused != nil {
		return false, refused
	}
	if e.View != nil {
		if !e.View.Holds(e.SecretID) {
			return false, &RefusedError{
				Reason: fmt.Sprintf("Secret %s is none of this resource's, as far as is known.", e.SecretID),
				Remedy: "Delete it with a rotation completion that names it in previous_secret_id, or at the vendor, when nothing uses it.",
			}
		}
		return true, nil
	}
	entry, listed := find(facts.Secrets, e.SecretID)
	if !listed || entry.Deleted {
		return false, nil
	}
	if LastLive(facts, e.SecretID) {
		return false, &RefusedError{
			Reason: fmt.Sprintf("Secret %s is the only one of this client that is still valid; deleting it would leave nothing to log in with.", e.SecretID),
			Remedy: "Make a new secret first, and check that previous_secret_id names the previous one.",
		}
	}
	return true, nil
}

// isCurrent refuses to end the current secret of one of the objects.
func isCurrent(id string, views []View) *RefusedError {
	for _, v := range views {
		if v.State.SecretID != "" && (Entry{ID: v.State.SecretID}).Is(id) {
			return &RefusedError{
				Reason: fmt.Sprintf("Secret %s is the current secret of a resource in this configuration, not a previous one.", id),
				Remedy: "Give previous_secret_id the attribute previous_secret_id of that resource, not secret_id.",
			}
		}
	}
	return nil
}

// Holds tells whether the object has the secret with this id: as its current, previous or an earlier one.
func (v View) Holds(id string) bool {
	ids := []string{v.State.SecretID, v.State.PreviousSecretID}
	for _, o := range v.Record.Older {
		ids = append(ids, o.ID)
	}
	return slices.ContainsFunc(ids, func(own string) bool { return own != "" && (Entry{ID: own}).Is(id) })
}
