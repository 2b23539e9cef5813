// Package csp adds OAuth apps of VMware Cloud Services Platform organizations to the provider.
package csp

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/completion"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendor"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp/api"
)

const name = "csp"

// Vendor registers VMware Cloud Services Platform.
var Vendor = vendor.Registration{
	Name:        name,
	Description: "Access to VMware Cloud Services Platform: an API token, the credentials of an OAuth app, or a ready access token.",
	Pacing:      "as fast as the answers allow, since no limit is published",
	Attributes: map[string]schema.Attribute{
		"api_token":     vendor.Credential("API token of a user, exchanged for an access token. Roles: Organization Owner, Organization Admin or Developer.", "CSP_API_TOKEN"),
		"client_id":     vendor.Text("Client id of an OAuth app to log in as; goes with `client_secret`.", "CSP_CLIENT_ID"),
		"client_secret": vendor.Credential("Client secret of that OAuth app.", "CSP_CLIENT_SECRET"),
		"access_token":  vendor.Credential("Ready access token; it is not renewed.", "CSP_ACCESS_TOKEN"),
		"org_id":        vendor.Text("Organization of every resource that names none.", "CSP_ORG_ID"),
		"base_url":      vendor.Text("Scheme and host of the service. Default `"+api.DefaultBaseURL+"`.", "CSP_BASE_URL"),
	},
	Connect:       connect,
	Resources:     []func() resource.Resource{clientsecret.New(kind), completion.NewResource(kind)},
	Actions:       []func() action.Action{completion.NewAction(kind)},
	DataSources:   []func() datasource.DataSource{newOAuthAppDataSource(), newOAuthAppsDataSource()},
	ListResources: []func() list.ListResource{newClientSecretList()},
}

// kind describes the client secret of an OAuth app.
var kind = clientsecret.Kind{
	Vendor: name,
	Title:  "VMware Cloud Services",
	Noun:   "OAuth app",
	Traits: traits,
	Scope: clientsecret.IDAttribute{
		Name: "org_id", Env: "CSP_ORG_ID",
		Description: "The id (GUID) of the organization that manages the OAuth app.",
		Form:        "the GUID of the organization",
		Validators:  []validator.String{vendor.PathElement{}},
	},
	Client: clientsecret.IDAttribute{
		Name:        "oauth_app_id",
		Description: "The id of the OAuth app, which is its OAuth client id.",
		Form:        "the id of the OAuth app",
		Validators:  []validator.String{vendor.PathElement{}},
	},
	OnDestroy:      []string{clientsecret.DestroyKeep, clientsecret.DestroyRetirePrevious, clientsecret.DestroyRevoke},
	ValidateSecret: api.ValidateSecret,
	MaxOverlap:     math.MaxInt32 * time.Second,
	Remedy:         remedy,
	Description: "The client secret of an existing OAuth app of a VMware Cloud Services organization. Creating the resource starts a rotation (or adopts the app, `on_create`); " +
		"a rotation is an in-place update to a secret made here (or chosen by you, `client_secret_wo`). The previous secret stays valid for 48 hours, or for `retire_previous_after`; the service ends it by itself." +
		"\n\n~> The service does not show whether a previous secret is valid. It counts as valid until `previous_secret_expires_at`, and until then the " +
		"next rotation is refused, unless `on_pending_rotation` is `retire_first`.",
}

func connect(_ context.Context, s vendor.Settings, base httpapi.Options) (*session.Connection, diag.Diagnostics) {
	apiToken, access := s.String("api_token", "CSP_API_TOKEN"), s.String("access_token", "CSP_ACCESS_TOKEN")
	id, password := s.String("client_id", "CSP_CLIENT_ID"), s.String("client_secret", "CSP_CLIENT_SECRET")
	org, baseURL := s.String("org_id", "CSP_ORG_ID"), s.String("base_url", "CSP_BASE_URL")

	connection := vendor.NewConnection(s, org, base)
	scheme, diags := vendor.Choose("VMware Cloud Services", vendor.Scheme{apiToken}, vendor.Scheme{id, password}, vendor.Scheme{access})
	diags.Append(s.Check(baseURL)...)
	if scheme == nil && !diags.HasError() {
		connection.Problem = vendor.Missing("VMware Cloud Services", apiToken, id, password, access)
	}
	if connection.Unusable(diags) {
		return connection, diags
	}
	cfg := api.Config{BaseURL: baseURL.Value}
	switch {
	case len(scheme) == 2:
		cfg.ClientID, cfg.ClientSecret, cfg.OrgID = id.Value, secret.New(password.Value), org.Value
	case scheme[0].Env == apiToken.Env:
		cfg.APIToken = secret.New(apiToken.Value)
	default:
		cfg.AccessToken = secret.New(access.Value)
	}
	base.Pace = s.Pace(pace.Bound{})
	base.CredentialName = scheme.InUse()
	client, err := api.New(cfg, base)
	if err != nil {
		diags.Append(vendor.Rejected("VMware Cloud Services", scheme, err)...)
		return connection, diags
	}
	connection.Use(newSecrets(client, base.Clock))
	return connection, diags
}

func remedy(status int) string {
	if status == http.StatusForbidden {
		return "The credential needs the role Organization Owner, Organization Admin or Developer in this organization."
	}
	return ""
}
