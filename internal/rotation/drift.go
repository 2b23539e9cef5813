package rotation

import (
	"fmt"
	"strings"
)

// What plans say of what was not done from here, or of what was done and lost.

// DriftWarning says what somebody else did, what it means for the secret in state, and what to do.
func DriftWarning(traits Traits, set Settings, st State, rec Record, rotating, refused bool) Message {
	ours := "The secret in this state"
	if st.Version == 0 {
		ours = "The secret that was in use when the client was adopted or imported"
	}
	var title, effect string
	switch st.Drift {
	case Dead:
		title, effect = "the secret in state does not work", ours+" does not work any more."
	case Rotated:
		title, effect = "somebody else rotated the secret", ours+" is not the current one. It works as long as nobody ends it, and a second rotation may end it."
		if !traits.ShowsPrevious {
			effect = ours + " is not the current one, and works at most until the overlap of that rotation is over."
		}
	default:
		title, effect = "the client was changed elsewhere", "If that was a rotation, "+strings.ToLower(ours[:1])+ours[1:]+" is the previous one now. It works as long as nobody ends it."
	}
	if rec.Evidence == answerLost {
		title = "a new secret was made here, and is lost"
	}
	evidence := rec.Evidence
	if evidence == "" {
		evidence = "It was seen at an earlier refresh"
	}
	if st.Version == 0 {
		evidence = strings.Replace(evidence, heldHere, "which was in use when the client was adopted or imported", 1)
	}
	todo := ""
	const silence = ` on_external_rotation = "ignore" silences this warning.`
	switch {
	case refused: // the refusal says what to do
	case rotating:
		todo = " The next apply rotates, so that the state holds a working secret again; a refresh alone does not."
	case st.Drift == Possible:
		todo = ` Find out what was changed, in the audit log of the vendor. If nobody rotated, nothing is wrong, and the next rotation from here ends this doubt. It cannot begin before the previous secret is gone, which may be the one in use. ` +
			`verify { on_refresh = true } shows at each refresh whether the secret in state works.` + silence
	case !traits.ManySecrets && (st.Drift == Rotated || openRotation(traits, st, rec)) && set.Mode != Regenerate:
		ends := "the previous secret, which may be the only one that works,"
		if st.Drift == Rotated {
			ends = "the secret in this state"
		}
		todo = ` To make a new one here, choose a time for a short interruption. Then ` + demand(set, st, true) + `: that ends ` + ends + ` right before the new one is made.` + silence
	case set.Chosen:
		todo = ` To set one from here, ` + demand(set, st, false) + `.` + silence
	case set.OnExternal == ExternalRotate:
		todo = ` To make a new one here, ` + demand(set, st, false) + `.` + silence
	default:
		todo = ` To make a new one here, ` + demand(set, st, false) + `, or set on_external_rotation = "rotate".` + silence
	}
	return Message{Title: title, Detail: evidence + ". " + effect + todo}
}

// UnclaimedMessage names secrets that appeared since an object was applied last and that no object of this run is known to
// hold.
func UnclaimedMessage(st State, rec Record, ids []string) Message {
	list := strings.Join(ids, ", ")
	const others = "Other resources, states and people may hold them, and not all were looked at here: compare with their secret_id before you delete one. Nothing is deleted here."
	switch {
	case st.Unidentified():
		return Message{
			Title: "the id of the current secret is not known",
			Detail: "The current secret works, but when it was made its entry could not be told from others. It may be one of these, or is not listed yet: " + list + ". " +
				"Delete none of them before you know which. Rotate once more, with expires_after set, and the provider knows its own. " + others,
		}
	default:
		return Message{
			Title:  "a run ended in the middle of a change",
			Detail: "What the provider keeps beside this object was lost. If that run added a secret, nobody has its value, and it is one of these: " + list + ". " + others,
		}
	}
}

// AddedMessage says how many secrets appeared since an object was applied last that this run does not know the owner of. It names
// none: they may be those of resources that it has not looked at.
func AddedMessage(n int) Message {
	return Message{
		Title: "secrets were added since the last apply",
		Detail: fmt.Sprintf("%d of the client's live secrets appeared since this resource was applied last, and it did not make them, as far as is known. Whose they are was not looked at: "+
			"other resources, provider configurations, states and people may hold them. Only if a run of this resource was killed before its state was saved, one of them is its secret, and nobody has its value. "+
			"In that case compare the list of the client's secrets with what all of them hold. Nothing is deleted here.", n),
	}
}

// lostWarning says, for a vendor with two slots, what an interrupted run may have done.
func lostWarning(traits Traits, st State) Message {
	which, ends := "the secret in this state", "is the previous one now"
	if st.Version == 0 {
		which = "the one in use before"
	}
	if traits.EndsOverlap {
		ends = "ends with the overlap of that rotation"
	}
	return Message{
		Title: "a run ended in the middle of a change",
		Detail: lostRecord + ". If it was rotating, a new secret was made and lost, and " + which + " " + ends + ". " +
			"Try the secret before anything is deleted; to be safe, rotate again. This is said until the next rotation.",
	}
}
