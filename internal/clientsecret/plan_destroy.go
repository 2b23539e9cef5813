package clientsecret

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// planDestroy says what ends and what stays alive, and refuses to change the provider's own credential. What the plan found
// about other objects of the client goes to the destruction with the private state: nothing else does.
func (r *clientSecret) planDestroy(ctx context.Context, prior model, rec rotation.Record, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	r.saw(prior, rec, session.Goes, nil)
	if r.connection != nil && prior.named() {
		r.connection.Registry.PlanDestroy(prior.client(), r.mark(prior, rec))
	}
	others := r.others(ctx, prior, rec)
	if (len(others) > 0 || rec.Pending != nil) && resp.Private != nil {
		diags.Append(storeKey(ctx, resp.Private, plannedKey, planned{Occupied: len(others) > 0, Destroys: true})...)
	}
	d := rotation.Destroy(r.kind.Traits, prior.OnDestroy.ValueString(), prior.state(), rec, others)
	if d.Ends() && r.connection.LogsInAs(prior.client()) && !prior.AllowSelf.ValueBool() {
		r.fail(diags, prior, "plan the destruction", rotation.SelfRefusal())
		return
	}
	if d.Revoke && r.connection != nil && r.connection.Registry.Adopts(prior.client()) {
		r.fail(diags, prior, "plan the destruction", rotation.RevokedAndAdopted())
		return
	}
	if refused := rotation.PendingReplaced(r.kind.Traits, prior.state(), rec); refused != nil && r.connection != nil && prior.named() && r.connection.Registry.Creates(prior.client()) {
		r.fail(diags, prior, "plan the replacement", refused)
		return
	}
	// A rename without moved: Terraform may plan the new object before this one, which then could not know of the open rotation.
	if prior.HasPrevious.ValueBool() && !d.Ends() && r.connection != nil && r.connection.Registry.Stopped(prior.client()) {
		r.fail(diags, prior, "plan the rotation", rotation.PendingRefusal(r.kind.Traits, prior.state().PreviousEndsAt))
		return
	}
	r.destroyMessages(prior, rec, others, nil, diags)
	r.nameUnclaimed(prior, prior.state(), rec, false, diags)
}

// others are the objects of prior's client that stay, at a vendor with two slots. A destruction that would end every secret
// waits a moment for those that Terraform has not read yet.
func (r *clientSecret) others(ctx context.Context, prior model, rec rotation.Record) []rotation.View {
	if r.connection == nil || r.kind.Traits.ManySecrets || !prior.named() {
		return nil
	}
	find := func() []rotation.View { return r.connection.Registry.Others(prior.client(), r.mark(prior, rec)) }
	views := find()
	if prior.OnDestroy.ValueString() != DestroyRevoke {
		return views
	}
	for _, pause := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond} {
		if len(views) > 0 || r.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		views = find()
	}
	return views
}

// destroyMessages says what the destruction of prior ends and what survives it.
func (r *clientSecret) destroyMessages(prior model, rec rotation.Record, others []rotation.View, by *rotation.Replacement, diags *diag.Diagnostics) {
	for _, m := range rotation.DestroyMessages(r.kind.Traits, prior.OnDestroy.ValueString(), prior.state(), rec, others, by) {
		r.say(diags, prior, m)
	}
}
