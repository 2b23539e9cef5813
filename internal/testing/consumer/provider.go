package consumer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Address is what a configuration calls the provider; it is published nowhere.
const Address = "registry.terraform.io/oauthsecret/consumer"

// URLVariable names the environment variable with the address of the store.
const URLVariable = "CONSUMER_URL"

// What the provider does when an update fails.
const (
	// StorePlanned stores the planned values, as plugin SDK v2 does.
	StorePlanned = "store_planned"
	// KeepPrior leaves the prior object in state, so that the next plan shows the difference again.
	KeepPrior = "keep_prior"
)

var _ provider.ProviderWithEphemeralResources = (*consumers)(nil)

type consumers struct{ transport http.RoundTripper }

// New is the provider as a process of its own: it reaches the store over loopback.
func New() provider.Provider { return &consumers{} }

// Provider is the provider in the process of the store.
func (s *Store) Provider() provider.Provider { return &consumers{transport: s.Transport()} }

// Metadata implements provider.Provider.
func (*consumers) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "consumer"
}

// Schema implements provider.Provider.
func (*consumers) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"url": schema.StringAttribute{
			Optional:    true,
			Description: "Address of the store. Environment variable " + URLVariable + ".",
		},
		"on_failed_update": schema.StringAttribute{
			Optional:    true,
			Validators:  []validator.String{stringvalidator.OneOf(StorePlanned, KeepPrior)},
			Description: `What is in state after an update that failed: the planned values ("store_planned", the default, as plugin SDK v2 does) or what was there ("keep_prior").`,
		},
	}}
}

// Configure implements provider.Provider.
func (p *consumers) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config struct {
		URL            types.String `tfsdk:"url"`
		OnFailedUpdate types.String `tfsdk:"on_failed_update"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	c := &client{http: http.Client{Transport: p.transport}, keepPrior: config.OnFailedUpdate.ValueString() == KeepPrior}
	switch {
	case p.transport != nil:
		c.url = "http://consumer.invalid"
	case config.URL.ValueString() != "":
		c.url = config.URL.ValueString()
	default:
		c.url = os.Getenv(URLVariable)
	}
	if c.url == "" {
		resp.Diagnostics.AddError("No store", "Set url, or the environment variable "+URLVariable+".")
	}
	resp.ResourceData, resp.EphemeralResourceData = c, c
}

// Resources implements provider.Provider.
func (*consumers) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &secretResource{} }}
}

// DataSources implements provider.Provider.
func (*consumers) DataSources(context.Context) []func() datasource.DataSource { return nil }

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (*consumers) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return &secretReadBack{} }}
}

// client talks to a Store.
type client struct {
	http      http.Client
	url       string
	keepPrior bool
}

// do sends one request for a consumer; found is false when the store has nothing of that name.
func (c *client) do(ctx context.Context, method, name, body string) (answer string, found bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.url, "/")+"/secrets/"+url.PathEscape(name), strings.NewReader(body))
	if err != nil {
		return "", false, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", false, err
	case resp.StatusCode == http.StatusNotFound:
		return "", false, nil
	case resp.StatusCode != http.StatusOK:
		return "", false, fmt.Errorf("status %d: %s", resp.StatusCode, strings.TrimSpace(string(text)))
	}
	return string(text), true, nil
}
