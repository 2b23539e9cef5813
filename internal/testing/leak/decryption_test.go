package leak_test

import (
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// opened hands an encrypted secret to a command of somebody else, which writes it where nobody searches.
const opened = `
variable "q" { default = "1" }
variable "recipient" {}
resource "oauthsecret_cloudflare_client_secret" "app" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { q = var.q }
  encryption_recipients = [var.recipient]
  retire_previous_after = "0s"
}
ephemeral "oauthsecret_decrypted_secret" "app" {
  ciphertext = oauthsecret_cloudflare_client_secret.app.encrypted_client_secret
}
resource "terraform_data" "consumer" {
  triggers_replace = oauthsecret_cloudflare_client_secret.app.version
  provisioner "local-exec" {
    command     = "test -n \"$SECRET\""
    environment = { SECRET = ephemeral.oauthsecret_decrypted_secret.app.plaintext }
  }
}
`

// With a private key for the whole provider, neither key nor secret is in state, backup, plan or log, also when a vendor
// repeats the key in its error and when it is the wrong one.
func TestDecryptionIdentityIsNowhere(t *testing.T) {
	t.Parallel()
	w := worldWithHostileSecrets(t)
	var keys, private []string
	var recipient string
	for range 2 {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		keys, recipient = append(keys, key.String()), key.Recipient().String()
		private = append(private, strings.TrimPrefix(key.String(), "AGE-SECRET-KEY-1"))
	}
	cli := acctest.NewProgram(t, opened, w.Env)
	cli.Env = append(cli.Env, "TF_LOG=TRACE", "TF_VAR_recipient="+recipient, "OAUTHSECRET_DECRYPTION_IDENTITY="+keys[1])
	cli.Must("apply", "-auto-approve")
	cli.Must("plan", "-out=plan", "-var=q=2")
	cli.Must("apply", "plan")
	w.Inject(simulator.Fault{
		Operation: "cloudflare.*", Kind: simulator.Answer, Status: 400, Times: 20,
		Body: `{"success":false,"errors":[{"code":1000,"message":"` + keys[1] + `"}],"messages":[],"result":null}`,
	})
	cli.Run("apply", "-auto-approve", "-var=q=3")
	w.ClearFaults()
	cli.Env = append(cli.Env, "OAUTHSECRET_DECRYPTION_IDENTITY="+keys[0])
	if out, code := cli.Run("plan", "-out=plan", "-var=q=2"); code == 0 || !strings.Contains(out, "does not open") {
		t.Errorf("a wrong key: exit status %d", code)
	}
	secrets := append(w.AllIssued(), private...)
	searchFiles(t, cli.Dir, secrets)
	search(t, "the output", cli.Output.String(), secrets)
	if cli.Read("terraform.tfstate.backup") == "" || len(w.AllIssued()) < 3 {
		t.Error("there is no backup or no secret, so this test proves nothing")
	}
}
