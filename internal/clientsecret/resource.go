package clientsecret

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

var (
	_ resource.ResourceWithConfigure      = (*clientSecret)(nil)
	_ resource.ResourceWithModifyPlan     = (*clientSecret)(nil)
	_ resource.ResourceWithImportState    = (*clientSecret)(nil)
	_ resource.ResourceWithIdentity       = (*clientSecret)(nil)
	_ resource.ResourceWithValidateConfig = (*clientSecret)(nil)
)

// Default limits of the operations: room for a vendor that asks to wait five minutes, twice.
const (
	changeTimeout = 20 * time.Minute
	readTimeout   = 10 * time.Minute
)

// clientSecret is the resource. The steps of each operation stand in plan.go, create.go, read.go, update.go, delete.go
// and import.go; a rotation itself in rotate.go.
type clientSecret struct {
	kind       Kind
	schema     schema.Schema
	types      map[string]attr.Type
	nulls      map[string]attr.Value
	connection *session.Connection
}

// New gives the constructor of kind's resource. The schema is built once.
func New(kind Kind) func() resource.Resource {
	built := prepare(kind)
	return func() resource.Resource { return built() }
}

func prepare(kind Kind) func() *clientSecret {
	built := sync.OnceValue(func() clientSecret {
		ctx := context.Background()
		s := kind.schema(ctx)
		kinds := attributeTypes(s)
		return clientSecret{kind: kind, schema: s, types: kinds, nulls: nulls(ctx, kinds)}
	})
	return func() *clientSecret {
		r := built()
		return &r
	}
}

// Metadata implements resource.Resource. The identity of a Listed secret holds the secret's own id, which changes with
// every rotation.
func (r *clientSecret) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.kind.TypeName()
	resp.ResourceBehavior.MutableIdentity = r.kind.Traits.ManySecrets
}

// Schema implements resource.Resource.
func (r *clientSecret) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *clientSecret) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.kind.identitySchema()
}

// Configure implements resource.ResourceWithConfigure.
func (r *clientSecret) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.connection = session.Lookup(req.ProviderData, r.kind.Vendor, &resp.Diagnostics)
}

// fail adds err as a diagnostic about m's client.
func (r *clientSecret) fail(diags *diag.Diagnostics, m model, action string, err error) {
	diags.AddError(explain.Failure(r.kind.Subject(m.client()), action, err, nothingChanged))
}

// nothingChanged is true of every failure that surely had no effect.
const nothingChanged = "Nothing was changed at this client: its secrets that worked before still work."
