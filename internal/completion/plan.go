package completion

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// ModifyPlan shows a completion when the version changes or another secret is named, and nothing otherwise.
func (r *completion) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		return
	}
	if r.connection != nil && !r.connection.Unknown && !r.connection.Usable(&resp.Diagnostics) {
		return // better said now than at apply
	}
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	configured := r.load(ctx, req.Config, &resp.Diagnostics)
	plan.scope = r.kind.PlanScope(configured.scope, plan.scope, r.connection, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.previous, plan.asks = configured.previous, asks(ctx, req.Config)
	plan.completedAt, plan.deletes, plan.id = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	if !plan.scope.IsUnknown() && !plan.client.IsUnknown() {
		plan.id = types.StringValue(plan.scope.ValueString() + "/" + plan.client.ValueString())
	}
	var prior model
	if !req.State.Raw.IsNull() {
		prior = r.load(ctx, req.State, &resp.Diagnostics)
		if done(plan, prior) {
			plan.previous, plan.completedAt, plan.deletes = prior.previous, prior.completedAt, prior.deletes
			r.watch(plan, &resp.Diagnostics)
		}
	}
	if plan.completedAt.IsUnknown() {
		r.planTask(&plan, prior, loadSeen(ctx, req.Private), &resp.Diagnostics)
	}
	r.store(ctx, &resp.Plan, plan, &resp.Diagnostics)
}

// planTask says what the apply ends, or refuses it. What it says names the version where an earlier one was completed: so it
// differs from what stands there, and Terraform shows it. A first version is not known yet.
func (r *completion) planTask(plan *model, prior model, seen *rotation.Seen, diags *diag.Diagnostics) {
	t := r.task(*plan)
	counts := !r.kind.Traits.ManySecrets && prior.version.ValueInt64() > 0
	if !counts {
		t.version = 0
	}
	later := plan.previous.IsUnknown() // which secret it is turns out at the apply, and is named all the same
	switch {
	case plan.id.IsUnknown():
		return
	case !plan.version.IsUnknown() && plan.version.ValueInt64() == 0, r.kind.Traits.ManySecrets && t.secretID == "" && !later:
		plan.deletes = types.StringNull()
		return
	}
	// An unknown version may turn out to be 0, or the one that was completed; then nothing is ended.
	makes, maybe := t.rotates()
	sure := !plan.version.IsUnknown() || !counts && (makes || r.kind.Traits.ManySecrets && !maybe)
	var views []rotation.View
	if r.connection != nil {
		views = r.views(t.client, prior)
	}
	if !later && sure {
		plan.deletes = types.StringValue(t.deletes())
	}
	rotates, open := plan.version.IsUnknown(), later || !r.kind.Traits.ManySecrets && maybe
	for _, v := range views {
		rotates = rotates || v.State.Version != plan.version.ValueInt64()
		// The version after a rotation that is sure is known.
		open = open || !r.kind.Traits.ManySecrets && plan.version.IsUnknown() && v.State.Version > 0
	}
	left := len(views) == 0 && seen != nil && seen.Doubt // as the plan saw it, when the apply plans again
	for _, v := range views {
		left = left || v.EndsByItself(r.kind.Traits)
	}
	if left = left && !rotates && !open; left && !prior.version.IsNull() { // of a creation, an apply plans without what its plan saw
		plan.deletes = types.StringNull()
	}
	if r.connection == nil {
		return
	}
	if err := t.refusal(rotates, false); err != nil {
		diags.AddError(explain.Failure(r.kind.Subject(t.client), "plan the completion", err, "Nothing was changed."))
		return
	}
	if later && len(views) == 0 {
		return // the first secret of a client replaces none that is known here
	}
	if facts := r.connection.Registry.Facts(t.client); facts != nil && rotation.ListedAsDeleted(*facts, t.secretID) {
		return // there is nothing left to end
	}
	message := rotation.CompletionMessage(r.kind.Traits, t.secretID, orCreated(r.kind.Traits, views, makes), rotates, open, plan.asks)
	if facts := r.connection.Registry.Facts(t.client); !r.kind.Traits.ManySecrets && prior.version.IsNull() && !rotates && facts != nil &&
		rotation.Undated(*facts, time.Unix(plan.version.ValueInt64(), 0)) {
		message = rotation.CompletionStarts(views)
	}
	if left {
		message = rotation.LeftToTheVendor(views)
	}
	r.kind.Say(diags, t.client, clientsecret.About("secret", t.secretID), message)
}

// asks tells whether the configuration has the consumers asked what they hold.
func asks(ctx context.Context, config attributeReader) bool {
	var held types.Map
	return !config.GetAttribute(ctx, path.Root("consumer_secrets_wo"), &held).HasError() && !held.IsNull()
}

// orCreated is views, or the object that this plan creates, of which nothing is known yet.
func orCreated(traits rotation.Traits, views []rotation.View, makes bool) []rotation.View {
	if len(views) == 0 && makes && !traits.ManySecrets {
		return []rotation.View{{Rotates: true}}
	}
	return views
}

// views are the objects of a client that a completion may belong to: at a vendor with many secrets those with the version that it
// completed last, where there is one.
func (r *completion) views(client rotation.Client, prior model) []rotation.View {
	all := r.connection.Registry.Others(client, "")
	if !r.kind.Traits.ManySecrets || prior.version.IsNull() {
		return all
	}
	var same []rotation.View
	for _, v := range all {
		if v.State.Version == prior.version.ValueInt64() {
			same = append(same, v)
		}
	}
	if len(same) > 0 {
		return same
	}
	return all
}

// watch says, where nothing is to be done, that the previous secret that was ended is there again: then somebody else rotated.
func (r *completion) watch(plan model, diags *diag.Diagnostics) {
	t := r.task(plan)
	if r.connection == nil || r.kind.Traits.ManySecrets || plan.version.ValueInt64() == 0 || plan.completedAt.IsNull() {
		return
	}
	facts := r.connection.Registry.Facts(t.client)
	if facts == nil || facts.HasPrevious == nil || !*facts.HasPrevious {
		return
	}
	for _, v := range r.connection.Registry.Others(t.client, "") {
		if v.State.Version == plan.version.ValueInt64() && !v.Record.Ours(*facts) {
			message := rotation.RotatedAfterCompletion()
			r.kind.Say(diags, t.client, clientsecret.About("secret", t.secretID), message)
			return
		}
	}
}

// done tells whether the prior object already stands for the planned completion. A previous secret that is gone by now, and
// therefore null, is no new task.
func done(plan, prior model) bool {
	return plan.scope.Equal(prior.scope) && plan.client.Equal(prior.client) && plan.version.Equal(prior.version) && !prior.completedAt.IsNull() &&
		(plan.previous.IsNull() || plan.previous.Equal(prior.previous))
}

// seenKey is where private state keeps how the client was while a completion waits.
const seenKey = "seen"

// loadSeen reads it; nil where there is none.
func loadSeen(ctx context.Context, private interface {
	GetKey(context.Context, string) ([]byte, diag.Diagnostics)
},
) (seen *rotation.Seen) {
	if raw, _ := private.GetKey(ctx, seenKey); len(raw) == 0 || json.Unmarshal(raw, &seen) != nil {
		return nil
	}
	return seen
}
