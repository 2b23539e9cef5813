package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// TestExamples_Formatted holds for every file below examples/.
func TestExamples_Formatted(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	p := newProjectFrom(t, w, ".", ".")
	p.run("fmt", "-check", "-recursive", "-diff")
}

// TestExamples_Complete: every type of the provider has an example under the name that its page takes it from, and every
// client secret the three ways to import one.
func TestExamples_Complete(t *testing.T) {
	t.Parallel()
	for kind, file := range map[string]string{
		"resource_schemas":           "resources/%s/resource.tf",
		"data_source_schemas":        "data-sources/%s/data-source.tf",
		"ephemeral_resource_schemas": "ephemeral-resources/%s/ephemeral-resource.tf",
		"list_resource_schemas":      "list-resources/%s/list-resource.tfquery.hcl",
		"action_schemas":             "actions/%s/action.tf",
	} {
		types := typesOf(t, kind)
		if len(types) == 0 {
			t.Errorf("the schema has no %s", kind)
		}
		for _, name := range types {
			need(t, strings.ReplaceAll(file, "%s", name))
			if strings.HasSuffix(name, "_client_secret") && kind == "resource_schemas" {
				for _, way := range []string{"import.sh", "import-by-string-id.tf", "import-by-identity.tf"} {
					need(t, filepath.Join("resources", name, way))
				}
			}
		}
	}
}

func need(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "examples", file)); err != nil {
		t.Error(err)
	}
}

// TestExamples_Apply runs each example file of the kinds that stand alone.
func TestExamples_Apply(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"provider/provider.tf", "resources/*/resource*.tf", "data-sources/*/data-source*.tf", "adopting/main.tf"} {
		for _, file := range glob(t, pattern) {
			t.Run(name(file), func(t *testing.T) {
				t.Parallel()
				p := newProject(t, acctest.NewWorld(t), append(glob(t, rel(filepath.Join(filepath.Dir(file), "*.pub"))), file)...)
				if strings.Contains(file, "write-only") {
					p.Vars["client_secret"] = "Chosen-by-me-1!"
				}
				p.life()
				if n := len(p.w.Changing()); n > 0 && strings.HasPrefix(name(file), "adopting") {
					t.Errorf("%d changes were sent", n)
				}
				if strings.Contains(file, "encrypted") || strings.Contains(file, "write-only") {
					for _, value := range append(p.w.AllIssued(), "Chosen-by-me-1!") {
						if strings.Contains(p.state(), value) {
							t.Error("the state holds a secret")
						}
					}
				}
			})
		}
	}
}

// seededSecret is the secret's id in the import examples of the Identity Service; the simulator has another.
const seededSecret = "8d5a1f0e-6c1b-4f6d-9a53-2f1f3c0b7e21"

// TestExamples_Import: an import in each way changes nothing at the vendor, neither by itself nor by the apply that
// follows.
func TestExamples_Import(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "resources/*/import*") {
		t.Run(name(file), func(t *testing.T) {
			t.Parallel()
			if strings.HasSuffix(file, "by-identity.tf") {
				acctest.Need(t, "import by identity", "1.12", "1.12")
			}
			w := acctest.NewWorld(t)
			p := newProject(t, w, filepath.Join(filepath.Dir(file), "resource.tf"), file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seeded := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)[0].ID
			p.write(filepath.Base(file), strings.ReplaceAll(string(text), seededSecret, seeded))
			p.run("init", "-input=false")
			if strings.HasSuffix(file, ".sh") {
				p.Path = programs(t, map[string]string{"terraform": "exec \"$TERRAFORM\" \"$@\""})
				if out, status := p.exec("bash", "import.sh"); status != 0 {
					t.Fatalf("exit status %d\n%s", status, out)
				}
			}
			p.run("apply", "-input=false", "-auto-approve")
			p.empty()
			if n := len(w.Changing()); n > 0 {
				t.Errorf("%d changes were sent", n)
			}
		})
	}
}

// programs makes a folder of shell scripts.
func programs(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestExamples_Ephemeral: the consumer gets the secret that the vendor accepts, and it is in no state.
func TestExamples_Ephemeral(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := acctest.NewWorld(t)
	p := newProject(t, w, glob(t, "ephemeral-resources/*/*.tf")...)
	p.Vars["age_recipient"], p.Vars["age_identity"] = identity.Recipient().String(), identity.String()
	received := filepath.Join(t.TempDir(), "received")
	p.Path = programs(t, map[string]string{"vault": "cat >'" + received + "'"})
	p.run("init", "-input=false")
	p.run("validate")
	p.run("apply", "-input=false", "-auto-approve")
	p.empty()
	value, err := os.ReadFile(received)
	if err != nil {
		t.Fatal(err)
	}
	if !w.Cloudflare.Accepts(acctest.Account, acctest.OAuthClient, string(value)) {
		t.Error("what the consumer got is not accepted")
	}
	if strings.Contains(p.state(), string(value)) || strings.Contains(p.state(), identity.String()) {
		t.Error("the state holds the secret or the key")
	}
	if w.Cloudflare.Accepts(acctest.Account, acctest.OAuthClient, w.InitialCloudflare) {
		t.Error("the previous secret is still accepted")
	}
}

// TestExamples_Actions: triggered by the consumer and by hand, each ends the previous secret.
func TestExamples_Actions(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "actions/*/action*.tf") {
		t.Run(name(file), func(t *testing.T) {
			t.Parallel()
			acctest.Need(t, "actions", "1.14", "")
			w := acctest.NewWorld(t)
			p := newProject(t, w, file)
			p.run("init", "-input=false")
			p.run("validate")
			p.run("apply", "-input=false", "-auto-approve")
			p.empty()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p.write(filepath.Base(file), strings.ReplaceAll(string(text), "2026-Q1", "2026-Q2"))
			p.run("apply", "-input=false", "-auto-approve")
			p.empty()
			address := filepath.Base(filepath.Dir(file)) + ".billing"
			p.run("apply", "-input=false", "-auto-approve", "-invoke=action."+address)
			live := 0
			for _, client := range w.Timeline() {
				ours := client.Target == acctest.OAuthClient || client.Target == acctest.OAuthApp || client.Target == acctest.Application
				if !ours || !strings.Contains(address, string(client.Vendor)) {
					continue
				}
				for _, s := range client.Secrets {
					if s.EndedAt == nil {
						live++
					}
				}
			}
			// The Identity Service also has the secret that the application was registered with; nobody may delete it.
			want := 1
			if strings.Contains(address, "identity_service") {
				want = 2
			}
			if live != want {
				t.Errorf("%d secrets are valid, want %d", live, want)
			}
		})
	}
}

// TestExamples_Lists: the configuration that a query generates imports what it found and changes nothing at the vendor.
func TestExamples_Lists(t *testing.T) {
	t.Parallel()
	for _, file := range glob(t, "list-resources/*/*.tfquery.hcl") {
		t.Run(name(file), func(t *testing.T) {
			t.Parallel()
			acctest.Need(t, "list resources", "1.14", "")
			w := acctest.NewWorld(t)
			w.IdentityService.AddApplication(acctest.Tenant, "my-other-app")
			p := newProject(t, w, file)
			p.write("provider.tf", "provider \"oauthsecret\" {}\n")
			p.run("init", "-input=false")
			p.run("validate", "-query")
			out := p.run("query", "-generate-config-out=generated.tf")
			if !strings.Contains(out, "list."+filepath.Base(filepath.Dir(file))+".all") {
				t.Errorf("nothing was found:\n%s", out)
			}
			p.run("apply", "-input=false", "-auto-approve")
			p.empty()
			if n := len(w.Changing()); n > 0 {
				t.Errorf("%d changes were sent", n)
			}
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "examples", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 && !strings.HasSuffix(pattern, ".pub") {
		t.Fatalf("no example matches %s", pattern)
	}
	return files
}

// rel is a file below examples/.
func rel(file string) string {
	short, _ := filepath.Rel(filepath.Join(root, "examples"), file)
	return short
}

// name is how a test of an example is called.
func name(file string) string {
	return strings.TrimPrefix(strings.ReplaceAll(filepath.ToSlash(rel(file)), "oauthsecret_", ""), "resources/")
}

func typesOf(t *testing.T, kind string) []string {
	t.Helper()
	schemas, _ := providerSchema(t)[kind].(map[string]any)
	return slices.Sorted(maps.Keys(schemas))
}
