// Package clientsecret is the managed resource "client secret", once for all vendors: schema, plan, create, read, update,
// delete and import. A vendor describes itself with a Kind; every decision is rotation's, every call the vendor's.
package clientsecret

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Kind is one vendor's client secret.
type Kind struct {
	// Vendor is the name of the connection, "cloudflare"; Title the vendor's name for people.
	Vendor, Title string
	// Noun is what the vendor calls the client, "OAuth client".
	Noun   string
	Traits rotation.Traits
	// Scope and Client are the two attributes that name the client.
	Scope, Client IDAttribute
	// OnDestroy are the allowed values, the default first.
	OnDestroy []string
	// Description introduces the resource in the documentation, in Markdown.
	Description string
	// ValidateSecret checks a value that the user chose, for vendors where CallerChooses; its error never repeats the value.
	ValidateSecret func(string) error
	// MaxOverlap bounds retire_previous_after where the vendor is told of it; 0: no bound.
	MaxOverlap time.Duration
	// Remedy is the vendor's advice for an HTTP status, "" for none.
	Remedy func(status int) string
}

// IDAttribute is one part of a client's name.
type IDAttribute struct {
	Name string
	// Env is the environment variable behind the provider's default; "" when there is no default.
	Env         string
	Description string
	// Form describes a valid value for import errors, "the GUID of the organization".
	Form       string
	Validators []validator.String
}

// Values of on_create and on_destroy.
const (
	CreateRotate = "rotate"
	CreateAdopt  = "adopt"

	DestroyKeep           = rotation.DestroyKeep
	DestroyRetirePrevious = rotation.DestroyRetirePrevious
	DestroyRevoke         = rotation.DestroyRevoke
	DestroyDelete         = rotation.DestroyDelete
)

// Subject names a client in diagnostics.
func (k Kind) Subject(c rotation.Client) explain.Subject {
	return explain.Subject{
		Vendor: k.Title, Noun: k.Noun, Client: c,
		Scope: k.Scope.Name, ID: k.Client.Name, Remedy: k.Remedy,
	}
}

// TypeName is the resource's type without the provider's prefix.
func (k Kind) TypeName() string { return k.Vendor + "_client_secret" }

// PlanScope fills in the provider's default for a scope that the configuration leaves out. One that is known only at apply is
// not left out. planned is what stands in a plan or state so far.
func (k Kind) PlanScope(configured, planned types.String, connection *session.Connection, diags *diag.Diagnostics) types.String {
	if !configured.IsNull() {
		return configured
	}
	if !planned.IsUnknown() && !planned.IsNull() || connection == nil || connection.Unknown {
		return planned
	}
	if connection.DefaultScope != "" {
		return types.StringValue(connection.DefaultScope)
	}
	diags.AddAttributeError(path.Root(k.Scope.Name), "Missing "+k.Scope.Name,
		fmt.Sprintf("Set %s in the resource, %s.%s in the provider configuration, or the environment variable %s.",
			k.Scope.Name, k.Vendor, k.Scope.Name, k.Scope.Env))
	return planned
}

// About names a secret at a vendor with many; "" where its id is not known.
func About(what, id string) string {
	if id == "" {
		return ""
	}
	return what + " " + id
}

// current tells the object of one secret from others of its client.
func current(id string) string { return About("current secret", id) }

// titled is a title with the client in it, and with all that tells this object from others, because the CLI folds warnings that have
// the same title. about names a secret, as About does.
func (k Kind) titled(c rotation.Client, about, title string) string {
	rest := strings.TrimSuffix(k.Scope.Name, "_id") + " " + c.Scope
	if about != "" {
		rest += ", " + about
	}
	return fmt.Sprintf("%s %s: %s (%s)", k.Noun, c.ID, title, rest)
}

// Say adds a warning about a client, and where to find it. about names a secret, as About does.
func (k Kind) Say(diags *diag.Diagnostics, c rotation.Client, about string, message rotation.Message) {
	diags.AddWarning(k.titled(c, about, message.Title), message.Detail+"\n\n"+explain.Where(k.Subject(c)))
}
