// Package encryption seals secrets to age and SSH public keys and opens them again, so that a state file need not hold them
// in clear.
package encryption

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"

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
