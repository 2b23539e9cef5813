package clientsecret_test

import (
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func key(t *testing.T) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func recipients(keys ...*age.X25519Identity) string {
	var texts []string
	for _, k := range keys {
		texts = append(texts, `"`+k.Recipient().String()+`"`)
	}
	return "  encryption_recipients = [" + strings.Join(texts, ", ") + "]\n"
}

// opens checks that the ciphertext in state opens with k to the nth secret.
func opens(c acctest.Client, w *acctest.World, k *age.X25519Identity, n int) func(map[string]any) error {
	return func(values map[string]any) error {
		sealed, _ := values["encrypted_client_secret"].(string)
		plain, err := encryption.Open(sealed, secret.New(k.String()))
		if err != nil {
			return err
		}
		if plain.Reveal() != c.Secret(w, n) {
			return fmt.Errorf("the ciphertext holds another secret than number %d", n)
		}
		return nil
	}
}

func TestEncryptionRecipients(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		one, two := key(t), key(t)
		both := []string{c.Rotate, c.Retire}
		sealed := func(k *age.X25519Identity, n int) []statecheck.StateCheck {
			return []statecheck.StateCheck{c.Attributes(opens(c, w, k, n))}
		}
		c.Run(t, w,
			acctest.Step{
				Config: c.HCL(alone + recipients(one) + trigger("1")), Plan: acctest.Create,
				Planned: acctest.Values{"client_secret": nil, "encrypted_client_secret": acctest.Unknown},
				State:   acctest.Values{"client_secret": nil, "client_secret_sha256": acctest.SHA(1), "version": 1}, StateChecks: sealed(one, 1), Calls: both,
			},
			// Changed recipients wait for the next rotation.
			acctest.Step{Config: c.HCL(alone + recipients(one, two) + trigger("1")), Plan: acctest.Update, State: acctest.Values{"client_secret": nil, "version": 1}, StateChecks: sealed(one, 1)},
			acctest.Step{Config: c.HCL(alone + recipients(one, two) + trigger("2")), Plan: acctest.Update, State: acctest.Values{"client_secret": nil, "version": 2}, StateChecks: append(sealed(one, 2), sealed(two, 2)...), Calls: both, Live: []int{2}},
			// Back to plaintext: the sealed secret stays sealed until the next rotation.
			acctest.Step{Config: c.HCL(alone + trigger("2")), Plan: acctest.Update, State: acctest.Values{"client_secret": nil, "version": 2}, StateChecks: sealed(two, 2)},
			acctest.Step{Config: c.HCL(alone + trigger("3")), State: acctest.Values{"client_secret": acctest.Made(3), "encrypted_client_secret": nil}, Calls: both},
			// Setting recipients seals what is in state, without a rotation.
			acctest.Step{
				Config: c.HCL(alone + trigger("3") + recipients(one)), Plan: acctest.Update,
				Planned: acctest.Values{"client_secret": nil, "encrypted_client_secret": acctest.Unknown, "client_secret_sha256": acctest.SHA(3), "version": 3},
				State:   acctest.Values{"client_secret": nil, "version": 3, "client_secret_sha256": acctest.SHA(3)}, StateChecks: sealed(one, 3), Live: []int{3},
			},
		)
	})
}

func TestChangedRecipientsAreExplained(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		one, two := key(t), key(t)
		cli := w.Terminal(t, c.HCL(recipients(one)))
		cli.Apply()
		cli.Configure(c.HCL(recipients(two)))
		cli.Plan().Warns(t, "the encrypted secret keeps its recipients until the next rotation")
		if text := cli.StateFile(); strings.Contains(text, c.Secret(w, 1)) {
			t.Error("the state holds the secret in clear")
		}
	})
}

func TestBadRecipientCallsNothing(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w,
			acctest.Step{Config: c.HCL(`encryption_recipients = ["age1nonsense"]`), Fails: "Invalid encryption recipient", Live: []int{0}},
			acctest.Step{Config: c.HCL(`encryption_recipients = ["` + key(t).String() + `"]`), Fails: "this is a private key"},
			acctest.Step{Config: c.HCL(`encryption_recipients = []`), Fails: "encryption_recipients"},
		)
	})
}

// A bad recipient that is known only at apply is found before any call too.
func TestBadUnknownRecipientCallsNothing(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		c.Run(t, w, acctest.Step{
			Config: `
resource "terraform_data" "source" { input = "age1nonsense" }
` + c.HCL(`encryption_recipients = [terraform_data.source.output]`),
			Fails: "Invalid encryption recipient", Live: []int{0},
		})
	})
}
