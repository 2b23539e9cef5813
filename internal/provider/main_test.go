package provider_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	own "github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// blocks are vendor blocks of a provider configuration; a value is a Go value or tftypes.UnknownValue.
type blocks map[string]map[string]any

// configure runs Configure in this process. It must make no call.
func configure(t *testing.T, w *acctest.World, given blocks) (session.Connections, diag.Diagnostics) {
	t.Helper()
	ctx := context.Background()
	p := own.New("test", w.Options())()
	var schema provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &schema)
	root := schema.Schema.Type().TerraformType(ctx).(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, kind := range root.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
		block, ok := given[name]
		if !ok {
			continue
		}
		attrs := map[string]tftypes.Value{}
		for attr, of := range kind.(tftypes.Object).AttributeTypes {
			attrs[attr] = tftypes.NewValue(of, block[attr])
		}
		for attr := range block {
			if _, known := attrs[attr]; !known {
				t.Fatalf("%s has no attribute %s", name, attr)
			}
		}
		values[name] = tftypes.NewValue(kind, attrs)
	}
	req := provider.ConfigureRequest{TerraformVersion: "1.11.4", Config: tfsdk.Config{Schema: schema.Schema, Raw: tftypes.NewValue(root, values)}}
	var resp provider.ConfigureResponse
	before := len(w.Journal())
	p.Configure(ctx, req, &resp)
	if sent := w.Journal()[before:]; len(sent) > 0 {
		t.Errorf("Configure sent %v", acctest.Operations(sent))
	}
	connections, _ := resp.ResourceData.(session.Connections)
	return connections, resp.Diagnostics
}

// world has one more CSP app, in the organization of the app that may log in, and an empty environment.
func world(t *testing.T) *acctest.World {
	t.Helper()
	w := acctest.NewWorld(t)
	w.CSP.AddApp(simulator.CSPLoginOrgID, acctest.OAuthApp, simulator.AppSpec{})
	clear(w.Env)
	return w
}

// clients are what a test reads.
var clients = map[string]rotation.Client{
	"cloudflare":       {Scope: acctest.Account, ID: acctest.OAuthClient},
	"csp":              {Scope: simulator.CSPLoginOrgID, ID: acctest.OAuthApp},
	"identity_service": {Scope: acctest.Tenant, ID: acctest.Application},
}

// scheme is one way to log in, by attribute name.
type scheme struct {
	vendor   string
	settings map[string]string
	login    []string // operations
	read     string   // operation
	headers  []string // of the read
}

func (s scheme) name() string {
	names := []string{}
	for _, name := range []string{"api_token", "email", "api_key", "access_token", "client_id", "client_secret", "token_url"} {
		if _, ok := s.settings[name]; ok {
			names = append(names, name)
		}
	}
	return s.vendor + "/" + strings.Join(names, "+")
}

func schemes(w *acctest.World) []scheme {
	bearer := []string{"Authorization"}
	ids := map[string]string{"client_id": simulator.IdentityServiceLoginClientID, "client_secret": simulator.IdentityServiceLoginClientSecret}
	idsURL := maps.Clone(ids)
	idsURL["token_url"] = w.URL + simulator.IdentityServiceBasePath + "/connect/token"
	return []scheme{
		{"cloudflare", map[string]string{"api_token": simulator.CloudflareAPIToken}, nil, "cloudflare.get", bearer},
		{"cloudflare", map[string]string{"email": simulator.CloudflareEmail, "api_key": simulator.CloudflareAPIKey}, nil, "cloudflare.get", []string{"X-Auth-Email", "X-Auth-Key"}},
		{"csp", map[string]string{"api_token": simulator.CSPAPIToken}, []string{"csp.login_api_token"}, "csp.get", bearer},
		{"csp", map[string]string{"client_id": simulator.CSPLoginClientID, "client_secret": simulator.CSPLoginClientSecret}, []string{"csp.login_client_credentials"}, "csp.get", bearer},
		{"csp", map[string]string{"access_token": simulator.CSPReadyAccessToken}, nil, "csp.get", bearer},
		{"identity_service", map[string]string{"access_token": simulator.IdentityServiceAccessToken}, nil, "identity_service.list", bearer},
		{"identity_service", ids, []string{"identity_service.discovery", "identity_service.token"}, "identity_service.list", bearer},
		{"identity_service", idsURL, []string{"identity_service.token"}, "identity_service.list", bearer},
	}
}

// baseURL is the address of a vendor in w.
func baseURL(w *acctest.World, vendor string) string {
	return w.URL + map[string]string{
		"cloudflare": simulator.CloudflareBasePath, "csp": simulator.CSPBasePath, "identity_service": simulator.IdentityServiceBasePath,
	}[vendor]
}

// variable is the environment variable of an attribute.
func variable(vendor, attribute string) string {
	if vendor == "cloudflare" && attribute == "token_url" {
		return "CLOUDFLARE_OAUTH_TOKEN_URL"
	}
	return strings.ToUpper(vendor + "_" + attribute)
}

func toAny(settings map[string]string) map[string]any {
	block := map[string]any{}
	for name, value := range settings {
		block[name] = value
	}
	return block
}
