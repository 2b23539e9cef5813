// Package identityservice adds applications of the Identity Service (Key Rotation API) to the provider.
package identityservice

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

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
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/identityservice/api"
)

const name = "identity_service"

// Vendor registers the Identity Service.
var Vendor = vendor.Registration{
	Name:        name,
	Description: "Access to the Identity Service: a ready access token, or the credentials of an application.",
	Pacing:      "as fast as the answers allow, since no limit is published",
	Attributes: map[string]schema.Attribute{
		"access_token":  vendor.Credential("Access token of a principal with the role `ids:app_admin` or `ids:tenant_admin`; it is not renewed.", "IDENTITY_SERVICE_ACCESS_TOKEN"),
		"client_id":     vendor.Text("Client id of an application to log in as; goes with `client_secret`.", "IDENTITY_SERVICE_CLIENT_ID"),
		"client_secret": vendor.Credential("Client secret of that application.", "IDENTITY_SERVICE_CLIENT_SECRET"),
		"token_url":     vendor.Text("Token endpoint of that login and of `verify`. Default: what the service's OpenID discovery names. Credentials are sent in the way that discovery offers (`client_secret_basic` or `client_secret_post`); without discovery in the first way, and in the second where that is refused.", "IDENTITY_SERVICE_TOKEN_URL"),
		"tenant":        vendor.Text("Tenant of every resource that names none.", "IDENTITY_SERVICE_TENANT"),
		"base_url":      vendor.Text("Address of the service. Default `"+api.DefaultBaseURL+"`.", "IDENTITY_SERVICE_BASE_URL"),
	},
	Connect:       connect,
	Resources:     []func() resource.Resource{clientsecret.New(kind), completion.NewResource(kind)},
	Actions:       []func() action.Action{completion.NewAction(kind)},
	DataSources:   []func() datasource.DataSource{newClientSecretsDataSource()},
	ListResources: []func() list.ListResource{newClientSecretList()},
}

// kind describes one client secret of an application.
var kind = clientsecret.Kind{
	Vendor: name,
	Title:  "the Identity Service",
	Noun:   "Application",
	Traits: traits,
	Scope: clientsecret.IDAttribute{
		Name: "tenant", Env: "IDENTITY_SERVICE_TENANT",
		Description: "The name of the tenant that the application belongs to.",
		Form:        "the name of the tenant: lower-case letters, digits, _ and -",
		Validators:  []validator.String{vendor.PathElement{}, tenantName{}},
	},
	Client: clientsecret.IDAttribute{
		Name:        "client_id",
		Description: "The client id of the application.",
		Form:        "the client id of the application",
		Validators:  []validator.String{vendor.PathElement{}},
	},
	OnDestroy: []string{clientsecret.DestroyDelete, clientsecret.DestroyKeep},
	Remedy:    remedy,
	Description: "One client secret of an existing application of the Identity Service. Creating the resource adds a secret; a rotation is an in-place update that adds another one. " +
		"The previous secret stays valid until its own expiry, or until it is deleted: by `retire_previous_after`, by `oauthsecret_identity_service_rotation_completion`, or by hand." +
		"\n\n~> The secrets that the application has already stay as they are. To manage one of those, import it.",
}

func connect(_ context.Context, s vendor.Settings, base httpapi.Options) (*session.Connection, diag.Diagnostics) {
	access := s.String("access_token", "IDENTITY_SERVICE_ACCESS_TOKEN")
	id, password := s.String("client_id", "IDENTITY_SERVICE_CLIENT_ID"), s.String("client_secret", "IDENTITY_SERVICE_CLIENT_SECRET")
	tokenURL, baseURL := s.String("token_url", "IDENTITY_SERVICE_TOKEN_URL"), s.String("base_url", "IDENTITY_SERVICE_BASE_URL")

	connection := vendor.NewConnection(s, s.String("tenant", "IDENTITY_SERVICE_TENANT"), base)
	scheme, diags := vendor.Choose("The Identity Service", vendor.Scheme{access}, vendor.Scheme{id, password})
	diags.Append(s.Check(baseURL, tokenURL)...)
	if scheme == nil && !diags.HasError() {
		connection.Problem = vendor.Missing("The Identity Service", access, id, password)
	}
	if connection.Unusable(diags) {
		return connection, diags
	}
	cfg := api.Config{BaseURL: baseURL.Value, TokenURL: tokenURL.Value}
	if len(scheme) == 1 {
		cfg.AccessToken = secret.New(access.Value)
	} else {
		cfg.ClientID, cfg.ClientSecret = id.Value, secret.New(password.Value)
	}
	base.Pace = s.Pace(pace.Bound{})
	base.CredentialName = scheme.InUse()
	client, err := api.New(cfg, base)
	if err != nil {
		diags.Append(vendor.Rejected("the Identity Service", scheme, err)...)
		return connection, diags
	}
	connection.Use(newSecrets(client, base.Clock))
	return connection, diags
}

// tenantName warns of what cannot be the name of a tenant, as far as its documentation says.
type tenantName struct{}

var tenantForm = regexp.MustCompile(`^[a-z0-9_-]+$`)

func (tenantName) Description(context.Context) string {
	return "should be the name of a tenant: lower-case letters, digits, _ and -"
}

func (v tenantName) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v tenantName) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if name := req.ConfigValue; !name.IsNull() && !name.IsUnknown() && !tenantForm.MatchString(name.ValueString()) {
		resp.Diagnostics.AddAttributeWarning(req.Path, "Unusual tenant", fmt.Sprintf("%s %s. Its display name does not do.", req.Path, v.Description(ctx)))
	}
}

func remedy(status int) string {
	if status == http.StatusForbidden {
		return "The credential needs the role ids:app_admin or ids:tenant_admin; the service also answers so for a tenant or application that does not exist."
	}
	return ""
}
