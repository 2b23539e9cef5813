package clientsecret

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// forLook bounds a look of a plan, by timeouts.read as every read.
func forLook(ctx context.Context, m model) (context.Context, context.CancelFunc) {
	limit, _ := m.Timeouts.Read(ctx, readTimeout) // what cannot be read was an error of the validation
	return context.WithTimeout(ctx, limit)
}

// planCreate plans a creation. replaced is the record of the object that it replaces, where Terraform hands it over.
func (r *clientSecret) planCreate(ctx context.Context, plan *model, replaced rotation.Record, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	r.forget(plan)
	adopt := plan.OnCreate.ValueString() == CreateAdopt
	switch {
	case adopt:
		plan.Secret, plan.Encrypted, plan.SHA256 = types.StringNull(), types.StringNull(), types.StringNull()
		plan.Version = types.Int64Value(0)
		plan.RotatedAt, plan.Verified, plan.PreviousEndsAt = types.StringNull(), types.BoolNull(), types.StringNull()
		plan.Reason, plan.PreviousEnds = types.StringNull(), types.StringNull()
		if !r.kind.Traits.ManySecrets && !r.kind.Traits.ShowsPrevious {
			plan.HasPrevious = types.BoolValue(false) // none that is known
		}
	case !plan.OnCreate.IsUnknown():
		plan.Reason = types.StringValue(rotation.Reason{Kind: rotation.BecauseCreated}.String())
		r.planCustody(plan)
		r.planOutcome(plan, rotation.State{}, rotation.Record{})
	}
	if plan.RotateAfter.IsNull() || !plan.ChosenVersion.IsNull() && !plan.ChosenVersion.IsUnknown() {
		plan.DueAt = types.StringNull()
	}
	if clash := rotation.Collides(r.kind.Traits, plan.settings()); clash != nil {
		r.say(diags, *plan, *clash)
	}
	if !plan.named() || r.connection == nil {
		return
	}
	if !adopt && r.connection.LogsInAs(plan.client()) && !plan.AllowSelf.ValueBool() && !plan.AllowSelf.IsUnknown() {
		r.fail(diags, *plan, "plan the rotation", rotation.SelfRefusal())
		return
	}
	r.connection.Registry.Create(plan.client(), replaced.Object, adopt)
	switch {
	case adopt:
	case plan.OnCreate.IsUnknown():
		r.connection.Registry.MayRotate(plan.client())
	default:
		r.connection.Registry.Rotates(plan.client(), "")
	}
	if replaced.Object == "" && !adopt && !r.kind.Traits.ManySecrets && plan.OnPending.ValueString() == rotation.PendingFail &&
		plan.Mode.ValueString() != string(rotation.Regenerate) {
		r.connection.Registry.StopsAtOpen(plan.client())
	}
	gone := r.replaced(ctx, *plan, replaced, diags)
	if replaced.Object == "" && len(gone) == 0 {
		r.taintedElsewhere(ctx, plan.client(), diags)
	}
	if replaced.Object == "" && len(gone) == 1 && gone[0].Fate == session.Seen && resp.Private != nil {
		// A tainted object goes without its private state; what it knows reaches its destruction with this plan.
		diags.Append(storeKey(ctx, resp.Private, recordKey, gone[0].Record)...)
	}
	if r.crowded(*plan, diags) {
		return
	}
	for _, o := range gone {
		if refused := rotation.PendingReplaced(r.kind.Traits, o.State, o.Record); refused != nil {
			r.fail(diags, *plan, "plan the replacement", refused)
			return
		}
		if adopt && o.Revokes {
			r.fail(diags, *plan, "plan the replacement", rotation.RevokedAndAdopted())
			return
		}
	}
	r.creationMessages(ctx, *plan, gone, diags)
}

// creationMessages says what a creation ends, or may end, and looks at its client.
func (r *clientSecret) creationMessages(ctx context.Context, plan model, gone []session.Object, diags *diag.Diagnostics) {
	if !plan.named() || r.connection == nil {
		return
	}
	adopt := plan.OnCreate.ValueString() == CreateAdopt
	if adopt {
		r.say(diags, plan, rotation.Message{
			Title: "client_secret is null until the first rotation",
			Detail: "on_create is \"adopt\": nothing is called, the secret in use stays, and its value cannot be read. Whatever reads client_secret or encrypted_client_secret gets null. " +
				"The first rotation" + firstRotation(plan) + " makes one that is known here.",
		})
	} else {
		st := rotation.State{}
		if len(gone) == 1 {
			st = gone[0].State
		}
		for _, m := range rotation.CreationEndings(r.kind.Traits, plan.settings(), st) {
			r.say(diags, plan, m)
		}
	}
	r.lookBeforeCreation(ctx, plan, adopt, gone, diags)
}

// firstRotation is what makes the first secret of an adopted client.
func firstRotation(plan model) string {
	if !plan.ChosenVersion.IsNull() {
		return " (a new value in client_secret_wo with a new client_secret_wo_version)"
	}
	return " (another value in rotate_when_changed, or rotate_after)"
}

// settlePauses is how long a creation waits for objects of its client that were read and not planned yet. They are on their way
// in Terraform's walk, unless they are tainted: those are never planned as objects that stay.
var settlePauses = []time.Duration{25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond}

// replaced finds the objects that the creation of plan takes the place of, and says what their destruction ends.
func (r *clientSecret) replaced(ctx context.Context, plan model, rec rotation.Record, diags *diag.Diagnostics) (gone []session.Object) {
	pick := func() (gone []session.Object, open bool) {
		for _, o := range r.connection.Registry.Objects(plan.client()) {
			switch {
			case o.Object == rec.Object && rec.Object != "" || o.Fate == session.Goes:
				gone = append(gone, o)
			case o.Fate == session.Seen && rec.Object == "":
				gone, open = append(gone, o), true
			}
		}
		return gone, open
	}
	gone, open := pick()
	for _, pause := range settlePauses {
		if !open || r.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		gone, open = pick()
	}
	for _, o := range gone {
		if o.Fate == session.Goes && o.Object != rec.Object {
			continue // its own plan says so
		}
		by := &rotation.Replacement{Adopts: plan.OnCreate.ValueString() != CreateRotate, Settings: plan.settings()}
		for _, m := range rotation.DestroyMessages(r.kind.Traits, o.OnDestroy, o.State, o.Record, nil, by) {
			r.kind.Say(diags, plan.client(), current(o.State.SecretID), m)
		}
	}
	return gone
}

// walkPauses is how long a creation waits for the plans of objects of other clients that were read: about a second, in steps that
// are short for a plan of many objects.
var walkPauses = slices.Concat(settlePauses[:2], slices.Repeat([]time.Duration{100 * time.Millisecond}, 9))

// taintedElsewhere says what the destruction of objects ends that were read and of which no plan comes. Terraform plans a tainted
// object as a creation only; where its ids changed as well, that creation is at another client, and nothing else tells of the old one.
func (r *clientSecret) taintedElsewhere(ctx context.Context, comes rotation.Client, diags *diag.Diagnostics) {
	registry := &r.connection.Registry
	if registry.Changing(comes) {
		return
	}
	open := registry.Unplanned()
	for _, pause := range walkPauses {
		if len(open) == 0 || r.connection.Clock.Sleep(ctx, pause) != nil {
			return
		}
		still := registry.Unplanned() // without what was read meanwhile
		for client, objects := range open {
			open[client] = slices.DeleteFunc(objects, func(o session.Object) bool {
				return !slices.ContainsFunc(still[client], func(other session.Object) bool { return other.Object == o.Object })
			})
		}
		maps.DeleteFunc(open, func(_ rotation.Client, objects []session.Object) bool { return len(objects) == 0 })
	}
	for client, objects := range open {
		for _, o := range objects {
			if client.Key() == comes.Key() || !registry.Tell(client, o.Object+" may go") {
				continue
			}
			if refused := rotation.PendingReplaced(r.kind.Traits, o.State, o.Record); refused != nil {
				diags.AddError(explain.Failure(r.kind.Subject(client), "plan the replacement", refused, nothingChanged))
				continue
			}
			for _, m := range rotation.DestroyMessages(r.kind.Traits, o.OnDestroy, o.State, o.Record, nil, &rotation.Replacement{Elsewhere: true, Perhaps: true}) {
				r.kind.Say(diags, client, current(o.State.SecretID), m)
			}
		}
	}
}

// lookBeforeCreation looks at the client, shared with the reads of the plan, so that what can be known now is not an error of the
// apply. No planned value depends on it.
func (r *clientSecret) lookBeforeCreation(ctx context.Context, plan model, adopt bool, gone []session.Object, diags *diag.Diagnostics) {
	known := openElsewhere(gone)
	if r.connection.Registry.Changing(plan.client()) { // an apply plans again, and looks right before the change
		return
	}
	if r.connection.Unknown {
		r.mayMakeRoom(plan, adopt, gone, diags)
		return
	}
	ctx, cancel := forLook(ctx, plan)
	defer cancel()
	facts, err := r.connection.Read(ctx, plan.client())
	if err != nil {
		r.lookFailed(plan, err, diags)
		if known != nil && !adopt && !r.kind.Traits.ManySecrets {
			r.openRotation(plan, *known, diags)
		} else {
			r.mayMakeRoom(plan, adopt, gone, diags)
		}
		return
	}
	if facts.Unsupported != "" {
		r.fail(diags, plan, "plan the secret", rotation.UnsupportedRefusal(facts.Unsupported))
		return
	}
	if adopt || r.kind.Traits.ManySecrets || plan.Mode.ValueString() == string(rotation.Regenerate) {
		return
	}
	open := known != nil
	if facts.HasPrevious != nil {
		open = *facts.HasPrevious
	}
	if !open {
		r.mayMakeRoom(plan, adopt, gone, diags)
		return
	}
	if known == nil {
		known = &session.Object{View: rotation.View{Record: rotation.Record{ForeignPrevious: true}}}
		known.EndsPrevious = endsPrevious(gone)
	}
	r.openRotation(plan, *known, diags)
}

// openElsewhere is the object that goes and whose state says that a rotation is open.
func openElsewhere(gone []session.Object) *session.Object {
	for _, o := range gone {
		if o.State.HasPrevious {
			return &o
		}
	}
	return nil
}

func endsPrevious(gone []session.Object) bool {
	for _, o := range gone {
		if o.EndsPrevious {
			return true
		}
	}
	return false
}

// openRotation refuses, or names, a creation that meets an open rotation.
func (r *clientSecret) openRotation(plan model, o session.Object, diags *diag.Diagnostics) {
	if o.EndsPrevious {
		return // the object that goes makes room
	}
	doubtful := o.Record.Doubtful(o.State)
	if plan.OnPending.IsUnknown() {
		r.say(diags, plan, rotation.CreationMayMakeRoom(doubtful))
		return
	}
	switch plan.OnPending.ValueString() {
	case rotation.PendingFail:
		refusal := rotation.PendingRefusal(r.kind.Traits, o.State.PreviousEndsAt)
		if doubtful {
			refusal = rotation.DoubtfulRefusal(r.kind.Traits)
		}
		r.fail(diags, plan, "plan the rotation", refusal)
	case rotation.PendingRetireFirst:
		if !r.kind.Traits.ShowsPrevious && o.State.PreviousEndsAt != nil && r.now() != nil && !o.State.PreviousEndsAt.After(*r.now()) {
			return
		}
		r.say(diags, plan, rotation.CreationRoom(o.View, doubtful))
	}
}

// mayMakeRoom says that a creation ends a previous secret that it finds at the apply and that the plan did not see. The apply of
// a creation learns nothing of what its plan saw.
func (r *clientSecret) mayMakeRoom(plan model, adopt bool, gone []session.Object, diags *diag.Diagnostics) {
	set := plan.settings()
	mayEnd := plan.OnPending.IsUnknown() || set.OnPending == rotation.PendingRetireFirst
	if adopt || r.kind.Traits.ManySecrets || set.Mode == rotation.Regenerate || !mayEnd || endsPrevious(gone) {
		return
	}
	r.say(diags, plan, rotation.CreationMayMakeRoom(false))
}

func (r *clientSecret) now() *time.Time {
	now := r.connection.Now()
	return &now
}

// lookFailed says what the look of a plan could not find out: a refused credential stops the plan, everything else is a warning.
func (r *clientSecret) lookFailed(plan model, err error, diags *diag.Diagnostics) {
	var answer *httpapi.APIError
	summary, detail := explain.Failure(r.kind.Subject(plan.client()), "look at the client", err, "Nothing was changed.")
	if errors.As(err, &answer) && (answer.Status == http.StatusUnauthorized || answer.Credential != "") {
		diags.AddError(summary, detail)
		return
	}
	diags.AddWarning(r.titled(plan, "the client could not be looked at"), detail+"\n\nThe plan goes on without that look; the apply needs it.")
}
