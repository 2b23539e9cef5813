// Package provider puts the vendors together to one Terraform provider.
package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/decryptedsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendor"
)

var (
	_ provider.ProviderWithEphemeralResources = (*oauthsecret)(nil)
	_ provider.ProviderWithListResources      = (*oauthsecret)(nil)
	_ provider.ProviderWithActions            = (*oauthsecret)(nil)
)

// Address is where the provider is published.
const Address = "registry.terraform.io/oauthsecret/oauthsecret"

// Options are what a test replaces; the zero value is the real world.
type Options struct {
	Clock     clock.Clock
	Transport http.RoundTripper
	Backoff   httpapi.BackoffRange
	Getenv    func(string) string
}

type oauthsecret struct {
	version string
	options Options
	schema  schema.Schema
}

// New gives the constructor of the provider. version is for the User-Agent and terraform version.
func New(version string, o Options) func() provider.Provider {
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	p := &oauthsecret{version: version, options: o, schema: configuration()}
	return func() provider.Provider { return p }
}

func configuration() schema.Schema {
	blocks := make(map[string]schema.Block, len(registered))
	for _, v := range registered {
		blocks[v.Name] = v.Schema()
	}
	return schema.Schema{
		MarkdownDescription: "Rotates the client secrets of existing OAuth clients, with overlap, at VMware Cloud Services, Cloudflare and the Identity Service.",
		Attributes:          map[string]schema.Attribute{session.DecryptionIdentity: decryptionAttribute()},
		Blocks:              blocks,
	}
}

// Metadata implements provider.Provider.
func (p *oauthsecret) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "oauthsecret"
	resp.Version = p.version
}

// Schema implements provider.Provider.
func (p *oauthsecret) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = p.schema
}

// Configure builds a connection for every vendor and makes no network call. What is missing is reported by what needs
// it; what is wrong in a block that was written is reported here.
func (p *oauthsecret) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	connections := session.Connections{}
	known := &secret.Known{}
	decrypter := p.decrypter(ctx, req.Config, known, &resp.Diagnostics)
	for _, v := range registered {
		var block types.Object
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(v.Name), &block)...)
		settings := vendor.Settings{Vendor: v.Name, Block: block, Getenv: p.options.Getenv}
		connection, mistakes := v.Connect(ctx, settings, httpapi.Options{
			UserAgent:        "terraform-provider-oauthsecret/" + p.version + " Terraform/" + req.TerraformVersion,
			CACertificatePEM: settings.String("ca_certificate_pem", "").Value,
			Transport:        p.options.Transport,
			Clock:            p.options.Clock,
			Backoff:          p.options.Backoff,
			Log:              logAttempt,
			Waiting:          logWait,
			Known:            known,
			Gone:             plugin.Orphaned,
		})
		if mistakes.HasError() {
			connection.Problem = mistakes
		}
		if !block.IsNull() {
			resp.Diagnostics.Append(mistakes...)
		}
		connection.Decrypter = decrypter
		connections[v.Name] = connection
	}
	resp.ResourceData = connections
	resp.DataSourceData = connections
	resp.EphemeralResourceData = decrypter
	resp.ListResourceData = connections
	resp.ActionData = connections
}

// logAttempt shows one request in the log: never a body, a header or a path with values.
func logAttempt(ctx context.Context, a httpapi.Attempt) {
	tflog.Debug(ctx, "request", map[string]any{
		"operation": a.Operation, "method": a.Method, "path": a.Template, "attempt": a.Number,
		"status": a.Status, "duration_ms": a.Duration.Round(time.Millisecond).Milliseconds(), "request_id": a.RequestID, "failure": a.Failure,
	})
}

// logWait tells somebody who watches the log why nothing seems to happen.
func logWait(ctx context.Context, w httpapi.Wait) {
	atMost := "as long as the operation may take"
	if w.AtMost > 0 {
		atMost = "at most " + w.AtMost.Round(time.Second).String()
	}
	tflog.Info(ctx, fmt.Sprintf("waiting for %s of %s, %s", w.For, w.Vendor, atMost))
}

// Resources implements provider.Provider.
func (p *oauthsecret) Resources(context.Context) []func() resource.Resource {
	return collect(func(r vendor.Registration) []func() resource.Resource { return r.Resources })
}

// DataSources implements provider.Provider.
func (p *oauthsecret) DataSources(context.Context) []func() datasource.DataSource {
	return collect(func(r vendor.Registration) []func() datasource.DataSource { return r.DataSources })
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *oauthsecret) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{decryptedsecret.New}
}

// ListResources implements provider.ProviderWithListResources.
func (p *oauthsecret) ListResources(context.Context) []func() list.ListResource {
	return collect(func(r vendor.Registration) []func() list.ListResource { return r.ListResources })
}

// Actions implements provider.ProviderWithActions.
func (p *oauthsecret) Actions(context.Context) []func() action.Action {
	return collect(func(r vendor.Registration) []func() action.Action { return r.Actions })
}

func collect[T any](of func(vendor.Registration) []T) []T {
	var all []T
	for _, v := range registered {
		all = append(all, of(v)...)
	}
	return all
}
