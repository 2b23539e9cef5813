package clientsecret

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Create makes the first secret, or adopts the client without a change. When no secret could be made, nothing is in
// state; once one exists, whatever follows is a warning.
func (r *clientSecret) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.connection.Usable(&resp.Diagnostics) {
		return
	}
	limit, d := plan.Timeouts.Create(ctx, changeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	noted := rotation.Noted{}
	save := func() {
		resp.Diagnostics.Append(r.store(ctx, &resp.State, plan)...)
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, plan)...)
		resp.Diagnostics.Append(note(ctx, resp.Private, noted, false)...)
	}
	if plan.OnCreate.ValueString() == CreateAdopt {
		r.adopt(ctx, &plan, &noted, save, &resp.Diagnostics)
		return
	}
	if r.isSelf(plan) && !plan.AllowSelf.ValueBool() {
		r.fail(&resp.Diagnostics, plan, "rotate the secret", rotation.SelfRefusal())
		return
	}
	recipients, err := encryption.ParseRecipients(plan.recipients())
	if err != nil {
		resp.Diagnostics.AddError(invalidRecipients(err))
		return
	}
	unlock, err := r.connection.Locks.Lock(ctx, plan.client())
	if err != nil {
		r.fail(&resp.Diagnostics, plan, "rotate the secret", err)
		return
	}
	defer unlock()
	open := r.connection.Open.Seen(plan.client()).Live
	operation := rotate{
		kind: r.kind, connection: r.connection, m: &plan, noted: &noted, recipients: recipients,
		chosen:      r.chosen(ctx, req.Config, &resp.Diagnostics),
		retireFirst: plan.OnPending.ValueString() == rotation.PendingRetireFirst && (open || r.kind.Traits.ShowsPrevious),
		save:        save, diags: &resp.Diagnostics, trouble: resp.Diagnostics.AddWarning,
	}
	_ = operation.run(ctx) // its error is among the diagnostics; nothing is in state
}

// adopt takes the client under management after one look at it.
func (r *clientSecret) adopt(ctx context.Context, plan *model, noted *rotation.Noted, save func(), diags *diag.Diagnostics) {
	facts, err := r.connection.Read(ctx, plan.client())
	if err != nil {
		r.fail(diags, *plan, "adopt the client", err)
		return
	}
	if facts.Unfit != "" {
		r.fail(diags, *plan, "adopt the client", rotation.UnfitRefusal(facts.Unfit))
		return
	}
	var st rotation.State
	st, *noted = rotation.Observe(r.kind.Traits, plan.state(), rotation.Noted{}, facts, true)
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
