package docs_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/docs"
)

func providerSchema(t *testing.T) map[string]any {
	t.Helper()
	raw, err := docs.Schema(t.Context(), "oauthsecret")
	if err != nil {
		t.Fatal(err)
	}
	return decodeSchema(t, raw)["oauthsecret"]
}

func decodeSchema(t *testing.T, raw []byte) map[string]map[string]any {
	t.Helper()
	var out struct {
		Providers map[string]map[string]any `json:"provider_schemas"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out.Providers
}

// TestSchema_IsTerraforms: what the pages are generated from is what Terraform itself prints.
func TestSchema_IsTerraforms(t *testing.T) {
	t.Parallel()
	acctest.Need(t, "schema of actions and list resources", "1.14", "")
	p := newProject(t, acctest.NewWorld(t))
	p.run("init", "-input=false")
	out, status := p.exec(p.cli, "providers", "schema", "-json")
	if status != 0 {
		t.Fatal(out)
	}
	theirs := decodeSchema(t, []byte(out))["registry.terraform.io/oauthsecret/oauthsecret"]
	ours := providerSchema(t)
	for kind := range theirs {
		if !reflect.DeepEqual(ours[kind], theirs[kind]) {
			t.Errorf("%s differ:\n%s\nTerraform prints\n%s", kind, indent(ours[kind]), indent(theirs[kind]))
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("%d kinds of schemas, Terraform prints %d", len(ours), len(theirs))
	}
}

func indent(v any) string {
	out, _ := json.MarshalIndent(v, "", "  ")
	return string(out)
}
