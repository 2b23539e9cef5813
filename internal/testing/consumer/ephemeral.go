package consumer

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*secretReadBack)(nil)

// secretReadBack is the ephemeral consumer_secret: what the store holds now. Terraform opens it in the plan too, unless one
// of its arguments is not known by then; that is what depends is for.
type secretReadBack struct{ client *client }

// Metadata implements ephemeral.EphemeralResource.
func (*secretReadBack) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema implements ephemeral.EphemeralResource.
func (*secretReadBack) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"name":    schema.StringAttribute{Required: true},
		"depends": schema.StringAttribute{Optional: true, Description: "Sent nowhere. While it is unknown, nothing is read."},
		"value":   schema.StringAttribute{Computed: true, Sensitive: true, Description: "Null when the store has nothing of this name."},
	}}
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (r *secretReadBack) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	r.client, _ = req.ProviderData.(*client)
}

// Open implements ephemeral.EphemeralResource.
func (r *secretReadBack) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var object struct {
		Name    types.String `tfsdk:"name"`
		Depends types.String `tfsdk:"depends"`
		Value   types.String `tfsdk:"value"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	value, found, err := r.client.do(ctx, http.MethodGet, object.Name.ValueString(), "")
	if err != nil {
		resp.Diagnostics.AddError("Unable to read the consumer's secret", err.Error())
		return
	}
	object.Value = types.StringNull()
	if found {
		object.Value = types.StringValue(value)
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, object)...)
}
