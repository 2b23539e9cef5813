package session

import (
	"errors"
	"fmt"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// DecryptionIdentity and DecryptionIdentityEnv are where the key is given.
const (
	DecryptionIdentity    = "decryption_identity"
	DecryptionIdentityEnv = "OAUTHSECRET_DECRYPTION_IDENTITY"
)

// Errors of Decrypter.Open, beside those of encryption.Identity.
var (
	ErrNoIdentity      = errors.New("there is no private key to open it with: set decryption_identity in the provider configuration, or the environment variable OAUTHSECRET_DECRYPTION_IDENTITY")
	ErrUnknownIdentity = errors.New("decryption_identity in the provider configuration is known only after other resources were applied")
)

// Decrypter opens what encryption_recipients encrypted, with the decryption_identity of the provider configuration. It is
// never nil in a configured provider. It makes no request, so a plan may open as well as an apply.
type Decrypter struct {
	identity encryption.Identity
	// problem says why what is given is no usable key. It is reported by what opens and not where the provider is configured:
	// Terraform would print the first line of the provider block, and in a block of one line the key stands there.
	problem error
	unknown bool
	// known gets the key and what was opened, so that no message repeats them.
	known *secret.Known
}

// NewDecrypter reads the text of a key; an empty one is none.
func NewDecrypter(text secret.Value, known *secret.Known) *Decrypter {
	d := &Decrypter{known: known}
	if text.Empty() {
		return d
	}
	known.Remember(text)
	var err error
	if d.identity, err = encryption.ParseIdentity(text); err != nil {
		d.problem = given(err)
	}
	return d
}

// UnknownDecrypter stands for a key that is known only at apply.
func UnknownDecrypter() *Decrypter { return &Decrypter{unknown: true} }

// Open decrypts. The error says what is wrong with the key or the ciphertext and holds nothing of either.
func (d *Decrypter) Open(ciphertext string) (secret.Value, error) {
	switch {
	case d == nil:
		return secret.Value{}, ErrNoIdentity
	case d.unknown:
		return secret.Value{}, ErrUnknownIdentity
	case d.problem != nil:
		return secret.Value{}, d.problem
	case !d.identity.Given():
		return secret.Value{}, ErrNoIdentity
	}
	plain, err := d.identity.Open(ciphertext)
	switch {
	case err == nil:
		d.known.Remember(plain)
	case errors.Is(err, encryption.ErrWrongKey):
		err = given(err)
	}
	return plain, err
}

// given adds where the key comes from.
func given(err error) error {
	return fmt.Errorf("%w. The key is %s of the provider configuration (or the environment variable %s)", err, DecryptionIdentity, DecryptionIdentityEnv)
}
