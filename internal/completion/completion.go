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
	// version is the version of the current secret; 0 while it is not known.
	version int64
	// secretID is the previous secret's id at a vendor with many; "" is nothing to do there.
	secretID  string
	allowSelf bool
	// seen is what the plan was made from, where that is known; since bounds it where it is not.
	seen  *rotation.Seen
	since time.Time
	// consumers are what the consumers hold, and fingerprint is what they must hold; nil consumers are not asked.
	consumers   map[string]secret.Value
	fingerprint string
}

// refusal says why the task must not be planned, nil when it may. It makes no call. A plan knows what every resource that it
// depends on holds. rotates tells whether the client secret is rotated in the same apply: then the previous secret is the one
// that this rotation replaces. acts: it is an action, which no state carries what the plan knows to.
func (t task) refusal(rotates, acts bool) error {
	if t.connection == nil {
		return nil
	}
	if !t.allowSelf && t.kind.Traits.LogsIn && t.connection.LogsInAs(t.client) {
		return rotation.SelfRefusal()
	}
	for _, v := range t.connection.Registry.Others(t.client, "") {
		if !acts && v.EndsByItself(t.kind.Traits) {
			continue // its plan says so
		}
		if refused := rotation.MayPlanCompletion(t.kind.Traits, t.secretID, v, rotates); refused != nil {
			return refused
		}
	}
	return nil
}

// rotates tells whether the plan rotates the client secret, surely or perhaps.
func (t task) rotates() (surely, maybe bool) {
	if t.connection == nil {
		return false, false
	}
	return t.connection.Registry.Makes(t.client)
}

// fail says that the previous secret was not ended.
func (t task) fail(err error, diags *diag.Diagnostics) {
	diags.AddError(explain.Failure(t.kind.Subject(t.client), "delete the previous secret", err,
		"Nothing was deleted: what worked before still works. Remove the cause and run the command again."))
}

// end ends the previous secret. It reports what was found; nothing to end is success.
func (t task) end(ctx context.Context) (bool, error) {
	if t.kind.Traits.ManySecrets && t.secretID == "" {
		return false, nil
	}
	if t.consumers != nil {
		if err := rotation.ConsumersHold(t.fingerprint, t.consumers); err != nil {
			return false, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	gate, err := t.connection.Open(ctx, t.client)
	if err != nil {
		return false, err
	}
	defer gate.Close()
	if !t.allowSelf && t.kind.Traits.LogsIn && t.connection.LogsInAs(t.client) {
		return false, rotation.SelfRefusal()
	}
	return gate.End(ctx, t.kind.Traits, rotation.Ending{SecretID: t.secretID, Seen: t.seen, Since: t.since})
}

// deletes says what a completion ends, in words that are as true after it as before.
func (t task) deletes() string {
	if t.kind.Traits.ManySecrets {
		return fmt.Sprintf("secret %s of %s %s", t.secretID, t.kind.Noun, t.client.ID)
	}
	version := "this version"
	if t.version > 0 {
		version = fmt.Sprintf("version %d", t.version)
	}
	return fmt.Sprintf("the secret of %s %s that was current before %s", t.kind.Noun, t.client.ID, version)
}
