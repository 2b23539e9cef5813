package identityservice

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/datasources"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/duration"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// clientSecretsModel is the object of the data source oauthsecret_identity_service_client_secrets.
type clientSecretsModel struct {
	Tenant         types.String       `tfsdk:"tenant"`
	ClientID       types.String       `tfsdk:"client_id"`
	ExpiringWithin types.String       `tfsdk:"expiring_within"`
	IncludeDeleted types.Bool         `tfsdk:"include_deleted"`
	Timeouts       timeouts.Value     `tfsdk:"timeouts"`
	SecretIDs      []string           `tfsdk:"secret_ids"`
	ClientSecrets  []clientSecretItem `tfsdk:"client_secrets"`
}

type clientSecretItem struct {
	ID        types.String `tfsdk:"id"`
	SecretID  types.String `tfsdk:"secret_id"`
	ExpiresAt types.String `tfsdk:"expires_at"`
	Expired   types.Bool   `tfsdk:"expired"`
	Deleted   types.Bool   `tfsdk:"deleted"`
	Valid     types.Bool   `tfsdk:"valid"`
}

const expiringWithinFilter = "Leaves only secrets that are valid now and expire within this time from now, a duration such as `\"30d\"` (units w, d, h, m, s). Unset: all."

func newClientSecretsDataSource() func() datasource.DataSource {
	return datasources.New(datasources.Source[*secrets, clientSecretsModel]{
		Kind: kind, Name: "client_secrets", OneClient: true,
		Description: "Metadata of the client secrets of one application of the Identity Service, for audits; never a secret. The service may hide deleted or expired secrets, and the one that the application was registered with.",
		Attributes: map[string]schema.Attribute{
			"expiring_within": schema.StringAttribute{Optional: true, Validators: []validator.String{clientsecret.PositiveDuration()}, MarkdownDescription: expiringWithinFilter},
			"include_deleted": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether deleted secrets that the service still lists are among the results. Default `true`."},
			"secret_ids":      datasources.Texts("The ids of the secrets, in the order of `client_secrets`."),
			"client_secrets": datasources.Objects("The secrets, by their expiry: the first to expire first, those without expiry last.", map[string]schema.Attribute{
				"id":         datasources.Text("The import id of the secret: `tenant/client_id/secret_id`."),
				"secret_id":  datasources.Text("The service's id of the secret."),
				"expires_at": datasources.Text("When the service ends the secret, RFC 3339 in UTC; null for never."),
				"expired":    datasources.Flag("Whether that time has passed. A deleted secret can be expired as well."),
				"deleted":    datasources.Flag("Whether the secret was deleted."),
				"valid":      datasources.Flag("Whether the secret still authenticates: it is neither deleted nor expired."),
			}),
		},
		Action: "list the client secrets",
		Read: func(ctx context.Context, s *secrets, c rotation.Client, m *clientSecretsModel, _ *diag.Diagnostics) error {
			facts, err := s.Read(ctx, c)
			if err != nil {
				return err
			}
			m.SecretIDs, m.ClientSecrets = []string{}, []clientSecretItem{}
			for _, entry := range byExpiry(facts.Secrets) {
				excluded := entry.Deleted && !m.IncludeDeleted.IsNull() && !m.IncludeDeleted.ValueBool()
				if excluded || !expiring(entry, facts.At, m.ExpiringWithin) {
					continue
				}
				m.SecretIDs = append(m.SecretIDs, entry.ID)
				m.ClientSecrets = append(m.ClientSecrets, clientSecretItem{
					ID:        types.StringValue(c.String() + "/" + entry.ID),
					SecretID:  types.StringValue(entry.ID),
					ExpiresAt: datasources.TimeValue(entry.ExpiresAt),
					Expired:   types.BoolValue(expired(entry, facts.At)),
					Deleted:   types.BoolValue(entry.Deleted),
					Valid:     types.BoolValue(entry.Live(facts.At)),
				})
			}
			return nil
		},
	})
}

// byExpiry orders entries by expiry, never last, then by id.
func byExpiry(entries []rotation.Entry) []rotation.Entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b rotation.Entry) int {
		switch {
		case a.ExpiresAt == nil && b.ExpiresAt == nil, a.ExpiresAt != nil && b.ExpiresAt != nil && a.ExpiresAt.Equal(*b.ExpiresAt):
			return strings.Compare(a.ID, b.ID)
		case a.ExpiresAt == nil:
			return 1
		case b.ExpiresAt == nil:
			return -1
		default:
			return a.ExpiresAt.Compare(*b.ExpiresAt)
		}
	})
}

func expired(e rotation.Entry, now time.Time) bool {
	return e.ExpiresAt != nil && !e.ExpiresAt.After(now)
}

// expiring applies the filter of that name; a null one lets everything pass.
func expiring(e rotation.Entry, now time.Time, within types.String) bool {
	if within.IsNull() {
		return true
	}
	span, err := duration.Parse(within.ValueString())
	return err == nil && e.Live(now) && e.ExpiresAt != nil && !e.ExpiresAt.After(now.Add(span))
}
