package clientsecret

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// rotate is one rotation, the same for Create and Update, in the order that loses nothing:
// prepare (read, refuse) - gate - issue - save - locate - prove - retire.
type rotate struct {
	kind       Kind
	connection *session.Connection
	// m is the object as planned; each step writes into it and saves.
	m *model
	// prior is what state held before; the zero value in Create.
	prior rotation.State
	noted *rotation.Noted
	// recipients seal the secret; nil keeps it in clear.
	recipients encryption.Recipients
	// chosen is the user's value, current the secret in use as far as it is known.
	chosen, current secret.Value
	// retireFirst: end the previous secret before the new one is made, if there is one.
	retireFirst bool
	// ended: that was done.
	ended bool
	// planned: the plan saw whether a previous secret exists (Update). One that appeared since was not agreed to.
	planned bool
	// retireOlder are ids that are due besides.
	retireOlder []string
	save        func()
	diags       *diag.Diagnostics
	// trouble reports what goes wrong after the secret exists: a warning in Create, where an error would taint the resource
	// and the next apply would rotate again; an error in Update.
	trouble func(summary, detail string)
}

// run carries it out. An error means that no secret was issued; it is already among the diagnostics.
func (o *rotate) run(ctx context.Context) error {
	client := o.m.client()
	before, err := o.prepare(ctx, client)
	if err == nil {
		err = ctx.Err() // the last moment of no effect
	}
	if err != nil {
		o.fail("rotate the secret", err)
		return err
	}
	issued, err := o.connection.Issue(ctx, client, o.order(before))
	if o.conflicts(err) {
		if err = o.endPrevious(ctx, client, before); err == nil {
			issued, err = o.connection.Issue(ctx, client, o.order(before))
		}
	}
	if err != nil {
		o.fail("rotate the secret", err)
		return err
	}
	if o.kind.Traits.Listed && o.prior.Unrecognised() {
		o.diags.AddWarning("A live secret is left behind",
			fmt.Sprintf("The id of the secret that this rotation replaces was never found, so it is not deleted here. It is one of these: %s. Delete it when nothing uses it any more.\n\n%s",
				strings.Join(o.noted.Strays, ", "), explain.Where(o.kind.Subject(client))))
	}
	if err := o.keep(issued); err != nil {
		o.trouble("Unable to seal the new secret", err.Error())
	}
	o.save()
	o.connection.Newest.Made(client, o.m.mark())
	if !o.kind.Traits.Listed && o.m.HasPrevious.ValueBool() {
		o.connection.Open.Left(client, issued.At)
	}
	o.connection.UseLoginSecret(client.ID, issued.Value)
	for _, text := range issued.Notes {
		o.diags.AddWarning("The rotation needed a second look", text+"\n\n"+explain.Where(o.kind.Subject(client)))
	}

	settling, cancel := rotation.Settling(ctx)
	defer cancel()
	o.locate(settling, client, issued)
	if plugin.Orphaned() {
		return o.undo(settling, client)
	}
	proven := o.prove(ctx, client, issued.Value)
	o.retire(settling, client, proven)
	return nil
}

// prepare reads what must hold right before a change and refuses when it does not.
func (o *rotate) prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	before, err := o.look(ctx, c)
	if err != nil {
		return before, err
	}
	if before.Unfit != "" {
		return before, rotation.UnfitRefusal(before.Unfit)
	}
	if o.m.Mode.ValueString() == string(rotation.Regenerate) {
		return before, nil
	}
	if !o.kind.Traits.ShowsPrevious {
		if !o.retireFirst {
			return before, nil
		}
		return before, o.endPrevious(ctx, c, before)
	}
	switch {
	case before.HasPrevious == nil:
		return before, &rotation.RefusedError{
			Reason: "The vendor does not say whether a previous secret is still valid, and a rotation could end it.",
			Remedy: "Check the client at the vendor; nothing is done without that answer.",
		}
	case !*before.HasPrevious:
		return before, nil
	case o.retireFirst:
		return before, o.endPrevious(ctx, c, before)
	case o.planned && !o.noted.Ours(before):
		return before, &rotation.RefusedError{
			Reason: "A previous secret appeared since the plan: somebody else rotated, and the secret in use may be the previous one now.",
			Remedy: "Run a plan again; it says what would be deleted.",
		}
	default:
		return before, rotation.PendingRefusal(o.kind.Traits, nil)
	}
}

// look reads anew, and again while a vendor may still show the client as it was before the last rotation.
func (o *rotate) look(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	const left = true // whatever an early read showed since
	facts, err := o.connection.Prepare(ctx, c)
	for _, pause := range secondLooks {
		if err != nil || !o.noted.Stale(left, facts) || o.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		facts, err = o.connection.Prepare(ctx, c)
	}
	return facts, err
}

// endPrevious makes room before a rotation.
func (o *rotate) endPrevious(ctx context.Context, c rotation.Client, before rotation.Facts) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.planned && o.noted.ChangedSince(o.prior, before) {
		return changedSincePlan()
	}
	if _, err := o.connection.Retire(ctx, c, "", before); err != nil {
		return fmt.Errorf("deleting the previous secret before the rotation: %w", err)
	}
	o.prior.HasPrevious, o.ended = false, true
	o.connection.Open.Ended(c)
	return nil
}

// conflicts tells whether a Create that may end an open rotation learns of it only by the refusal of its own: from a
// vendor that shows none. In Update the next plan asks for that.
func (o *rotate) conflicts(err error) bool {
	return o.conflicted(err) && !o.planned && o.m.OnPending.ValueString() == rotation.PendingRetireFirst
}

// conflicted tells that a vendor refused a rotation because of an open one that it does not show.
func (o *rotate) conflicted(err error) bool {
	return errors.Is(err, httpapi.ErrConflict) && !httpapi.IsOutcomeUnknown(err) && !o.ended &&
		!o.kind.Traits.Listed && !o.kind.Traits.ShowsPrevious && o.m.Mode.ValueString() != string(rotation.Regenerate)
}

func (o *rotate) order(before rotation.Facts) rotation.Order {
	order := rotation.Order{
		Mode:         rotation.Mode(o.m.Mode.ValueString()),
		Chosen:       o.chosen,
		ExpiresAfter: span(o.m.ExpiresAfter),
		Current:      o.current,
		Pending:      o.noted.Pending,
		Before:       before,
	}
	if d := optionalDuration(o.m.RetireAfter); d != nil {
		order.Overlap = *d
	}
	return order
}

// keep takes over a new secret into the object. Every output gets a value here, so that an error later finds no unknown.
func (o *rotate) keep(issued rotation.Issued) (err error) {
	m := o.m
	version := o.connection.Versions.Next(m.client(), o.prior.Version, issued.At)
	older := olderSecrets(o.kind.Traits, o.prior, *o.noted)
	var sighted *rotation.Sighting
	if o.kind.Traits.Listed {
		sighted = o.noted.SightedBefore(issued.Before)
	}
	*o.noted = rotation.Noted{At: issued.At, PreviousMadeHere: o.prior.Version > 0, Older: older, PreviousExpiresAt: o.prior.ExpiresAt, Sighted: sighted, Recent: o.noted.Recent, Rotated: rotation.FrameOf(issued.Before, issued.At)}

	// A plan that saw a short chosen value has promised that there is none.
	if !m.ChosenVersion.IsNull() && (m.SHA256.IsNull() || issued.Value.Guessable()) {
		m.SHA256 = types.StringNull()
	} else {
		m.SHA256 = types.StringValue(issued.Value.SHA256())
	}
	m.Secret, m.Encrypted = types.StringNull(), types.StringNull()
	switch {
	case !m.ChosenVersion.IsNull():
	case len(o.recipients) > 0:
		var sealed string
		sealed, err = o.recipients.Seal(issued.Value)
		m.Encrypted = text(sealed)
	default:
		m.Secret = types.StringValue(issued.Value.Reveal())
	}
	m.Version = types.Int64Value(version)
	m.RotatedAt = stamp(&issued.At)
	m.Verified = types.BoolNull()
	if !m.Verify.IsNull() {
		m.Verified = types.BoolValue(false)
	}
	m.SecretID, m.ExpiresAt = types.StringNull(), stamp(issued.Requested)
	m.ID = types.StringValue(m.client().String())

	now := rotation.State{
		Version: version, RotatedAt: &issued.At, PreviousEndsAt: issued.PreviousEndsAt,
		RetireAfter: optionalDuration(m.RetireAfter),
	}
	if o.kind.Traits.Listed {
		// What the plan promised stands; the next read corrects it if the entry ended in between.
		if now.HasPrevious = m.HasPrevious.ValueBool() || o.previousLives(issued); now.HasPrevious {
			now.PreviousSecretID = o.prior.SecretID
		}
	} else {
		now.HasPrevious = m.Mode.ValueString() != string(rotation.Regenerate)
	}
	m.HasPrevious = types.BoolValue(now.HasPrevious)
	m.PreviousSecretID = text(now.PreviousSecretID)
	m.PreviousEndsAt = stamp(rotation.PreviousEndsAt(o.kind.Traits, m.settings(), now, *o.noted))
	m.DueAt = stamp(rotation.DueAt(m.settings(), now, issued.At))
	return err
}

// previousLives tells whether the secret that was current is still a live entry of the vendor's list.
func (o *rotate) previousLives(issued rotation.Issued) bool {
	for _, e := range issued.Before.Secrets {
		if e.Is(o.prior.SecretID) {
			return e.Live(issued.At)
		}
	}
	return false
}

// olderSecrets are the secrets from before the previous one that live on after this rotation. A previous secret that has
// not reached its retirement keeps its date.
func olderSecrets(traits rotation.Traits, prior rotation.State, noted rotation.Noted) []rotation.Older {
	if !traits.Listed {
		return nil
	}
	older := noted.Older
	if prior.HasPrevious && rotation.PreviousIsOurs(traits, prior, noted) {
		leaving := rotation.Older{ID: prior.PreviousSecretID}
		if prior.RetireAfter != nil && prior.RotatedAt != nil {
			at := prior.RotatedAt.Add(*prior.RetireAfter)
			leaving.RetireAt = &at
		}
		older = append(older, leaving)
	}
	return older
}

// locate learns the id of the new secret where the vendor's answer does not tell it.
func (o *rotate) locate(ctx context.Context, c rotation.Client, issued rotation.Issued) {
	locator, ok := o.connection.Vendor.(rotation.Locator)
	if !ok {
		return
	}
	entry, notes, err := locator.Locate(ctx, c, issued)
	o.connection.Claims.Use(c, entry.ID, o.prior.SecretID)
	if err != nil {
		// What was there before cannot be it.
		o.noted.Sighted, o.noted.Recent = rotation.SightingOf(issued.Before), nil
		o.save()
		summary, detail := explain.Failure(o.kind.Subject(c), "find the id of the new secret", err, "")
		o.trouble(summary, detail)
		return
	}
	for _, text := range notes {
		o.diags.AddWarning("The vendor changed the new secret", text+"\n\n"+explain.Where(o.kind.Subject(c)))
	}
	o.m.located(entry)
	o.connection.Claims.Claim(c, entry.ID)
	o.save()
}

// undo takes back a secret that nobody will ever learn of, because Terraform is gone. Only a list lets one be taken back: on
// a slot API that would leave a client without the secret in use.
func (o *rotate) undo(ctx context.Context, c rotation.Client) error {
	if id := o.m.SecretID.ValueString(); o.kind.Traits.Listed && id != "" {
		_, _ = o.connection.Retire(ctx, c, id, rotation.Facts{}) // nobody is left to tell
	}
	return nil
}

// prove tries the new secret at the token endpoint when that is asked for. It reports whether the previous secret may go.
func (o *rotate) prove(ctx context.Context, c rotation.Client, s secret.Value) bool {
	if o.m.Verify.IsNull() {
		return true
	}
	verdict := establish(ctx, o.connection, c, s, *o.m)
	o.m.Verified = types.BoolValue(verdict == verify.Accepted)
	o.save()
	if verdict == verify.Accepted {
		return true
	}
	summary, detail := unproven(o.kind, c, verdict)
	if verifyRequired(*o.m) {
		o.trouble(summary, detail)
	} else {
		o.diags.AddWarning(summary, detail)
	}
	return false
}

// retire ends what this rotation makes superfluous: the previous secret at once when the configuration says so, and
// older ones that are due.
func (o *rotate) retire(ctx context.Context, c rotation.Client, proven bool) {
	var ids []string
	if at := optionalDuration(o.m.RetireAfter); at != nil && *at == 0 && o.m.HasPrevious.ValueBool() && (!o.kind.Traits.Listed || o.prior.Version > 0) {
		ids = append(ids, o.m.PreviousSecretID.ValueString())
	}
	ids = append(ids, o.retireOlder...)
	if !proven {
		return
	}
	known := o.connection.Open.Behind(c)
	for _, id := range ids {
		if _, err := o.connection.Retire(ctx, c, id, known); err != nil {
			summary, detail := explain.Failure(o.kind.Subject(c), "delete the previous secret", err,
				"The new secret is in state, and the previous one is still valid; the next apply tries again to delete it.")
			o.trouble(summary, detail)
			continue
		}
		o.retired(id)
		o.save()
	}
}

// retired takes over that the secret with this id ("" on a slot API) is gone.
func (o *rotate) retired(id string) {
	if !o.kind.Traits.Listed || o.m.PreviousSecretID.ValueString() == id {
		o.m.HasPrevious, o.m.PreviousEndsAt, o.m.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
	}
	o.connection.Open.Ended(o.m.client())
	o.noted.Ended(id, o.connection.Now())
}

// fail adds err; nothing was issued.
func (o *rotate) fail(action string, err error) {
	still := nothingChanged
	if o.ended {
		still = "The previous secret was deleted to make room, and no new one was made: the current secret still works."
	}
	o.diags.AddError(explain.Failure(o.kind.Subject(o.m.client()), action, err, still))
}
