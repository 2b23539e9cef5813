package clientsecret

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Delete does what on_destroy says and works from state alone: a tainted object has no private state. A client that is
// gone is success. The old half of a create_before_destroy never touches the new secret.
func (r *clientSecret) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	m := r.load(ctx, req.State, &resp.Diagnostics)
	action := m.OnDestroy.ValueString()
	if r.connection != nil { // a creation in the same run is a replacement, and starts where this object ends
		r.connection.Open.Saw(m.client(), session.OpenRotation{Live: m.HasPrevious.ValueBool(), EndsAt: instant(m.PreviousEndsAt)})
	}
	if resp.Diagnostics.HasError() || action == DestroyKeep || action == "" {
		return
	}
	if !r.connection.Usable(&resp.Diagnostics) {
		return
	}
	limit, d := m.Timeouts.Delete(ctx, changeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if r.isSelf(m) && !m.AllowSelf.ValueBool() {
		r.fail(&resp.Diagnostics, m, "destroy the secret", rotation.SelfRefusal())
		return
	}
	unlock, err := r.connection.Locks.Lock(ctx, m.client())
	if err != nil {
		r.fail(&resp.Diagnostics, m, "destroy the secret", err)
		return
	}
	defer unlock()

	noted := recall(ctx, req.Private, &resp.Diagnostics).Framed(m.state())
	switch action {
	case DestroyRetirePrevious:
		r.destroyPrevious(ctx, m, noted, &resp.Diagnostics)
	case DestroyRevoke:
		r.revoke(ctx, m, &resp.Diagnostics)
	case DestroyDelete:
		r.deleteOwn(ctx, m, noted, &resp.Diagnostics)
	}
	if noted.At.IsZero() && resp.Diagnostics.HasError() { // the object stays, and must not look like one of an interrupted run
		noted.At = r.connection.Now()
		resp.Diagnostics.Append(note(ctx, resp.Private, noted, false)...)
	}
}

// destroyPrevious ends the previous secret of a slot API.
func (r *clientSecret) destroyPrevious(ctx context.Context, m model, noted rotation.Noted, diags *diag.Diagnostics) {
	if !m.HasPrevious.ValueBool() { // whatever is there by now is not this object's
		return
	}
	if !rotation.PreviousIsOurs(r.kind.Traits, m.state(), noted) {
		diags.AddWarning("The previous secret was not deleted",
			"Somebody else may have rotated, so it may be the secret in use. Delete it at the vendor when nothing uses it.\n\n"+r.where(m))
		return
	}
	r.end(ctx, m, "", noted, diags)
}

// leavesPrevious tells whether the destruction of m leaves its previous secret on a slot API where it is.
func leavesPrevious(m model, doubtful bool) bool {
	switch m.OnDestroy.ValueString() {
	case DestroyRevoke:
		return false
	case DestroyRetirePrevious:
		return doubtful
	}
	return true
}

// deleteOwn ends every secret that this resource created: the current one, the previous one and older ones. A secret that
// was imported, or that may have been, is named instead.
func (r *clientSecret) deleteOwn(ctx context.Context, m model, noted rotation.Noted, diags *diag.Diagnostics) {
	var ids []string
	if m.Version.ValueInt64() > 0 {
		ids = append(ids, m.SecretID.ValueString())
	}
	switch previous := m.PreviousSecretID.ValueString(); {
	case previous == "" || !m.HasPrevious.ValueBool():
	case rotation.PreviousIsOurs(r.kind.Traits, m.state(), noted):
		ids = append(ids, previous)
	default:
		diags.AddWarning("A live secret is left behind",
			fmt.Sprintf("Secret %s, the previous one, is not known to have been made here, so it is not deleted and stays valid. Delete it at the vendor when nothing uses it any more.\n\n%s", previous, r.where(m)))
	}
	for _, o := range noted.Older {
		ids = append(ids, o.ID)
	}
	for _, id := range ids {
		if id == "" {
			diags.AddWarning("A live secret is left behind",
				"The id of the current secret was never found, so it cannot be deleted here. Find it in the list of the client's secrets, and delete it there.\n\n"+r.where(m))
			continue
		}
		r.end(ctx, m, id, noted, diags)
	}
}

// end retires one secret; nothing to retire and a client that is gone are success.
func (r *clientSecret) end(ctx context.Context, m model, id string, noted rotation.Noted, diags *diag.Diagnostics) {
	err := r.retire(ctx, m, id, noted)
	if err == nil || errors.Is(err, httpapi.ErrNotFound) {
		return
	}
	what := "delete the previous secret"
	if id != "" {
		what = fmt.Sprintf("delete secret %s", id)
	}
	diags.AddError(explain.Failure(r.kind.Subject(m.client()), what, err,
		"It still works. The resource stays in state: mend the cause and destroy again."))
}

// retire deletes one secret of the object m. Where a vendor shows when the client changed, the previous secret is still the
// one that the notes speak of.
func (r *clientSecret) retire(ctx context.Context, m model, id string, noted rotation.Noted) (err error) {
	var before rotation.Facts
	if r.kind.Traits.ShowsPrevious {
		if before, err = r.connection.Prepare(ctx, m.client()); err != nil {
			return err
		}
		if before.HasPrevious != nil && *before.HasPrevious && noted.ChangedSince(m.state(), before) {
			if noted.At.IsZero() {
				return changedSinceRotation()
			}
			return changedSincePlan()
		}
	}
	_, err = r.connection.Retire(ctx, m.client(), id, before)
	return err
}

func changedSincePlan() error {
	return &rotation.RefusedError{
		Reason: "The client was changed since it was read for the plan: somebody else may have rotated, and the secret in use may be the previous one now.",
		Remedy: "Run a plan again; it says what would be deleted.",
	}
}

// changedSinceRotation is the refusal for a tainted object, which has no notes.
func changedSinceRotation() error {
	return &rotation.RefusedError{
		Reason: "The client was changed after the last rotation from here: somebody else may have rotated, and the secret in use may be the previous one now.",
		Remedy: "Untaint the resource and run a plan; it says so when somebody rotated. If nobody did, delete the previous secret first, with a rotation completion or at the vendor, and then replace the resource.",
	}
}

// revoke makes every secret useless by replacing them all, and forgets the result.
func (r *clientSecret) revoke(ctx context.Context, m model, diags *diag.Diagnostics) {
	if r.connection.Newest.Replaced(m.client(), m.mark()) {
		diags.AddWarning("Nothing was revoked",
			"This object was replaced in the same run and a newer secret of the client is in use; revoking would end that one. There is nothing to do.\n\n"+r.where(m))
		return
	}
	if r.dead(ctx, m) {
		diags.AddWarning("Nothing was revoked",
			"The secret of this object does not work any more, so whatever works now was made later and is not its own: after a create_before_destroy that "+
				"was interrupted, that is the secret in use. If nothing may log in as this client, end it at the vendor.\n\n"+r.where(m))
		return
	}
	if err := ctx.Err(); err != nil {
		r.fail(diags, m, "revoke the secret", err)
		return
	}
	_, err := r.connection.Issue(ctx, m.client(), rotation.Order{Mode: rotation.Regenerate})
	if err != nil && !errors.Is(err, httpapi.ErrNotFound) {
		diags.AddError(explain.Failure(r.kind.Subject(m.client()), "revoke the secret", err,
			"The secret still works. The resource stays in state: mend the cause and destroy again."))
	}
}

// dead tells whether the token endpoint refuses the secret of m. What cannot be found out counts as alive.
func (r *clientSecret) dead(ctx context.Context, m model) bool {
	current := m.plaintext()
	if current.Empty() {
		return false
	}
	return r.connection.Verify(ctx, m.client(), current, verify.BeforeChange()).Verdict == verify.Refused
}
