package encryption

import (
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Errors of ParseIdentity and Open. None of them holds any part of ciphertext, key or content.
var (
	ErrIdentity   = errors.New(`the identity is not a private key that can be used: give the text (not the path) of an age key file ("AGE-SECRET-KEY-1…", "AGE-SECRET-KEY-PQ-1…") or of an SSH private key without passphrase (ed25519 or rsa)`)
	ErrPlugin     = errors.New(`the identity is one for an age plugin ("AGE-PLUGIN-…"), and the provider starts no plugins; give the text of an age key file or of an SSH private key`)
	ErrPassphrase = errors.New("the private key is protected by a passphrase, which the provider cannot ask for; give one without, or an age key")
	ErrWrongKey   = errors.New("the identity does not open this ciphertext: it was sealed to other recipients; give the private key of one of the encryption_recipients of that rotation")
	ErrDamaged    = errors.New("the ciphertext is not complete armored age text, or it was changed; give encrypted_client_secret as it is")
)

// maxPlaintext bounds what is opened; a client secret is far smaller.
const maxPlaintext = 1 << 20

// Identity is one or more private keys that were parsed. Nothing that prints it shows a key.
type Identity struct{ keys []age.Identity }

// String implements fmt.Stringer.
func (Identity) String() string { return "(redacted)" }

// GoString implements fmt.GoStringer.
func (Identity) GoString() string { return "(redacted)" }

// ParseIdentity reads the text of a key file: age keys one a line with comments between them, as age-keygen writes them, SSH
// private keys, or both. White space around the lines does not matter.
func ParseIdentity(text secret.Value) (Identity, error) {
	var id Identity
	var pem []string // the lines of a block that has not ended
	for line := range strings.Lines(text.Reveal()) {
		line = strings.TrimSpace(line)
		var key age.Identity
		var err error
		switch {
		case len(pem) > 0 || strings.HasPrefix(line, "-----BEGIN "):
			pem = append(pem, line)
			if !strings.HasPrefix(line, "-----END ") {
				continue
			}
			key, err = parsePEM(strings.Join(pem, "\n") + "\n")
			pem = nil
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		default:
			key, err = parseLine(line)
		}
		if err != nil {
			return Identity{}, err
		}
		id.keys = append(id.keys, key)
	}
	if len(pem) > 0 || len(id.keys) == 0 {
		return Identity{}, ErrIdentity
	}
	return id, nil
}

func parseLine(line string) (age.Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return nil, ErrPlugin
	case strings.HasPrefix(line, "age-encryption.org/"): // a key file that age encrypted
		return nil, ErrPassphrase
	}
	keys, err := age.ParseIdentities(strings.NewReader(line))
	if err != nil {
		return nil, ErrIdentity
	}
	return keys[0], nil
}

func parsePEM(block string) (age.Identity, error) {
	for _, sealed := range []string{"AGE ENCRYPTED FILE", "ENCRYPTED PRIVATE KEY"} {
		if strings.HasPrefix(block, "-----BEGIN "+sealed) {
			return nil, ErrPassphrase
		}
	}
	key, err := agessh.ParseIdentity([]byte(block))
	switch {
	case err == nil:
		return key, nil
	case errors.As(err, new(*ssh.PassphraseMissingError)):
		return nil, ErrPassphrase
	default:
		return nil, ErrIdentity
	}
}

// Given tells whether there is a key at all.
func (i Identity) Given() bool { return len(i.keys) > 0 }

// Open decrypts what Recipients.Seal made.
func (i Identity) Open(ciphertext string) (secret.Value, error) {
	if !i.Given() {
		return secret.Value{}, ErrIdentity
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(ciphertext)), i.keys...)
	if err != nil {
		var noMatch *age.NoIdentityMatchError
		if errors.As(err, &noMatch) {
			return secret.Value{}, ErrWrongKey
		}
		return secret.Value{}, ErrDamaged
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxPlaintext))
	if err != nil {
		return secret.Value{}, ErrDamaged
	}
	return secret.New(string(plain)), nil
}

// Open decrypts with the text of a private key.
func Open(ciphertext string, identity secret.Value) (secret.Value, error) {
	id, err := ParseIdentity(identity)
	if err != nil {
		return secret.Value{}, err
	}
	return id.Open(ciphertext)
}
