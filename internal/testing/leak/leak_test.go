// Package leak_test looks for secrets where none may be: in everything that the real programs print at the highest log
// level, on every path, and in the state and plan files of the modes that promise not to hold them.
package leak_test

import (
	"archive/zip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// hostile ends every secret that the vendors issue: characters that escape differently in every encoding.
const hostile = `+/"&<\%=`

// encodings are the forms in which a secret could show up.
func encodings(s string) map[string]string {
	quoted, _ := json.Marshal(s)
	return map[string]string{
		"raw":        s,
		"JSON":       strings.Trim(string(quoted), `"`),
		"URL":        url.QueryEscape(s),
		"path":       url.PathEscape(s),
		"base64":     base64.StdEncoding.EncodeToString([]byte(s)),
		"base64 URL": base64.RawURLEncoding.EncodeToString([]byte(s)),
		"hex":        hex.EncodeToString([]byte(s)),
		"quoted":     strings.Trim(strconv.Quote(s), `"`),
	}
}

// search fails the test for every secret found in text.
func search(t *testing.T, where, text string, secrets []string) {
	t.Helper()
	for i, s := range secrets {
		for form, encoded := range encodings(s) {
			if at := strings.Index(text, encoded); at >= 0 {
				t.Errorf("%s holds secret %d of %d in the form %s: …%q…", where, i+1, len(secrets), form, text[max(0, at-80):at])
			}
		}
	}
}

// worldWithHostileSecrets lives on real time: the provider is a process of its own.
func worldWithHostileSecrets(t *testing.T) *acctest.World {
	t.Helper()
	w := acctest.NewWorld(t)
	w.SetSecretSuffix(hostile)
	return w
}

const clients = `
resource "oauthsecret_cloudflare_client_secret" "app" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { q = var.q }
  on_pending_rotation   = "retire_first"
  on_destroy            = "retire_previous"
  retire_previous_after = var.retire
  encryption_recipients = var.recipients
}
resource "oauthsecret_csp_client_secret" "app" {
  oauth_app_id          = "billing-worker"
  rotate_when_changed   = { q = var.q }
  on_pending_rotation   = "retire_first"
  on_destroy            = "revoke"
  retire_previous_after = var.retire
  encryption_recipients = var.recipients
  verify { timeout = "10s" }
}
resource "oauthsecret_identity_service_client_secret" "app" {
  client_id             = "my-new-app"
  rotate_when_changed   = { q = var.q }
  expires_after         = "720h"
  retire_previous_after = var.retire
  encryption_recipients = var.recipients
  verify { timeout = "10s" }
}
output "fingerprints" {
  value = [
    oauthsecret_cloudflare_client_secret.app.client_secret_sha256,
    oauthsecret_csp_client_secret.app.client_secret_sha256,
    oauthsecret_identity_service_client_secret.app.client_secret_sha256,
  ]
}
variable "q" { default = "1" }
variable "retire" { default = null }
variable "recipients" {
  type    = list(string)
  default = null
}
`

// Every operation, with and without faults, logs and prints no secret.
func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	w := worldWithHostileSecrets(t)
	cli := acctest.NewProgram(t, clients, w.Env)
	cli.Env = append(cli.Env, "TF_LOG=TRACE")
	cli.Must("apply", "-auto-approve")
	cli.Must("plan", "-out=plan", "-var=q=2")
	cli.Must("show", "plan")
	cli.Must("apply", "plan")
	for i, fault := range []simulator.Fault{
		{Operation: "*", Kind: simulator.Answer, Status: 403, Body: "{}"},
		{Operation: "*", Kind: simulator.HTML, Status: 200},
		{Operation: "cloudflare.rotate", Kind: simulator.NullSecret, After: true},
		{Operation: "csp.rotate", Kind: simulator.Answer, Status: 400, Body: w.ErrorBody(simulator.CSP, 400)},
		{Operation: "identity_service.add", Kind: simulator.Answer, Status: 400, Body: w.ErrorBody(simulator.IdentityService, 400)},
		{Operation: "csp.end_rotation", Kind: simulator.Truncate, After: true},
	} {
		fault.Times = 1
		w.Inject(fault)
		cli.Run("apply", "-auto-approve", fmt.Sprintf("-var=q=fault%d", i), "-var=retire=0s")
		w.ClearFaults()
	}
	// A vendor that repeats in an error all that it can have from this provider.
	held := secretsInState(t, cli)
	for vendor, echo := range map[string]struct{ credential, body string }{
		"cloudflare":       {simulator.CloudflareAPIToken, `{"success":false,"errors":[{"code":1000,"message":%s}],"messages":[],"result":null}`},
		"csp":              {simulator.CSPAPIToken, `{"message":%s,"cspErrorCode":"1","requestId":%[1]s}`},
		"identity_service": {simulator.IdentityServiceAccessToken, `{"detail":%s,"title":%[1]s,"identifier":%[1]s}`},
	} {
		everything, _ := json.Marshal(held[vendor] + " " + echo.credential)
		w.Inject(simulator.Fault{Operation: vendor + ".*", Kind: simulator.Answer, Status: 400, Body: fmt.Sprintf(echo.body, everything), Times: 40})
	}
	cli.Run("plan", "-var=q=echo")
	w.ClearFaults()
	cli.Must("apply", "-auto-approve", "-var=q=9", "-var=retire=1s")
	cli.Must("destroy", "-auto-approve", "-var=q=9")
	output := cli.Output.String()
	t.Logf("searched %d kB of output", len(output)/1024)
	search(t, "the output", output, w.AllIssued())
	if !strings.Contains(output, "request: ") && !strings.Contains(output, `"request"`) && !strings.Contains(output, "oauthsecret") {
		t.Error("the log holds nothing of the provider, so this test proves nothing")
	}
}

// secretsInState are the values of client_secret in the state file by vendor.
func secretsInState(t *testing.T, p *acctest.Program) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, r := range resources(t, p) {
		if r.Plain != nil {
			found[strings.TrimSuffix(strings.TrimPrefix(r.kind, "oauthsecret_"), "_client_secret")] = *r.Plain
		}
	}
	if len(found) != 3 {
		t.Errorf("the state holds %d secrets, want 3: this test proves nothing", len(found))
	}
	return found
}

// attributes are those of one client secret in the state file.
type attributes struct {
	kind   string
	Sealed string  `json:"encrypted_client_secret"`
	Plain  *string `json:"client_secret"`
	SHA256 string  `json:"client_secret_sha256"`
}

func resources(t *testing.T, p *acctest.Program) (all []attributes) {
	t.Helper()
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct{ Attributes attributes }
		}
	}
	if err := json.Unmarshal([]byte(p.Read("terraform.tfstate")), &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Resources {
		a := r.Instances[0].Attributes
		a.kind = r.Type
		all = append(all, a)
	}
	return all
}

// With recipients, neither state nor plan files hold a secret, and the ciphertext opens to what the vendor accepts.
func TestSealedSecretsAreNowhereInClear(t *testing.T) {
	t.Parallel()
	w := worldWithHostileSecrets(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewProgram(t, clients, w.Env)
	recipients := fmt.Sprintf("-var=recipients=[%q]", key.Recipient().String())
	cli.Must("apply", "-auto-approve", recipients)
	cli.Must("plan", "-out=plan", "-var=q=2", recipients)
	cli.Must("apply", "plan")
	cli.Must("plan", "-out=again", "-var=q=3", recipients)
	searchFiles(t, cli.Dir, w.AllIssued())

	for _, a := range resources(t, cli) {
		plain, err := encryption.Open(a.Sealed, secret.New(key.String()))
		if err != nil {
			t.Errorf("%s: %v", a.kind, err)
			continue
		}
		if a.Plain != nil {
			t.Errorf("%s has client_secret in state", a.kind)
		}
		if plain.SHA256() != a.SHA256 {
			t.Errorf("%s: the fingerprint is not that of the sealed secret", a.kind)
		}
		if !accepted(w, a.kind, plain.Reveal()) {
			t.Errorf("%s: the vendor does not accept the sealed secret", a.kind)
		}
	}
}

// Turning encryption on seals what is there without a rotation.
func TestSealingAnExistingSecret(t *testing.T) {
	t.Parallel()
	w := worldWithHostileSecrets(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewProgram(t, clients, w.Env)
	cli.Must("apply", "-auto-approve")
	changes := len(w.Changing())
	cli.Must("apply", "-auto-approve", fmt.Sprintf("-var=recipients=[%q]", key.Recipient().String()))
	if got := len(w.Changing()); got != changes {
		t.Errorf("%d changing calls for sealing, want none", got-changes)
	}
	search(t, "the state", cli.Read("terraform.tfstate"), w.AllIssued())
}

// A write-only value is in no state and no plan, also when the call fails.
func TestWriteOnlyValueIsNowhere(t *testing.T) {
	t.Parallel()
	w := worldWithHostileSecrets(t)
	value := `Chosen-1.` + hostile
	cli := acctest.NewProgram(t, `
variable "value" {
  ephemeral = true
  type      = string
}
variable "n" { default = 1 }
resource "oauthsecret_csp_client_secret" "app" {
  oauth_app_id             = "billing-worker"
  client_secret_wo         = var.value
  client_secret_wo_version = var.n
  on_pending_rotation      = "retire_first"
}
`, w.Env)
	cli.Env = append(cli.Env, "TF_VAR_value="+value, "TF_LOG=TRACE")
	cli.Must("apply", "-auto-approve")
	if !w.CSP.Accepts(acctest.Org, acctest.OAuthApp, value) {
		t.Error("the vendor does not accept the chosen value")
	}
	cli.Must("plan", "-out=plan", "-var=n=2")
	w.Inject(simulator.Fault{Operation: "csp.rotate", Kind: simulator.Answer, Status: 403, Body: w.ErrorBody(simulator.CSP, 403)})
	if _, code := cli.Run("apply", "plan"); code == 0 {
		t.Error("the apply succeeded although the call was refused")
	}
	secrets := append(w.AllIssued(), value)
	searchFiles(t, cli.Dir, secrets)
	search(t, "the output", cli.Output.String(), secrets)
	if !strings.Contains(cli.Read("terraform.tfstate"), "oauthsecret_csp_client_secret") {
		t.Error("the failed update dropped the resource from state")
	}
}

// searchFiles searches every file of the working directory, inside of plan files too.
func searchFiles(t *testing.T, dir string, secrets []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if archive, err := zip.OpenReader(path); err == nil {
			defer archive.Close()
			for _, f := range archive.File {
				r, err := f.Open()
				if err != nil {
					return err
				}
				text, err := io.ReadAll(r)
				_ = r.Close()
				if err != nil {
					return err
				}
				search(t, filepath.Base(path)+":"+f.Name, string(text), secrets)
			}
			return nil
		}
		text, err := os.ReadFile(path)
		search(t, filepath.Base(path), string(text), secrets)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func accepted(w *acctest.World, kind, s string) bool {
	switch {
	case strings.Contains(kind, "cloudflare"):
		return w.Cloudflare.Accepts(acctest.Account, acctest.OAuthClient, s)
	case strings.Contains(kind, "csp"):
		return w.CSP.Accepts(acctest.Org, acctest.OAuthApp, s)
	default:
		return w.IdentityService.Accepts(acctest.Tenant, acctest.Application, s)
	}
}
