package identityservice

import (
	"context"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// clientSecretFilters is the configuration of a list block of oauthsecret_identity_service_client_secret.
type clientSecretFilters struct {
	Tenant         types.String   `tfsdk:"tenant"`
	ClientID       types.String   `tfsdk:"client_id"`
	Expired        types.Bool     `tfsdk:"expired"`
	ExpiringWithin types.String   `tfsdk:"expiring_within"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

func newClientSecretList() func() list.ListResource {
	return clientsecret.NewList(clientsecret.Listing[*secrets, clientSecretFilters]{
		Kind: kind,
		Description: "The client secrets of one application of the Identity Service that can be imported. Deleted secrets are left out, and expired ones unless `expired` asks for them. " +
			"The service cannot list applications: name them, with `for_each` for several.",
		Attributes: map[string]schema.Attribute{
			"client_id": schema.StringAttribute{Required: true, Validators: kind.Client.Validators, MarkdownDescription: kind.Client.Description},
			"expired": schema.BoolAttribute{Optional: true, MarkdownDescription: "`true` leaves only secrets that have expired, to find what is left over: an expired secret cannot be imported, so generate no configuration from it. " +
				"`false` or unset leaves only those that have not."},
			"expiring_within": schema.StringAttribute{Optional: true, Validators: []validator.String{clientsecret.PositiveDuration()}, MarkdownDescription: expiringWithinFilter + " Together with `expired = true` it leaves none."},
		},
		Find: func(ctx context.Context, s *secrets, tenant string, filters clientSecretFilters) iter.Seq2[clientsecret.Found, error] {
			client := rotation.Client{Scope: tenant, ID: filters.ClientID.ValueString()}
			return func(yield func(clientsecret.Found, error) bool) {
				facts, err := s.Read(ctx, client)
				if err != nil {
					yield(clientsecret.Found{Client: client}, err)
					return
				}
				for _, entry := range byExpiry(facts.Secrets) {
					if entry.Deleted || expired(entry, facts.At) != filters.Expired.ValueBool() || !expiring(entry, facts.At, filters.ExpiringWithin) {
						continue
					}
					found := clientsecret.Found{Client: client, SecretID: entry.ID, DisplayName: label(client, entry), Facts: facts}
					if !yield(found, nil) {
						return
					}
				}
			}
		},
	})
}

func label(c rotation.Client, e rotation.Entry) string {
	text := fmt.Sprintf("%s secret %s", c.ID, e.ID)
	if e.ExpiresAt != nil {
		text += " (expires " + rotation.Stamp(*e.ExpiresAt) + ")"
	}
	return text
}
