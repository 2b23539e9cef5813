// Package completion ends open rotations: as a resource, after the consumers that it depends on, and as an action. It is
// the same for every vendor.
package completion

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// timeout bounds one completion: room for a vendor that asks to wait five minutes, twice.
const timeout = 20 * time.Minute

// task is one previous secret to end.
type task struct {
	kind       clientsecret.Kind
	connection *session.Connection
	client     rotation.Client
	// secretID is the previous secret's id on a Listed vendor; "" is nothing to do there.
	secretID  string
	allowSelf bool
	// consumers are what the consumers hold, to be compared with the fingerprint; nil compares nothing.
	consumers   map[string]secret.Value
	fingerprint string
}

// refusal says why the task must not be done, nil when it may. It makes no call. A plan knows what every resource that it
// depends on holds; the walk of an apply knows only of those that it changed.
func (t task) refusal() error {
	if t.connection != nil && t.secretID != "" && t.connection.Claims.InUse(t.client, t.secretID) {
		return &rotation.RefusedError{
			Reason: fmt.Sprintf("Secret %s is the current secret of a resource in this configuration, not a previous one.", t.secretID),
			Remedy: "Give previous_secret_id the attribute previous_secret_id of that resource, not secret_id.",
		}
	}
	if t.connection == nil || t.connection.Unknown || t.connection.Vendor == nil || !t.kind.Traits.LogsIn || t.allowSelf {
		return nil
	}
	if login := t.connection.LoginClientID(); login != "" && login == t.client.ID {
		return rotation.SelfRefusal()
	}
	return nil
}

// run ends the previous secret. It reports what was found; nothing to end is success.
func (t task) run(ctx context.Context, diags *diag.Diagnostics) (ended, ok bool) {
	ended, err := t.end(ctx)
	if err != nil {
		diags.AddError(explain.Failure(t.kind.Subject(t.client), "delete the previous secret", err,
			"Nothing was deleted: what worked before still works. Mend the cause and run the command again."))
	}
	return ended, err == nil
}

func (t task) end(ctx context.Context) (bool, error) {
	if t.kind.Traits.Listed && t.secretID == "" {
		return false, nil
	}
	if t.consumers != nil {
		if err := rotation.ConsumersHold(t.fingerprint, t.consumers); err != nil {
			return false, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	unlock, err := t.connection.Locks.Lock(ctx, t.client)
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := t.refusal(); err != nil {
		return false, err
	}
	if !t.kind.Traits.Listed {
		ended, err := t.connection.Retire(ctx, t.client, "", t.connection.Open.Behind(t.client))
		if err == nil {
			t.connection.Open.Ended(t.client)
		}
		return ended, err
	}
	before, err := t.connection.Prepare(ctx, t.client)
	if err != nil {
		return false, err
	}
	if rotation.LastLive(before, t.secretID) {
		return false, &rotation.RefusedError{
			Reason: fmt.Sprintf("Secret %s is the only one of this client that is still valid; deleting it would leave nothing to log in with.", t.secretID),
			Remedy: "Make a new secret first, and check that previous_secret_id names the previous one.",
		}
	}
	return t.connection.Retire(ctx, t.client, t.secretID, before)
}
