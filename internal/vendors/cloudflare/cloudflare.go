// Package cloudflare adds Cloudflare's OAuth clients to the provider.
package cloudflare

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
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
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare/api"
)

const name = "cloudflare"

// Vendor registers Cloudflare.
var Vendor = vendor.Registration{
	Name:        name,
	Description: "Access to Cloudflare: an API token, or e-mail address and global API key.",
	Pacing:      "3.3 after the first 200, below the published limit of 1,200 in five minutes, until Cloudflare's answers show the limit itself",
	Attributes: map[string]schema.Attribute{
		"api_token":  vendor.Credential("API token with the permissions OAuth Client Read and OAuth Client Write (Cloudflare also calls them OAuth App Registrations Read and OAuth App Registrations Write).", "CLOUDFLARE_API_TOKEN"),
		"email":      vendor.Text("E-mail address of the older login scheme; goes with `api_key`.", "CLOUDFLARE_EMAIL"),
		"api_key":    vendor.Credential("Global API key of the older login scheme; goes with `email`.", "CLOUDFLARE_API_KEY"),
		"account_id": vendor.Text("Account of every resource that names none.", "CLOUDFLARE_ACCOUNT_ID"),
		"base_url":   vendor.Text("Address of the API. Default `"+api.DefaultBaseURL+"`.", "CLOUDFLARE_BASE_URL"),
		"token_url":  vendor.Text("Token endpoint that `verify` asks. Default `"+api.DefaultTokenURL+"`.", "CLOUDFLARE_OAUTH_TOKEN_URL"),
	},
	Connect:       connect,
	Resources:     []func() resource.Resource{clientsecret.New(kind), completion.NewResource(kind)},
	Actions:       []func() action.Action{completion.NewAction(kind)},
	DataSources:   []func() datasource.DataSource{newOAuthClientDataSource(), newOAuthClientsDataSource()},
	ListResources: []func() list.ListResource{newClientSecretList()},
}

// kind describes the client secret of a Cloudflare OAuth client.
var kind = clientsecret.Kind{
	Vendor: name,
	Title:  "Cloudflare",
	Noun:   "OAuth client",
	Traits: traits,
	Scope: clientsecret.IDAttribute{
		Name: "account_id", Env: "CLOUDFLARE_ACCOUNT_ID",
		Description: "The account that the OAuth client belongs to.",
		Form:        "the account id, 32 characters",
		Validators:  []validator.String{stringvalidator.LengthBetween(32, 32)},
	},
	Client: clientsecret.IDAttribute{
		Name:        "oauth_client_id",
		Description: "The client id of the OAuth client.",
		Form:        "the client id of the OAuth client",
		Validators:  []validator.String{vendor.PathElement{}},
	},
	OnDestroy: []string{clientsecret.DestroyKeep, clientsecret.DestroyRetirePrevious},
	Remedy:    remedy,
	Description: "The client secret of an existing OAuth client of a Cloudflare account. Creating the resource rotates the secret (or adopts the client, `on_create`); " +
		"a rotation is an in-place update. The previous secret stays valid until it is deleted: by `retire_previous_after`, by `oauthsecret_cloudflare_rotation_completion`, or by hand. " +
		"It never expires by itself." +
		"\n\n~> While a previous secret is valid, the next rotation is refused. So say how it ends: `retire_previous_after`, " +
		"an `oauthsecret_cloudflare_rotation_completion`, or `on_pending_rotation = \"retire_first\"`.",
}

// published stays below the published limit of 1,200 requests in five minutes per user or account token.
var published = pace.Bound{PerSecond: 3.3, Burst: 200, Published: true}

func connect(_ context.Context, s vendor.Settings, base httpapi.Options) (*session.Connection, diag.Diagnostics) {
	token := s.String("api_token", "CLOUDFLARE_API_TOKEN")
	email, key := s.String("email", "CLOUDFLARE_EMAIL"), s.String("api_key", "CLOUDFLARE_API_KEY")
	baseURL, tokenURL := s.String("base_url", "CLOUDFLARE_BASE_URL"), s.String("token_url", "CLOUDFLARE_OAUTH_TOKEN_URL")

	connection := vendor.NewConnection(s, s.String("account_id", "CLOUDFLARE_ACCOUNT_ID"), base)
	scheme, diags := vendor.Choose("Cloudflare", vendor.Scheme{token}, vendor.Scheme{email, key})
	diags.Append(s.Check(baseURL, tokenURL)...)
	if scheme == nil && !diags.HasError() {
		connection.Problem = vendor.Missing("Cloudflare", token, email, key)
	}
	if connection.Unusable(diags) {
		return connection, diags
	}
	cfg := api.Config{BaseURL: baseURL.Value, TokenURL: tokenURL.Value}
	if len(scheme) == 1 {
		cfg.APIToken = secret.New(token.Value)
	} else {
		cfg.Email, cfg.APIKey = email.Value, secret.New(key.Value)
	}
	base.Pace = s.Pace(published)
	base.CredentialName = scheme.InUse()
	client, err := api.New(cfg, base)
	if err != nil {
		diags.Append(vendor.Rejected("Cloudflare", scheme, err)...)
		return connection, diags
	}
	connection.Use(newSecrets(client, base.Clock))
	return connection, diags
}

func remedy(status int) string {
	if status == http.StatusForbidden {
		return "The credential needs the permissions OAuth Client Read and OAuth Client Write on this account. Cloudflare also calls them OAuth App Registrations Read and OAuth App Registrations Write; " +
			"if those are offered, give it those as well."
	}
	return ""
}
