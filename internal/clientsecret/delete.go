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
// gone is success. An object whose client is managed by another one ends nothing: its stored settings cannot be changed any
// more, so an error would trap the user.
func (r *clientSecret) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	m := r.load(ctx, req.State, &resp.Diagnostics)
	rec := loadRecord(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r.saw(m, rec, session.Goes, nil) // a creation in the same run is a replacement, and starts where this object ends
	// Of a tainted object without a refresh, the plan saw a creation only, and could not say what is lost with this one.
	if refused := rotation.PendingReplaced(r.kind.Traits, m.state(), rec); refused != nil && !loadPlanned(ctx, req.Private).Destroys {
		r.fail(&resp.Diagnostics, m, "replace the secret", refused)
		return
	}
	action := m.OnDestroy.ValueString()
	if action == DestroyKeep || action == "" {
		if !rec.Valid() { // the plan may have seen a creation only, as of a tainted object that was not read
			r.destroyMessages(m, rec, nil, nil, &resp.Diagnostics)
		}
		return
	}
	view := rotation.View{Object: r.mark(m, rec), State: m.state(), Record: rec}
	d := rotation.Destroy(r.kind.Traits, action, m.state(), rec, r.beside(ctx, m, rec, req))
	if d.Ends() && !r.connection.Required(&resp.Diagnostics) {
		return
	}
	limit, diags := m.Timeouts.Delete(ctx, changeTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if d.Ends() && r.connection.LogsInAs(m.client()) && !m.AllowSelf.ValueBool() {
		r.fail(&resp.Diagnostics, m, "destroy the secret", rotation.SelfRefusal())
		return
	}
	if !d.Ends() {
		r.survivors(m, rec, d, &resp.Diagnostics)
		return
	}
	gate, err := r.connection.Open(ctx, m.client())
	if err != nil {
		r.fail(&resp.Diagnostics, m, "destroy the secret", err)
		return
	}
	defer gate.Close()
	switch {
	case d.Revoke:
		r.revoke(ctx, gate, m, view, &resp.Diagnostics)
	case d.Previous:
		r.end(ctx, gate, m, rotation.Ending{View: &view}, &resp.Diagnostics)
	default:
		for _, id := range d.IDs {
			r.end(ctx, gate, m, rotation.Ending{SecretID: id, View: &view}, &resp.Diagnostics)
		}
	}
	r.survivors(m, rec, d, &resp.Diagnostics)
	if !rec.Valid() && resp.Diagnostics.HasError() { // the object stays, and must not look like one of an interrupted run
		kept := rotation.NewRecord(newMark(), r.connection.Now())
		resp.Diagnostics.Append(storeRecord(ctx, resp.Private, kept, false)...)
	}
}

// beside are other objects of the client: those that this process knows, and those that the plan found. A deposed object, which
// an interrupted create_before_destroy left behind, has one beside it that an apply does not show: it may hold a newer secret.
func (r *clientSecret) beside(ctx context.Context, m model, rec rotation.Record, req resource.DeleteRequest) []rotation.View {
	if r.kind.Traits.ManySecrets {
		return nil
	}
	var views []rotation.View
	occupied := loadPlanned(ctx, req.Private).Occupied
	if r.connection != nil {
		views = r.connection.Registry.Others(m.client(), r.mark(m, rec))
		occupied = occupied || r.connection.Registry.DestroyPlanned(m.client(), r.mark(m, rec))
	}
	if occupied && len(views) == 0 {
		views = append(views, rotation.View{})
	}
	return views
}

// survivors names what the destruction leaves behind although it was set to end it. Nothing else will.
func (r *clientSecret) survivors(m model, rec rotation.Record, d rotation.Destruction, diags *diag.Diagnostics) {
	action := m.OnDestroy.ValueString()
	if all := !d.Nameless && len(d.Unknown) == 0; all && (d.Ends() || action == DestroyDelete) {
		return
	}
	for _, message := range rotation.SurvivorMessages(r.kind.Traits, action, m.state(), rec, d) {
		r.say(diags, m, message)
	}
}

// end retires one secret; nothing to retire and a client that is gone are success.
func (r *clientSecret) end(ctx context.Context, gate *session.Gate, m model, e rotation.Ending, diags *diag.Diagnostics) {
	ended, err := gate.End(ctx, r.kind.Traits, e)
	if err == nil && !ended && !r.kind.Traits.ManySecrets && !r.kind.Traits.ShowsPrevious {
		r.say(diags, m, rotation.Message{
			Title:  "the vendor says that there was no previous secret to delete",
			Detail: "It refused to end one, and it does not show whether there is one. If one is left, it ends with its overlap.",
		})
	}
	if err == nil || errors.Is(err, httpapi.ErrNotFound) {
		return
	}
	what := "delete the previous secret"
	if e.SecretID != "" {
		what = fmt.Sprintf("delete secret %s", e.SecretID)
	}
	diags.AddError(explain.Failure(r.kind.Subject(m.client()), what, err,
		"It still works. The resource stays in state: remove the cause and destroy again."))
}

// revoke makes every secret useless by replacing them all, and forgets the result. In doubt whether the secret of this object is
// still the one in use, it does nothing and says so.
func (r *clientSecret) revoke(ctx context.Context, gate *session.Gate, m model, view rotation.View, diags *diag.Diagnostics) {
	if r.dead(ctx, m) {
		r.say(diags, m, rotation.Message{
			Title: "nothing was revoked",
			Detail: "The secret of this object does not work any more, so whatever works now was made later and is not its own: after a create_before_destroy that " +
				"was interrupted, that is the secret in use. If nothing may log in as this client, end it at the vendor.",
		})
		return
	}
	err := gate.Revoke(ctx, r.kind.Traits, view, m.SHA256.ValueString())
	var refused *rotation.RefusedError
	switch {
	case err == nil || errors.Is(err, httpapi.ErrNotFound):
	case errors.As(err, &refused):
		r.say(diags, m, rotation.Message{Title: "nothing was revoked", Detail: refused.Error()})
	default:
		diags.AddError(explain.Failure(r.kind.Subject(m.client()), "revoke the secret", err,
			"The secret still works. The resource stays in state: remove the cause and destroy again."))
	}
}

// dead tells whether the token endpoint refuses the secret of m. What cannot be found out counts as alive.
func (r *clientSecret) dead(ctx context.Context, m model) bool {
	current := r.plaintext(m)
	if current.Empty() {
		return false
	}
	return r.connection.Verify(ctx, m.client(), current, verify.BeforeChange()).Verdict == verify.Refused
}
