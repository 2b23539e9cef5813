// Package datasources is what the data sources of all vendors have in common: metadata of clients and their secrets, never a
// secret.
package datasources

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Source describes one data source. V is the vendor's implementation of rotation.Vendor, M the object of the data source:
// a struct with tfsdk tags for all attributes.
type Source[V, M any] struct {
	Kind clientsecret.Kind
	// Name is the type without the provider's and the vendor's part, "oauth_client".
	Name        string
	Description string
	// OneClient: it is about one client, so it has the attribute that names one. Otherwise it is about all of a scope.
	OneClient bool
	// Attributes are those beyond the scope, the client and the timeouts.
	Attributes map[string]schema.Attribute
	// Action completes "Unable to …".
	Action string
	// Read fills in m, which holds the configuration. Without OneClient, client has no ID.
	Read func(ctx context.Context, vendor V, client rotation.Client, m *M, diags *diag.Diagnostics) error
}

// readTimeout is the default limit of a read: room for a vendor that asks to wait five minutes.
const readTimeout = 10 * time.Minute

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// dataSource is a Source without its type parameters, so that its code exists once for all of them.
type dataSource struct {
	kind       clientsecret.Kind
	name       string
	oneClient  bool
	action     string
	schema     func() schema.Schema
	object     func() any // an empty one, as a pointer
	fill       func(ctx context.Context, client rotation.Client, object any, diags *diag.Diagnostics) error
	connection *session.Connection
}

// New gives the constructor of the data source.
func New[V, M any](s Source[V, M]) func() datasource.DataSource {
	built := sync.OnceValue(func() schema.Schema { return s.build(context.Background()) })
	return func() datasource.DataSource {
		d := &dataSource{kind: s.Kind, name: s.Name, oneClient: s.OneClient, action: s.Action, schema: built, object: func() any { return new(M) }}
		d.fill = func(ctx context.Context, client rotation.Client, object any, diags *diag.Diagnostics) error {
			return s.Read(ctx, d.connection.Implementation().(V), client, object.(*M), diags) //nolint:forcetypeassert // both are this Source's own
		}
		return d
	}
}

func (s Source[V, M]) build(ctx context.Context) schema.Schema {
	limits := timeouts.BlockWithOpts(ctx, timeouts.Opts{ReadDescription: "A duration. Default `\"10m\"`."}).(schema.SingleNestedBlock) //nolint:forcetypeassert // what the package makes
	limits.MarkdownDescription = "How long the read may take, with the waiting that a vendor asks for. A duration in h, m and s; not in days."
	attrs := map[string]schema.Attribute{
		s.Kind.Scope.Name: schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Validators:          s.Kind.Scope.Validators,
			MarkdownDescription: s.Kind.ScopeDescription(),
		},
	}
	if s.OneClient {
		attrs[s.Kind.Client.Name] = schema.StringAttribute{
			Required:            true,
			Validators:          s.Kind.Client.Validators,
			MarkdownDescription: s.Kind.Client.Description,
		}
	}
	for name, attribute := range s.Attributes {
		attrs[name] = attribute
	}
	return schema.Schema{MarkdownDescription: s.Description, Attributes: attrs, Blocks: map[string]schema.Block{"timeouts": limits}}
}

// Metadata implements datasource.DataSource.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.kind.Vendor + "_" + d.name
}

// Schema implements datasource.DataSource.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema()
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *dataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.connection = session.Lookup(req.ProviderData, d.kind.Vendor, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	m := d.object()
	var scope, id types.String
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Config.Get(ctx, m)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(d.kind.Scope.Name), &scope)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	if d.oneClient {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(d.kind.Client.Name), &id)...)
	}
	scope = d.kind.PlanScope(scope, scope, d.connection, &resp.Diagnostics)
	limit, diags := limits.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	client := rotation.Client{Scope: scope.ValueString(), ID: id.ValueString()}
	switch {
	case d.connection.Usable(&resp.Diagnostics):
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		if err := d.fill(ctx, client, m, &resp.Diagnostics); err != nil {
			resp.Diagnostics.AddError(explain.Failure(d.kind.Subject(client), d.action, err, ""))
		}
	case resp.Diagnostics.HasError():
	case req.ClientCapabilities.DeferralAllowed:
		resp.Deferred = &datasource.Deferred{Reason: datasource.DeferredReasonProviderConfigUnknown}
	default:
		resp.Diagnostics.AddWarning("The vendor was not asked", fmt.Sprintf(
			"The configuration of %s depends on values that are known only at apply, so this data source could not be read: its results are null in this run. "+
				"Give it a depends_on for the resources that those values come from, and it is read at apply.", d.kind.Title))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(d.kind.Scope.Name), scope)...)
}
