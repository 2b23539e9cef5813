package rotation

import (
	"fmt"
	"time"
)

// PendingRefusal is the answer to a rotation while an earlier previous secret is still valid.
func PendingRefusal(traits Traits, endsAt *time.Time) *RefusedError {
	reason := "A previous secret is still valid, and a second rotation would end or lose a secret that may be in use."
	switch {
	case traits.ShowsPrevious:
	case endsAt == nil:
		reason = "A previous secret may still be valid, which " + traits.Name + " does not show, and a second rotation would end a secret that may be in use."
	default:
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

// demand is how a user asks for a rotation in so many words; open tells that one is open, which has to end first.
func demand(set Settings, st State, open bool) string {
	first := ""
	if open && set.OnPending != PendingRetireFirst {
		first = `set on_pending_rotation = "retire_first" and `
	}
	switch {
	case set.Chosen:
		return first + "give client_secret_wo a new value and client_secret_wo_version a new number"
	case len(st.Triggers.Values) == 0:
		return first + "change a value of rotate_when_changed (a first value does not rotate: set it and apply before)"
	}
	return first + "change a value of rotate_when_changed"
}

// DoubtfulRefusal is the answer to a rotation while the previous secret may be the one in use.
func DoubtfulRefusal(traits Traits) *RefusedError {
	reason := "A previous secret is still valid, and this resource may not have left it behind: it may be the secret in use, and a second rotation would end or lose it."
	if !traits.ShowsPrevious {
		reason = "A previous secret may be valid that this resource did not leave behind, which " + traits.Name + " does not show: it may be the secret in use, and a second rotation would end or lose it."
	}
	return &RefusedError{
		Reason: reason,
		Remedy: "Find out what the consumers use. If it is the current secret, delete the previous one at the vendor. If it is the previous one, choose a time for a short " +
			`interruption and set on_pending_rotation = "retire_first": that deletes it right before the new one is made.`,
	}
}

// lastWorkingRefusal is the answer to a policy that would end the only secret that is known to work.
func lastWorkingRefusal(set Settings, st State) *RefusedError {
	return &RefusedError{
		Reason: "The setting on_external_rotation is \"rotate\", but the secret in this state is the previous one now, the only one that is known to work here, and a rotation would end it before its consumers have a new one.",
		Remedy: `Choose a time for a short interruption. Then ` + demand(set, st, true) + `: that asks for it in so many words. ` +
			`Or give the consumers the secret that was made elsewhere, and set on_external_rotation = "warn".`,
	}
}

// onlyPreviousRefusal is the answer to a policy that would end the previous secret while the current one does not work.
func onlyPreviousRefusal(set Settings, st State) *RefusedError {
	return &RefusedError{
		Reason: "The setting on_external_rotation is \"rotate\", and the secret in this state does not work. The previous secret may be the only one that works, and a rotation would end it before its consumers have a new one.",
		Remedy: `Choose a time for a short interruption. Then ` + demand(set, st, true) + `: that asks for it in so many words. ` +
			`Or delete the previous secret at the vendor when nothing uses it.`,
	}
}

// unverifiedRefusal is the answer to a rotation that would end the previous secret while the current one is not verified.
func unverifiedRefusal() *RefusedError {
	return &RefusedError{
		Reason: "The previous secret is in the way of a rotation, and the current secret is not verified and cannot be verified from here, so the previous one may be the only one that works.",
		Remedy: "Try the current secret where it is used. When it works, delete the previous one with a rotation completion or at the vendor, or remove the verify block; then run the command again.",
	}
}

// UnsupportedRefusal is the answer to taking on a client that cannot have its secret rotated.
func UnsupportedRefusal(why string) *RefusedError {
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

// MayBeInUse is the answer to a completion while the previous secret may be the one that its consumers use.
func MayBeInUse(traits Traits, st State, rec Record) *RefusedError {
	reason := "The previous secret may be the one in use, so it is not deleted."
	if rec.Evidence != "" {
		reason = rec.Evidence + ". The previous secret may therefore be the one in use, and is not deleted."
	}
	remedy := "Find out what the consumers use. If they use the current secret, delete the previous one at the vendor. If they use the previous one, rotate from here"
	if !traits.ManySecrets {
		remedy += ` (on_pending_rotation = "retire_first" and another value in rotate_when_changed), at a time when a short interruption is acceptable`
	}
	return &RefusedError{Reason: reason, Remedy: remedy + "."}
}

// ChangedSincePlan is the answer to an ending whose client was changed after the plan looked.
func ChangedSincePlan() *RefusedError {
	return &RefusedError{
		Reason: "The client was changed since it was read for the plan: somebody else may have rotated, and the secret in use may be the previous one now.",
		Remedy: "Run a plan again; it says what would be deleted.",
	}
}

// AppearedSincePlan is the answer to a rotation that meets a previous secret that the plan did not know of.
func AppearedSincePlan() *RefusedError {
	return &RefusedError{
		Reason: "A previous secret appeared since the plan: somebody else rotated, and the secret in use may be the previous one now.",
		Remedy: "Run a plan again; it says what would be deleted.",
	}
}

// NotLookedAt is the answer to a completion that knows nothing of the client's last change.
func NotLookedAt() *RefusedError {
	return &RefusedError{
		NotLookedAt: true,
		Reason:      "The client was changed, and nothing tells this completion that the change is the rotation that it completes: somebody else may have rotated, and the secret in use may be the previous one now.",
		Remedy:      "Run the command again with a refresh, so that its plan looks at the client. An action compares the change with rotated_at where that is given. Or delete the previous secret at the vendor when nothing uses it.",
	}
}

// changedSinceRotation is the refusal where nothing but the state is left of the object, as of a tainted one.
func changedSinceRotation() *RefusedError {
	return &RefusedError{
		Reason: "The client was changed after the last rotation from here: somebody else may have rotated, and the secret in use may be the previous one now.",
		Remedy: "If the resource is tainted, untaint it; then run a plan, which says so when somebody rotated. If nobody did, delete the previous secret at the vendor, and run the command again.",
	}
}
