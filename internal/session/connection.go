// Package session is what one provider process knows and shares of each vendor: the connection, its locks, and what objects
// of one client know of each other.
package session

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Connection is one configured vendor, shared by everything of that vendor in one provider process.
type Connection struct {
	rotation.Vendor
	// Known are the secrets that no message may repeat, of all vendors together.
	Known *secret.Known
	// Decrypter opens what encryption_recipients encrypted; it is one for all vendors.
	Decrypter *Decrypter
	// Clock is what waiting goes by.
	Clock clock.Clock
	// DefaultScope is the organization, account or tenant of resources that name none; "" when there is no default.
	DefaultScope string
	// Unknown: the configuration depends on values that are known only at apply. Nothing can be asked of the vendor yet.
	Unknown bool
	// Problem says why the vendor cannot be used; it is reported by what uses it.
	Problem diag.Diagnostics
	// Locks serialise changes of one client.
	Locks *Locks
	// Open remembers which clients have an open rotation.
	Open *Open
	// Newest remembers which secret of a client this process made last.
	Newest *Newest
	// Versions remembers the versions of each client's objects.
	Versions *Versions
	// Claims are the secrets that objects of this configuration hold.
	Claims *Claims
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
// not usable and not an error.
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

// Unusable tells whether building the connection ends here.
func (c *Connection) Unusable(diags diag.Diagnostics) bool {
	if diags.HasError() {
		c.Problem = diags
	}
	return c.Unknown || c.Problem.HasError()
}
