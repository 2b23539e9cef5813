package clientsecret

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// prepare reads what must hold right before a change and refuses when it does not. Where the plan asks for it, it makes room.
func (o *rotate) prepare(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	before, err := o.look(ctx, c)
	if err != nil {
		return before, err
	}
	if before.Unsupported != "" {
		return before, rotation.UnsupportedRefusal(before.Unsupported)
	}
	traits := o.r.kind.Traits
	switch {
	case o.m.Mode.ValueString() == string(rotation.Regenerate), traits.ManySecrets:
		return before, nil
	case !traits.ShowsPrevious && o.room:
		return before, o.makeRoom(ctx)
	case !traits.ShowsPrevious:
		return before, nil
	case before.HasPrevious == nil:
		return before, &rotation.RefusedError{
			Reason: "The vendor does not say whether a previous secret is still valid, and a rotation could end it.",
			Remedy: "Check the client at the vendor; nothing is done without that answer.",
		}
	case !*before.HasPrevious:
		return before, nil
	case o.room:
		if err := o.makeRoom(ctx); err != nil {
			return before, err
		}
		return o.lookAfterRoom(ctx)
	case !o.creates && !o.rec.Ours(before):
		return before, rotation.AppearedSincePlan()
	default:
		return before, rotation.PendingRefusal(traits, nil)
	}
}

// look reads anew, and again while a vendor may still show the client as it was before the last rotation.
func (o *rotate) look(ctx context.Context, c rotation.Client) (rotation.Facts, error) {
	if traits := o.r.kind.Traits; !traits.ShowsPrevious && !traits.ManySecrets {
		// Nothing that a rotation depends on is shown. Whether the client can have one at all was seen by the last read, and is
		// looked at by a creation, which had none.
		if !o.creates {
			return rotation.Facts{At: o.r.connection.Now()}, nil
		}
		return o.r.connection.Read(ctx, c)
	}
	return o.gate.Look(ctx, o.rec.LagsRotation)
}

// lookAfterRoom looks again when the previous secret has been ended, so that the new secret's record begins with the client as it is
// right before. A previous secret that is there again is somebody else's.
func (o *rotate) lookAfterRoom(ctx context.Context) (rotation.Facts, error) {
	facts, err := o.gate.Look(ctx, o.rec.LagsEnd)
	if err == nil && facts.HasPrevious != nil && *facts.HasPrevious && !o.rec.LagsEnd(facts) {
		return facts, rotation.AppearedSincePlan()
	}
	return facts, err
}

// makeRoom ends the previous secret before a rotation. Where verification is asked for, the current secret is verified first:
// until then the previous one may be the only one that works.
func (o *rotate) makeRoom(ctx context.Context) error {
	traits := o.r.kind.Traits
	ending, view := rotation.Ending{Since: o.r.connection.Now()}, rotation.View{Object: o.rec.Object, State: o.prior, Record: *o.rec}
	if !o.creates {
		ending.View = &view
		if !o.m.Verify.IsNull() && !o.priorModel.Verified.ValueBool() {
			if o.r.verify(ctx, o.m.client(), o.current, *o.m) != verify.Accepted {
				return &rotation.RefusedError{
					Reason: "The previous secret is in the way of a rotation, and the current secret could not be verified at the token endpoint, so the previous one may be the only one that works. It was not deleted.",
					Remedy: "Check the current secret at the token endpoint. When it works, delete the previous one with a rotation completion or at the vendor, or remove the verify block; then run the command again.",
				}
			}
			o.verified = types.BoolValue(true)
		}
	}
	if _, err := o.gate.End(ctx, traits, ending); err != nil {
		return fmt.Errorf("deleting the previous secret before the rotation: %w", err)
	}
	o.prior.HasPrevious, o.roomMade = false, true
	if *o.rec = view.Record; o.creates {
		o.rec.Ended("", o.r.connection.Now(), nil)
	}
	o.rec.PreviousVersion = 0
	return nil
}

// conflicts tells whether a Create that may end an open rotation learns of it only by the refusal of its own: from a
// vendor that shows none. In Update the next plan asks for that.
func (o *rotate) conflicts(err error) bool {
	return o.conflicted(err) && o.creates && o.m.OnPending.ValueString() == rotation.PendingRetireFirst
}

// conflicted tells that a vendor refused a rotation because of an open one that it does not show.
func (o *rotate) conflicted(err error) bool {
	traits := o.r.kind.Traits
	return errors.Is(err, httpapi.ErrConflict) && !httpapi.IsOutcomeUnknown(err) && !o.roomMade &&
		!traits.ManySecrets && !traits.ShowsPrevious && o.m.Mode.ValueString() != string(rotation.Regenerate)
}
