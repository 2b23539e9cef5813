package acctest

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Consumers is the other side of a rotation: a provider whose one resource, consumer_app, takes a secret. A test sees what
// each app was given last, is called at each change, and can make a change fail.
type Consumers struct {
	mu sync.Mutex
	// held is the secret of each app by name.
	held map[string]string
	// OnChange is called before an app takes a secret; an error makes the change fail.
	OnChange func(app, secret string) error
}

// Held is the secret that an app was given last.
func (c *Consumers) Held(app string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[app]
}

func (c *Consumers) take(app, secret string) error {
	c.mu.Lock()
	onChange := c.OnChange
	c.mu.Unlock()
	if onChange != nil {
		if err := onChange(app, secret); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]string{}
	}
	c.held[app] = secret
	return nil
}

type consumerProvider struct{ consumers *Consumers }

func (p consumerProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "consumer"
}

func (consumerProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (consumerProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (p consumerProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return consumerApp(p) }}
}

func (consumerProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

type consumerApp struct{ consumers *Consumers }

func (consumerApp) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "consumer_app"
}

func (consumerApp) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"name":      schema.StringAttribute{Required: true},
		"secret":    schema.StringAttribute{Optional: true, Sensitive: true},
		"secret_wo": schema.StringAttribute{Optional: true, WriteOnly: true},
		"version":   schema.Int64Attribute{Optional: true},
	}}
}

func (r consumerApp) give(ctx context.Context, config interface {
	GetAttribute(context.Context, path.Path, any) diag.Diagnostics
}, diags *diag.Diagnostics,
) {
	var name, secret, writeOnly types.String
	diags.Append(config.GetAttribute(ctx, path.Root("name"), &name)...)
	diags.Append(config.GetAttribute(ctx, path.Root("secret"), &secret)...)
	diags.Append(config.GetAttribute(ctx, path.Root("secret_wo"), &writeOnly)...)
	if diags.HasError() {
		return
	}
	value := secret.ValueString()
	if value == "" {
		value = writeOnly.ValueString()
	}
	if err := r.consumers.take(name.ValueString(), value); err != nil {
		diags.AddError("The consumer failed", err.Error())
	}
}

func (r consumerApp) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.give(ctx, req.Config, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.State.Raw = req.Plan.Raw
	}
}

func (consumerApp) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r consumerApp) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.give(ctx, req.Config, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.State.Raw = req.Plan.Raw
	}
}

func (consumerApp) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
