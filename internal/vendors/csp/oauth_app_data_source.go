package csp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/datasources"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp/api"
)

// oauthAppModel is the object of the data source oauthsecret_csp_oauth_app.
type oauthAppModel struct {
	OrgID      types.String   `tfsdk:"org_id"`
	OAuthAppID types.String   `tfsdk:"oauth_app_id"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
	oauthAppFacts
}

// oauthAppFacts are what is told about an OAuth app, alone or in a list.
type oauthAppFacts struct {
	ID                      types.String  `tfsdk:"id"`
	Name                    types.String  `tfsdk:"name"`
	SecretAge               types.Float64 `tfsdk:"secret_age"`
	DefaultOverlapSeconds   types.Int64   `tfsdk:"default_overlap_seconds"`
	PublicClient            types.Bool    `tfsdk:"public_client"`
	Immutable               types.Bool    `tfsdk:"immutable"`
	OwnerOnlySecretRotation types.Bool    `tfsdk:"owner_only_secret_rotation"`
	GrantTypes              []string      `tfsdk:"grant_types"`
	CreatedAt               types.String  `tfsdk:"created_at"`
	UpdatedAt               types.String  `tfsdk:"updated_at"`
	UpdatedBy               types.String  `tfsdk:"updated_by"`
}

func factsOf(orgID string, app api.App) oauthAppFacts {
	return oauthAppFacts{
		ID:                      types.StringValue(rotation.Client{Scope: orgID, ID: app.ID}.String()),
		Name:                    datasources.Line(app.DisplayName),
		SecretAge:               types.Float64PointerValue(app.SecretAge),
		DefaultOverlapSeconds:   types.Int64PointerValue(app.SecretRotationExpiration),
		PublicClient:            types.BoolPointerValue(app.PublicClient),
		Immutable:               types.BoolPointerValue(app.Immutable),
		OwnerOnlySecretRotation: types.BoolPointerValue(app.OwnerOnlySecretRotation),
		GrantTypes:              app.GrantTypes,
		CreatedAt:               datasources.TimeValue(app.CreatedAt),
		UpdatedAt:               datasources.TimeValue(app.LastUpdatedAt),
		UpdatedBy:               datasources.StringValue(app.LastUpdatedBy),
	}
}

func oauthAppAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":   datasources.Text("The import id of the app's secret: `org_id/oauth_app_id`."),
		"name": datasources.Text("The display name of the app."),
		"secret_age": schema.Float64Attribute{Computed: true, MarkdownDescription: "The age of the app's secret, as the service reports it. The unit is the service's and is not documented, " +
			"nor is whether a rotation with overlap resets it: compare ages with each other, and take a decrease as \"somebody changed the secret\". Null where the service does not report it."},
		"default_overlap_seconds": schema.Int64Attribute{Computed: true, MarkdownDescription: "How long the previous secret of this app stays valid after a rotation that names no time, in seconds. " +
			"It is a setting, not what is left of a rotation: the service does not tell whether a previous secret is valid."},
		"public_client":              datasources.Flag("Whether the app is a public client, which has no secret."),
		"immutable":                  datasources.Flag("Whether the app cannot be changed, its secret included."),
		"owner_only_secret_rotation": datasources.Flag("Whether only the owning organization may rotate the secret. `false`: the app itself may, without Terraform knowing."),
		"grant_types":                datasources.Texts("The OAuth grant types that the app may use."),
		"created_at":                 datasources.Text("When the app was created, RFC 3339 in UTC."),
		"updated_at":                 datasources.Text("When the app was changed last, in whatever respect, RFC 3339 in UTC."),
		"updated_by":                 datasources.Text("Who changed the app last."),
	}
}

func newOAuthAppDataSource() func() datasource.DataSource {
	return datasources.New(datasources.Source[*secrets, oauthAppModel]{
		Kind: kind, Name: "oauth_app", OneClient: true,
		Description: "Metadata of one OAuth app of a VMware Cloud Services organization, for audits; never a secret. Many of these in one plan are answered by a few calls, each for a page of the organization's apps.",
		Attributes:  oauthAppAttributes(),
		Action:      "read the OAuth app",
		Read: func(ctx context.Context, s *secrets, c rotation.Client, m *oauthAppModel, _ *diag.Diagnostics) error {
			app, err := s.reader.Read(ctx, c.Scope, c.ID)
			m.oauthAppFacts = factsOf(c.Scope, app)
			return err
		},
	})
}
