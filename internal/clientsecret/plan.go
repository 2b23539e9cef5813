package clientsecret

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// ModifyPlan decides what an apply will do and shows it: computed values are unknown only where the apply will change
// them. Everything about the vendor and the time is what the last read recorded; only a creation looks at the client, and no
// planned value depends on that.
func (r *clientSecret) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		prior := r.load(ctx, req.State, &resp.Diagnostics)
		r.planDestroy(ctx, prior, loadRecord(ctx, req.Private, &resp.Diagnostics), resp)
		return
	}
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.connection != nil && !r.connection.Unknown && !r.connection.Usable(&resp.Diagnostics) {
		return // better said now than at apply
	}
	var scope types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(r.kind.Scope.Name), &scope)...)
	plan.Scope = r.kind.PlanScope(scope, plan.Scope, r.connection, &resp.Diagnostics)
	switch {
	case req.State.Raw.IsNull():
		// A replacement that was planned as an update first arrives with the record of the object that it replaces.
		replaced := loadRecord(ctx, req.Private, &resp.Diagnostics)
		if replaced.Object == "" {
			replaced.Object = loadPlanned(ctx, req.Private).Object
		}
		r.planCreate(ctx, &plan, replaced, resp)
	default:
		prior := r.load(ctx, req.State, &resp.Diagnostics)
		rec := loadRecord(ctx, req.Private, &resp.Diagnostics).MarkLost(prior.HasPrevious.IsNull())
		if !plan.Scope.Equal(prior.Scope) || !plan.Client.Equal(prior.Client) {
			// Another client: Terraform replaces the resource and plans its creation next.
			r.saw(prior, rec, session.Goes, nil)
			if refused := rotation.PendingReplaced(r.kind.Traits, prior.state(), rec); refused != nil {
				r.fail(&resp.Diagnostics, prior, "plan the replacement", refused)
				return
			}
			r.destroyMessages(prior, rec, nil, &rotation.Replacement{Elsewhere: true}, &resp.Diagnostics)
			// The CLI shows the warnings of this plan only, so what happens to the new client is said here too.
			if takes := rotation.TakesOver(r.kind.Traits, plan.settings()); takes != nil && plan.named() && plan.OnCreate.ValueString() == CreateRotate {
				r.say(&resp.Diagnostics, plan, *takes)
			}
			r.creationMessages(ctx, plan, nil, &resp.Diagnostics)
			r.forget(&plan)
		} else {
			r.planUpdate(ctx, &plan, prior, rec, req, resp)
		}
	}
	if known := !plan.ChosenVersion.IsNull() && !plan.ChosenVersion.IsUnknown(); known && plan.SHA256.IsUnknown() {
		if chosen := r.chosen(ctx, req.Config, &resp.Diagnostics); !chosen.Empty() && chosen.Guessable() {
			plan.SHA256 = types.StringNull()
		}
	}
	resp.Diagnostics.Append(r.store(ctx, &resp.Plan, plan)...)
}

// titled is a title with the client in it: the CLI folds warnings that have the same title.
func (r *clientSecret) titled(m model, title string) string {
	return r.kind.titled(m.client(), current(m.SecretID.ValueString()), title)
}

// say adds a message about m's client.
func (r *clientSecret) say(diags *diag.Diagnostics, m model, message rotation.Message) {
	r.kind.Say(diags, m.client(), current(m.SecretID.ValueString()), message)
}

func (r *clientSecret) planUpdate(ctx context.Context, plan *model, prior model, rec rotation.Record, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if rec.Object == "" { // a replacement is planned as an update first: its creation learns by this what it replaces
		rec.Object = newMark()
		diags.Append(storeKey(ctx, resp.Private, plannedKey, planned{Object: rec.Object})...)
	}
	r.remember(plan, prior)
	decision := r.decideLooking(ctx, *plan, &prior, rec)
	st := prior.state()
	r.saw(prior, rec, session.Stays, nil)
	if decision.Rotate == rotation.Yes && decision.Refused == nil && r.connection != nil {
		r.connection.Registry.Rotates(prior.client(), rec.Object)
	}
	if r.crowded(prior, diags) {
		return
	}
	sent := r.checkChosen(ctx, *plan, prior, req, diags)
	driftTitle := rotation.DriftWarning(r.kind.Traits, plan.settings(), st, rec, false, false).Title
	for _, w := range decision.Warnings {
		if w.Title == driftTitle && !r.tell(prior, r.mark(prior, rec)+" drift") {
			continue // the read of this plan said so
		}
		if w.Title == rotation.EndsInUse && sent {
			continue // the value goes on working as the new one
		}
		r.say(diags, prior, w)
	}
	if decision.Refused != nil {
		r.fail(diags, prior, "plan the rotation", decision.Refused)
		return
	}
	r.nameUnclaimed(prior, st, rec, decision.Rotate != rotation.No, diags)
	switch decision.Rotate {
	case rotation.No:
		r.planKept(plan, prior, rec, decision, diags)
		return
	case rotation.Maybe:
		if r.connection != nil {
			r.connection.Registry.MayRotate(prior.client())
		}
		rotated := *plan
		r.forgetSecret(&rotated)
		r.planCustody(&rotated)
		r.planOutcome(&rotated, st, rec)
		r.forgetSecret(plan)
		plan.settle(rotated, prior)
		plan.Drift = types.StringNull()
		if !prior.Drift.IsNull() {
			plan.Drift = types.StringUnknown()
		}
		return
	}
	r.forgetSecret(plan)
	if st.Version > 0 {
		plan.Version = types.Int64Value(st.Version + 1)
	}
	plan.Drift = types.StringNull()
	if !decision.ReasonOpen {
		plan.Reason = types.StringValue(decision.Reason.String())
	}
	r.planCustody(plan)
	r.planOutcome(plan, st, rec)
	if prior.Secret.ValueString() != "" && plan.Secret.IsNull() && plan.ChosenVersion.IsNull() && plan.sealed() {
		r.say(diags, prior, becomesNull)
	}
}

// tell tells whether this is the first time in this run that what is said about m's client.
func (r *clientSecret) tell(m model, what string) bool {
	return r.connection == nil || r.connection.Registry.Tell(m.client(), what)
}

// crowded refuses a plan in which a client of a vendor with two slots would belong to several resources.
func (r *clientSecret) crowded(m model, diags *diag.Diagnostics) bool {
	if r.connection == nil || r.kind.Traits.ManySecrets || !m.named() {
		return false
	}
	found := r.connection.Registry.Crowded(m.client())
	if found == "" {
		return false
	}
	r.fail(diags, m, "plan the secret", &rotation.RefusedError{
		Reason: found + " Each would end the secret of the other.",
		Remedy: "A client of this vendor belongs to one resource. Remove one of them, or give it the id of another client. If one was renamed, add a moved block. To let Terraform forget one without a change at the vendor, use a removed block or terraform state rm.",
	})
	return true
}

// nameUnclaimed says, where the record was lost or the current secret has no id, which secrets appeared since this object was
// applied last: one of them may be its own. Without such a sign an entry that appeared may be a sibling's that this run has not
// looked at yet, or never will (-target, another provider configuration), so none is named. The plan of a
// rotation that saw no other object of the client says how many there are: a run that was killed leaves no other trace.
func (r *clientSecret) nameUnclaimed(m model, st rotation.State, rec rotation.Record, rotates bool, diags *diag.Diagnostics) {
	if r.connection == nil || !r.kind.Traits.ManySecrets {
		return
	}
	facts := r.connection.Registry.Facts(m.client())
	if facts == nil {
		return
	}
	ids := rotation.Unclaimed(st, rec, *facts, func(id string) bool { return r.connection.Registry.Held(m.client(), id) })
	switch {
	case len(ids) == 0:
	case rec.Lost || st.Unidentified():
		r.say(diags, m, rotation.UnclaimedMessage(st, rec, ids))
	case rotates && rec.Pending == nil && len(r.connection.Registry.Objects(m.client())) < 2:
		r.say(diags, m, rotation.AddedMessage(len(ids)))
	}
}

// decide is the decision of a plan and of the apply that obeys it.
func (r *clientSecret) decide(plan, prior model, rec rotation.Record) rotation.Decision {
	set := plan.settings()
	set.Verified = set.Verified && !prior.Verified.ValueBool()
	set.Unverifiable = r.plaintext(prior).Empty() && !r.mayOpen(prior)
	return rotation.Decide(r.kind.Traits, set, prior.state(), rec, r.connection.LogsInAs(prior.client()))
}

// decideLooking is decide, with one look at the client where nothing was read in this run (-refresh=false) and the decision would
// refuse because of a previous secret that may be gone since: a completion of the last apply ended it.
func (r *clientSecret) decideLooking(ctx context.Context, plan model, prior *model, rec rotation.Record) rotation.Decision {
	decision := r.decide(plan, *prior, rec)
	if decision.Refused == nil || !r.kind.Traits.ShowsPrevious || !prior.HasPrevious.ValueBool() ||
		r.connection == nil || r.connection.Unknown || r.connection.Registry.Facts(prior.client()) != nil {
		return decision
	}
	ctx, cancel := forLook(ctx, plan)
	defer cancel()
	if facts, err := r.connection.Read(ctx, prior.client()); err != nil || facts.HasPrevious == nil || *facts.HasPrevious {
		return decision
	}
	prior.HasPrevious = types.BoolValue(false)
	return r.decide(plan, *prior, rec)
}

// settle plans what is null or false before an apply that may rotate, and is so whether it does or not.
func (m *model) settle(rotated, prior model) {
	strings := map[*types.String][2]types.String{
		&m.Secret: {rotated.Secret, prior.Secret}, &m.DueAt: {rotated.DueAt, prior.DueAt}, &m.ExpiresAt: {rotated.ExpiresAt, prior.ExpiresAt},
	}
	if m.Recipients.Equal(prior.Recipients) {
		strings[&m.Encrypted] = [2]types.String{rotated.Encrypted, prior.Encrypted}
	}
	if !prior.HasPrevious.ValueBool() {
		strings[&m.PreviousEndsAt] = [2]types.String{rotated.PreviousEndsAt, prior.PreviousEndsAt}
		strings[&m.PreviousSecretID] = [2]types.String{rotated.PreviousSecretID, prior.PreviousSecretID}
		if rotated.HasPrevious.Equal(types.BoolValue(false)) {
			m.HasPrevious = types.BoolValue(false)
		}
	}
	for planned, either := range strings {
		if either[0].IsNull() && either[1].IsNull() {
			*planned = types.StringNull()
		}
	}
	if rotated.Verified.IsNull() && prior.Verified.IsNull() {
		m.Verified = types.BoolNull()
	}
}

// planKept plans an update without a rotation.
func (r *clientSecret) planKept(plan *model, prior model, rec rotation.Record, decision rotation.Decision, diags *diag.Diagnostics) {
	set, st, traits := plan.settings(), prior.state(), r.kind.Traits
	plan.DueAt = stamp(rotation.DueAt(set, st, rec.Known))
	if plan.RotateAfter.IsUnknown() {
		plan.DueAt = types.StringUnknown()
	}
	plan.PreviousEndsAt = stamp(rotation.PreviousEndsAt(traits, set, st, rec))
	r.planPreviousEnds(plan, prior, set, st, rec)
	if at := rotation.RetireAt(set, st); !decision.Retire && at != nil && !plan.RetireAfter.Equal(prior.RetireAfter) && st.HasPrevious &&
		rotation.PreviousIsOurs(traits, st, rec) && r.connection.Usable(diags) && !at.After(r.connection.Now()) {
		r.say(diags, prior, rotation.DueNext(st, rec))
	}
	switch {
	case decision.Retire && set.Verified && !prior.Verified.ValueBool() && !verifyRequired(*plan): // without a proof nothing is deleted
		plan.HasPrevious, plan.PreviousEndsAt, plan.PreviousSecretID = types.BoolUnknown(), types.StringUnknown(), types.StringUnknown()
		plan.PreviousEnds = types.StringUnknown()
		if !traits.ManySecrets {
			plan.PreviousSecretID = types.StringNull()
		}
	case decision.Retire:
		plan.HasPrevious = types.BoolValue(false)
		plan.PreviousEndsAt, plan.PreviousSecretID, plan.PreviousEnds = types.StringNull(), types.StringNull(), types.StringNull()
	case decision.RetireOpen:
		plan.HasPrevious, plan.PreviousEndsAt, plan.PreviousEnds = types.BoolUnknown(), types.StringUnknown(), types.StringUnknown()
		if traits.ManySecrets {
			plan.PreviousSecretID = types.StringUnknown()
		}
		if set.Verified && !prior.Verified.ValueBool() {
			plan.Verified = types.BoolUnknown()
		}
	case len(decision.RetireOlder) > 0:
		// Something visible must change, or Terraform would not call the provider.
		plan.HasPrevious = types.BoolUnknown()
	}
	if (decision.Retire || len(decision.RetireOlder) > 0) && set.Verified && !prior.Verified.ValueBool() {
		plan.Verified = types.BoolUnknown() // deleting asks for the proof again
	}
	r.planSealing(plan, prior, diags)
}

// planPreviousEnds keeps the rule by which the previous secret ends, or takes over that a setting changed it.
func (r *clientSecret) planPreviousEnds(plan *model, prior model, set rotation.Settings, st rotation.State, rec rotation.Record) {
	if !st.HasPrevious || st.Version == 0 {
		return
	}
	switch {
	case plan.RetireAfter.IsUnknown():
		plan.PreviousEnds = types.StringUnknown()
		plan.PreviousEndsAt = types.StringUnknown()
	case !plan.RetireAfter.Equal(prior.RetireAfter) && !r.kind.Traits.EndsOverlap:
		if !r.kind.Traits.ManySecrets || rotation.PreviousIsOurs(r.kind.Traits, st, rec) { // else nothing here ends it
			plan.PreviousEnds = text(rotation.PreviousEnds(r.kind.Traits, set, false))
		}
	case !plan.RetireAfter.Equal(prior.RetireAfter) && set.RetireAfter != nil:
		earlier := rotation.RetireAt(set, st)
		if st.PreviousEndsAt == nil || earlier != nil && earlier.Before(*st.PreviousEndsAt) {
			plan.PreviousEnds = types.StringValue("at the first apply " + rotation.Span(*set.RetireAfter) + " after the rotation")
		}
	}
}

// planOutcome sets what is known of a rotation's other results. st is what was there before; the zero value at a creation.
func (r *clientSecret) planOutcome(plan *model, st rotation.State, rec rotation.Record) {
	traits := r.kind.Traits
	set := plan.settings().Of(traits, st)
	if plan.Verify.IsNull() {
		plan.Verified = types.BoolNull()
	}
	if plan.RotateAfter.IsNull() || !plan.ChosenVersion.IsNull() && !plan.ChosenVersion.IsUnknown() {
		plan.DueAt = types.StringNull()
	}
	nothingBefore := traits.ManySecrets && rotation.NothingBefore(st, rec)
	if !set.Unknown.RetireAfter && !plan.Mode.IsUnknown() {
		plan.PreviousEnds = text(rotation.PreviousEnds(traits, set, nothingBefore))
	}
	switch {
	case nothingBefore:
		plan.HasPrevious, plan.PreviousEndsAt, plan.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
	case plan.Mode.ValueString() == string(rotation.Regenerate):
		plan.HasPrevious, plan.PreviousEndsAt = types.BoolValue(false), types.StringNull()
	case set.Unknown.RetireAfter || set.RetireAfter != nil && *set.RetireAfter == 0:
	case !traits.ManySecrets && !plan.Mode.IsUnknown():
		plan.HasPrevious = types.BoolValue(true)
		if !traits.EndsOverlap && plan.RetireAfter.IsNull() {
			plan.PreviousEndsAt = types.StringNull()
		}
	case traits.ManySecrets:
		plan.HasPrevious, plan.PreviousSecretID = types.BoolValue(true), types.StringValue(st.SecretID)
	}
}

// forget makes every output unknown except those that the ids tell.
func (r *clientSecret) forget(plan *model) {
	plan.ID = types.StringUnknown()
	if !r.kind.Traits.ManySecrets && plan.named() && !plan.Scope.IsNull() {
		plan.ID = types.StringValue(plan.client().String())
	}
	r.forgetSecret(plan)
	plan.Drift = types.StringNull()
}

// forgetSecret makes every output that a rotation changes unknown.
func (r *clientSecret) forgetSecret(plan *model) {
	plan.Secret, plan.Encrypted, plan.SHA256 = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	plan.Version = types.Int64Unknown()
	plan.RotatedAt, plan.DueAt = types.StringUnknown(), types.StringUnknown()
	plan.Reason, plan.PreviousEnds = types.StringUnknown(), types.StringUnknown()
	plan.HasPrevious, plan.PreviousEndsAt = types.BoolUnknown(), types.StringUnknown()
	plan.Verified = types.BoolUnknown()
	if r.kind.Traits.ManySecrets {
		plan.ID = types.StringUnknown()
		plan.SecretID, plan.PreviousSecretID, plan.ExpiresAt = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	}
}

// remember copies every output from the prior object.
func (r *clientSecret) remember(plan *model, prior model) {
	plan.ID = prior.ID
	plan.Secret, plan.Encrypted, plan.SHA256 = prior.Secret, prior.Encrypted, prior.SHA256
	plan.Version = prior.Version
	plan.RotatedAt, plan.DueAt = prior.RotatedAt, prior.DueAt
	plan.Reason, plan.PreviousEnds, plan.Drift = prior.Reason, prior.PreviousEnds, prior.Drift
	plan.HasPrevious, plan.PreviousEndsAt = prior.HasPrevious, prior.PreviousEndsAt
	plan.Verified = prior.Verified
	plan.SecretID, plan.PreviousSecretID, plan.ExpiresAt = prior.SecretID, prior.PreviousSecretID, prior.ExpiresAt
}

// where names the client of m.
func (r *clientSecret) where(m model) string { return explain.Where(r.kind.Subject(m.client())) }
