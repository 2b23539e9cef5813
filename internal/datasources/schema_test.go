package datasources_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestSchemas_TellAndHideNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, acctest.NewWorld(t))
	sources := []string{"cloudflare_oauth_client", "cloudflare_oauth_clients", "csp_oauth_app", "csp_oauth_apps", "identity_service_client_secrets"}
	for _, name := range sources {
		checkSchema(t, "data oauthsecret_"+name, s.schemas.DataSourceSchemas["oauthsecret_"+name])
	}
	for _, vendor := range []string{"cloudflare", "csp", "identity_service"} {
		name := "oauthsecret_" + vendor + "_client_secret"
		checkSchema(t, "list "+name, s.schemas.ListResourceSchemas[name])
	}
	if n := len(s.schemas.DataSourceSchemas); n != len(sources) {
		t.Errorf("%d data sources, %d of them checked", n, len(sources))
	}
}

func checkSchema(t *testing.T, name string, schema *tfprotov6.Schema) {
	t.Helper()
	if schema == nil || schema.Block.Description == "" {
		t.Errorf("%s is missing or has no description", name)
		return
	}
	checkAttributes(t, name, schema.Block.Attributes)
	for _, b := range schema.Block.BlockTypes {
		if !strings.HasSuffix(b.Block.Description, ".") {
			t.Errorf("block %s of %s has no description: %q", b.TypeName, name, b.Block.Description)
		}
		checkAttributes(t, name+"."+b.TypeName, b.Block.Attributes)
	}
}

func checkAttributes(t *testing.T, where string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, a := range attributes {
		name := where + "." + a.Name
		if !strings.HasSuffix(a.Description, ".") {
			t.Errorf("%s has no description: %q", name, a.Description)
		}
		if a.Sensitive || a.WriteOnly {
			t.Errorf("%s is secret", name)
		}
		if a.NestedType != nil {
			checkAttributes(t, name, a.NestedType.Attributes)
		}
	}
}
