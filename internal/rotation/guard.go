package rotation

import (
	"fmt"
	"slices"
	"strings"
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
	return v.Record.Doubtful(v.State) && (v.State.HasPrevious || !traits.ShowsPrevious)
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

func mayEndEntry(e Ending, facts Facts, others []View) (bool, *RefusedError) {
	if refused := isCurrent(e.SecretID, others); refused != nil {
		return false, refused
	}
	if e.View != nil {
		if !e.View.holds(e.SecretID) {
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

// holds tells whether the object has the secret with this id: as its current, previous or an earlier one.
func (v View) holds(id string) bool {
	ids := []string{v.State.SecretID, v.State.PreviousSecretID}
	for _, o := range v.Record.Older {
		ids = append(ids, o.ID)
	}
	return slices.ContainsFunc(ids, func(own string) bool { return own != "" && (Entry{ID: own}).Is(id) })
}

// MayPlanCompletion says why a completion must not be planned beside an object of its client, nil when it may. rotates tells that
// the object is rotated in the same apply, which of a vendor with many secrets only the view itself can tell.
func MayPlanCompletion(traits Traits, secretID string, v View, rotates bool) *RefusedError {
	if traits.ManySecrets { // of several objects, the version of a completion tells nothing
		if secretID == "" || v.Rotates {
			return nil
		}
		return isCurrent(secretID, []View{v})
	}
	if !rotates && !v.Rotates && v.mayBeInUse(traits) {
		return MayBeInUse(traits, v.State, v.Record)
	}
	return nil
}

// EndsByItself tells that all that speaks against the end of the previous secret is a change of the client soon after the rotation,
// which may have been that end, at a vendor that ends it by itself: then a completion has nothing to do, and that is no failure.
func (v View) EndsByItself(traits Traits) bool {
	return traits.EndsOverlap && !traits.ShowsPrevious && v.State.HasPrevious && v.State.Drift == "" &&
		v.Record.ForeignPrevious && !v.Record.Lost && !v.Record.Conflict
}

// LeftToTheVendor says that a completion deletes nothing because the vendor will.
func LeftToTheVendor(views []View) Message {
	until := ""
	for _, v := range views {
		if v.State.PreviousEndsAt != nil {
			until = ", at " + Stamp(*v.State.PreviousEndsAt) + " at the latest"
		}
	}
	return Message{
		Title: "the previous secret is left to the vendor",
		Detail: "The client was changed soon after the rotation: by its completion, by an edit, or by a rotation of somebody else, after which the previous secret would be the one in use. " +
			"So this completion deletes nothing. The vendor ends the previous secret by itself" + until + ".",
	}
}

// MayPlanAction says why an action must not be planned, nil when it may. The apply of an action reads nothing, so the plan must
// know whose secret it ends: at a vendor with many secrets, the previous or an earlier one of an object that the plan looked at,
// or the current one of an object that it rotates.
func MayPlanAction(traits Traits, secretID string, views []View) *RefusedError {
	if !traits.ManySecrets || secretID == "" {
		return nil
	}
	if refused := isCurrent(secretID, slices.DeleteFunc(slices.Clone(views), func(v View) bool { return v.Rotates })); refused != nil {
		return refused
	}
	if slices.ContainsFunc(views, func(v View) bool { return v.holds(secretID) }) {
		return nil
	}
	return &RefusedError{
		Reason: fmt.Sprintf("No resource that was looked at holds secret %s as its previous one, so it may be one that is in use.", secretID),
		Remedy: "Give previous_secret_id the attribute previous_secret_id of the client secret, written as a reference, and run the command with a refresh: then the plan looks at that resource. " +
			"A secret that no resource holds is deleted at the vendor, when nothing uses it.",
	}
}

// CompletionMessage says what a completion ends. views are the objects of its client that it may belong to. rotates tells that
// the object is rotated in the same apply, open that this is not known yet.
func CompletionMessage(traits Traits, secretID string, views []View, rotates, open bool) Message {
	which, stays := "the previous secret", "The current secret stays."
	if secretID != "" {
		which = "secret " + secretID
	}
	var either []string
	for _, v := range views {
		switch {
		case open:
			either = append(either, replacedName(traits, v.State)+", if it is replaced in this apply")
			if v.State.HasPrevious {
				either = append(either, previousName(v.State, v.Record)+", if it is not")
			}
		case traits.ManySecrets && !(Entry{ID: secretID}).Is(v.State.PreviousSecretID) && !(Entry{ID: secretID}).Is(v.State.SecretID):
			continue
		case traits.ManySecrets && v.Rotates && (Entry{ID: secretID}).Is(v.State.SecretID), !traits.ManySecrets && (rotates || v.Rotates):
			which, stays = replacedName(traits, v.State)+", which this apply replaces", "The new secret stays."
		default:
			which, stays = previousName(v.State, v.Record), capital(currentName(v.State))+" stays."
		}
	}
	if len(either) > 0 {
		return Message{
			Title: "this apply may delete the previous secret",
			Detail: "Whether the secret is rotated is not known yet. After everything that it depends on, this completion ends the previous secret as it is then: " +
				strings.Join(either, "; ") + ". Whatever else still uses that one fails then. The newer one stays.",
		}
	}
	return Message{
		Title:  "this apply deletes the previous secret",
		Detail: fmt.Sprintf("This completion ends %s, after everything that it depends on. Whatever else still uses it fails then. %s", which, stays),
	}
}

// NothingToCompleteYet says what an action ends that is planned while the client has no previous secret.
func NothingToCompleteYet() Message {
	return Message{
		Title:  "this apply may delete the previous secret",
		Detail: "The client has no previous secret now. If somebody rotates before the action runs, it deletes the secret that was current until then; whatever still uses that one fails then.",
	}
}

// CompletionStarts says that a completion that is created does not end the previous secret yet.
func CompletionStarts(views []View) Message {
	which := "the previous secret"
	for _, v := range views {
		which = previousName(v.State, v.Record)
	}
	return Message{
		Title: "the previous secret stays until the next apply",
		Detail: "This completion is new, and the rotation that it completes is older. Its first apply cannot tell a rotation by somebody else, between this plan and the apply, from that one, so it deletes nothing. " +
			"The plan after it looks at the client, and its apply deletes " + which + ".",
	}
}

// CompletionStarted says the same after the apply.
func CompletionStarted() Message {
	return Message{
		Title: "the previous secret was not deleted yet",
		Detail: "This completion is new, and the client was changed after the time that its version stands for: by an older rotation from here, or by somebody else. " +
			"Plan and apply again: that plan looks at the client, and says which secret its apply deletes.",
	}
}

// RotatedAfterCompletion says that a previous secret that a completion ended is there again.
func RotatedAfterCompletion() Message {
	return Message{
		Title: "somebody else rotated the secret",
		Detail: "The rotation to this version was completed, so no previous secret was left, and now the client has one: somebody else rotated since. " +
			"The secret in state is the previous one; it works as long as nobody ends it. This completion does nothing.",
	}
}
