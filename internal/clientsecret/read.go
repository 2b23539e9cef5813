package clientsecret

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Read compares what the vendor shows with the state and records it for the plan. It never changes anything at the vendor,
// never touches the secret, and removes the resource only when the client is definitely gone. It writes only what changed.
func (r *clientSecret) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	m := r.load(ctx, req.State, &resp.Diagnostics)
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
	if resp.Diagnostics.HasError() || !r.connection.Usable(&resp.Diagnostics) {
		return
	}
	limit, d := m.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	first := m.HasPrevious.IsNull()
	rec := loadRecord(ctx, req.Private, &resp.Diagnostics).MarkLost(first)
	if rec.Object == "" {
		rec.Object = newMark()
	}
	r.saw(m, rec, session.Seen, nil)
	facts, err := r.look(ctx, m, rec)
	switch {
	case errors.Is(err, httpapi.ErrNotFound):
		resp.Diagnostics.AddWarning(r.titled(m, "the client is gone"),
			explain.Sentence(r.kind.Title+" no longer has this client, so its secret is removed from state. Remove the resource from the configuration, or restore the client.")+"\n\n"+r.where(m))
		r.connection.Registry.Forget(m.client(), rec.Object)
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		summary, detail := explain.Failure(r.kind.Subject(m.client()), "read the client", err, "The state is unchanged.")
		resp.Diagnostics.AddError(summary, detail)
		return
	}
	st, rec := rotation.Observe(r.kind.Traits, m.settings(), m.state(), rec, facts, first)
	if first && r.kind.Traits.ManySecrets && st.Drift != "" { // an import, of what does not exist
		resp.Diagnostics.AddWarning(r.titled(m, "there is nothing to import"), explain.Sentence(rec.Evidence)+" Only a secret that works can be imported.\n\n"+r.where(m))
		r.connection.Registry.Forget(m.client(), rec.Object)
		resp.State.RemoveResource(ctx)
		return
	}
	if first && r.kind.Traits.ManySecrets {
		rec.Listed = rotation.FingerprintsOf(facts)
	}
	if st.Unidentified() && r.kind.Traits.ManySecrets {
		candidates := rotation.Unclaimed(st, rec, facts, func(id string) bool { return r.connection.Registry.Held(m.client(), id) })
		if entry, ok := rotation.Identify(st, facts, candidates); ok {
			m.located(entry)
			st.SecretID, st.ExpiresAt = entry.ID, entry.ExpiresAt
			resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
		}
	}
	st, rec = r.checkOnRefresh(ctx, m, st, rec, &resp.Diagnostics)
	st.PreviousEndsAt = rotation.PreviousEndsAt(r.kind.Traits, m.settings(), st, rec)
	m.observed(st)
	r.saw(m, rec, session.Seen, &facts)
	if st.Drift != "" && m.OnExternal.ValueString() != rotation.ExternalIgnore {
		r.connection.Registry.Tell(m.client(), rec.Object+" drift")
		next := r.decide(m, m, rec) // what a plan of the same configuration does about it
		r.say(&resp.Diagnostics, m, rotation.DriftWarning(r.kind.Traits, m.settings(), st, rec, next.Rotate == rotation.Yes, next.Refused != nil))
	}
	resp.Diagnostics.Append(r.store(ctx, &resp.State, m)...)
	resp.Diagnostics.Append(storeRecord(ctx, resp.Private, rec, keepsPlaintext(m))...)
}

// saw tells the registry of an object.
func (r *clientSecret) saw(m model, rec rotation.Record, fate session.Fate, facts *rotation.Facts) {
	if r.connection == nil || !m.named() {
		return
	}
	st, action := m.state(), m.OnDestroy.ValueString()
	d := rotation.Destroy(r.kind.Traits, action, st, rec, nil)
	r.connection.Registry.Saw(m.client(), session.Object{
		View: rotation.View{Object: r.mark(m, rec), State: st, Record: rec},
		Fate: fate, EndsPrevious: d.Revoke || d.Previous, Revokes: d.Revoke, OnDestroy: action,
	}, facts)
}

// mark is what tells this object from others: that of its record, or what stands for a lost one.
func (r *clientSecret) mark(m model, rec rotation.Record) string {
	if rec.Object != "" {
		return rec.Object
	}
	return m.ID.ValueString() + " " + m.RotatedAt.ValueString() + " " + m.SHA256.ValueString()
}

// look reads the client. Shortly after a rotation, a client, secret or previous secret that is not shown is looked at again
// before that is believed, and so is a previous secret that is shown shortly after its end; at any time, a list without a
// single entry.
func (r *clientSecret) look(ctx context.Context, m model, rec rotation.Record) (rotation.Facts, error) {
	facts, err := r.connection.Read(ctx, m.client())
	rotated := instant(m.RotatedAt)
	for _, pause := range session.SecondLooks {
		fresh := rotated != nil && r.connection.Now().Sub(*rotated) <= rotation.Lag
		absent := missing(facts, err, m.SecretID.ValueString()) && (fresh || err == nil && len(facts.Secrets) == 0)
		lags := m.HasPrevious.ValueBool() && rec.LagsRotation(facts) || !m.HasPrevious.ValueBool() && rec.LagsEnd(facts)
		if !absent && (err != nil || !lags) {
			break
		}
		if r.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		if err != nil {
			facts, err = r.connection.Read(ctx, m.client()) // nothing keeps a failed answer, so this asks anew
		} else {
			facts, err = r.connection.ReadAnew(ctx, m.client())
		}
	}
	return facts, err
}

// missing tells whether a read shows neither the client nor, at a vendor with many secrets, the secret.
func missing(facts rotation.Facts, err error, secretID string) bool {
	if err != nil {
		return errors.Is(err, httpapi.ErrNotFound)
	}
	if secretID == "" {
		return false
	}
	for _, e := range facts.Secrets {
		if e.Is(secretID) {
			return false
		}
	}
	return true
}

// identify sets the resource's identity, which must never be null.
func (r *clientSecret) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	if identity == nil { // the CLI knows no identities
		return nil
	}
	var diags diag.Diagnostics
	diags.Append(identity.SetAttribute(ctx, path.Root(r.kind.Scope.Name), m.Scope)...)
	diags.Append(identity.SetAttribute(ctx, path.Root(r.kind.Client.Name), m.Client)...)
	if r.kind.Traits.ManySecrets {
		id := m.SecretID
		if id.IsUnknown() {
			id = types.StringNull()
		}
		diags.Append(identity.SetAttribute(ctx, path.Root("secret_id"), id)...)
	}
	return diags
}
