package encryption

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// Recipients are public keys that were parsed.
type Recipients []age.Recipient

// RecipientError says which recipient cannot be used. It never repeats the text, which may be a private key by mistake.
type RecipientError struct {
	Index  int
	Reason string
}

// Error names the recipient by its position.
func (e *RecipientError) Error() string {
	return fmt.Sprintf("encryption_recipients[%d]: %s", e.Index, e.Reason)
}

// ErrMixed says that recipients cannot be used together. age refuses to, because whoever breaks the classic key would have
// what the post-quantum key protects.
var ErrMixed = errors.New(`encryption_recipients: post-quantum keys ("age1pq1…") cannot be mixed with other keys; use one kind only`)

// ParseRecipient reads one public key: age ("age1…", and post-quantum "age1pq1…") or SSH ("ssh-ed25519 …", "ssh-rsa …", with or
// without a comment after the key). What the parsers of the library would leave out in silence is an error: a second line, and
// the options of an authorized_keys file.
func ParseRecipient(text string) (recipient age.Recipient, err error) {
	text = strings.TrimSpace(text)
	algorithm, _, _ := strings.Cut(text, " ")
	wrong := ""
	switch {
	case text == "":
		wrong = "it is empty"
	case strings.Contains(strings.ToUpper(text), "AGE-SECRET-KEY-"), strings.Contains(text, "-----BEGIN"), strings.HasPrefix(text, "AGE-PLUGIN-"):
		wrong = "this is a private key; give the public key, and treat the private key as exposed if it was written to a file that others read"
	case strings.ContainsAny(text, "\r\n"):
		wrong = "it has more than one line; give each key as an element of its own, without comment lines"
	case strings.HasPrefix(text, "age1pq1"):
		if recipient, err = age.ParseHybridRecipient(text); err != nil {
			wrong = "this is not a valid post-quantum age public key: it is malformed or a character is wrong"
		}
	case strings.HasPrefix(text, "age1") && strings.LastIndex(text, "1") > len("age"):
		// In Bech32 the last 1 ends the prefix, which is "age" for a key of age itself and "age1name" for one of a plugin.
		wrong = "this is a key for an age plugin, which the provider cannot run, or it is malformed; give an age or SSH public key"
	case strings.HasPrefix(text, "age1"):
		if recipient, err = age.ParseX25519Recipient(text); err != nil {
			wrong = "this is not a valid age public key: it is malformed or a character is wrong"
		}
	case algorithm == "ssh-ed25519", algorithm == "ssh-rsa":
		if recipient, err = agessh.ParseRecipient(text); err != nil {
			wrong = "this is not a usable SSH public key: it is malformed, or an RSA key of less than 2048 bits"
		}
	case strings.HasPrefix(text, "ecdsa-sha2-"), strings.HasPrefix(text, "sk-"), strings.HasPrefix(text, "ssh-"):
		wrong = "SSH keys of this kind cannot be encrypted to; use an ed25519 or rsa key, or an age key"
	case strings.Contains(text, " ssh-ed25519 "), strings.Contains(text, " ssh-rsa "):
		wrong = "something stands before the key, such as the options of an authorized_keys file; give the key alone"
	default:
		wrong = `only age public keys ("age1…") and SSH public keys ("ssh-ed25519 …", "ssh-rsa …") can be recipients`
	}
	if wrong != "" { // never the parser's own error, which may repeat the text
		return nil, errors.New(wrong)
	}
	return recipient, nil
}

// ParseRecipients reads all of them; the error is a *RecipientError or ErrMixed.
func ParseRecipients(texts []string) (Recipients, error) {
	recipients := make(Recipients, 0, len(texts))
	for i, text := range texts {
		recipient, err := ParseRecipient(text)
		if err != nil {
			return nil, &RecipientError{Index: i, Reason: err.Error()}
		}
		recipients = append(recipients, recipient)
	}
	if len(recipients) > 1 {
		if _, err := age.Encrypt(io.Discard, recipients...); err != nil {
			return nil, ErrMixed
		}
	}
	return recipients, nil
}
