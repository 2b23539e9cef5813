package session_test

import (
	"errors"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// A key opens what was encrypted to it, and both are known from then on, so that no message repeats them. Everything else is
// an error of its own.
func TestDecrypter(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipients, err := encryption.ParseRecipients([]string{key.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	ciphertext, err := recipients.Seal(secret.New("the secret"))
	if err != nil {
		t.Fatal(err)
	}
	var known secret.Known
	given := func(text string) *session.Decrypter { return session.NewDecrypter(secret.New(text), &known) }
	for name, c := range map[string]struct {
		decrypter  *session.Decrypter
		ciphertext string
		err        error
	}{
		"its key":       {given(key.String()), ciphertext, nil},
		"another key":   {given(other.String()), ciphertext, encryption.ErrWrongKey},
		"no usable key": {given("AGE-SECRET-KEY-1x"), ciphertext, encryption.ErrIdentity},
		"damaged text":  {given(key.String()), ciphertext[:100], encryption.ErrDamaged},
		"no key":        {given(""), ciphertext, session.ErrNoIdentity},
		"not known yet": {session.UnknownDecrypter(), ciphertext, session.ErrUnknownIdentity},
		"no provider":   {nil, ciphertext, session.ErrNoIdentity},
	} {
		plain, err := c.decrypter.Open(c.ciphertext)
		if !errors.Is(err, c.err) || c.err == nil && plain.Reveal() != "the secret" || c.err != nil && !plain.Empty() {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
	texts := strings.Join(known.Texts(), " ")
	for _, want := range []string{key.String(), other.String(), "AGE-SECRET-KEY-1x", "the secret"} {
		if !strings.Contains(texts, want) {
			t.Error("a key or what it opened is not known")
		}
	}
}
