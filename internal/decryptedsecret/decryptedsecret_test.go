package decryptedsecret_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }

const environment = "OAUTHSECRET_DECRYPTION_IDENTITY"

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// configuration seals the secret to a key, opens it, and gives the plaintext to the write-only argument of a consumer.
func configuration(quarter string, to *age.X25519Identity, arguments string) string {
	return acctest.Cloudflare.HCL(fmt.Sprintf("  rotate_when_changed   = { quarter = %q }\n  encryption_recipients = [%q]\n  retire_previous_after = \"0s\"", quarter, to.Recipient())) + `
ephemeral "oauthsecret_decrypted_secret" "app" {
  ciphertext = oauthsecret_cloudflare_client_secret.app.encrypted_client_secret
` + arguments + `
}

resource "consumer_secret" "app" {
  name             = "app"
  value_wo         = ephemeral.oauthsecret_decrypted_secret.app.plaintext
  value_wo_version = oauthsecret_cloudflare_client_secret.app.version
}
`
}

// openWithAge opens a ciphertext with the age library alone.
func openWithAge(t *testing.T, ciphertext string, key age.Identity) string {
	t.Helper()
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(ciphertext)), key)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// The provider's key, from the configuration and from the environment, is the default; an identity of the block wins.
func TestIdentity_Default(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	provider := func(key *age.X25519Identity) string {
		return fmt.Sprintf("provider \"oauthsecret\" {\n  decryption_identity = <<-EOT\n    # created: today\n    %s\n  EOT\n}\n", key)
	}
	for name, c := range map[string]struct{ env, provider, arguments string }{
		"environment":                      {env: key.String()},
		"environment, a key file":          {env: "# created: today\n" + other.String() + "\n" + key.String() + "\n"},
		"provider":                         {provider: provider(key)},
		"provider before environment":      {env: other.String(), provider: provider(key)},
		"an empty text in the provider":    {env: key.String(), provider: "provider \"oauthsecret\" {\n  decryption_identity = \"\"\n}\n"},
		"the block before both":            {env: other.String(), provider: provider(other), arguments: fmt.Sprintf("identity = %q", key)},
		"the block, without any other key": {arguments: fmt.Sprintf("identity = %q", key)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			w.Env[environment] = c.env
			cli := w.Terminal(t, c.provider+configuration("1", key, c.arguments))
			for n, quarter := range []string{"1", "2"} {
				cli.Configure(c.provider + configuration(quarter, key, c.arguments))
				cli.Plan()
				cli.ApplySaved().Succeeds(t)
				want := acctest.Cloudflare.Secret(w, n+1)
				if w.Consumers.Held("app") != want || !acctest.Cloudflare.Accepts(w, want) {
					t.Error("the consumer has not the current secret")
				}
				ciphertext, _ := cli.Attribute(acctest.Cloudflare.Address(), "encrypted_client_secret").(string)
				if openWithAge(t, ciphertext, key) != want {
					t.Error("age opens something else")
				}
				cli.Empty()
			}
			for _, value := range append(w.AllIssued(), key.String(), other.String()) {
				if strings.Contains(cli.StateFile(), value) {
					t.Error("the state holds a secret or a key")
				}
			}
		})
	}
}

// An adopted client has no ciphertext yet; that is no error, and the plaintext is null until the first rotation.
func TestCiphertext_Null(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	w := acctest.NewWorld(t)
	w.Env[environment] = key.String()
	adopted := func(quarter string) string {
		return strings.Replace(configuration(quarter, key, ""), `retire_previous_after = "0s"`, `on_create = "adopt"`, 1)
	}
	cli := w.Terminal(t, adopted("1"))
	cli.Apply()
	if held := w.Consumers.Held("app"); held != "" {
		t.Errorf("the consumer got %q", held)
	}
	cli.Empty()
	cli.Configure(adopted("2"))
	cli.Apply()
	if w.Consumers.Held("app") != acctest.Cloudflare.Secret(w, 1) {
		t.Error("the consumer has not the secret of the first rotation")
	}
}

// A key that does not open says so once and changes nothing. No error holds a key or quotes the line of one.
func TestIdentity_DoesNotOpen(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	secretOf := strings.TrimPrefix(other.String(), "AGE-SECRET-KEY-1")
	for name, c := range map[string]struct{ env, arguments, says string }{
		"another key in the environment": {env: other.String(), says: "identity does not open this ciphertext: it was sealed to other recipients; give the private key of one of the encryption_recipients of that rotation. The key is decryption_identity"},
		"another key in the block":       {env: key.String(), arguments: fmt.Sprintf("identity = %q", other), says: "identity does not open this ciphertext"},
		"a key that is none, one line":   {arguments: fmt.Sprintf("identity = %q", "AGE-SECRET-KEY-1"+secretOf[:20]), says: "identity is not a private key that can be used"},
		"no key at all":                  {says: "set decryption_identity in the provider configuration, or the environment variable " + environment},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			w.Env[environment] = key.String()
			cli := w.Terminal(t, configuration("1", key, ""))
			cli.Apply()
			w.ResetJournal()
			before, held := cli.StateFile(), w.Consumers.Held("app")
			w.Env[environment] = c.env
			cli.Configure(configuration("1", key, c.arguments))
			r := cli.ApplyFails()
			r.Errs(t, c.says)
			if len(r.Diagnostics) != 1 {
				t.Errorf("%d diagnostics:\n%s", len(r.Diagnostics), r.Text)
			}
			for _, private := range []string{secretOf[:20], strings.TrimPrefix(key.String(), "AGE-SECRET-KEY-1")} {
				if strings.Contains(r.Text, private) {
					t.Errorf("a key was printed:\n%s", r.Text)
				}
			}
			cli.Sent()
			if cli.StateFile() != before || w.Consumers.Held("app") != held {
				t.Error("something was changed")
			}
		})
	}
}

// What is no private key is refused by what opens, with the names of attribute and variable. A provider block of one line,
// with the key in it, is not quoted.
func TestIdentity_Invalid(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	cut := key.String()[:50]
	for name, c := range map[string]struct{ env, provider string }{
		"in the environment":   {env: cut},
		"in the configuration": {provider: "provider \"oauthsecret\" { decryption_identity = \"" + cut + "\" }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			w.Env[environment] = key.String()
			cli := w.Terminal(t, configuration("1", key, ""))
			cli.Apply()
			w.ResetJournal()
			w.Env[environment] = c.env
			cli.Configure(c.provider + configuration("1", key, ""))
			r := cli.ApplyFails()
			r.Errs(t, "identity is not a private key that can be used")
			r.Errs(t, "The key is decryption_identity of the provider configuration (or the environment variable "+environment+")")
			if strings.Contains(r.Text, cut[20:]) {
				t.Errorf("the key was printed:\n%s", r.Text)
			}
			cli.Sent()
		})
	}
}

// A key that another resource makes is unknown in the first plan; the secret is then opened at apply.
func TestIdentity_Unknown(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	w := acctest.NewWorld(t)
	cli := w.Terminal(t, "")
	config := fmt.Sprintf(`
resource "terraform_data" "key" {
  input = %q
}

provider "oauthsecret" {
  decryption_identity = terraform_data.key.output
}
`, key) + configuration("1", key, "")
	cli.Configure(config)
	cli.Must("init", "-input=false", "-no-color")
	cli.Plan()
	cli.ApplySaved().Succeeds(t)
	if w.Consumers.Held("app") != acctest.Cloudflare.Secret(w, 1) {
		t.Error("the consumer has not the current secret")
	}
	// The other way round: the ciphertext is known, the key is made anew, and a consumer waits for the secret.
	cli.Configure(strings.Replace(strings.Replace(config, "input =", "triggers_replace = 2\n  input =", 1), "client_secret.app.version", "client_secret.app.version + 1", 1))
	w.Consumers.Put("app", "nothing yet")
	cli.Plan()
	cli.ApplySaved().Succeeds(t)
	if w.Consumers.Held("app") != acctest.Cloudflare.Secret(w, 1) {
		t.Error("the consumer has not the current secret")
	}
	cli.Empty()
}
