package clientsecret_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// A refresh-only plan, as a nightly job runs it: over settled clients it finds nothing, what somebody else did is an entry of
// resource_drift, and once that was stored every plan warns of it where it belongs.
func TestRefreshOnly_Nightly(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := acctest.NewWorld(t)
	w.Env["OAUTHSECRET_DECRYPTION_IDENTITY"] = key.String()
	var config strings.Builder
	add := func(kind, name, arguments string) string {
		fmt.Fprintf(&config, "resource %q %q {\n%s\n}\n", kind, name, arguments)
		return kind + "." + name
	}
	const cf, csp, ids = "oauthsecret_cloudflare_client_secret", "oauthsecret_csp_client_secret", "oauthsecret_identity_service_client_secret"
	onRefresh := "verify {\n on_refresh = true\n}\n"
	var addresses []string
	for name, arguments := range map[string]string{
		"plain": `retire_previous_after = "0s"`, "scheduled": "retire_previous_after = \"0s\"\nrotate_after = \"90d\"",
		"tried": onRefresh, "completed": "",
		"encrypted": fmt.Sprintf("encryption_recipients = [%q]\n%s", key.Recipient(), onRefresh),
	} {
		w.Cloudflare.AddClient(acctest.Account, name)
		addresses = append(addresses, add(cf, name, fmt.Sprintf("oauth_client_id = %q\n%s", name, arguments)))
	}
	add("oauthsecret_cloudflare_rotation_completion", "completed", "oauth_client_id = \"completed\"\nversion = "+cf+".completed.version")
	addresses = append(addresses,
		add(csp, "app", fmt.Sprintf("oauth_app_id = %q\n%s", acctest.OAuthApp, onRefresh)),
		add(ids, "app", fmt.Sprintf("client_id = %q\nexpires_after = \"90d\"\nrotate_after = \"60d\"\n%s", acctest.Application, onRefresh)))
	slices.Sort(addresses)

	terminal := w.Terminal(t, config.String())
	terminal.Apply()
	night := nightly{t, terminal}
	// A completion ends the previous secret after the secret was stored, so has_previous_secret moves once.
	night.finds("after a completion", cf+".completed")
	terminal.Apply("-refresh-only")
	night.finds("settled")
	w.Clock.Advance(24 * time.Hour)
	night.finds("settled, a day later")

	for _, address := range addresses {
		switch kind, name, _ := strings.Cut(address, "."); kind {
		case cf:
			w.Cloudflare.RotateElsewhere(acctest.Account, name)
		case csp:
			w.CSP.RegenerateElsewhere(acctest.Org, acctest.OAuthApp)
		default:
			id, _ := terminal.Attribute(address, "secret_id").(string)
			w.IdentityService.DeleteSecretElsewhere(id)
		}
	}
	night.finds("after somebody else", addresses...)
	terminal.Apply("-refresh-only")
	night.finds("once it is stored")
	for name, command := range map[string][]string{
		"a refresh-only plan": {"plan", "-json", "-input=false", "-refresh-only"},
		"a plan":              {"plan", "-json", "-input=false"}, "a plan that reads nothing": {"plan", "-json", "-input=false", "-refresh=false"},
	} {
		if warned := warnings(terminal.Must(command...)); !maps.EqualFunc(warned, times(addresses), func(a, b int) bool { return a == b }) {
			t.Errorf("%s warns at %v, want once at each of %v", name, warned, addresses)
		}
	}
	if warned := warnings(terminal.Must("plan", "-json", "-input=false", "-target="+addresses[0])); warned[addresses[0]] != 1 || len(warned) > 1 {
		t.Errorf("a plan of %s warns at %v", addresses[0], warned)
	}
}

func times(addresses []string) map[string]int {
	once := map[string]int{}
	for _, address := range addresses {
		once[address] = 1
	}
	return once
}

// nightly is a job that plans every night.
type nightly struct {
	t        *testing.T
	terminal *acctest.Terminal
}

// finds requires that a refresh-only plan names these addresses, and has the exit status that goes with it.
func (n nightly) finds(when string, addresses ...string) {
	n.t.Helper()
	r := n.terminal.Run("plan", "-json", "-input=false", "-refresh-only", "-detailed-exitcode")
	drifted := []string{}
	for line := range strings.Lines(r.Text) {
		var message struct {
			Type   string `json:"type"`
			Change struct {
				Resource struct {
					Addr string `json:"addr"`
				} `json:"resource"`
			} `json:"change"`
		}
		if json.Unmarshal([]byte(line), &message) == nil && message.Type == "resource_drift" {
			drifted = append(drifted, message.Change.Resource.Addr)
		}
	}
	slices.Sort(drifted)
	if want := append([]string{}, addresses...); !slices.Equal(drifted, want) {
		n.t.Errorf("%s: resource_drift names %v, want %v\n%s", when, drifted, want, r.Text)
	}
	// Terraform 1.11 counts every Sensitive attribute.
	want := 0
	if len(addresses) > 0 {
		want = 2
	}
	if v := acctest.CLIVersion(n.t); (v.OpenTofu || !v.Before("1.12.0")) && r.Status != want {
		n.t.Errorf("%s: the exit status is %d, want %d\n%s", when, r.Status, want, r.Text)
	}
}

// warnings counts the warnings about drift at each client secret.
func warnings(r acctest.Result) map[string]int {
	at := map[string]int{}
	for line := range strings.Lines(r.Text) {
		var message struct {
			Diagnostic *struct{ Severity, Summary, Address string } `json:"diagnostic"`
		}
		if json.Unmarshal([]byte(line), &message) != nil || message.Diagnostic == nil || !strings.Contains(message.Diagnostic.Address, "_client_secret.") {
			continue
		}
		_, title, _ := strings.Cut(message.Diagnostic.Summary, ": ")
		title, _, _ = strings.Cut(title, " (")
		if slices.Contains([]string{"somebody else rotated the secret", "the client was changed elsewhere", "the secret in state does not work"}, title) {
			at[message.Diagnostic.Address]++
		}
	}
	return at
}
