package datasources_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// Where the program can defer, an unknown provider configuration needs no warning.
func TestAudit_UnknownConfiguration_Defers(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	s := running{ProviderServer: plugin.New(provider.New("test", w.Options())()), t: t}
	var err error
	if s.schemas, err = s.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	configured, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: s.object(s.schemas.Provider, map[string]any{"csp": tftypes.UnknownValue, "cloudflare": tftypes.UnknownValue, "identity_service": tftypes.UnknownValue}),
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(err, configured)
	}
	const name = "oauthsecret_csp_oauth_apps"
	read, err := s.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: name, Config: s.object(s.schemas.DataSourceSchemas[name], nil),
		ClientCapabilities: &tfprotov6.ReadDataSourceClientCapabilities{DeferralAllowed: true},
	})
	if err != nil || len(read.Diagnostics) > 0 || read.Deferred == nil || read.Deferred.Reason != tfprotov6.DeferredReasonProviderConfigUnknown {
		t.Errorf("%v, %+v", err, read)
	}
	counted(t, w, map[string]int{"": 0})
}
