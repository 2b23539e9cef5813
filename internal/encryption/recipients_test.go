package encryption_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
	"golang.org/x/crypto/ssh"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// sshKey is a new key pair: the line of a .pub file without its comment, and the private key.
func sshKey(t *testing.T) (public, private string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), string(pem.EncodeToMemory(block))
}

// Every kind of key that is accepted is one to which a secret is encrypted, and its private key opens it.
func TestRecipients_OfEveryKind(t *testing.T) {
	t.Parallel()
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	quantum, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	public, private := sshKey(t)
	for name, pair := range map[string]struct{ recipient, identity string }{
		"age":                   {classic.Recipient().String(), classic.String()},
		"post-quantum age":      {quantum.Recipient().String(), quantum.String()},
		"in a key file":         {quantum.Recipient().String(), "# created: today\n" + classic.String() + "\n" + quantum.String() + "\n"},
		"SSH":                   {public, private},
		"SSH with a comment":    {public + " me@host, the key of 2026", private},
		"with a line's end":     {public + " me@host\n", private},
		"indented as a heredoc": {"  " + classic.Recipient().String() + "\n", classic.String()},
	} {
		recipients, err := encryption.ParseRecipients([]string{pair.recipient})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sealed, err := recipients.Seal(secret.New("the secret"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if opened, err := encryption.Open(sealed, secret.New(pair.identity)); err != nil || opened.Reveal() != "the secret" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be used is an error that says why, by its position, and repeats nothing of it. Nothing is left out in silence.
func TestRecipients_Refused(t *testing.T) {
	t.Parallel()
	classic, _ := age.GenerateX25519Identity()
	quantum, _ := age.GenerateHybridIdentity()
	one, _ := sshKey(t)
	two, private := sshKey(t)
	for name, c := range map[string]struct{ text, says string }{
		"two SSH keys":           {one + "\n" + two, "more than one line"},
		"two SSH keys, CRLF":     {one + " a\r\n" + two, "more than one line"},
		"two age keys":           {classic.Recipient().String() + "\n" + classic.Recipient().String(), "more than one line"},
		"a comment line":         {"# mine\n" + one, "more than one line"},
		"options":                {`no-pty,from="10.0.0.1" ` + one, "stands before the key"},
		"an ECDSA key":           {"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=", "of this kind"},
		"a hardware key":         {"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", "of this kind"},
		"a certificate":          {"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQt", "of this kind"},
		"a plugin's key":         {"age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "plugin"},
		"a plugin's private key": {"AGE-PLUGIN-YUBIKEY-1QWT50D05NH5VUTPDZMLG5WN80XQ5NEGM4UJ9GHV", "private key"},
		"a private key":          {classic.String(), "private key"},
		"a post-quantum one":     {quantum.String(), "private key"},
		"a private SSH key":      {private, "private key"},
		"one in a comment":       {one + " " + classic.String(), "private key"},
		"a damaged key":          {quantum.Recipient().String()[:100], "malformed"},
		"nothing":                {" ", "empty"},
		"something unknown":      {"hunter2hunter2hunter2hunter2", "can be recipients"},
	} {
		_, err := encryption.ParseRecipients([]string{classic.Recipient().String(), c.text})
		if err == nil || !strings.Contains(err.Error(), "encryption_recipients[1]: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(c.text) > 20 && strings.Contains(err.Error(), c.text[:20]) {
			t.Errorf("%s: the error repeats the text: %v", name, err)
		}
	}
	if _, err := encryption.ParseRecipients([]string{classic.Recipient().String(), quantum.Recipient().String()}); !errors.Is(err, encryption.ErrMixed) {
		t.Errorf("a mix: %v", err)
	}
	if _, err := encryption.Open("x", secret.New("# yubikey\nAGE-PLUGIN-YUBIKEY-1QWT50D05NH5VUTPDZMLG5")); !errors.Is(err, encryption.ErrPlugin) {
		t.Errorf("a plugin's identity: %v", err)
	}
}
