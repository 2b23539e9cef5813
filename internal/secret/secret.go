// Package secret keeps credentials and issued client secrets out of everything that prints.
package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
	"unique"
)

// redacted stands in every output where a value would have been.
const redacted = "(redacted)"

// Value is a secret from the moment its bytes arrive. Whatever formats, logs or marshals it gets "(redacted)"; only
// Reveal gives the text, so that a search for Reveal finds every place where a secret leaves the provider.
//
// The text lies behind a handle, because fmt does not ask the methods of a field that is not exported: it would print the
// text of one out of the structure around it. Two values are equal (==) when their texts are.
type Value struct{ text unique.Handle[string] }

// New wraps text.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: unique.Make(text)}
}

// Reveal returns the secret in clear. Its result goes into a request or into state, nowhere else.
func (v Value) Reveal() string {
	if v.Empty() {
		return ""
	}
	return v.text.Value()
}

// Empty tells whether there is no secret at all.
func (v Value) Empty() bool { return v == Value{} }

// SHA256 is the lower-case hex digest of the secret, the fingerprint that users see.
func (v Value) SHA256() string {
	sum := sha256.Sum256([]byte(v.Reveal()))
	return hex.EncodeToString(sum[:])
}

// guessable is the length below which a value that a person chose can be found from its digest, in characters.
const guessable = 32

// Guessable tells whether a value that a person chose could be found from its digest by trying.
func (v Value) Guessable() bool { return utf8.RuneCountInString(v.Reveal()) < guessable }

// String implements fmt.Stringer.
func (Value) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Value) GoString() string { return redacted }

// Format implements fmt.Formatter: it covers every verb, %x and %q included.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON implements json.Marshaler.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler. Structured loggers (log/slog) ask for it, or for one of the methods above.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// errNotAString never carries the input, which may hold the secret.
var errNotAString = errors.New("the secret in the answer is neither a string nor null")

// UnmarshalJSON accepts a JSON string or null, so that a secret is wrapped by the decoder itself.
func (v *Value) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return errNotAString
	}
	*v = Value{}
	if text != nil {
		*v = New(*text)
	}
	return nil
}
