package clientsecret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// What is driven by version runs with every new secret, whichever way it came to be, and with nothing else.
func TestVersionDrivesConsumers(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		config := func(settings string) string {
			return c.HCL("on_pending_rotation = \"retire_first\"\n"+settings) + `
resource "terraform_data" "consumer" {
  triggers_replace = ` + c.Address() + `.version
  provisioner "local-exec" {
    command = "echo ${coalesce(` + c.Address() + `.client_secret_sha256, "none")} >consumer"
  }
}`
		}
		cli := w.Terminal(t, config(trigger("1")))
		seen := map[any]bool{}
		last, secrets := 0.0, 1
		fresh := func(how string) {
			t.Helper()
			version, _ := cli.Attribute(c.Address(), "version").(float64)
			if seen[version] || version < last {
				t.Errorf("%s: version %v after %v", how, version, last)
			}
			last, seen[version] = version, true
			got, err := os.ReadFile(filepath.Join(cli.Dir, "consumer"))
			if want := cli.Attribute(c.Address(), "client_secret_sha256"); err != nil || strings.TrimSpace(string(got)) != want {
				t.Errorf("%s: the consumer has the secret %s, not %v: %v", how, got, want, err)
			}
			if made := len(c.Secrets(w)); made != secrets+1 {
				t.Errorf("%s made %d secrets", how, made-secrets)
			}
			secrets++
			cli.Empty()
		}
		unknown := func(how string, want bool) {
			t.Helper()
			if got := cli.Saved(c.Address()).Unknown["version"] == true; got != want {
				t.Errorf("%s: the plan does not know the version: %v, want %v", how, got, want)
			}
		}

		cli.Plan()
		unknown("creation", true)
		cli.ApplySaved()
		cli.Version(c.Address(), 1)
		fresh("creation")
		for n, value := range []string{"2", "3"} {
			cli.Configure(config(trigger(value)))
			cli.Plan()
			unknown("rotation", false)
			cli.PlannedVersion(c.Address(), n+2)
			cli.ApplySaved()
			cli.Version(c.Address(), n+2)
			fresh("rotation")
		}
		cli.Plan("-replace=" + c.Address())
		unknown("replacement", true)
		cli.ApplySaved()
		fresh("replacement")
		cli.Must("taint", c.Address())
		cli.Apply()
		fresh("taint")
		w.Clock.Advance(72 * time.Hour) // of what is out of the state, only the time tells
		cli.Must("state", "rm", c.Address())
		cli.Apply()
		fresh("state rm and creation")

		w.Clock.Advance(72 * time.Hour)
		cli.Must("state", "rm", c.Address())
		cli.Must("import", "-input=false", c.Address(), c.ImportID())
		cli.Apply()
		if got := cli.Attribute(c.Address(), "version"); got != 0.0 {
			t.Errorf("after the import the version is %v", got)
		}
		cli.Configure(config(trigger("4")))
		cli.Plan()
		unknown("first rotation after an import", true)
		cli.ApplySaved()
		fresh("rotation after an import")
	})
}
