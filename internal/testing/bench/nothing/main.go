// Command nothing is a provider with the schemas of this one that does nothing: the floor that the framework itself sets.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
)

func main() {
	product := provider.New("nothing", provider.Options{})
	err := providerserver.Serve(context.Background(), func() fwprovider.Provider { return idle{product()} }, providerserver.ServeOpts{Address: provider.Address})
	if err != nil {
		log.Fatal(err)
	}
}

// idle has the schema of the provider that it holds.
type idle struct{ fwprovider.Provider }

func (idle) Configure(context.Context, fwprovider.ConfigureRequest, *fwprovider.ConfigureResponse) {}

func (idle) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p idle) Resources(ctx context.Context) []func() resource.Resource {
	constructors := p.Provider.Resources(ctx)
	idles := make([]func() resource.Resource, len(constructors))
	for i, construct := range constructors {
		idles[i] = func() resource.Resource { return idleResource{construct()} }
	}
	return idles
}

// idleResource keeps what is planned; what is unknown becomes null.
type idleResource struct{ resource.Resource }

func (r idleResource) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = settled(req.Plan.Raw)
}

func (idleResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r idleResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = settled(req.Plan.Raw)
}

func (idleResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func settled(planned tftypes.Value) tftypes.Value {
	value, err := tftypes.Transform(planned, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		if v.Type().Is(tftypes.String) {
			return tftypes.NewValue(tftypes.String, "settled"), nil
		}
		return tftypes.NewValue(v.Type(), nil), nil
	})
	if err != nil {
		panic(err)
	}
	return value
}
