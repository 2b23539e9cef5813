package clientsecret

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// ModifyPlan decides what an apply will do and shows it: computed values are unknown only where the apply will change
// them. It makes no call; everything about the vendor and the time is what the last read noted.
func (r *clientSecret) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		prior := r.load(ctx, req.State, &resp.Diagnostics)
		r.planDestroy(prior, &resp.Diagnostics)
		r.use(prior, false)
		if noted := recall(ctx, req.Private, &resp.Diagnostics); r.connection != nil { // nothing is read in the walk of a destroy
			r.claim(prior, noted)
			r.connection.Claims.Notice(prior.client(), noted.Strays)
			r.nameStrays(ctx, prior, rotation.StraysOf(prior.state(), noted), &resp.Diagnostics)
		}
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
	if req.State.Raw.IsNull() {
		r.planCreate(&plan, &resp.Diagnostics)
		if r.connection != nil {
			r.nameStrays(ctx, plan, rotation.Strays{IDs: r.connection.Claims.Noticed(plan.client())}, &resp.Diagnostics)
		}
	} else {
		prior := r.load(ctx, req.State, &resp.Diagnostics)
		if !plan.Scope.Equal(prior.Scope) || !plan.Client.Equal(prior.Client) {
			// Another client: Terraform replaces the resource and plans its creation next.
			r.planDestroy(prior, &resp.Diagnostics)
			r.use(prior, false)
			r.forget(&plan)
		} else {
			noted := recall(ctx, req.Private, &resp.Diagnostics).Recalled(prior.HasPrevious.IsNull())
			r.planUpdate(ctx, &plan, prior, noted, &resp.Diagnostics)
		}
	}
	if known := !plan.ChosenVersion.IsNull() && !plan.ChosenVersion.IsUnknown(); known && plan.SHA256.IsUnknown() {
		if chosen := r.chosen(ctx, req.Config, &resp.Diagnostics); !chosen.Empty() && chosen.Guessable() {
			plan.SHA256 = types.StringNull()
		}
	}
	resp.Diagnostics.Append(r.store(ctx, &resp.Plan, plan)...)
}

func (r *clientSecret) planCreate(plan *model, diags *diag.Diagnostics) {
	r.forget(plan)
	adopt := plan.OnCreate.ValueString() == CreateAdopt
	switch {
	case adopt:
		plan.Secret, plan.Encrypted, plan.SHA256 = types.StringNull(), types.StringNull(), types.StringNull()
		plan.Version = types.Int64Value(0)
		plan.RotatedAt, plan.Verified, plan.PreviousEndsAt = types.StringNull(), types.BoolNull(), types.StringNull()
	case !plan.OnCreate.IsUnknown():
		r.planCustody(plan)
		r.planOutcome(plan, rotation.State{}, nil)
	}
	if plan.RotateAfter.IsNull() || !plan.ChosenVersion.IsNull() && !plan.ChosenVersion.IsUnknown() {
		plan.DueAt = types.StringNull()
	}
	if plan.named() && !adopt && r.isSelf(*plan) && !plan.AllowSelf.ValueBool() && !plan.AllowSelf.IsUnknown() {
		r.fail(diags, *plan, "plan the rotation", rotation.SelfRefusal())
	}
	if adopt {
		return
	}
	if plan.Mode.ValueString() == string(rotation.Regenerate) {
		diags.AddWarning(r.regenerateWarning(*plan))
		return
	}
	r.planReplacement(*plan, diags)
}

// planReplacement refuses to replace an object whose client has an open rotation: the apply would drop the state, which
// holds the secret in use, and then be refused. Only what is replaced was read in this run. Some objects make room when they
// go; where the configuration asks for it, the new one does.
func (r *clientSecret) planReplacement(plan model, diags *diag.Diagnostics) {
	if r.connection == nil || r.kind.Traits.Listed || !plan.named() {
		return
	}
	open := r.connection.Open.Seen(plan.client())
	if !open.Live || !open.Stays {
		return
	}
	refusal, previous := rotation.PendingRefusal(r.kind.Traits, open.EndsAt), earlierPrevious
	if open.Doubtful {
		refusal, previous = rotation.DoubtfulRefusal(), "a previous secret is still valid that this resource may not have left behind: it may be the secret in use"
	}
	if plan.OnPending.ValueString() == rotation.PendingFail {
		r.fail(diags, plan, "plan the rotation", refusal)
		return
	}
	diags.AddWarning(r.retireFirstWarning(plan, "A new secret is made for this client, and "+previous))
}

// nameStrays names what no object of the configuration holds; also before an object goes, and in the plan of what replaces
// it, because nothing else will. One plan of a walk speaks for all.
func (r *clientSecret) nameStrays(ctx context.Context, m model, strays rotation.Strays, diags *diag.Diagnostics) {
	if r.connection == nil || !r.kind.Traits.Listed || !m.named() ||
		m.OnExternal.ValueString() == rotation.ExternalIgnore && !strays.Interrupted {
		return
	}
	for _, n := range r.connection.Claims.Name(ctx, m.client(), strays) {
		w := n.Warning()
		diags.AddWarning(w.Summary, w.Detail+"\n\n"+explain.Where(r.kind.Subject(n.Client)))
	}
}

// use records whether the secret of prior stays a current one: what rotates or goes leaves it behind.
func (r *clientSecret) use(prior model, stays bool) {
	id := prior.SecretID.ValueString()
	switch {
	case r.connection == nil:
	case stays:
		r.connection.Claims.Use(prior.client(), id, "")
	default:
		r.connection.Claims.Use(prior.client(), "", id)
	}
}

func (r *clientSecret) planUpdate(ctx context.Context, plan *model, prior model, noted rotation.Noted, diags *diag.Diagnostics) {
	r.remember(plan, prior)
	set, st := plan.settings(), prior.state()
	decision := r.decide(*plan, prior, noted)
	r.use(prior, decision.Rotate != rotation.Yes)
	for _, w := range decision.Warnings {
		diags.AddWarning(w.Summary, w.Detail+"\n\n"+r.where(prior))
	}
	r.nameStrays(ctx, *plan, rotation.StraysOf(st, noted), diags)
	if decision.Refused != nil {
		r.fail(diags, prior, "plan the rotation", decision.Refused)
		return
	}
	if len(decision.RetireOlder) > 0 {
		diags.AddWarning("Earlier secrets are deleted",
			fmt.Sprintf("retire_previous_after has passed for secrets from before the previous one: %s. This apply deletes them; whatever still uses one stops working.\n\n%s",
				strings.Join(decision.RetireOlder, ", "), r.where(prior)))
	}
	if decision.Rotate == rotation.No {
		r.planKept(plan, prior, set, st, noted, decision, diags)
		return
	}
	r.forgetSecret(plan)
	if decision.Rotate == rotation.Maybe {
		return
	}
	if st.Version > 0 { // else it comes from the moment of the rotation
		plan.Version = types.Int64Value(st.Version + 1)
	}
	r.planCustody(plan)
	r.planOutcome(plan, st, noted.External)
	if decision.RetireFirst {
		diags.AddWarning(r.retireFirstWarning(prior, "A rotation is due ("+decision.Why+"), and "+earlierPrevious))
	}
	if set.Mode == rotation.Regenerate {
		diags.AddWarning(r.regenerateWarning(*plan))
	}
}

// decide is the decision of a plan and of the apply that obeys it.
func (r *clientSecret) decide(plan, prior model, noted rotation.Noted) rotation.Decision {
	set := plan.settings()
	// An unknown verify may turn out to be none.
	set.Unprovable = !plan.Verify.IsUnknown() && unproved(plan) && prior.plaintext().Empty()
	return rotation.Decide(r.kind.Traits, set, prior.state(), noted, r.isSelf(prior))
}

// planKept plans an update without a rotation.
func (r *clientSecret) planKept(plan *model, prior model, set rotation.Settings, st rotation.State, noted rotation.Noted, decision rotation.Decision, diags *diag.Diagnostics) {
	plan.DueAt = stamp(rotation.DueAt(set, st, noted.At))
	plan.PreviousEndsAt = stamp(rotation.PreviousEndsAt(r.kind.Traits, set, st, noted))
	switch {
	case decision.Retire && unproved(*plan) && !verifyRequired(*plan): // without a proof nothing is deleted
		plan.HasPrevious, plan.PreviousEndsAt, plan.PreviousSecretID = types.BoolUnknown(), types.StringUnknown(), types.StringUnknown()
		if !r.kind.Traits.Listed {
			plan.PreviousSecretID = types.StringNull()
		}
	case decision.Retire:
		plan.HasPrevious = types.BoolValue(false)
		plan.PreviousEndsAt = types.StringNull()
		plan.PreviousSecretID = types.StringNull()
	case len(decision.RetireOlder) > 0:
		// Something visible must change, or Terraform would not call the provider.
		plan.HasPrevious = types.BoolUnknown()
	}
	if (decision.Retire || len(decision.RetireOlder) > 0) && unproved(*plan) {
		plan.Verified = types.BoolUnknown() // deleting asks for the proof again
	}
	if reseals(*plan, prior) {
		plan.Secret = types.StringNull()
		plan.Encrypted = types.StringUnknown()
	} else if !plan.Recipients.Equal(prior.Recipients) && !prior.Encrypted.IsNull() {
		diags.AddWarning("The sealed secret keeps its recipients until the next rotation",
			"encrypted_client_secret was sealed to the earlier recipients, and the provider has no key to open it. The change takes effect at the next rotation; "+
				"to seal anew now, rotate by changing a value of rotate_when_changed. A key that was lost or exposed calls for that rotation anyway.")
	}
}

// reseals tells whether an update encrypts the secret that the state holds in clear, without a rotation.
func reseals(plan, prior model) bool { return plan.sealed() && !prior.Secret.IsNull() }

// planCustody sets what is known of the three forms of a new secret.
func (r *clientSecret) planCustody(plan *model) {
	chosen := !plan.ChosenVersion.IsNull()
	switch {
	case plan.Recipients.IsUnknown() || plan.ChosenVersion.IsUnknown():
	case chosen:
		plan.Secret, plan.Encrypted = types.StringNull(), types.StringNull()
	case plan.sealed():
		plan.Secret = types.StringNull()
	default:
		plan.Encrypted = types.StringNull()
	}
}

// planOutcome sets what is known of a rotation's other results.
func (r *clientSecret) planOutcome(plan *model, st rotation.State, external *rotation.External) {
	if plan.Verify.IsNull() {
		plan.Verified = types.BoolNull()
	}
	if plan.RotateAfter.IsNull() || !plan.ChosenVersion.IsNull() {
		plan.DueAt = types.StringNull()
	}
	at := optionalDuration(plan.RetireAfter)
	switch {
	case plan.Mode.ValueString() == string(rotation.Regenerate):
		plan.HasPrevious, plan.PreviousEndsAt = types.BoolValue(false), types.StringNull()
	case plan.RetireAfter.IsUnknown() || at != nil && *at == 0:
	case !r.kind.Traits.Listed && !plan.Mode.IsUnknown():
		plan.HasPrevious = types.BoolValue(true)
		if !r.kind.Traits.EndsOverlap && plan.RetireAfter.IsNull() {
			plan.PreviousEndsAt = types.StringNull()
		}
	case r.kind.Traits.Listed && st.SecretID == "":
		plan.HasPrevious, plan.PreviousEndsAt, plan.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
	case r.kind.Traits.Listed && external == nil:
		plan.HasPrevious, plan.PreviousSecretID = types.BoolValue(true), types.StringValue(st.SecretID)
	}
}

// forget makes every output unknown except those that the ids tell.
func (r *clientSecret) forget(plan *model) {
	plan.ID = types.StringUnknown()
	if !r.kind.Traits.Listed && plan.named() && !plan.Scope.IsNull() {
		plan.ID = types.StringValue(plan.client().String())
	}
	r.forgetSecret(plan)
}

// forgetSecret makes every output that a rotation changes unknown.
func (r *clientSecret) forgetSecret(plan *model) {
	plan.Secret, plan.Encrypted, plan.SHA256 = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	plan.Version = types.Int64Unknown()
	plan.RotatedAt, plan.DueAt = types.StringUnknown(), types.StringUnknown()
	plan.HasPrevious, plan.PreviousEndsAt = types.BoolUnknown(), types.StringUnknown()
	plan.Verified = types.BoolUnknown()
	if r.kind.Traits.Listed {
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
	plan.HasPrevious, plan.PreviousEndsAt = prior.HasPrevious, prior.PreviousEndsAt
	plan.Verified = prior.Verified
	plan.SecretID, plan.PreviousSecretID, plan.ExpiresAt = prior.SecretID, prior.PreviousSecretID, prior.ExpiresAt
}

// planDestroy says what stays alive, and refuses to change the provider's own credential.
func (r *clientSecret) planDestroy(prior model, diags *diag.Diagnostics) {
	action := prior.OnDestroy.ValueString()
	changes := action == DestroyRevoke || action == DestroyRetirePrevious || action == DestroyDelete && prior.Version.ValueInt64() > 0
	if changes && r.isSelf(prior) && !prior.AllowSelf.ValueBool() {
		r.fail(diags, prior, "plan the destruction", rotation.SelfRefusal())
		return
	}
	switch {
	case action == DestroyRevoke:
		diags.AddWarning("Every secret of the client stops working",
			"on_destroy is \"revoke\": the secret is regenerated and the result forgotten. Nothing can log in as this client until a new secret is made.\n\n"+r.where(prior))
	case action == DestroyDelete && prior.Version.ValueInt64() > 0:
	default:
		why := fmt.Sprintf("on_destroy is %q", action)
		if action == DestroyDelete {
			why = "The secret was imported, and only secrets that were made here are deleted"
		}
		diags.AddWarning("A live secret survives the destruction",
			fmt.Sprintf("%s: the current secret stays valid at %s, and Terraform forgets it. If nothing may use it any more, end it there.\n\n%s", why, r.kind.Title, r.where(prior)))
	}
}

const earlierPrevious = "an earlier previous secret is still valid"

func (r *clientSecret) retireFirstWarning(m model, why string) (summary, detail string) {
	return "The previous secret is deleted before the rotation",
		why + ". This apply deletes it first; whatever still uses it stops working.\n\n" + r.where(m)
}

func (r *clientSecret) regenerateWarning(m model) (summary, detail string) {
	return "Every current secret stops working at once",
		"rotation_mode is \"regenerate\": this apply replaces all secrets of the client without an overlap. Whatever uses one of them fails until it has the new one.\n\n" + r.where(m)
}

// where names the client of m.
func (r *clientSecret) where(m model) string { return explain.Where(r.kind.Subject(m.client())) }

// isSelf tells whether the provider logs in as m's client, as far as that is known without a call.
func (r *clientSecret) isSelf(m model) bool {
	if r.connection == nil || r.connection.Unknown || r.connection.Vendor == nil || !r.kind.Traits.LogsIn {
		return false
	}
	login := r.connection.LoginClientID()
	return login != "" && login == m.Client.ValueString()
}
