package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// ErrTerraformGone says that Terraform ended while the provider worked for it. Nothing more is sent then: nobody would learn
// of it.
var ErrTerraformGone = errors.New("the call was not sent, because Terraform has ended")

// Gate is the right to change one client, and the only way to do it: here every secret is made and every secret is ended. A
// process has one gate for each client at a time.
type Gate struct {
	connection *Connection
	client     rotation.Client
	release    func()
	// gone tells whether Terraform has ended; asked right before each call.
	gone func() bool
}

// Open waits for the gate of a client, or until ctx ends and then returns its error. The caller closes it.
func (c *Connection) Open(ctx context.Context, client rotation.Client) (*Gate, error) {
	release, err := c.locks.take(ctx, client)
	if err != nil {
		return nil, err
	}
	c.Registry.opened(client)
	return &Gate{connection: c, client: client, release: release, gone: plugin.Orphaned}, nil
}

// Close lets the next one in.
func (g *Gate) Close() { g.release() }

// SecondLooks are the pauses between looks at a client that a vendor does not show as it is yet.
var SecondLooks = []time.Duration{time.Second, 2 * time.Second}

// Look reads the client anew, and again while lags says that the vendor may still show it as it was before a change.
func (g *Gate) Look(ctx context.Context, lags func(rotation.Facts) bool) (rotation.Facts, error) {
	facts, err := g.connection.ReadAnew(ctx, g.client)
	for _, pause := range SecondLooks {
		if err != nil || !lags(facts) || g.connection.Clock.Sleep(ctx, pause) != nil {
			break
		}
		facts, err = g.connection.ReadAnew(ctx, g.client)
	}
	return facts, err
}

// ready is checked right before each call that changes something: the last moment of no effect.
func (g *Gate) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.gone() {
		return ErrTerraformGone
	}
	return nil
}

// settled is checked before each call that changes something: what was sent and not answered comes first.
func (g *Gate) settled(traits rotation.Traits) error {
	if traits.ManySecrets || !g.connection.Registry.open(g.client) { // with many, nothing that exists ends by an addition
		return nil
	}
	return &rotation.RefusedError{
		Reason: "This run sent a rotation for this client and does not know what became of it, so nothing more is sent.",
		Remedy: "Apply again; that finds out first.",
	}
}

// Make makes a new secret. A client with two slots gets one in a process at most: a second one would end the first.
func (g *Gate) Make(ctx context.Context, traits rotation.Traits, order rotation.Order) (rotation.Issued, error) {
	if !traits.ManySecrets && g.connection.Registry.madeOne(g.client) {
		return rotation.Issued{}, &rotation.RefusedError{
			Reason: "This run has made a secret for this client already, for another resource; a second one would push out a secret that is in use.",
			Remedy: "A client of this vendor belongs to one resource. Remove one of the resources, or give it the id of another client.",
		}
	}
	if order.Pending == nil { // which settles it
		if err := g.settled(traits); err != nil {
			return rotation.Issued{}, err
		}
	}
	if err := g.ready(ctx); err != nil {
		return rotation.Issued{}, err
	}
	issued, err := g.connection.vendor.Issue(ctx, g.client, order)
	// A definite conflict changed nothing, whatever else it says.
	if lost := (*rotation.LostError)(nil); errors.As(err, &lost) && (!errors.Is(err, httpapi.ErrConflict) || httpapi.IsOutcomeUnknown(err)) {
		g.connection.Registry.lost(g.client)
	}
	if err != nil {
		return issued, err
	}
	g.connection.Registry.made(g.client, issued.Value.SHA256())
	g.connection.vendor.UseLoginSecret(g.client.ID, issued.Value)
	return issued, nil
}

// End ends one secret, after one look at the client and the checks of rotation.MayEnd, and writes the end into the record of the
// ending's object. It tells whether there was something to end.
func (g *Gate) End(ctx context.Context, traits rotation.Traits, e rotation.Ending) (ended bool, err error) {
	if traits.ManySecrets && e.SecretID == "" {
		return false, nil
	}
	if err := g.settled(traits); err != nil {
		return false, err
	}
	mark := ""
	if e.View != nil {
		mark = e.View.Object
	}
	others := g.connection.Registry.Others(g.client, mark)
	var facts rotation.Facts
	if own := traits.ManySecrets && e.View != nil; !own { // an id of its own needs no look: it names one secret for good
		views := others
		if e.View != nil {
			views = []rotation.View{*e.View}
		}
		facts, err = g.Look(ctx, func(f rotation.Facts) bool { return rotation.Lagging(views, f) })
		if err != nil {
			return false, err
		}
	}
	if e.Since.IsZero() {
		e.Since = g.connection.startedAt()
	}
	ok, refused := rotation.MayEnd(traits, e, facts, others)
	switch {
	case refused != nil:
		return false, refused
	case ok:
		if err := g.ready(ctx); err != nil {
			return false, err
		}
		if ended, err = g.connection.vendor.Retire(ctx, g.client, e.SecretID, facts); err != nil {
			return ended, err
		}
		g.connection.Registry.ended(g.client, e.SecretID)
	}
	if e.View != nil {
		e.View.Record.Ended(e.SecretID, g.connection.Now(), facts.ChangedAt)
	}
	return ended, nil
}

// Revoke makes every secret of a client useless by replacing them all with one that nobody gets. holder is the object that
// asks for it.
func (g *Gate) Revoke(ctx context.Context, traits rotation.Traits, holder rotation.View, fingerprint string) error {
	if !traits.Regenerates {
		return fmt.Errorf("this vendor cannot revoke")
	}
	if g.connection.Registry.Replaced(g.client, fingerprint) || len(g.connection.Registry.Others(g.client, holder.Object)) > 0 {
		return &rotation.RefusedError{
			Reason: "Another resource of this configuration holds a newer secret of this client, and revoking would end that one.",
			Remedy: "There is nothing to do: the secret of this object ends with its overlap.",
		}
	}
	if err := g.settled(traits); err != nil {
		return err
	}
	if err := g.ready(ctx); err != nil {
		return err
	}
	_, err := g.connection.vendor.Issue(ctx, g.client, rotation.Order{Mode: rotation.Regenerate})
	return err
}

// Locate finds the entry of a secret that Make just made, where the vendor's answer does not name it. ok is false for vendors
// that have nothing to find.
func (g *Gate) Locate(ctx context.Context, issued rotation.Issued) (entry rotation.Entry, notes []string, ok bool, err error) {
	locator, is := g.connection.vendor.(rotation.Locator)
	if !is {
		return entry, nil, false, nil
	}
	entry, notes, err = locator.Locate(ctx, g.client, issued)
	return entry, notes, true, err
}

// TakeBack deletes a secret that was just made and that nobody will ever learn of, because Terraform is gone. Only a vendor
// with many secrets lets one be taken back: with two slots that would leave the client without the secret in use.
func (g *Gate) TakeBack(ctx context.Context, traits rotation.Traits, secretID string) {
	if !g.gone() || !traits.ManySecrets || secretID == "" {
		return
	}
	ctx = httpapi.TakingBack(ctx)
	if facts, err := g.connection.ReadAnew(ctx, g.client); err == nil {
		_, _ = g.connection.vendor.Retire(ctx, g.client, secretID, facts) // nobody is left to tell
	}
}

// Gone tells whether Terraform is gone.
func (g *Gate) Gone() bool { return g.gone() }
