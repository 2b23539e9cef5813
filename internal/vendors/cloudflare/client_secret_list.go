package cloudflare

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// clientSecretFilters is the configuration of a list block of oauthsecret_cloudflare_client_secret.
type clientSecretFilters struct {
	AccountID         types.String   `tfsdk:"account_id"`
	HasPreviousSecret types.Bool     `tfsdk:"has_previous_secret"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

func newClientSecretList() func() list.ListResource {
	return clientsecret.NewList(clientsecret.Listing[*secrets, clientSecretFilters]{
		Kind:        kind,
		Description: "The client secrets of a Cloudflare account that can be imported, one per OAuth client. Public clients, which have no secret, are left out.",
		Attributes: map[string]schema.Attribute{
			"has_previous_secret": schema.BoolAttribute{Optional: true, MarkdownDescription: hasPreviousFilter},
		},
		Find: func(ctx context.Context, s *secrets, accountID string, filters clientSecretFilters) iter.Seq2[clientsecret.Found, error] {
			return func(yield func(clientsecret.Found, error) bool) {
				clients, silent, err := s.withPrevious(ctx, accountID, filters.HasPreviousSecret)
				if err != nil {
					yield(clientsecret.Found{}, err)
					return
				}
				if silent > 0 {
					summary, detail := silentNotice(accountID, silent)
					if !yield(clientsecret.Found{Notice: clientsecret.Notice{Summary: summary, Detail: detail}}, nil) {
						return
					}
				}
				for _, client := range clients {
					found := clientsecret.Found{
						Client:      rotation.Client{Scope: accountID, ID: client.ClientID},
						DisplayName: clientsecret.Label(client.ClientName, client.ClientID),
						Facts:       s.facts(client),
					}
					if found.Facts.Unsupported == "" && !yield(found, nil) {
						return
					}
				}
			}
		},
	})
}
