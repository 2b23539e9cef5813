// Package session is what one provider process knows and shares of each vendor: the connection, its locks, and what objects
// of one client know of each other.
package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Connection is one configured vendor, shared by everything of that vendor in one provider process.
type Connection struct {
	// vendor is nil until Use. Only the gate calls what changes a client.
	vendor rotation.Vendor
	// Known are the secrets that no message may repeat, of all vendors together.
	Known *secret.Known
	// Decrypter opens what encryption_recipients encrypted; it is one for all vendors.
	Decrypter *Decrypter
	// Clock is what waiting goes by.
	Clock clock.Clock
	// Started is when this process came to know the vendor, by Clock: the plan that it carries out was made before.
	Started time.Time
	// DefaultScope is the organization, account or tenant of resources that name none; "" when there is no default.
	DefaultScope string
	// Unknown: the configuration depends on values that are known only at apply. Nothing can be asked of the vendor yet.
	Unknown bool
	// Problem says why the vendor cannot be used; it is reported by what uses it.
	Problem diag.Diagnostics
	// Registry is what this process has seen of each client and done to it.
	Registry Registry
	locks    locks
}

// Use connects the vendor.
func (c *Connection) Use(v rotation.Vendor) { c.vendor = v }

// Implementation is the vendor itself, for what is particular to it (data sources and lists); nil while it is not connected.
func (c *Connection) Implementation() any { return c.vendor }

// Now is the time at the vendor.
func (c *Connection) Now() time.Time { return c.vendor.Now() }

// startedAt is Started by the vendor's clock.
func (c *Connection) startedAt() time.Time { return c.Now().Add(-c.Clock.Now().Sub(c.Started)) }

// FirstVersion is the version of a first secret that was made at a time: its Unix second. It is later than the one in which this
// process started, so that no two processes, one after the other, give the same number to two secrets.
func (c *Connection) FirstVersion(at time.Time) int64 { return max(at.Unix(), c.startedAt().Unix()+1) }

// BeforeVersion waits, right before a secret is made, until its version is no second that is still to come: a first one until the
// second in which this process started is over, a later one until that of version before is. So what follows at once, in a process
// that sees nothing of this one, gets a larger number.
func (c *Connection) BeforeVersion(ctx context.Context, before int64) error {
	if before == 0 {
		before = c.startedAt().Unix()
	}
	if wait := time.Unix(before+1, 0).Sub(c.Now()); wait > 0 && wait <= 2*time.Second { // more is another clock
		return c.Clock.Sleep(ctx, wait)
	}
	return nil
}

// Read gives the facts about a client, possibly shared with other readers.
func (c *Connection) Read(ctx context.Context, client rotation.Client) (rotation.Facts, error) {
	return c.vendor.Read(ctx, client)
}

// ReadAnew gives the facts about a client as they are now, as far as the vendor shows something that rotations depend on.
func (c *Connection) ReadAnew(ctx context.Context, client rotation.Client) (rotation.Facts, error) {
	return c.vendor.Prepare(ctx, client)
}

// Verify finds out whether the token endpoint accepts s.
func (c *Connection) Verify(ctx context.Context, client rotation.Client, s secret.Value, t verify.Terms) verify.Result {
	return c.vendor.Verify(ctx, client, s, t)
}

// LogsInAs tells whether the provider itself logs in as client, as far as that is known without a call.
func (c *Connection) LogsInAs(client rotation.Client) bool {
	if c == nil || c.Unknown || c.vendor == nil {
		return false
	}
	login := c.vendor.LoginClientID()
	return login != "" && strings.EqualFold(login, client.ID)
}

// Connections are the vendors of one provider configuration by name. It is what the provider hands to every resource.
type Connections map[string]*Connection

// Lookup finds the connection of a vendor in the data that the provider handed over. Before the provider is configured
// (validation) there is none and no error.
func Lookup(data any, name string, diags *diag.Diagnostics) *Connection {
	if data == nil {
		return nil
	}
	connections, ok := data.(Connections)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Expected session.Connections, got %T. Please report this to the provider's developers.", data))
		return nil
	}
	return connections[name]
}

// Usable reports whether the vendor can be asked now, and adds the reason when it never can. An unknown configuration is
// not usable and not an error: a plan goes on without asking.
func (c *Connection) Usable(diags *diag.Diagnostics) bool {
	if c == nil || c.Unknown {
		return false
	}
	if c.Problem.HasError() {
		diags.Append(c.Problem...)
		return false
	}
	return true
}

// Required reports whether the vendor can be asked, and adds the reason when it cannot. It is for applies: there an unknown
// configuration is an error too, because a call would be needed and nothing may be forgotten in silence.
func (c *Connection) Required(diags *diag.Diagnostics) bool {
	if c == nil || c.Unknown {
		diags.AddError("The provider configuration is not known",
			"A call to the vendor is needed, but the provider configuration depends on values that are not known in this apply. Nothing was sent, and the object stays in state. "+
				"Apply first what the provider configuration depends on (-target), or give it values that are known; then run the command again.")
		return false
	}
	return c.Usable(diags)
}

// Unusable tells whether building the connection ends here.
func (c *Connection) Unusable(diags diag.Diagnostics) bool {
	if diags.HasError() {
		c.Problem = diags
	}
	return c.Unknown || c.Problem.HasError()
}
