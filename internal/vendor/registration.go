package vendor

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Registration is everything that one vendor adds to the provider.
type Registration struct {
	// Name is the vendor's block in the provider configuration and the middle part of its type names.
	Name string
	// Attributes are those of the block beyond the ones that every vendor has (requests_per_second, ca_certificate_pem).
	Attributes  map[string]schema.Attribute
	Description string
	// Pacing is the default of requests_per_second, as the end of a sentence.
	Pacing string
	// Connect builds the connection from the block. It makes no network call. Mistakes in what is given are returned;
	// credentials that are merely absent become the connection's Problem.
	Connect func(ctx context.Context, s Settings, base httpapi.Options) (*session.Connection, diag.Diagnostics)

	Resources     []func() resource.Resource
	DataSources   []func() datasource.DataSource
	ListResources []func() list.ListResource
	Actions       []func() action.Action
}
