package encryption_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
	"golang.org/x/crypto/ssh"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

func openSSH(t *testing.T, key any, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "me@host")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "me@host", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

// Every form of a key file opens what was encrypted to its public key.
func TestParseIdentity(t *testing.T) {
	t.Parallel()
	const value = "the secret"
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	quantum, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	public, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := ssh.NewPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	toClassic, toEdwards, toRSA := classic.Recipient().String(), string(ssh.MarshalAuthorizedKey(sshPublic)), string(ssh.MarshalAuthorizedKey(rsaPublic))
	keygen := func(key fmt.Stringer, public string) string {
		return "# created: 2026-11-27T23:00:00Z\n# public key: " + public + "\n" + key.String() + "\n"
	}
	for name, c := range map[string]struct{ recipient, identity string }{
		"one line":                    {toClassic, classic.String()},
		"what age-keygen writes":      {toClassic, keygen(classic, toClassic)},
		"several of those":            {toClassic, keygen(other, other.Recipient().String()) + keygen(quantum, "age1pq1…") + keygen(classic, toClassic)},
		"from Windows":                {toClassic, strings.ReplaceAll(keygen(classic, toClassic), "\n", "\r\n")},
		"indented, as in a heredoc":   {toClassic, strings.ReplaceAll("\n"+keygen(classic, toClassic), "\n", "\n    ")},
		"SSH, ed25519":                {toEdwards, openSSH(t, edwards, "")},
		"SSH, indented":               {toEdwards, strings.ReplaceAll("\n"+openSSH(t, edwards, ""), "\n", "\n    ")},
		"SSH, without the last break": {toEdwards, strings.TrimSpace(openSSH(t, edwards, ""))},
		"SSH, rsa":                    {toRSA, openSSH(t, rsaKey, "")},
		"SSH, rsa in the older form":  {toRSA, pkcs1},
		"the second of two SSH keys":  {toEdwards, pkcs1 + "\n" + openSSH(t, edwards, "")},
		"SSH and age":                 {toClassic, openSSH(t, edwards, "") + keygen(classic, toClassic)},
		"age and SSH":                 {toEdwards, keygen(classic, toClassic) + openSSH(t, edwards, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recipients, err := encryption.ParseRecipients([]string{c.recipient})
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := recipients.Seal(secret.New(value))
			if err != nil {
				t.Fatal(err)
			}
			id, err := encryption.ParseIdentity(secret.New(c.identity))
			if err != nil {
				t.Fatal(err)
			}
			if opened, err := id.Open(sealed); err != nil || opened.Reveal() != value {
				t.Errorf("not opened: %v", err)
			}
		})
	}
	t.Run("post-quantum", func(t *testing.T) {
		t.Parallel()
		sealed := sealWithAge(t, quantum.Recipient(), value)
		id, err := encryption.ParseIdentity(secret.New(keygen(quantum, quantum.Recipient().String())))
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := id.Open(sealed); err != nil || opened.Reveal() != value {
			t.Errorf("not opened: %v", err)
		}
	})
}

// What is no usable key is one error that says why and shows nothing of it.
func TestParseIdentity_Refused(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain := openSSH(t, edwards, "")
	passphrase, err := age.NewScryptRecipient("hunter2hunter2")
	if err != nil {
		t.Fatal(err)
	}
	passphrase.SetWorkFactor(10)
	for name, c := range map[string]struct {
		text string
		err  error
	}{
		"nothing":                       {"", encryption.ErrIdentity},
		"comments only":                 {"# created: today\n", encryption.ErrIdentity},
		"a path":                        {"/home/me/billing.key", encryption.ErrIdentity},
		"the public key":                {key.Recipient().String(), encryption.ErrIdentity},
		"a key that was cut off":        {key.String()[:40], encryption.ErrIdentity},
		"a second key that was cut off": {key.String() + "\n" + key.String()[:40], encryption.ErrIdentity},
		"a cut SSH key":                 {plain[:len(plain)/2], encryption.ErrIdentity},
		"an SSH key on one line":        {strings.ReplaceAll(plain, "\n", " "), encryption.ErrIdentity},
		"an ECDSA key":                  {openSSH(t, curve, ""), encryption.ErrIdentity},
		"a certificate":                 {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", encryption.ErrIdentity},
		"a plugin's identity":           {"# yubikey\nAGE-PLUGIN-YUBIKEY-1QWT50D05NH5VUTPDZMLG5", encryption.ErrPlugin},
		"SSH with a passphrase":         {openSSH(t, edwards, "hunter2hunter2"), encryption.ErrPassphrase},
		"PKCS #8 with a passphrase":     {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----", encryption.ErrPassphrase},
		"a key file behind a passphrase": {
			sealWithAge(t, passphrase, key.String()), encryption.ErrPassphrase,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := encryption.ParseIdentity(secret.New(c.text))
			if !errors.Is(err, c.err) || id.Given() {
				t.Fatalf("%v, want %v", err, c.err)
			}
			for line := range strings.Lines(c.text) {
				if line = strings.TrimSpace(line); len(line) > 15 && strings.Contains(err.Error(), line) {
					t.Errorf("the error repeats the text: %v", err)
				}
			}
		})
	}
}

// An identity never prints its keys.
func TestIdentity_NeverPrints(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	id, err := encryption.ParseIdentity(secret.New(key.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{fmt.Sprint(id), fmt.Sprintf("%+v", id), fmt.Sprintf("%#v", id)} {
		if printed != "(redacted)" {
			t.Errorf("prints %s", printed)
		}
	}
}
