package clientsecret

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Update does what the plan decided: rotate, retire the previous secret, seal what is in clear, or only take over
// settings. It decides by the same function and inputs as the plan did.
func (r *clientSecret) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	prior := r.load(ctx, req.State, &resp.Diagnostics)
	noted := recall(ctx, req.Private, &resp.Diagnostics).Recalled(prior.HasPrevious.IsNull())
	if resp.Diagnostics.HasError() || !r.connection.Usable(&resp.Diagnostics) {
		return
	}
	limit, d := plan.Timeouts.Update(ctx, changeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	recipients, err := encryption.ParseRecipients(plan.recipients())
	if err != nil {
		resp.Diagnostics.AddError(invalidRecipients(err))
		return
	}
	u := update{
		r: r, plan: &plan, prior: prior, noted: &noted, recipients: recipients,
		decision: r.decide(plan, prior, noted),
		diags:    &resp.Diagnostics,
	}
	u.save = func(m model) {
		resp.Diagnostics.Append(r.store(ctx, &resp.State, m)...)
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
		resp.Diagnostics.Append(note(ctx, resp.Private, noted, keepsPlaintext(m))...)
	}
	if u.decision.Refused != nil {
		r.fail(&resp.Diagnostics, prior, "rotate the secret", u.decision.Refused)
		return
	}
	if plan.Version.Equal(prior.Version) {
		u.settle(ctx)
		return
	}
	u.rotate(ctx, req)
}

// keepsPlaintext tells whether the object's custody lets a secret lie in state in clear.
func keepsPlaintext(m model) bool { return m.ChosenVersion.IsNull() && !m.sealed() }

// update is one Update in progress.
type update struct {
	r          *clientSecret
	plan       *model
	prior      model
	noted      *rotation.Noted
	recipients encryption.Recipients
	decision   rotation.Decision
	save       func(model)
	diags      *diag.Diagnostics
}

func (u *update) rotate(ctx context.Context, req resource.UpdateRequest) {
	unlock, err := u.r.connection.Locks.Lock(ctx, u.prior.client())
	if err != nil {
		u.r.fail(u.diags, u.prior, "rotate the secret", err)
		return
	}
	defer unlock()
	state := u.prior.state()
	operation := rotate{
		kind: u.r.kind, connection: u.r.connection, m: u.plan, prior: state, noted: u.noted, recipients: u.recipients,
		chosen: u.r.chosen(ctx, req.Config, u.diags), current: u.prior.plaintext(),
		retireFirst: u.decision.RetireFirst, planned: true, retireOlder: u.decision.RetireOlder,
		save: func() { u.save(*u.plan) }, diags: u.diags, trouble: u.diags.AddError,
	}
	err = operation.run(ctx)
	if err == nil {
		return
	}
	// No new secret: the prior object stands, with what did change.
	u.prior.HasPrevious = types.BoolValue(operation.prior.HasPrevious)
	if !operation.prior.HasPrevious {
		u.prior.PreviousEndsAt = types.StringNull()
	}
	var lost *rotation.LostError
	if errors.As(err, &lost) {
		u.noted.Pending = lost.Pending
	}
	u.noted.Conflict = operation.conflicted(err)
	u.save(u.prior)
}

// settle is an update without a rotation.
func (u *update) settle(ctx context.Context) {
	m := *u.plan
	if reseals(m, u.prior) {
		sealed, err := u.recipients.Seal(u.prior.plaintext())
		if err != nil {
			u.diags.AddError("Unable to seal the secret", err.Error()+"\n\nNothing was changed.")
			return
		}
		m.Secret, m.Encrypted = types.StringNull(), types.StringValue(sealed)
	}
	ids := u.decision.RetireOlder
	if u.decision.Retire {
		ids = append(ids, u.prior.PreviousSecretID.ValueString())
	}
	if m.HasPrevious.IsUnknown() {
		m.HasPrevious = u.prior.HasPrevious
	}
	if m.Verified.IsUnknown() {
		m.Verified = u.prior.Verified
	}
	if len(ids) == 0 {
		u.save(m)
		return
	}
	u.retire(ctx, m, ids)
}

// retire deletes secrets whose time has come. Whatever fails stays in state as it is, and the next apply tries again.
func (u *update) retire(ctx context.Context, m model, ids []string) {
	c := m.client()
	// Until a call succeeds the truth is the prior one.
	truth := m
	truth.HasPrevious, truth.PreviousSecretID = u.prior.HasPrevious, u.prior.PreviousSecretID
	if u.prior.HasPrevious.ValueBool() && truth.PreviousEndsAt.IsNull() || truth.PreviousEndsAt.IsUnknown() {
		truth.PreviousEndsAt = u.prior.PreviousEndsAt
	}
	u.save(truth)
	unlock, err := u.r.connection.Locks.Lock(ctx, c)
	if err != nil {
		u.r.fail(u.diags, m, "delete the previous secret", err)
		return
	}
	defer unlock()
	if !u.proven(ctx, c, &truth) {
		return
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			u.r.fail(u.diags, m, "delete the previous secret", err)
			return
		}
		if err := u.r.retire(ctx, u.prior, id, *u.noted); err != nil {
			u.diags.AddError(explain.Failure(u.r.kind.Subject(c), "delete the previous secret", err,
				"Nothing was deleted: the secrets that worked before still work; the next apply tries again."))
			continue
		}
		u.noted.Ended(id, u.r.connection.Now())
		if !u.r.kind.Traits.Listed || id == truth.PreviousSecretID.ValueString() {
			u.noted.ForeignPrevious = false
			truth.HasPrevious, truth.PreviousEndsAt, truth.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
		}
		u.save(truth)
	}
}

// unproved tells that a proof is asked for and has not succeeded.
func unproved(m model) bool { return !m.Verify.IsNull() && !m.Verified.ValueBool() }

// proven makes sure, where verify asks for it, that the current secret works before another one is deleted. A proof at
// the rotation counts.
func (u *update) proven(ctx context.Context, c rotation.Client, m *model) bool {
	if !unproved(*m) {
		return true
	}
	current := u.prior.plaintext() // this update may seal it
	verdict := verify.Inconclusive
	if !current.Empty() {
		verdict = establish(ctx, u.r.connection, c, current, *m)
	}
	if verdict == verify.Accepted {
		m.Verified = types.BoolValue(true)
		u.save(*m)
		return true
	}
	summary, detail := "The previous secret was not deleted",
		"The current secret is not proven to work (verified is false), so the previous one stays; the next apply tries again. "+
			"Check the current secret at the token endpoint; to delete the previous one without proof, remove the verify block or use a rotation completion.\n\n"+
			explain.Where(u.r.kind.Subject(c))
	if verifyRequired(*m) {
		u.diags.AddError(summary, detail)
	} else {
		u.diags.AddWarning(summary, detail)
	}
	return false
}
