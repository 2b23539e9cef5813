package clientsecret

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// rotate is one rotation, the same for Create and Update, in the order that loses nothing:
// look (refuse) - make room - make the secret - save - locate - verify - retire.
type rotate struct {
	r    *clientSecret
	gate *session.Gate
	// m is the object as planned; each step writes into it and saves.
	m *model
	// prior is what state held before; the zero value in Create.
	prior      rotation.State
	priorModel model
	rec        *rotation.Record
	reason     rotation.Reason
	// recipients encrypt the secret; nil keeps it in clear.
	recipients encryption.Recipients
	// chosen is the user's value, current the secret in use as far as it is known.
	chosen, current secret.Value
	// room: end the previous secret before the new one is made, if there is one.
	room bool
	// roomMade: that was done.
	roomMade bool
	// verified is what is known of the prior secret.
	verified types.Bool
	// creates: there is no prior object, and its plan may not have seen whether a previous secret exists.
	creates bool
	// retireOlder are ids that are due besides.
	retireOlder []string
	save        func()
	diags       *diag.Diagnostics
	// trouble reports what goes wrong after the secret exists: a warning in Create, where an error would taint the resource
	// and the next apply would rotate again; an error in Update.
	trouble func(summary, detail string)
}

// run carries it out. An error means that no secret was made; it is already among the diagnostics.
func (o *rotate) run(ctx context.Context) error {
	client, traits := o.m.client(), o.r.kind.Traits
	o.verified = o.priorModel.Verified
	if err := o.r.connection.BeforeVersion(ctx, o.prior.Version); err != nil {
		o.fail("rotate the secret", err)
		return err
	}
	before, err := o.prepare(ctx, client)
	if err != nil {
		o.fail("rotate the secret", err)
		return err
	}
	issued, err := o.gate.Make(ctx, traits, o.order(before))
	if o.conflicts(err) {
		if err = o.makeRoom(ctx); err == nil {
			issued, err = o.gate.Make(ctx, traits, o.order(before))
		}
	}
	if err != nil {
		o.fail("rotate the secret", err)
		return err
	}
	if traits.ManySecrets && o.prior.Unidentified() {
		o.diags.AddWarning(o.r.titled(*o.m, "a live secret is left behind"),
			"The id of the secret that this rotation replaces was never found, so it is not deleted here. Find it in the list of the client's secrets, and delete it when nothing uses it any more.\n\n"+o.r.where(*o.m))
	}
	o.nameLost(issued)
	if err := o.keep(issued); err != nil {
		o.trouble("Unable to encrypt the new secret", err.Error())
	}
	o.save()
	for _, text := range issued.Notes {
		o.diags.AddWarning(o.r.titled(*o.m, "the rotation needed a second look"), text+"\n\n"+o.r.where(*o.m))
	}

	following, cancel := rotation.Detached(ctx)
	defer cancel()
	o.locate(following, client, issued)
	if o.gate.Gone() {
		o.gate.TakeBack(following, traits, o.m.SecretID.ValueString())
		return nil
	}
	proven := o.prove(ctx, client, issued.Value)
	o.retire(ctx, client, proven)
	return nil
}

// nameLost says, before a new record takes the place of one that was lost, which secrets may be of the run that lost it: after
// that, nothing tells them from others.
func (o *rotate) nameLost(issued rotation.Issued) {
	if !o.r.kind.Traits.ManySecrets || !o.rec.Lost {
		return
	}
	registry, client := &o.r.connection.Registry, o.m.client()
	ids := rotation.Unclaimed(o.prior, *o.rec, issued.Before, func(id string) bool { return registry.Held(client, id) })
	if len(ids) > 0 {
		o.r.say(o.diags, *o.m, rotation.UnclaimedMessage(o.prior, *o.rec, ids))
	}
}

func (o *rotate) order(before rotation.Facts) rotation.Order {
	order := rotation.Order{
		Mode:         rotation.Mode(o.m.Mode.ValueString()),
		Chosen:       o.chosen,
		ExpiresAfter: span(o.m.ExpiresAfter),
		Current:      o.current,
		Pending:      o.rec.Pending,
		Before:       before,
		Version:      o.m.ChosenVersion.ValueInt64Pointer(),
	}
	if d := optionalDuration(o.m.RetireAfter); d != nil {
		order.Overlap = *d
	}
	return order
}

// version is that of the new secret: the Unix second of the first one that is made here, and one more with each rotation.
func (o *rotate) version(issued rotation.Issued) int64 {
	if o.prior.Version > 0 {
		return o.prior.Version + 1
	}
	return o.r.connection.Registry.Version(o.m.client(), o.r.connection.FirstVersion(issued.At))
}

// keep takes over a new secret into the object. Every output gets a value here, so that an error later finds no unknown.
func (o *rotate) keep(issued rotation.Issued) (err error) {
	m, traits := o.m, o.r.kind.Traits
	version := o.version(issued)
	at := issued.At.UTC().Truncate(time.Second)
	next := rotation.NewRecord(o.rec.Object, at)
	next.Window = rotation.WindowOf(issued)
	if next.PreviousVersion = o.prior.Version; o.prior.Drift != "" && !o.r.kind.Traits.ManySecrets {
		next.PreviousVersion = 0 // what was replaced is, or may be, what somebody else made
	}
	next.Age = o.rec.Age
	if age := issued.Before.SecretAge; age != nil && next.Age == nil {
		next.Age = &rotation.Age{At: issued.Before.At, Shown: *age}
	}
	if traits.ManySecrets {
		next.Older = rotation.OlderAfter(o.prior, *o.rec)
		next.PreviousExpiresAt = o.prior.ExpiresAt
		next.Listed = rotation.FingerprintsOf(issued.Before)
	}
	*o.rec = next

	fingerprint := issued.Value.SHA256()
	m.SHA256 = types.StringValue(fingerprint)
	if !m.ChosenVersion.IsNull() && issued.Value.Guessable() {
		m.SHA256 = types.StringNull()
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
	m.RotatedAt = stamp(&at)
	m.Reason = types.StringValue(o.reason.String())
	m.Drift = types.StringNull()
	m.Verified = types.BoolNull()
	if !m.Verify.IsNull() {
		m.Verified = types.BoolValue(false)
	}
	m.SecretID, m.ExpiresAt = types.StringNull(), stamp(issued.Requested)
	m.ID = types.StringValue(m.client().String())

	now := rotation.State{
		Version: version, RotatedAt: &at, PreviousEndsAt: issued.PreviousEndsAt,
		RetireAfter: optionalDuration(m.RetireAfter),
	}
	if traits.ManySecrets {
		// What the plan promised stands; the next read corrects it if the entry ended in between.
		if now.HasPrevious = m.HasPrevious.ValueBool() || o.previousLives(issued); now.HasPrevious {
			now.PreviousSecretID = o.prior.SecretID
		}
	} else {
		now.HasPrevious = m.Mode.ValueString() != string(rotation.Regenerate)
	}
	if !now.HasPrevious {
		o.rec.PreviousVersion, o.rec.PreviousExpiresAt = 0, nil
	}
	m.HasPrevious = types.BoolValue(now.HasPrevious)
	m.PreviousSecretID = text(now.PreviousSecretID)
	m.PreviousEndsAt = stamp(rotation.PreviousEndsAt(traits, m.settings(), now, *o.rec))
	if m.PreviousEnds.IsUnknown() {
		m.PreviousEnds = text(rotation.PreviousEnds(traits, m.settings().Of(traits, o.prior), traits.ManySecrets && !now.HasPrevious))
	}
	m.DueAt = stamp(rotation.DueAt(m.settings(), now, at))
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

// locate learns the id of the new secret where the vendor's answer does not tell it.
func (o *rotate) locate(ctx context.Context, c rotation.Client, issued rotation.Issued) {
	entry, notes, ok, err := o.gate.Locate(ctx, issued)
	if !ok {
		return
	}
	if err != nil {
		o.save()
		summary, detail := explain.Failure(o.r.kind.Subject(c), "find the id of the new secret", err, "")
		o.trouble(summary, detail)
		return
	}
	for _, text := range notes {
		o.diags.AddWarning(o.r.titled(*o.m, "the vendor changed the new secret"), text+"\n\n"+o.r.where(*o.m))
	}
	o.m.located(entry)
	o.save()
}

// prove tries the new secret at the token endpoint when that is asked for. It reports whether the previous secret may go.
func (o *rotate) prove(ctx context.Context, c rotation.Client, s secret.Value) bool {
	if o.m.Verify.IsNull() {
		return true
	}
	verdict := o.r.verify(ctx, c, s, *o.m)
	o.m.Verified = types.BoolValue(verdict == verify.Accepted)
	o.save()
	if verdict == verify.Accepted {
		return true
	}
	summary, detail := unproven(o.r.kind, c, verdict)
	if verifyRequired(*o.m) {
		o.trouble(o.r.titled(*o.m, summary), detail)
	} else {
		o.diags.AddWarning(o.r.titled(*o.m, summary), detail)
	}
	return false
}

// retire ends what this rotation makes superfluous: the previous secret at once when the configuration says so, and
// older ones that are due.
func (o *rotate) retire(ctx context.Context, c rotation.Client, proven bool) {
	traits := o.r.kind.Traits
	var ids []string
	if at := optionalDuration(o.m.RetireAfter); at != nil && *at == 0 && o.m.HasPrevious.ValueBool() && (!traits.ManySecrets || o.prior.Version > 0) {
		ids = append(ids, o.m.PreviousSecretID.ValueString())
	}
	ids = append(ids, o.retireOlder...)
	if !proven || len(ids) == 0 {
		return
	}
	// Nothing else is ended once the run was told to stop, or its time is up: what waits here is not under way.
	if ctx.Err() != nil {
		o.trouble(o.r.titled(*o.m, "the previous secret was not deleted"),
			"The run was interrupted, or its time was up, after the new secret was made. The new secret is in state, and the previous one is still valid; the next apply deletes it.\n\n"+o.r.where(*o.m))
		return
	}
	for _, id := range ids {
		view := rotation.View{Object: o.rec.Object, State: o.m.state(), Record: *o.rec}
		if _, err := o.gate.End(ctx, traits, rotation.Ending{SecretID: id, View: &view}); err != nil {
			summary, detail := explain.Failure(o.r.kind.Subject(c), "delete the previous secret", err,
				"The new secret is in state, and the previous one is still valid; the next apply tries again to delete it.")
			o.trouble(summary, detail)
			continue
		}
		*o.rec = view.Record
		o.retired(id)
		o.save()
	}
}

// retired takes over that the secret with this id ("" with two slots) is gone.
func (o *rotate) retired(id string) {
	if !o.r.kind.Traits.ManySecrets || strings.EqualFold(o.m.PreviousSecretID.ValueString(), id) {
		o.m.HasPrevious, o.m.PreviousEndsAt, o.m.PreviousSecretID = types.BoolValue(false), types.StringNull(), types.StringNull()
		o.rec.PreviousVersion, o.rec.PreviousExpiresAt = 0, nil
	}
}

// fail adds err; nothing was made.
func (o *rotate) fail(action string, err error) {
	still := nothingChanged
	if o.roomMade {
		still = "The previous secret was deleted to make room, and no new one was made: the current secret still works."
	}
	o.diags.AddError(explain.Failure(o.r.kind.Subject(o.m.client()), action, err, still))
}
