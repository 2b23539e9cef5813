package consumer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

// member is a client with its consumer and its completion; the arguments are the ending of the names, for_each, the client and
// the instance.
const member = `
resource "oauthsecret_cloudflare_client_secret" "app%[1]s" {
  %[2]s
  oauth_client_id     = %[3]s
  rotate_when_changed = { quarter = var.quarter }
}
resource "consumer_secret" "app%[1]s" {
  %[2]s
  name  = %[3]s
  value = oauthsecret_cloudflare_client_secret.app%[1]s%[4]s.client_secret
}
resource "oauthsecret_cloudflare_rotation_completion" "app%[1]s" {
  %[2]s
  oauth_client_id = %[3]s
  version         = oauthsecret_cloudflare_client_secret.app%[1]s%[4]s.version
  depends_on      = [consumer_secret.app%[1]s]
}
`

// Terraform orders blocks and not their instances, not even those of a module; OpenTofu keeps instances of a module apart. So a
// consumer that fails holds back, for that apply, the completion of every consumer that is of the same block.
func TestOneFailedConsumer(t *testing.T) {
	t.Parallel()
	const each, quarter = `for_each = toset(["one", "two", "three"])`, "variable \"quarter\" { default = \"1\" }\n"
	module := quarter + "variable \"name\" {}\n" + fmt.Sprintf(member, "", "", "var.name", "")
	alone := func(name string) string { return fmt.Sprintf(member, "_"+name, "", strconv.Quote(name), "") }
	var apart []string
	if acctest.CLIVersion(t).OpenTofu {
		apart = []string{"one", "three"}
	}
	for name, c := range map[string]struct {
		config string
		ended  []string // clients whose previous secret the failed apply ended
	}{
		"one block":    {quarter + fmt.Sprintf(member, "", each, "each.key", "[each.key]"), nil},
		"one module":   {quarter + "module \"app\" {\n  source = \"./app\"\n  " + each + "\n  name = each.key\n  quarter = var.quarter\n}\n", apart},
		"three blocks": {quarter + alone("one") + alone("two") + alone("three"), []string{"one", "three"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			for _, client := range []string{"one", "two", "three"} {
				w.Cloudflare.AddClient(acctest.Account, client)
			}
			cli := w.Terminal(t, "")
			if err := os.Mkdir(filepath.Join(cli.Dir, "app"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cli.Dir, "app", "main.tf"), []byte(module), 0o600); err != nil {
				t.Fatal(err)
			}
			cli.Configure(c.config)
			cli.Must("init", "-input=false", "-no-color")
			cli.Apply()
			held := map[string]string{}
			for _, client := range []string{"one", "two", "three"} {
				held[client] = w.Consumers.Held(client)
			}
			w.Consumers.Fail("two", consumer.BeforeWrite, 1)
			cli.ApplyFails("-var=quarter=2")
			var ended []string
			for _, client := range []string{"one", "two", "three"} {
				if !w.Cloudflare.Accepts(acctest.Account, client, held[client]) {
					ended = append(ended, client)
				}
			}
			if strings.Join(ended, " ") != strings.Join(c.ended, " ") {
				t.Errorf("the failed apply completed %v, want %v", ended, c.ended)
			}
		})
	}
}

// A consumer that is replaced and not updated needs no proof: what failed is not in state, so the next plan makes it again.
func TestReplacedConsumerIsTriedAgain(t *testing.T) {
	t.Parallel()
	form := forms["write-only"] + "\n  lifecycle {\n    replace_triggered_by = [oauthsecret_cloudflare_client_secret.app.version]\n  }"
	for _, at := range []consumer.Moment{consumer.BeforeWrite, consumer.AfterWrite} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			cli := w.Terminal(t, rotation("1", form)+completion)
			cli.Apply()
			before := w.Consumers.Held("app")
			w.Consumers.Fail("app", at, 1)
			cli.Configure(rotation("2", form) + completion)
			cli.ApplyFails()
			if !acctest.Cloudflare.Accepts(w, before) {
				t.Error("the failed apply ended the previous secret")
			}
			cli.Apply()
			if held := w.Consumers.Held("app"); held != acctest.Cloudflare.Secret(w, 2) || acctest.Cloudflare.Accepts(w, before) {
				t.Error("the rotation was not finished")
			}
			cli.Empty()
		})
	}
}

// With the proof, one completion for each client ends what may be ended: only the client whose consumer failed keeps its
// previous secret, until the way out that the error names.
func TestProof_HoldsBackOneClient(t *testing.T) {
	t.Parallel()
	const proven = `
variable "quarter" { default = "1" }
locals { apps = toset(["one", "two", "three"]) }
resource "oauthsecret_cloudflare_client_secret" "app" {
  for_each            = local.apps
  oauth_client_id     = each.key
  rotate_when_changed = { quarter = var.quarter }
}
resource "consumer_secret" "app" {
  for_each         = local.apps
  name             = each.key
  value_wo         = oauthsecret_cloudflare_client_secret.app[each.key].client_secret
  value_wo_version = oauthsecret_cloudflare_client_secret.app[each.key].version
}
ephemeral "consumer_secret" "app" {
  for_each   = local.apps
  name       = each.key
  depends    = oauthsecret_cloudflare_client_secret.app[each.key].client_secret_sha256
  depends_on = [consumer_secret.app]
}
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  for_each             = local.apps
  oauth_client_id      = each.key
  version              = oauthsecret_cloudflare_client_secret.app[each.key].version
  client_secret_sha256 = oauthsecret_cloudflare_client_secret.app[each.key].client_secret_sha256
  consumer_secrets_wo  = { (each.key) = ephemeral.consumer_secret.app[each.key].value }
  depends_on           = [consumer_secret.app]
}
`
	apps := []string{"one", "two", "three"}
	w := acctest.NewWorld(t)
	for _, client := range apps {
		w.Cloudflare.AddClient(acctest.Account, client)
	}
	ended := func(held map[string]string) (clients []string) {
		for _, client := range apps {
			if !w.Cloudflare.Accepts(acctest.Account, client, held[client]) {
				clients = append(clients, client)
			}
		}
		return clients
	}
	cli := w.Terminal(t, proven)
	cli.Apply()
	held := map[string]string{}
	for _, client := range apps {
		held[client] = w.Consumers.Held(client)
	}
	w.Consumers.Fail("two", consumer.BeforeWrite, 1)
	cli.ApplyFails("-var=quarter=2").Errs(t, "The consumer failed")
	r := cli.ApplyFails("-var=quarter=2")
	r.Errs(t, `Consumer "two" holds a secret that is not the current one`)
	if got := ended(held); strings.Join(got, " ") != "one three" {
		t.Errorf("completed %v, want one and three", got)
	}
	cli.Apply("-var=quarter=2", `-replace=consumer_secret.app["two"]`)
	if got := ended(held); len(got) != 3 {
		t.Errorf("completed %v, want all", got)
	}
}
