package encryption_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

func seal(t testing.TB, value string) (sealed string, key *age.X25519Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipients, err := encryption.ParseRecipients([]string{key.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	if sealed, err = recipients.Seal(secret.New(value)); err != nil {
		t.Fatal(err)
	}
	return sealed, key
}

func TestOpen(t *testing.T) {
	t.Parallel()
	const value = "s~ecret +/&<\n\x00"
	sealed, key := seal(t, value)
	_, other := seal(t, value)
	for name, c := range map[string]struct {
		sealed, key string
		err         error
	}{
		"its own key":           {sealed, key.String(), nil},
		"a key file":            {sealed, "# created: today\n" + key.String() + "\n", nil},
		"one of two keys":       {sealed, other.String() + "\n" + key.String(), nil},
		"another key":           {sealed, other.String(), encryption.ErrWrongKey},
		"a public key":          {sealed, key.Recipient().String(), encryption.ErrIdentity},
		"no key":                {sealed, "", encryption.ErrIdentity},
		"cut off":               {sealed[:len(sealed)-40], key.String(), encryption.ErrDamaged},
		"without its last line": {sealed[:strings.LastIndex(strings.TrimSpace(sealed), "\n")], key.String(), encryption.ErrDamaged},
		"nothing":               {"", key.String(), encryption.ErrDamaged},
		"something else":        {"hello", key.String(), encryption.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := encryption.Open(c.sealed, secret.New(c.key))
			if !errors.Is(err, c.err) || c.err == nil && (err != nil || got.Reveal() != value) {
				t.Errorf("%v, want %v", err, c.err)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	sealed, key := seal(f, "fuzzed-secret-value")
	f.Add(sealed, key.String())
	f.Add(sealed, "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----")
	f.Add("-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3Yx\n-----END AGE ENCRYPTED FILE-----", key.String())
	f.Fuzz(func(t *testing.T, ciphertext, identity string) {
		got, err := encryption.Open(ciphertext, secret.New(identity))
		if err != nil && !got.Empty() {
			t.Error("an error comes with a value")
		}
		if err != nil && len(identity) > 20 && strings.Contains(err.Error(), identity) {
			t.Error("the error shows the key")
		}
	})
}

func FuzzParseRecipient(f *testing.F) {
	_, key := seal(f, "x")
	for _, text := range []string{key.Recipient().String(), key.String(), "age1", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "ssh-rsa AAAA", "-----BEGIN PGP"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		recipients, err := encryption.ParseRecipients([]string{text})
		if err != nil {
			if len(text) > 20 && strings.Contains(err.Error(), text) {
				t.Error("the error repeats what may be a private key")
			}
			return
		}
		if _, err := recipients.Seal(secret.New("x")); err != nil {
			t.Errorf("a recipient that was accepted does not work: %v", err)
		}
	})
}

// sealWithAge encrypts with the age library alone.
func sealWithAge(t testing.TB, to age.Recipient, text string) string {
	t.Helper()
	var out strings.Builder
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
