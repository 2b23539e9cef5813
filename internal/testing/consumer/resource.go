package consumer

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ resource.ResourceWithConfigure = (*secretResource)(nil)

// secretResource is consumer_secret: one consumer and the secret that it was given. As with a database password, what the
// store holds is not read back; a refresh only sees whether the consumer is there.
type secretResource struct{ client *client }

// Metadata implements resource.Resource.
func (*secretResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema implements resource.Resource.
func (*secretResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required:      true,
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"value":            schema.StringAttribute{Optional: true, Sensitive: true},
		"value_wo":         schema.StringAttribute{Optional: true, Sensitive: true, WriteOnly: true},
		"value_wo_version": schema.Int64Attribute{Optional: true},
	}}
}

// Configure implements resource.ResourceWithConfigure.
func (r *secretResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.client, _ = req.ProviderData.(*client)
}

// give writes the configured value to the store.
func (r *secretResource) give(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) {
	var name, value, writeOnly types.String
	diags.Append(config.GetAttribute(ctx, path.Root("name"), &name)...)
	diags.Append(config.GetAttribute(ctx, path.Root("value"), &value)...)
	diags.Append(config.GetAttribute(ctx, path.Root("value_wo"), &writeOnly)...)
	if diags.HasError() {
		return
	}
	if value.IsNull() {
		value = writeOnly
	}
	if _, _, err := r.client.do(ctx, http.MethodPut, name.ValueString(), value.ValueString()); err != nil {
		diags.AddError("The consumer failed", err.Error())
	}
}

// Create implements resource.Resource.
func (r *secretResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.give(ctx, req.Config, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.State.Raw = req.Plan.Raw
	}
}

// Read implements resource.Resource.
func (r *secretResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var name types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("name"), &name)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, found, err := r.client.do(ctx, http.MethodGet, name.ValueString(), "")
	switch {
	case err != nil:
		resp.Diagnostics.AddError("Unable to read the consumer", err.Error())
	case !found:
		resp.State.RemoveResource(ctx)
	}
}

// Update implements resource.Resource. This is the point of the whole provider: plugin SDK v2 takes the planned values into
// state before it calls the update function, and an error does not take them out again.
func (r *secretResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.give(ctx, req.Config, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() || !r.client.keepPrior {
		resp.State.Raw = req.Plan.Raw
	}
}

// Delete implements resource.Resource.
func (r *secretResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var name types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("name"), &name)...)
	if _, _, err := r.client.do(ctx, http.MethodDelete, name.ValueString(), ""); err != nil {
		resp.Diagnostics.AddError("Unable to delete the consumer", err.Error())
	}
}
