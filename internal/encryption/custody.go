// Package encryption seals secrets to age and SSH public keys and opens them again, so that a state file need not hold them
// in clear.
package encryption

import (
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

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
