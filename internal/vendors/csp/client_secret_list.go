package csp

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp/api"
)

// clientSecretFilters is the configuration of a list block of oauthsecret_csp_client_secret.
type clientSecretFilters struct {
	OrgID      types.String   `tfsdk:"org_id"`
	SearchTerm types.String   `tfsdk:"search_term"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

func newClientSecretList() func() list.ListResource {
	return clientsecret.NewList(clientsecret.Listing[*secrets, clientSecretFilters]{
		Kind: kind,
		Description: "The client secrets of a VMware Cloud Services organization that can be imported, one per OAuth app. Public clients, which have no secret, and immutable apps, whose secret cannot be rotated, are left out. " +
			"The service does not tell which apps have a previous secret, so there is no filter for that.",
		Attributes: map[string]schema.Attribute{
			"search_term": schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: searchTermFilter},
		},
		Find: func(ctx context.Context, s *secrets, orgID string, filters clientSecretFilters) iter.Seq2[clientsecret.Found, error] {
			return func(yield func(clientsecret.Found, error) bool) {
				err := s.api.EachPage(ctx, orgID, filters.SearchTerm.ValueString(), func(page []api.App) bool {
					for _, app := range page {
						found := clientsecret.Found{
							Client:      rotation.Client{Scope: orgID, ID: app.ID},
							DisplayName: clientsecret.Label(app.DisplayName, app.ID),
							Facts:       s.facts(app),
						}
						if found.Facts.Unsupported == "" && !yield(found, nil) {
							return false
						}
					}
					return true
				})
				if err != nil {
					yield(clientsecret.Found{}, err)
				}
			}
		},
	})
}
