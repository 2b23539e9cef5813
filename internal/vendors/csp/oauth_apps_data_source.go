package csp

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/datasources"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp/api"
)

// oauthAppsModel is the object of the data source oauthsecret_csp_oauth_apps.
type oauthAppsModel struct {
	OrgID       types.String   `tfsdk:"org_id"`
	SearchTerm  types.String   `tfsdk:"search_term"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
	OAuthAppIDs []string       `tfsdk:"oauth_app_ids"`
	OAuthApps   []oauthAppItem `tfsdk:"oauth_apps"`
}

type oauthAppItem struct {
	OAuthAppID types.String `tfsdk:"oauth_app_id"`
	oauthAppFacts
}

const searchTermFilter = "Leaves only apps whose display name or id the service matches with this text. Unset: all."

func newOAuthAppsDataSource() func() datasource.DataSource {
	item := oauthAppAttributes()
	item["oauth_app_id"] = datasources.Text(kind.Client.Description)
	return datasources.New(datasources.Source[*secrets, oauthAppsModel]{
		Kind: kind, Name: "oauth_apps",
		Description: "Metadata of the OAuth apps of a VMware Cloud Services organization, for audits; never a secret. Public clients, which have no secret, are among them.",
		Attributes: map[string]schema.Attribute{
			"search_term":   schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: searchTermFilter},
			"oauth_app_ids": datasources.Texts("The app ids, in alphabetical order."),
			"oauth_apps":    datasources.Objects("The apps, in the order of their ids.", item),
		},
		Action: "list the OAuth apps",
		Read: func(ctx context.Context, s *secrets, c rotation.Client, m *oauthAppsModel, _ *diag.Diagnostics) error {
			apps, err := s.search(ctx, c.Scope, m.SearchTerm.ValueString())
			m.OAuthAppIDs, m.OAuthApps = []string{}, []oauthAppItem{}
			for _, app := range apps {
				m.OAuthAppIDs = append(m.OAuthAppIDs, app.ID)
				m.OAuthApps = append(m.OAuthApps, oauthAppItem{types.StringValue(app.ID), factsOf(c.Scope, app)})
			}
			return err
		},
	})
}

// search gives the apps of an organization that match the term, by id. Without one, the list is shared with other readers.
func (s *secrets) search(ctx context.Context, orgID, term string) ([]api.App, error) {
	var apps []api.App
	if term == "" {
		all, err := s.reader.All(ctx, orgID)
		if err != nil {
			return nil, err
		}
		apps = slices.Collect(maps.Values(all))
	} else {
		var err error
		if apps, err = s.api.Apps(ctx, orgID, term); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(apps, byID)
	return slices.CompactFunc(apps, func(a, b api.App) bool { return a.ID == b.ID }), nil
}

func byID(a, b api.App) int { return strings.Compare(a.ID, b.ID) }
