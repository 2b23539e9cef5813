// Package custody seals secrets to age and SSH public keys and opens them again, so that a state file need not hold them
// in clear.
package encryption

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Recipients are public keys that were parsed.
type Recipients []age.Recipient

// RecipientError says which recipient cannot be used. It never repeats the text, which may be a private key by mistake.
type RecipientError struct {
	Index  int
	Reason string
}

// Error names the recipient by its position.
func (e *RecipientError) Error() string { return fmt.Sprintf("recipient %d: %s", e.Index, e.Reason) }

// ParseRecipient reads one age X25519 ("age1…") or SSH ("ssh-ed25519 …", "ssh-rsa …") public key.
func ParseRecipient(text string) (age.Recipient, error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "AGE-SECRET-KEY-"), strings.HasPrefix(text, "-----BEGIN"):
		return nil, errors.New("this is a private key; give the public key, and treat the private key as exposed if it was written to a file that others read")
	case strings.HasPrefix(text, "age1"):
		recipient, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, errors.New("this is not a valid age public key: it is malformed or a character is wrong")
		}
		return recipient, nil
	case strings.HasPrefix(text, "ssh-ed25519 "), strings.HasPrefix(text, "ssh-rsa "):
		recipient, err := agessh.ParseRecipient(text)
		if err != nil {
			return nil, errors.New("this is not a usable SSH public key: it is malformed, or an RSA key of less than 2048 bits")
		}
		return recipient, nil
	default:
		return nil, errors.New(`only age public keys ("age1…") and SSH public keys ("ssh-ed25519 …", "ssh-rsa …") can be recipients`)
	}
}

// ParseRecipients reads all of them; the error is a *RecipientError.
func ParseRecipients(texts []string) (Recipients, error) {
	recipients := make(Recipients, 0, len(texts))
	for i, text := range texts {
		recipient, err := ParseRecipient(text)
		if err != nil {
			return nil, &RecipientError{Index: i, Reason: err.Error()}
		}
		recipients = append(recipients, recipient)
	}
	return recipients, nil
}

// Seal encrypts s to every recipient as armored age ciphertext.
func (r Recipients) Seal(s secret.Value) (string, error) {
	var out strings.Builder
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, r...)
	if err != nil {
		return "", fmt.Errorf("sealing the secret: %w", err)
	}
	if _, err := io.WriteString(w, s.Reveal()); err != nil {
		return "", fmt.Errorf("sealing the secret: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("sealing the secret: %w", err)
	}
	if err := armored.Close(); err != nil {
		return "", fmt.Errorf("sealing the secret: %w", err)
	}
	return out.String(), nil
}

// Errors of Open. None of them holds any part of ciphertext, key or content.
var (
	ErrIdentity   = errors.New(`the identity is not a private key that can be used: give the text of an age key file ("AGE-SECRET-KEY-1…") or of an SSH private key without passphrase (ed25519 or rsa)`)
	ErrPassphrase = errors.New("the SSH private key is protected by a passphrase; give one without, or an age key")
	ErrWrongKey   = errors.New("the identity does not open this ciphertext: it was sealed to other recipients; give the private key of one of the encryption_recipients of that rotation")
	ErrDamaged    = errors.New("the ciphertext is not complete armored age text, or it was changed; give encrypted_client_secret as it is")
)

// maxPlaintext bounds what is opened; a client secret is far smaller.
const maxPlaintext = 1 << 20

// Open decrypts what Seal made, with the text of an age or SSH private key.
func Open(ciphertext string, identity secret.Value) (secret.Value, error) {
	identities, err := parseIdentities(identity)
	if err != nil {
		return secret.Value{}, err
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(ciphertext)), identities...)
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

func parseIdentities(identity secret.Value) ([]age.Identity, error) {
	text := strings.TrimSpace(identity.Reveal())
	if strings.HasPrefix(text, "-----BEGIN") {
		id, err := agessh.ParseIdentity([]byte(text + "\n"))
		switch {
		case err == nil:
			return []age.Identity{id}, nil
		case errors.As(err, new(*ssh.PassphraseMissingError)):
			return nil, ErrPassphrase
		default:
			return nil, ErrIdentity
		}
	}
	ids, err := age.ParseIdentities(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, ErrIdentity
	}
	return ids, nil
}
