package api

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	minSecretLength = 8
	lowers          = "abcdefghijklmnopqrstuvwxyz"
	uppers          = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits          = "0123456789"
	// specials are those that the vendor's pattern names. As it is printed it also takes any lower-case letter for one,
	// through a range that is hardly meant; a secret that keeps to this list passes both readings.
	specials = "!@#$%^&*()_+=[]{}|',./:;<>?`~"
)

// ValidateSecret tells whether the vendor takes s as a new client secret. The error names each part of the vendor's rule
// that s violates and never s itself.
//
// https://developer.broadcom.com/xapis/tcsp-account-management/latest/data-structures/ClientSecretOwnerRotationRequest/
func ValidateSecret(s string) error {
	var missing []string
	if !utf8.ValidString(s) {
		missing = append(missing, "valid UTF-8 text")
	}
	if strings.ContainsAny(s, "\r\n\u0085\u2028\u2029") {
		missing = append(missing, "no line break")
	}
	if utf8.RuneCountInString(s) < minSecretLength {
		missing = append(missing, "at least 8 characters")
	}
	for _, part := range []struct{ of, name string }{
		{lowers, "a lower-case letter (a-z)"},
		{uppers, "an upper-case letter (A-Z)"},
		{digits, "a digit"},
		{specials, "one of the special characters " + specials},
	} {
		if !strings.ContainsAny(s, part.of) {
			missing = append(missing, part.name)
		}
	}
	if missing == nil {
		return nil
	}
	return errors.New("the vendor's rule for client secrets asks for what this one lacks: " + strings.Join(missing, "; "))
}

const (
	// generatedLength gives 258 bits with the alphabet below.
	generatedLength = 43
	// safeSpecials are unchanged by URL escaping, so a consumer whose library escapes Basic credentials still works.
	safeSpecials = "_.~"
	alphabet     = lowers + uppers + digits + safeSpecials
	// maxDraws bounds what is read from a source that is not random; a random one needs about 100 bytes.
	maxDraws = 64 << 10
)

var errNotRandom = errors.New("the source of randomness is not random")

// GenerateSecret makes a secret that ValidateSecret accepts, from letters, digits and the specials _ . ~. Each secret of
// that kind is equally likely: what does not fit is drawn again, never bent.
func GenerateSecret(random io.Reader) (secret.Value, error) {
	drawn := make([]byte, 0, generatedLength)
	var one [1]byte
	for range maxDraws {
		if _, err := io.ReadFull(random, one[:]); err != nil {
			return secret.Value{}, err
		}
		// Seven bits and a rejection: a remainder of 256 would favour the first letters.
		n := int(one[0] & 0x7f)
		if n >= len(alphabet) {
			continue
		}
		if drawn = append(drawn, alphabet[n]); len(drawn) < generatedLength {
			continue
		}
		text := string(drawn)
		if strings.ContainsAny(text, safeSpecials) && ValidateSecret(text) == nil {
			return secret.New(text), nil
		}
		drawn = drawn[:0]
	}
	return secret.Value{}, errNotRandom
}
