package clientsecret

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Create makes the first secret, or adopts the client without a change. When no secret could be made, nothing is in
// state; once one exists, whatever follows is a warning.
func (r *clientSecret) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.connection.Required(&resp.Diagnostics) {
		return
	}
	limit, d := plan.Timeouts.Create(ctx, changeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	rec := rotation.NewRecord(newMark(), time.Time{})
	save := func() {
		resp.Diagnostics.Append(r.store(ctx, &resp.State, plan)...)
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, plan)...)
		resp.Diagnostics.Append(storeRecord(ctx, resp.Private, rec, false)...)
		r.saw(plan, rec, session.Stays, nil)
	}
	if plan.OnCreate.ValueString() == CreateAdopt {
		r.adopt(ctx, &plan, &rec, save, &resp.Diagnostics)
		return
	}
	if r.connection.LogsInAs(plan.client()) && !plan.AllowSelf.ValueBool() {
		r.fail(&resp.Diagnostics, plan, "rotate the secret", rotation.SelfRefusal())
		return
	}
	recipients, ok := r.parseRecipients(plan, &resp.Diagnostics)
	if !ok {
		return
	}
	gate, err := r.connection.Open(ctx, plan.client())
	if err != nil {
		r.fail(&resp.Diagnostics, plan, "rotate the secret", err)
		return
	}
	defer gate.Close()
	operation := rotate{
		r: r, gate: gate, m: &plan, rec: &rec, recipients: recipients, creates: true,
		reason: rotation.Reason{Kind: rotation.BecauseCreated},
		chosen: r.chosen(ctx, req.Config, &resp.Diagnostics),
		room:   plan.OnPending.ValueString() == rotation.PendingRetireFirst && (r.kind.Traits.ShowsPrevious || r.openBefore(plan)),
		save:   save, diags: &resp.Diagnostics, trouble: resp.Diagnostics.AddWarning,
	}
	_ = operation.run(ctx) // its error is among the diagnostics; nothing is in state
}

// openBefore tells whether an object of the same client that went in this apply left a rotation open.
func (r *clientSecret) openBefore(plan model) bool {
	for _, o := range r.connection.Registry.Objects(plan.client()) {
		if o.State.HasPrevious {
			return true
		}
	}
	return false
}

// parseRecipients reads the public keys. An error names no line of the configuration, which may hold a private key.
func (r *clientSecret) parseRecipients(m model, diags *diag.Diagnostics) (encryption.Recipients, bool) {
	recipients, err := encryption.ParseRecipients(m.recipients())
	if err != nil {
		diags.AddError(invalidRecipients(err))
	}
	return recipients, err == nil
}

// adopt takes the client under management after one look at it.
func (r *clientSecret) adopt(ctx context.Context, plan *model, rec *rotation.Record, save func(), diags *diag.Diagnostics) {
	facts, err := r.connection.Read(ctx, plan.client())
	if err != nil {
		r.fail(diags, *plan, "adopt the client", err)
		return
	}
	if facts.Unsupported != "" {
		r.fail(diags, *plan, "adopt the client", rotation.UnsupportedRefusal(facts.Unsupported))
		return
	}
	rec.Known = facts.At
	var st rotation.State
	st, *rec = rotation.Observe(r.kind.Traits, plan.settings(), plan.state(), *rec, facts, true)
	plan.observed(st)
	plan.ID = types.StringValue(plan.client().String())
	plan.DueAt = stamp(rotation.DueAt(plan.settings(), st, facts.At))
	save()
}

// chosen reads the write-only value; it exists in the configuration only.
func (r *clientSecret) chosen(ctx context.Context, config attributeReader, diags *diag.Diagnostics) secret.Value {
	if !r.kind.Traits.CallerChooses {
		return secret.Value{}
	}
	var value types.String
	diags.Append(config.GetAttribute(ctx, path.Root("client_secret_wo"), &value)...)
	return secret.New(value.ValueString())
}

type attributeReader interface {
	GetAttribute(context.Context, path.Path, any) diag.Diagnostics
}
