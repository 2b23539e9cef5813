package rotation

import (
	"fmt"
	"strings"
)

// What the destruction of an object does at the vendor.
const (
	DestroyKeep           = "keep"
	DestroyRetirePrevious = "retire_previous"
	DestroyRevoke         = "revoke"
	DestroyDelete         = "delete"
)

// Destruction is what destroying an object ends.
type Destruction struct {
	// Revoke ends every secret of the client.
	Revoke bool
	// Previous ends the previous secret of a client with two slots.
	Previous bool
	// IDs are the secrets that are deleted, at a vendor with many.
	IDs []string
	// Nameless: a secret that was made here and whose id is not known survives.
	Nameless bool
	// Unknown are secrets that may have been made here, which survives because that is not known.
	Unknown []string
}

// Ends tells whether anything is ended.
func (d Destruction) Ends() bool { return d.Revoke || d.Previous || len(d.IDs) > 0 }

// Destroy decides what destroying an object ends. It is the one rule for the plan and for the apply. others are the objects of
// the same client that stay: what they hold is theirs.
func Destroy(traits Traits, action string, st State, rec Record, others []View) (d Destruction) {
	switch action {
	case DestroyRevoke:
		d.Revoke = len(others) == 0
	case DestroyRetirePrevious:
		d.Previous = st.HasPrevious && PreviousIsOurs(traits, st, rec) && len(others) == 0
	case DestroyDelete:
		if st.Version > 0 {
			if d.Nameless = st.SecretID == ""; !d.Nameless {
				d.IDs = append(d.IDs, st.SecretID)
			}
			switch {
			case !st.HasPrevious || st.PreviousSecretID == "":
			case rec.PreviousVersion > 0 || rec.gone() && st.rotatedHere():
				d.IDs = append(d.IDs, st.PreviousSecretID)
			case rec.gone():
				d.Unknown = append(d.Unknown, st.PreviousSecretID)
			}
		}
		for _, o := range rec.Older {
			d.IDs = append(d.IDs, o.ID)
		}
	}
	return d
}

// Replacement is what takes the place of an object that is destroyed in the same apply.
type Replacement struct {
	// Elsewhere: it is at another client.
	Elsewhere bool
	// Adopts: it makes no secret.
	Adopts bool
	// Perhaps: that the object is destroyed at all follows from nothing but that its plan did not come.
	Perhaps  bool
	Settings Settings
}

// successor says what becomes of the current secret where the object that comes makes a new one for the same client; "" where
// that is not known to change anything.
func (r *Replacement) successor(traits Traits) (rule string) {
	if r == nil || r.Elsewhere || r.Adopts || traits.ManySecrets {
		return ""
	}
	if r.Settings.Unknown.RetireAfter || r.Settings.Unknown.Mode {
		return "as the settings of the new object turn out"
	}
	return PreviousEnds(traits, r.Settings, false)
}

// DestroyMessages says what a destruction ends and what survives it. by is what takes the object's place; nil when nothing does.
func DestroyMessages(traits Traits, action string, st State, rec Record, others []View, by *Replacement) (all []Message) {
	d := Destroy(traits, action, st, rec, others)
	doing, replaced := "this destroy", by != nil
	switch {
	case replaced && by.Perhaps:
		doing = "its destruction"
	case replaced:
		doing = "this replacement"
	}
	rule := by.successor(traits)
	stays := capital(currentName(st)) + " stays valid, and Terraform forgets it."
	if rule != "" {
		stays = capital(replacedName(traits, st)) + " becomes the previous secret of the new object, and ends " + rule + "."
	}
	setting := fmt.Sprintf("on_destroy is %q", action)
	if action == "" {
		setting = "on_destroy is not set"
	}
	switch {
	case (rec.Pending != nil || rec.Unanswered) && !d.Revoke && !traits.ManySecrets:
		all = append(all, forgetsPending(doing, setting, traits, st))
	case d.Revoke:
		detail := setting + ": the secret is regenerated and the result forgotten. Every secret of the client, " + currentName(st) + " among them, stops working at once, and nothing can log in as this client until a new secret is made."
		if replaced {
			detail += " Where the new object is created before (create_before_destroy), nothing is revoked, because that would end its secret."
		} else {
			detail += " A deposed object, left over from an interrupted replacement, revokes nothing: the secret in use may be a newer one."
		}
		title := doing + " ends every secret"
		if replaced {
			title += ", unless create_before_destroy is set"
		}
		all = append(all, Message{Title: title, Detail: detail})
	case d.Previous:
		all = append(all, Message{
			Title: doing + " deletes the previous secret",
			Detail: fmt.Sprintf("%s: %s is deleted now; whatever still uses it fails. %s",
				setting, previousName(st, rec), stays),
		})
	case len(d.IDs) > 0:
		detail := fmt.Sprintf("%s: %s stop working at once; whatever uses them fails. Secrets that this resource did not make stay.", setting, "secrets "+strings.Join(d.IDs, ", "))
		if len(d.IDs) == 1 {
			detail = fmt.Sprintf("%s: secret %s stops working at once; whatever uses it fails. Secrets that this resource did not make stay.", setting, d.IDs[0])
		}
		if replaced {
			detail += " This happens before the new secret is made, unless create_before_destroy is set. To rotate with an overlap, change a value of rotate_when_changed instead."
		}
		all = append(all, Message{Title: doing + " deletes " + secrets(len(d.IDs)), Detail: detail})
	case len(others) > 0:
		all = append(all, Message{
			Title:  doing + " keeps every secret",
			Detail: "Another object of this configuration manages the secret of the client and may hold a newer one, so nothing is ended: " + currentName(st) + " is the one that this object held.",
		})
	case d.Nameless: // said below
	case rule == EndsAtRotation: // the creation says what it ends
	case rule != "":
		all = append(all, Message{Title: "a live secret survives the replacement", Detail: setting + ". " + stays})
	default:
		why := setting
		if action == DestroyDelete {
			why = "The secret was imported, and only secrets that were made here are deleted"
		}
		survives := capital(currentName(st)) + " stays valid at the vendor, and Terraform forgets it."
		switch {
		case st.HasPrevious && st.Drift == Rotated && !traits.ManySecrets:
			survives = capital(previousName(st, rec)) + " and the secret that somebody else made stay valid at the vendor, and Terraform forgets them."
		case st.HasPrevious:
			survives += " So does " + previousName(st, rec) + end(traits, st)
			if !traits.ManySecrets && rec.Doubtful(st) {
				survives += "; it may be the secret in use, because somebody else may have rotated"
			}
			survives += "."
		}
		all = append(all, Message{Title: "a live secret survives " + strings.Replace(doing, "this", "the", 1), Detail: why + ". " + survives + " If nothing may use it any more, end it there."})
	}
	if d.Nameless {
		all = append(all, nameless())
	}
	if len(d.Unknown) > 0 {
		all = append(all, unknownSurvivors(d.Unknown))
	}
	if traits.ManySecrets && rec.Pending != nil {
		all = append(all, forgetsLost(doing, rec))
	}
	if replaced && by.Perhaps {
		for i := range all {
			all[i].Detail = "This object was read, and no plan for it came: where it is tainted and its ids changed as well, this plan destroys it. " + all[i].Detail
		}
	}
	return all
}

// forgetsPending says what a destruction forgets while a rotation of its object is not settled.
func forgetsPending(doing, setting string, traits Traits, st State) Message {
	ends := "stays valid until somebody deletes it"
	if traits.EndsOverlap {
		ends = "ends with the overlap of that rotation"
	}
	return Message{
		Title: doing + " forgets a rotation whose outcome is not known",
		Detail: fmt.Sprintf("%s, and nothing is ended here. %s If it took effect, %s is the previous one now, which %s, "+
			"and the current one, whose value only this object may know, is in nobody's hands. To settle it, apply this resource once more before it goes.", setting, unansweredRotation, currentName(st), ends),
	}
}

// forgetsLost says the same at a vendor with many secrets, where nobody has the value.
func forgetsLost(doing string, rec Record) Message {
	return Message{
		Title: doing + " may leave a secret behind that nobody has",
		Detail: unansweredAddition(rec) +
			" It is not deleted here: look for it in the list of the client's secrets, and delete it there; or apply this resource once more before it goes, which deletes it.",
	}
}

// unansweredRotation and unansweredAddition say what an earlier apply left open.
const unansweredRotation = "An earlier apply sent a rotation, and no answer told what became of it."

func unansweredAddition(rec Record) string {
	return "An earlier apply asked for a secret, and no answer told what became of it. If it was made, it is the one that expires at " + datesOf(rec) + "."
}

func datesOf(rec Record) string {
	var dates []string
	for _, d := range rec.Pending.Dates {
		dates = append(dates, Stamp(d))
	}
	return strings.Join(dates, " or ")
}

// SurvivorMessages names what a destruction left behind although it was set to end something.
func SurvivorMessages(traits Traits, action string, st State, rec Record, d Destruction) (all []Message) {
	if d.Nameless {
		all = append(all, nameless())
	}
	if len(d.Unknown) > 0 {
		all = append(all, unknownSurvivors(d.Unknown))
	}
	switch {
	case d.Ends():
	case action == DestroyRevoke:
		all = append(all, Message{
			Title:  "nothing was revoked",
			Detail: "Another object of this configuration manages the secret of the client and may hold a newer one, which revoking would end. " + capital(currentName(st)) + " of this object works as long as the vendor keeps it.",
		})
	case action == DestroyRetirePrevious && st.HasPrevious:
		all = append(all, Message{
			Title: "the previous secret was not deleted",
			Detail: capital(previousName(st, rec)) + " may be the one in use: somebody else may have rotated, or another object manages the client now. " +
				"Delete it at the vendor when nothing uses it.",
		})
	}
	return all
}

func nameless() Message {
	return Message{
		Title:  "a live secret is left behind",
		Detail: "The id of the current secret was never found, so it cannot be deleted here. Find it in the list of the client's secrets, and delete it there.",
	}
}

func unknownSurvivors(ids []string) Message {
	return Message{
		Title: "a live secret may be left behind",
		Detail: "What the provider keeps beside this object is not there (it is tainted, or a run ended in the middle of a change), so it is not known whether this resource made these secrets: " +
			strings.Join(ids, ", ") + ". They are not deleted. Delete them at the vendor when nothing uses them.",
	}
}

func end(traits Traits, st State) string {
	if st.PreviousEndsAt == nil || !traits.EndsOverlap {
		return ""
	}
	return ", until " + Stamp(*st.PreviousEndsAt)
}

func secrets(n int) string {
	if n == 1 {
		return "a secret"
	}
	return fmt.Sprintf("%d secrets", n)
}

// PendingReplaced is the answer to a replacement, or another id, while a rotation of the object is not settled.
func PendingReplaced(traits Traits, st State, rec Record) *RefusedError {
	switch {
	case rec.Pending == nil:
		return nil
	case traits.ManySecrets:
		return &RefusedError{
			Reason: "An earlier apply asked for a secret that expires at " + datesOf(rec) + ", and no answer told what became of it. Only this object knows that date, by which a secret that nobody has is found: replacing it would leave that secret behind.",
			Remedy: settleFirst,
		}
	}
	return &RefusedError{
		Reason: unansweredRotation + " If it took effect, " + currentName(st) + " is the previous one now, and only this object may know the value of the current one: replacing it would lose that, and could end a secret that is in use.",
		Remedy: settleFirst,
	}
}

const settleFirst = "Apply this resource once more as it is (untaint it, without -replace, with its earlier ids and name): that settles the rotation. Then replace it."

// RevokedAndAdopted is the answer to a plan that ends every secret with one object and makes none with the next.
func RevokedAndAdopted() *RefusedError {
	return &RefusedError{
		Reason: "The object that goes revokes every secret of the client (on_destroy is \"revoke\"), and the one that comes adopts the client without making a secret (on_create is \"adopt\"): nobody would know a secret that works.",
		Remedy: `Set on_destroy = "keep" and apply that first, or set on_create = "rotate".`,
	}
}
