package cloudflare

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/datasources"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare/api"
)

// oauthClientModel is the object of the data source oauthsecret_cloudflare_oauth_client.
type oauthClientModel struct {
	AccountID     types.String   `tfsdk:"account_id"`
	OAuthClientID types.String   `tfsdk:"oauth_client_id"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
	oauthClientFacts
}

// oauthClientFacts are what is told about an OAuth client, alone or in a list.
type oauthClientFacts struct {
	ID                      types.String `tfsdk:"id"`
	Name                    types.String `tfsdk:"name"`
	HasPreviousSecret       types.Bool   `tfsdk:"has_previous_secret"`
	TokenEndpointAuthMethod types.String `tfsdk:"token_endpoint_auth_method"`
	Visibility              types.String `tfsdk:"visibility"`
	GrantTypes              []string     `tfsdk:"grant_types"`
	RedirectURIs            []string     `tfsdk:"redirect_uris"`
	CreatedAt               types.String `tfsdk:"created_at"`
	UpdatedAt               types.String `tfsdk:"updated_at"`
}

func factsOf(accountID string, c api.OAuthClient) oauthClientFacts {
	return oauthClientFacts{
		ID:                      types.StringValue(rotation.Client{Scope: accountID, ID: c.ClientID}.String()),
		Name:                    datasources.Line(c.ClientName),
		HasPreviousSecret:       types.BoolPointerValue(c.HasRotatedSecret),
		TokenEndpointAuthMethod: datasources.StringValue(c.TokenEndpointAuthMethod),
		Visibility:              datasources.StringValue(c.Visibility),
		GrantTypes:              c.GrantTypes,
		RedirectURIs:            c.RedirectURIs,
		CreatedAt:               datasources.TimeValue(c.CreatedAt),
		UpdatedAt:               datasources.TimeValue(c.UpdatedAt),
	}
}

func oauthClientAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                         datasources.Text("The import id of the client's secret: `account_id/oauth_client_id`."),
		"name":                       datasources.Text("The name of the OAuth client."),
		"has_previous_secret":        datasources.Flag("Whether a previous secret is still valid beside the current one. It stays valid until somebody deletes it. Null when Cloudflare does not say."),
		"token_endpoint_auth_method": datasources.Text("How the client authenticates: `client_secret_basic`, `client_secret_post`, or `none` for a public client, which has no secret."),
		"visibility":                 datasources.Text("Who may use the client: `public` or `private`."),
		"grant_types":                datasources.Texts("The OAuth grant types that the client may use."),
		"redirect_uris":              datasources.Texts("The addresses that the client may be redirected to after a login."),
		"created_at":                 datasources.Text("When the client was created, RFC 3339 in UTC."),
		"updated_at":                 datasources.Text("When the client was changed last, in whatever respect, RFC 3339 in UTC. The age of a secret is not known to Cloudflare; this is an upper bound only if nothing else was changed since."),
	}
}

func newOAuthClientDataSource() func() datasource.DataSource {
	return datasources.New(datasources.Source[*secrets, oauthClientModel]{
		Kind: kind, Name: "oauth_client", OneClient: true,
		Description: "Metadata of one OAuth client of a Cloudflare account, for audits; never a secret. Many of these in one plan are answered by a single list call per account.",
		Attributes:  oauthClientAttributes(),
		Action:      "read the OAuth client",
		Read: func(ctx context.Context, s *secrets, c rotation.Client, m *oauthClientModel, _ *diag.Diagnostics) error {
			client, err := s.reader.Read(ctx, c.Scope, c.ID)
			m.oauthClientFacts = factsOf(c.Scope, client)
			return err
		},
	})
}
