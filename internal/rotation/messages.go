package rotation

import (
	"fmt"
	"strings"
)

// endings says which secrets an apply ends by itself, and which it may end.
func endings(traits Traits, set Settings, st State, rec Record, d Decision) (all []Message) {
	if d.Retire {
		all = append(all, Message{
			Title: "this apply deletes the previous secret",
			Detail: fmt.Sprintf("retire_previous_after (%s) is over since %s. %s works until this apply; whatever still uses it fails then. %s stays.",
				Span(*set.RetireAfter), Stamp(*retireAt(set, st)), capital(previousName(st, rec)), capital(currentName(st))) + provenFirst(set),
		})
	}
	if len(d.RetireOlder) > 0 {
		all = append(all, Message{
			Title: "this apply deletes earlier secrets",
			Detail: fmt.Sprintf("retire_previous_after is over for secrets from before the current one: %s. They work until this apply; whatever still uses one fails then.",
				strings.Join(d.RetireOlder, ", ")),
		})
	}
	makesRoom := d.Rotate != No && !traits.ManySecrets && roomDepends(traits, set, st, rec, d.Reason)
	if d.RetireOpen && !makesRoom {
		all = append(all, Message{
			Title: "this apply may delete the previous secret",
			Detail: fmt.Sprintf("retire_previous_after is not known yet. If it turns out to be over for %s, or for an earlier secret of this resource, that is deleted in this apply; whatever still uses it fails then. %s stays.",
				previousName(st, rec), capital(currentName(st))),
		})
	}
	if d.Rotate == No {
		return all
	}
	condition := ""
	if d.Rotate == Maybe {
		condition = d.Reason.If() + ", "
	}
	if !traits.ManySecrets && rec.Pending != nil {
		all = append(all, Message{
			Title: "an earlier rotation is settled first",
			Detail: unansweredRotation + " This apply tries the secret that was sent: where it works, it is taken over, and nothing is made anew. " +
				"Otherwise a new one is made only where the earlier rotation surely did not take effect.",
		})
	}
	if traits.ManySecrets && rec.Pending != nil {
		all = append(all, Message{
			Title: "this apply deletes a secret that nobody has",
			Detail: unansweredAddition(rec) +
				" Nobody has its value; where it is listed, it is deleted before a new one is made.",
		})
	}
	if traits.ManySecrets && st.Version == 0 && st.SecretID != "" && set.RetireAfter != nil && rec.sign(st).Drift != Dead {
		all = append(all, Message{
			Title: "the secret in use now is not deleted by retire_previous_after",
			Detail: capital(currentName(st)) + " was imported, and only secrets that were made here are deleted. It stays valid after the rotation; " +
				"delete it with a rotation completion that names it in previous_secret_id, or at the vendor, when nothing uses it.",
		})
	}
	if set.Mode == Regenerate && traits.Regenerates {
		return append(all, regenerates(condition, st))
	}
	if set.Unknown.Mode && traits.Regenerates {
		all = append(all, Message{
			Title:  "this apply may end every secret at once",
			Detail: "rotation_mode is not known yet. If it turns out to be \"regenerate\", every secret of the client, " + currentName(st) + " among them, stops working at the rotation; whatever uses one fails until it has the new one.",
		})
	}
	switch {
	case d.Retire: // which ends it with and without a rotation
	case d.Room:
		all = append(all, roomWarning(traits, condition, set, st, rec, d))
	case makesRoom:
		all = append(all, Message{
			Title: "this apply may delete the previous secret before the rotation",
			Detail: "An earlier rotation is open, and a setting that decides about it is not known yet. If on_pending_rotation turns out to be \"retire_first\", or retire_previous_after to be over, " +
				previousName(st, rec) + " is deleted right before the new one is made; whatever still uses it fails then. Otherwise it is not deleted, and there is no rotation while it is valid.",
		})
	}
	switch {
	case traits.ManySecrets && (st.Version == 0 || NothingBefore(st, rec)): // nothing of ours is left to end
	case set.RetireAfter != nil && *set.RetireAfter == 0:
		all = append(all, endsAtRotation(condition, replacedName(traits, st), d))
	case set.Unknown.RetireAfter:
		all = append(all, Message{
			Title:  "this apply may end the secret in use now",
			Detail: "retire_previous_after is not known yet. If it turns out to be \"0s\", " + replacedName(traits, st) + " ends right after the new one is made, before its consumers have the new one.",
		})
	}
	return all
}

// provenFirst is the condition of an end while the current secret is not verified.
func provenFirst(set Settings) string {
	if !set.Verified || set.Unknown.Verify {
		return ""
	}
	return " The current secret is tried at the token endpoint before; unless it is accepted, nothing is deleted."
}

// DueNext says that a setting that changes makes an ending due, which the apply after this one carries out.
func DueNext(st State, rec Record) Message {
	return Message{
		Title:  "the next apply deletes the previous secret",
		Detail: "The new retire_previous_after is over already for " + previousName(st, rec) + ". This apply changes the setting only, and the plan after it deletes that secret. Whatever still uses it fails then.",
	}
}

func roomWarning(traits Traits, condition string, set Settings, st State, rec Record, d Decision) Message {
	doubt := ""
	if !PreviousIsOurs(traits, st, rec) {
		doubt = " It may be the secret in use: this resource may not have left it behind."
	}
	switch st.Drift {
	case Rotated:
		doubt = " Its consumers use it: somebody else rotated."
	case Possible:
		doubt = " If somebody else rotated, it is " + currentName(st) + ", which its consumers use."
	}
	which, left := previousName(st, rec), ""
	if !traits.ShowsPrevious {
		left = " " + traits.Name + " does not show whether it is still there; where a completion or somebody ended it, nothing is deleted."
	}
	if rule := overlapEnds(traits, set); rule != "" && st.Drift == "" {
		left += " " + capital(currentName(st)) + " becomes the previous one, and ends " + rule + "."
	}
	if condition != "" {
		return Message{
			Title:  "this apply may delete the previous secret before a rotation",
			Detail: condition + "the apply rotates. An earlier previous secret counts as valid: " + which + " is deleted right before the new one is made; whatever still uses it fails then." + doubt + left,
		}
	}
	return Message{
		Title: "this apply deletes the previous secret before the rotation",
		Detail: fmt.Sprintf("A rotation is due (%s), and an earlier previous secret counts as valid. %s is deleted right before the new one is made; whatever still uses it fails then.%s%s",
			d.Reason.Why(), capital(which), doubt, left),
	}
}

// EndsInUse is the title of the warning that a rotation ends the secret that it replaces.
const EndsInUse = "this apply ends the secret in use now"

func endsAtRotation(condition, which string, d Decision) Message {
	if condition != "" {
		return Message{
			Title: "this apply may end the secret in use now",
			Detail: condition + "the apply rotates. Then " + which + " is deleted in this apply, right after the new one is made (retire_previous_after is \"0s\"). " +
				"Whatever uses it fails until it has the new one. Otherwise nothing is called.",
		}
	}
	return Message{
		Title: EndsInUse,
		Detail: fmt.Sprintf("retire_previous_after is \"0s\": %s is deleted in this apply, right after the new one is made (%s). Whatever uses it fails until it has the new one.",
			which, d.Reason.Why()),
	}
}

func regenerates(condition string, st State) Message {
	title, when := "this apply ends every secret at once", "at the rotation"
	if condition != "" {
		title, when = "this apply may end every secret at once", "then"
		condition += "the apply rotates. "
	}
	return Message{
		Title: title,
		Detail: fmt.Sprintf("%srotation_mode is \"regenerate\": every secret of the client, %s among them, stops working %s, without an overlap. Whatever uses one fails until it has the new one.",
			condition, currentName(st), when),
	}
}

// CreationEndings says which secrets the creation of a resource ends, or may end, by itself. st is the state of the object whose
// place it takes; the zero value where there is none.
func CreationEndings(traits Traits, set Settings, st State) []Message {
	if traits.ManySecrets {
		return nil
	}
	st.HasPrevious = false // which is the look's concern
	return endings(traits, set, st, Record{}, Decision{Rotate: Yes, Reason: Reason{Kind: BecauseCreated}})
}

// overlapEnds is the rule by which a secret ends that outlives its rotation; "" where none does, or that is not known.
func overlapEnds(traits Traits, set Settings) string {
	if rule := PreviousEnds(traits, set, false); rule != EndsAtRotation && !set.Unknown.RetireAfter && !set.Unknown.Mode {
		return rule
	}
	return ""
}

// TakesOver says what the creation of an object makes of the secret that is in use at its client; nil where another message does.
func TakesOver(traits Traits, set Settings) *Message {
	rule := overlapEnds(traits, set)
	if traits.ManySecrets || rule == "" {
		return nil
	}
	return &Message{
		Title:  "a new secret is made for this client",
		Detail: "The ids name another client now. The secret in use there becomes the previous one, and ends " + rule + ".",
	}
}

// CreationRoom says that a creation deletes the previous secret first. left is the object that left it behind, as far as that is known.
func CreationRoom(left View, doubtful bool) Message {
	which := "It"
	if left.State.Version > 0 {
		which = capital(previousName(left.State, left.Record))
	}
	m := Message{
		Title:  "this apply deletes the previous secret before the rotation",
		Detail: "A new secret is made for this client, and a previous secret is still valid. " + which + " is deleted right before (on_pending_rotation is \"retire_first\"); whatever still uses it fails then.",
	}
	if doubtful {
		m.Detail += " It may be the secret in use: nothing here left it behind."
	}
	return m
}

// CreationMayMakeRoom says that a creation deletes a previous secret first if it finds one at the apply.
func CreationMayMakeRoom(doubtful bool) Message {
	m := Message{
		Title: "this apply may delete the previous secret before the rotation",
		Detail: "A new secret is made for this client. If the apply finds a previous secret that is still valid, and on_pending_rotation is \"retire_first\", " +
			"that previous secret is deleted right before; whatever still uses it fails then.",
	}
	if doubtful {
		m.Detail += " It may be the secret in use: nothing here left it behind."
	}
	return m
}

func endlessWarning(ids []string) Message {
	return Message{
		Title: "earlier secrets are still valid",
		Detail: fmt.Sprintf("This resource made them before the previous one, and nothing ends them: %s. They were left behind by rotations without retire_previous_after, "+
			"and it is not known whether anything still uses them. Delete them at the vendor when nothing does. With retire_previous_after or expires_after set, later ones end by themselves.", strings.Join(ids, ", ")),
	}
}

// leftBehind says that a previous secret of unknown origin leaves the state with a rotation.
func leftBehind(st State) Message {
	return Message{
		Title: "a live secret is left behind",
		Detail: fmt.Sprintf("After the rotation, secret %s (the previous one until then) is no longer in this state. It is not known whether this resource made it (it was imported, or what was known of it is lost), "+
			"so it stays valid at the vendor, and nothing here ends it. Delete it there when nothing uses it.", st.PreviousSecretID),
	}
}

func replacedTriggers() Message {
	return Message{
		Title: "nothing rotates, although keys of rotate_when_changed were replaced",
		Detail: "Only another value of a key that was there before rotates; here keys went and others came. " +
			"To rotate, keep a key and change its value.",
	}
}

// Collides is the warning about a configuration whose schedule can only meet an open rotation; nil where it need not.
func Collides(traits Traits, set Settings) *Message {
	if set.Unknown.RetireAfter || set.Unknown.OnPending || set.Unknown.Mode {
		return nil
	}
	if traits.ManySecrets || set.RotateAfter <= 0 || set.Chosen || set.Mode == Regenerate || set.OnPending == PendingRetireFirst {
		return nil
	}
	overlap := traits.DefaultOverlap
	name := "the vendor's overlap"
	if set.RetireAfter != nil {
		overlap, name = *set.RetireAfter, "retire_previous_after"
	}
	if overlap == 0 || set.RotateAfter > overlap {
		return nil
	}
	return &Message{
		Title: "the schedule collides with the overlap",
		Detail: fmt.Sprintf("rotate_after (%s) is not longer than %s (%s): whenever a rotation is due, the one before it is still open, and the rotation is put off. "+
			"Make rotate_after longer, or the overlap shorter.", Span(set.RotateAfter), name, Span(overlap)),
	}
}

func postponed(reason Reason, refused *RefusedError) Message {
	return Message{
		Title: "the scheduled rotation is put off",
		Detail: fmt.Sprintf("It has been due since %s (rotate_after), and cannot begin: %s It begins with the first apply that finds nothing in its way. %s",
			Stamp(*reason.DueAt), refused.Reason, refused.Remedy),
	}
}

func mayBeRefused(reason Reason, refused *RefusedError) Message {
	return Message{
		Title: "the apply may refuse to rotate",
		Detail: fmt.Sprintf("Whether a rotation is due is not known yet. If it is (%s), the apply refuses it: %s %s",
			reason.Why(), refused.Reason, refused.Remedy),
	}
}

func notOurs(traits Traits, st State) Message {
	if traits.ManySecrets {
		return Message{
			Title: "the previous secret is not deleted",
			Detail: fmt.Sprintf("retire_previous_after is over, but secret %s was not created by this resource, as far as is known (it was imported, or what was known of it is lost). "+
				"Delete it with a rotation completion that names it in previous_secret_id, or at the vendor.", st.PreviousSecretID),
		}
	}
	return Message{
		Title: "the previous secret is not deleted",
		Detail: "retire_previous_after is over, but somebody else may have rotated since, so the previous secret may be the one in use. " +
			"Find out what the consumers use. If it is the current secret, delete the previous one at the vendor.",
	}
}

// currentInDoubt says that a secret whose time has come stays, because the current one of a vendor with many does not work.
func currentInDoubt() *Message {
	return &Message{
		Title: "the previous secret is not deleted",
		Detail: "retire_previous_after is over, but the current secret does not work, so the earlier one may be the only one that does. " +
			"It is deleted after the next rotation.",
	}
}

func mayRetire(ids []string) Message {
	return Message{
		Title: "this apply may delete earlier secrets",
		Detail: fmt.Sprintf("retire_previous_after is over for %s. If the apply makes a new secret, they are deleted after it; whatever still uses one fails then.",
			strings.Join(ids, ", ")),
	}
}

func unverifiableWarning() *Message {
	return &Message{
		Title: "the previous secret is not deleted",
		Detail: "retire_previous_after is over, but the current secret is not verified (verified is false), and its value cannot be read here, so it cannot be verified now. " +
			"Set decryption_identity in the provider configuration where the state holds it encrypted. Otherwise try it where it is used; when it works, delete the previous one with a rotation completion, or remove the verify block.",
	}
}

func conflictWarning() Message {
	return Message{
		Title: "another rotation is open",
		Detail: "The vendor refused the last rotation because another one is open that this state does not know: somebody else rotated, " +
			"or a run ended before its state was saved. The secret in this state may then be the previous one, which ends with the overlap of that rotation. " +
			"A rotation that is due is tried again with each apply; the vendor refuses it for as long as the other one is open. " +
			`To replace it before, set on_pending_rotation = "retire_first": that deletes the previous secret right before a new one is made, and whatever uses it fails until it has the new one.`,
	}
}
