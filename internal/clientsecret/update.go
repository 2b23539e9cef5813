package clientsecret

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Update does what the plan decided: rotate, retire the previous secret, encrypt what is in clear, or only take over
// settings. It decides by the same function and inputs as the plan did.
func (r *clientSecret) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	prior := r.load(ctx, req.State, &resp.Diagnostics)
	rec := loadRecord(ctx, req.Private, &resp.Diagnostics).MarkLost(prior.HasPrevious.IsNull())
	if resp.Diagnostics.HasError() || !r.connection.Required(&resp.Diagnostics) {
		return
	}
	if rec.Object == "" {
		rec.Object = newMark()
	}
	limit, d := plan.Timeouts.Update(ctx, changeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	recipients, ok := r.parseRecipients(plan, &resp.Diagnostics)
	if !ok {
		return
	}
	u := update{
		r: r, plan: &plan, prior: prior, rec: &rec, recipients: recipients,
		diags: &resp.Diagnostics,
	}
	u.decision = r.decideLooking(ctx, plan, &u.prior, rec)
	u.save = func(m model) {
		resp.Diagnostics.Append(r.store(ctx, &resp.State, m)...)
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
		resp.Diagnostics.Append(storeRecord(ctx, resp.Private, rec, keepsPlaintext(m))...)
		r.saw(m, rec, session.Stays, nil)
	}
	if u.decision.Refused != nil {
		r.fail(&resp.Diagnostics, prior, "rotate the secret", u.decision.Refused)
		return
	}
	if !plan.Version.IsUnknown() && plan.Version.Equal(prior.Version) {
		u.keep(ctx)
		return
	}
	u.rotate(ctx, req)
}

// keepsPlaintext tells whether a secret of the object may lie in state in clear.
func keepsPlaintext(m model) bool { return m.ChosenVersion.IsNull() && !m.sealed() }

// update is one Update in progress.
type update struct {
	r          *clientSecret
	plan       *model
	prior      model
	rec        *rotation.Record
	recipients encryption.Recipients
	decision   rotation.Decision
	save       func(model)
	diags      *diag.Diagnostics
}

func (u *update) rotate(ctx context.Context, req resource.UpdateRequest) {
	gate, err := u.r.connection.Open(ctx, u.prior.client())
	if err != nil {
		u.r.fail(u.diags, u.prior, "rotate the secret", err)
		return
	}
	defer gate.Close()
	operation := rotate{
		r: u.r, gate: gate, m: u.plan, prior: u.prior.state(), priorModel: u.prior, rec: u.rec, recipients: u.recipients,
		reason: u.decision.Reason,
		chosen: u.r.chosen(ctx, req.Config, u.diags), current: u.r.plaintext(u.prior),
		room: u.decision.Room, retireOlder: u.decision.RetireOlder,
		save: func() { u.save(*u.plan) }, diags: u.diags, trouble: u.diags.AddError,
	}
	err = operation.run(ctx)
	if err == nil {
		return
	}
	// No new secret: the prior object stands, with what did change.
	u.prior.HasPrevious = types.BoolValue(operation.prior.HasPrevious)
	if !operation.prior.HasPrevious {
		u.prior.PreviousEndsAt, u.prior.PreviousEnds = types.StringNull(), types.StringNull()
	}
	u.prior.Verified = operation.verified
	var lost *rotation.LostError
	if errors.As(err, &lost) && lost.Pending != nil {
		u.rec.Pending = lost.Pending
		u.rec.Pending.Reason = operation.reason.String()
	}
	u.rec.Unanswered = u.r.kind.Traits.ShowsPrevious && (lost != nil && !lost.Happened || lost == nil && httpapi.IsOutcomeUnknown(err))
	if lost != nil && lost.Happened {
		var st rotation.State
		st, *u.rec = rotation.Displaced(u.prior.state(), *u.rec)
		u.prior.Drift, u.prior.HasPrevious = text(st.Drift), types.BoolValue(st.HasPrevious)
	}
	u.rec.Conflict = operation.conflicted(err)
	u.save(u.prior)
}

// keep is an update without a rotation.
func (u *update) keep(ctx context.Context) {
	m := *u.plan
	if !u.seal(&m) {
		return
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

// seal encrypts what the state holds, where the plan says so. Nothing was changed when it fails.
func (u *update) seal(m *model) bool {
	if !m.Encrypted.IsUnknown() && !reseals(*m, u.prior) {
		return true
	}
	value := u.r.plaintext(u.prior)
	if !m.sealed() { // the recipients turned out to be none
		m.Secret, m.Encrypted = u.prior.Secret, u.prior.Encrypted
		return true
	}
	if value.Empty() {
		m.Encrypted = u.prior.Encrypted
		if u.prior.Encrypted.IsNull() {
			return true
		}
		u.diags.AddError("Unable to encrypt the secret", "decryption_identity does not open encrypted_client_secret. Nothing was changed.\n\n"+u.r.where(u.prior))
		return false
	}
	sealed, err := u.recipients.Seal(value)
	if err != nil {
		u.diags.AddError("Unable to encrypt the secret", err.Error()+"\n\nNothing was changed.")
		return false
	}
	m.Secret, m.Encrypted = types.StringNull(), types.StringValue(sealed)
	return true
}

// retire deletes secrets whose time has come. Whatever fails stays in state as it is, and the next apply tries again.
func (u *update) retire(ctx context.Context, m model, ids []string) {
	c := m.client()
	// Until a call succeeds the truth is the prior one.
	truth := m
	truth.HasPrevious, truth.PreviousSecretID, truth.PreviousEnds = u.prior.HasPrevious, u.prior.PreviousSecretID, u.prior.PreviousEnds
	if u.prior.HasPrevious.ValueBool() && truth.PreviousEndsAt.IsNull() || truth.PreviousEndsAt.IsUnknown() {
		truth.PreviousEndsAt = u.prior.PreviousEndsAt
	}
	u.save(truth)
	gate, err := u.r.connection.Open(ctx, c)
	if err != nil {
		u.r.fail(u.diags, m, "delete the previous secret", err)
		return
	}
	defer gate.Close()
	if !u.proven(ctx, c, &truth) {
		return
	}
	for _, id := range ids {
		view := rotation.View{Object: u.rec.Object, State: u.prior.state(), Record: *u.rec}
		if _, err := gate.End(ctx, u.r.kind.Traits, rotation.Ending{SecretID: id, View: &view}); err != nil {
			u.diags.AddError(explain.Failure(u.r.kind.Subject(c), "delete the previous secret", err,
				"Nothing was deleted: the secrets that worked before still work; the next apply tries again."))
			continue
		}
		*u.rec = view.Record
		if !u.r.kind.Traits.ManySecrets || id == truth.PreviousSecretID.ValueString() {
			u.rec.PreviousVersion = 0
			truth.HasPrevious, truth.PreviousEndsAt, truth.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
			truth.PreviousEnds = types.StringNull()
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
	if u.r.verify(ctx, c, u.r.plaintext(u.prior), *m) == verify.Accepted { // this update may encrypt it
		m.Verified = types.BoolValue(true)
		u.save(*m)
		return true
	}
	summary, detail := u.r.titled(*m, "the previous secret was not deleted"),
		"The current secret is not verified (verified is false), so the previous one stays; the next apply tries again. "+
			"Check the current secret at the token endpoint; to delete the previous one without that, remove the verify block or use a rotation completion.\n\n"+
			explain.Where(u.r.kind.Subject(c))
	if verifyRequired(*m) {
		u.diags.AddError(summary, detail)
	} else {
		u.diags.AddWarning(summary, detail)
	}
	return false
}
