package cloudflare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/datasources"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare/api"
)

// oauthClientsModel is the object of the data source oauthsecret_cloudflare_oauth_clients.
type oauthClientsModel struct {
	AccountID         types.String      `tfsdk:"account_id"`
	HasPreviousSecret types.Bool        `tfsdk:"has_previous_secret"`
	Timeouts          timeouts.Value    `tfsdk:"timeouts"`
	OAuthClientIDs    []string          `tfsdk:"oauth_client_ids"`
	OAuthClients      []oauthClientItem `tfsdk:"oauth_clients"`
}

type oauthClientItem struct {
	OAuthClientID types.String `tfsdk:"oauth_client_id"`
	oauthClientFacts
}

const hasPreviousFilter = "`true` leaves only clients whose previous secret is still valid, `false` only those without one. Unset: all."

func newOAuthClientsDataSource() func() datasource.DataSource {
	item := oauthClientAttributes()
	item["oauth_client_id"] = datasources.Text(kind.Client.Description)
	return datasources.New(datasources.Source[*secrets, oauthClientsModel]{
		Kind: kind, Name: "oauth_clients",
		Description: "Metadata of the OAuth clients of a Cloudflare account, for audits; never a secret. Public clients, which have no secret, are among them.",
		Attributes: map[string]schema.Attribute{
			"has_previous_secret": schema.BoolAttribute{Optional: true, MarkdownDescription: hasPreviousFilter},
			"oauth_client_ids":    datasources.Texts("The client ids, in alphabetical order."),
			"oauth_clients":       datasources.Objects("The clients, in the order of their client ids.", item),
		},
		Action: "list the OAuth clients",
		Read: func(ctx context.Context, s *secrets, c rotation.Client, m *oauthClientsModel, diags *diag.Diagnostics) error {
			clients, silent, err := s.withPrevious(ctx, c.Scope, m.HasPreviousSecret)
			if silent > 0 {
				diags.AddWarning(silentNotice(c.Scope, silent))
			}
			m.OAuthClientIDs, m.OAuthClients = []string{}, []oauthClientItem{}
			for _, client := range clients {
				m.OAuthClientIDs = append(m.OAuthClientIDs, client.ClientID)
				m.OAuthClients = append(m.OAuthClients, oauthClientItem{types.StringValue(client.ClientID), factsOf(c.Scope, client)})
			}
			return err
		},
	})
}

// withPrevious gives the clients of an account that match the filter, by client id. silent counts those that were left
// out because Cloudflare does not say what the filter asks for.
func (s *secrets) withPrevious(ctx context.Context, accountID string, filter types.Bool) (matching []api.OAuthClient, silent int, err error) {
	all, err := s.reader.All(ctx, accountID)
	if err != nil {
		return nil, 0, err
	}
	for _, client := range slices.SortedFunc(maps.Values(all), func(a, b api.OAuthClient) int { return strings.Compare(a.ClientID, b.ClientID) }) {
		switch {
		case filter.IsNull():
		case client.HasRotatedSecret == nil:
			silent++
			continue
		case *client.HasRotatedSecret != filter.ValueBool():
			continue
		}
		matching = append(matching, client)
	}
	return matching, silent, nil
}

func silentNotice(accountID string, n int) (summary, detail string) {
	return "Clients without an answer were left out", fmt.Sprintf(
		"Cloudflare does not say of %d client(s) whether they have a previous secret (has_rotated_secret is absent from the list), so has_previous_secret could not be applied to them. "+
			"Without this filter they are included.\n\naccount_id = %q.", n, accountID)
}
