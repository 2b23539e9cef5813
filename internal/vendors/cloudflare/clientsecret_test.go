package cloudflare_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }

func TestClientSecret_Rotates(t *testing.T) {
	t.Parallel()
	acctest.NeedCLI(t)
	w := acctest.NewWorld(t)
	config := func(q string) string {
		return `resource "oauthsecret_cloudflare_client_secret" "app" {
  oauth_client_id = "` + acctest.OAuthClient + `"
  rotate_when_changed = { q = "` + q + `" }
  retire_previous_after = "24h"
}`
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: w.Factories(),
		Steps: []resource.TestStep{
			{Config: config("1"), Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr("oauthsecret_cloudflare_client_secret.app", "version", "1"),
				resource.TestCheckResourceAttr("oauthsecret_cloudflare_client_secret.app", "has_previous_secret", "true"),
			)},
			{PreConfig: func() { w.Clock.Advance(25 * 3600e9) }, Config: config("1"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("oauthsecret_cloudflare_client_secret.app", plancheck.ResourceActionUpdate)}}},
			{Config: config("2")},
			{ResourceName: "oauthsecret_cloudflare_client_secret.app", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"client_secret", "client_secret_sha256", "version", "rotated_at", "retire_previous_after", "rotate_when_changed", "previous_secret_expires_at"}},
		},
	})
	for _, e := range w.Journal() {
		t.Log(e.Operation, e.Status, e.Effect)
	}
}
