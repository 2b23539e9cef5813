package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// A misspelt name is an error wherever settings are grouped. The CLI drops it before the provider sees it where the group is
// an attribute, and the rest then means something else: another host, no limit, no proof.
func TestCLI_MisspeltName(t *testing.T) {
	t.Parallel()
	acctest.NeedCLI(t)
	inSecret := func(settings string) string {
		return "resource \"oauthsecret_csp_client_secret\" \"app\" {\n  oauth_app_id = \"app\"\n" + settings + "}\n"
	}
	inData := func(settings string) string {
		return "data \"oauthsecret_csp_oauth_app\" \"app\" {\n  oauth_app_id = \"app\"\n" + settings + "}\n"
	}
	inProvider := func(settings string) string { return "provider \"oauthsecret\" {\n" + settings + "}\n" + inSecret("") }
	for wrong, config := range map[string]string{
		"requird":             inSecret("  verify {\n    requird = true\n  }\n"),
		"craete":              inSecret("  timeouts {\n    craete = \"1m\"\n  }\n"),
		"raed":                inData("  timeouts {\n    raed = \"1m\"\n  }\n"),
		"base_uri":            inProvider("  cloudflare {\n    base_uri = \"https://api.example.com\"\n  }\n"),
		"organisation_id":     inProvider("  csp {\n    organisation_id = \"org\"\n  }\n"),
		"requests_per_minute": inProvider("  identity_service {\n    requests_per_minute = 6\n  }\n"),
	} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			w.Run(t, resource.TestStep{Config: config, PlanOnly: true, ExpectError: acctest.Words(`An argument named "` + wrong + `" is not expected here`)})
			if sent := w.Journal(); len(sent) > 0 {
				t.Errorf("sent %v", acctest.Operations(sent))
			}
		})
	}
}
