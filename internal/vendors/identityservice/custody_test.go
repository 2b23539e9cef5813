package identityservice_test

import (
	"fmt"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sealedTo(keys ...*age.X25519Identity) string {
	list := ""
	for _, key := range keys {
		list += fmt.Sprintf("%q, ", key.Recipient())
	}
	return "encryption_recipients = [" + list + "]"
}

// opens checks that the state holds the n-th secret as ciphertext for key only.
func opens(w *acctest.World, n int, key *age.X25519Identity) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		sealed, err := acctest.Attr(s, address, "encrypted_client_secret")
		if err != nil {
			return err
		}
		plain, err := encryption.Open(sealed, secret.New(key.String()))
		if err != nil {
			return err
		}
		want := secret.New(made(w)[n].Value)
		if plain != want {
			return fmt.Errorf("another secret was sealed")
		}
		return is("client_secret", "", "client_secret_sha256", want.SHA256())(s)
	}
}

func TestEncryption(t *testing.T) {
	w := world(t)
	first, second := newKey(t), newKey(t)
	w.Run(t,
		resource.TestStep{
			Config: app(q("1"), sealedTo(first)), Check: all(w.Changed(add), opens(w, 0, first)),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(address, tfjsonpath.New("client_secret"), knownvalue.Null()),
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("encrypted_client_secret")),
			}},
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("2"), sealedTo(first)), Check: all(w.Changed(add), opens(w, 1, first), version(w, 2))},
		// New keys take effect at the next rotation, and the plan says so.
		resource.TestStep{
			PreConfig: after(w, 0), Config: app(q("2"), sealedTo(second)),
			Check: all(w.Changed(), opens(w, 1, first), warned(w, "plan", "the encrypted secret keeps its recipients until the next rotation")),
		},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("3"), sealedTo(second)), Check: all(w.Changed(add), opens(w, 2, second))},
		// Without recipients the next secret is in clear again.
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("3")), Check: all(w.Changed(), opens(w, 2, second))},
		resource.TestStep{PreConfig: after(w, 0), Config: app(q("4")), Check: all(w.Changed(add), holds(w, 3), is("encrypted_client_secret", ""))},
	)
}

// Setting recipients seals what the state holds, without a rotation and without a call.
func TestEncryption_SealsWhatIsThere(t *testing.T) {
	w := world(t)
	key := newKey(t)
	w.Run(t,
		resource.TestStep{Config: app()},
		resource.TestStep{
			Config: app(sealedTo(key)), Check: all(w.Sent(), opens(w, 0, key), version(w, 1)),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("client_secret"), knownvalue.Null()),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("version"), w.VersionValue(address, 1)),
				fresh(w),
			}},
		},
	)
}
