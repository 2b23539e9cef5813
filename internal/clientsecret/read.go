package clientsecret

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Pauses between looks at a client that a vendor does not show (yet).
var secondLooks = []time.Duration{time.Second, 2 * time.Second}

// Read compares what the vendor shows with the state and notes it for the plan. It never changes anything, never touches
// the secret, and removes the resource only when the client is definitely gone.
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

	noted := recall(ctx, req.Private, &resp.Diagnostics)
	first := m.HasPrevious.IsNull()
	defer r.connection.Claims.Read(m.client(), m.SecretID.ValueString())()
	r.claim(m, noted)
	if r.kind.Traits.Listed && m.state().Unrecognised() {
		r.connection.Claims.Seek(m.client(), m.SHA256.ValueString())
	}
	facts, err := r.look(ctx, m, noted)
	switch {
	case errors.Is(err, httpapi.ErrNotFound):
		resp.Diagnostics.AddWarning("The client is gone",
			explain.Sentence(r.kind.Title+" no longer has this client, so its secret is removed from state. Remove the resource from the configuration, or restore the client.")+"\n\n"+r.where(m))
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		summary, detail := explain.Failure(r.kind.Subject(m.client()), "read the client", err, "The state is unchanged.")
		resp.Diagnostics.AddError(summary, detail)
		return
	}
	looked := noted.At
	st, noted := rotation.Observe(r.kind.Traits, m.state(), noted, facts, first)
	if first && r.kind.Traits.Listed && noted.External != nil { // an import, of what does not exist
		resp.Diagnostics.AddWarning("There is nothing to import", explain.Sentence(noted.External.Seen)+" Only a secret that works can be imported.\n\n"+r.where(m))
		resp.State.RemoveResource(ctx)
		return
	}
	if r.kind.Traits.Listed && st.Unrecognised() {
		candidates, alone := r.connection.Claims.Unclaimed(ctx, m.client(), noted.Strays)
		if entry, ok := rotation.Recognise(st, looked, facts, candidates, alone); ok {
			m.located(entry)
			r.claim(m, noted)
			st.SecretID, st.ExpiresAt = entry.ID, entry.ExpiresAt
			resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
		}
	}
	st.PreviousEndsAt = rotation.PreviousEndsAt(r.kind.Traits, m.settings(), st, noted)
	m.observed(st)
	doubtful := !rotation.PreviousIsOurs(r.kind.Traits, st, noted)
	r.connection.Open.Saw(m.client(), session.OpenRotation{
		Live: st.HasPrevious, EndsAt: st.PreviousEndsAt, Doubtful: doubtful, Stays: leavesPrevious(m, doubtful),
	})
	r.connection.Claims.Notice(m.client(), noted.Strays)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, m)...)
	resp.Diagnostics.Append(note(ctx, resp.Private, noted, keepsPlaintext(m))...)
}

// claim tells the siblings of this object, before anything is read, which secrets are its own.
func (r *clientSecret) claim(m model, noted rotation.Noted) {
	r.connection.Claims.Claim(m.client(), m.SecretID.ValueString(), m.PreviousSecretID.ValueString())
	for _, o := range noted.Older {
		r.connection.Claims.Claim(m.client(), o.ID)
	}
}

// look reads the client. Shortly after a rotation, a client, secret or previous secret that is not shown is looked at again
// before that is believed, and so is a previous secret that is shown shortly after its end; at any time, a list without a
// single entry.
func (r *clientSecret) look(ctx context.Context, m model, noted rotation.Noted) (rotation.Facts, error) {
	facts, err := r.connection.Read(ctx, m.client())
	rotated := instant(m.RotatedAt)
	for _, pause := range secondLooks {
		fresh := rotated != nil && r.connection.Now().Sub(*rotated) <= rotation.Settled
		absent := missing(facts, err, m.SecretID.ValueString()) && (fresh || err == nil && len(facts.Secrets) == 0)
		left := m.HasPrevious.ValueBool()
		if !absent && (err != nil || !noted.Stale(left, facts) && !noted.Lags(left, facts)) {
			break
		}
		if r.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		if err != nil {
			facts, err = r.connection.Read(ctx, m.client()) // nothing keeps a failed answer, so this asks anew
		} else {
			facts, err = r.connection.Prepare(ctx, m.client())
		}
	}
	return facts, err
}

// missing tells whether a read shows neither the client nor, on a Listed vendor, the secret.
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
	if r.kind.Traits.Listed {
		id := m.SecretID
		if id.IsUnknown() {
			id = types.StringNull()
		}
		diags.Append(identity.SetAttribute(ctx, path.Root("secret_id"), id)...)
	}
	return diags
}
