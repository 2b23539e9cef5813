package rotation

import (
	"fmt"
	"slices"
	"strings"
)

// What the plan of a completion may do and says.

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
	if slices.ContainsFunc(views, func(v View) bool { return v.Holds(secretID) }) {
		return nil
	}
	return &RefusedError{
		Reason: fmt.Sprintf("No resource that was looked at holds secret %s as its previous one, so it may be one that is in use.", secretID),
		Remedy: "Give previous_secret_id the attribute previous_secret_id of the client secret, written as a reference, and run the command with a refresh: then the plan looks at that resource. " +
			"A secret that no resource holds is deleted at the vendor, when nothing uses it.",
	}
}

// CompletionMessage says what a completion ends. views are the objects of its client that it may belong to. rotates tells that
// the object is rotated in the same apply, open that this is not known yet, and asks that the consumers are asked what they hold.
func CompletionMessage(traits Traits, secretID string, views []View, rotates, open, asks bool) Message {
	which, stays := "the previous secret", "The current secret stays."
	title, earlier := "the completion deletes the previous secret", true
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
			title, earlier = "the completion ends the secret in use now", false
		default:
			which, stays = previousName(v.State, v.Record), capital(currentName(v.State))+" stays."
		}
	}
	if len(either) > 0 {
		return Message{
			Title: "the completion may delete the previous secret",
			Detail: "Whether the secret is rotated is not known yet. After everything that it depends on, this completion ends the previous secret as it is then: " +
				strings.Join(either, "; ") + ". Whatever else still uses that one fails then. The newer one stays." + proof(asks),
		}
	}
	since := ""
	if earlier && len(views) > 0 {
		since = " The rotation was made by an earlier apply, and this plan updates no consumer that it does not show: make sure that each one has the current secret."
	}
	return Message{
		Title:  title,
		Detail: fmt.Sprintf("This completion ends %s, after everything that it depends on. Whatever still uses it fails then. %s%s%s", which, stays, since, proof(asks)),
	}
}

func proof(asks bool) string {
	if !asks {
		return ""
	}
	return " Only if each consumer in consumer_secrets_wo holds the current secret: otherwise nothing is deleted, and the apply fails."
}

// Unchecked is added to what an action says that cannot tell whether somebody else rotated.
const Unchecked = " Without rotated_at, and with no resource of this client in the plan, nothing tells whether somebody else rotated since. If somebody did, the previous secret is the one in use: give rotated_at the attribute rotated_at of the client secret."

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
