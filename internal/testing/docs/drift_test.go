package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// TestDrift runs the drift detection of examples/ as a nightly job would, while somebody else changes the secrets.
func TestDrift(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("skipped: no jq found on PATH")
	}
	for name, night := range map[string]struct {
		before, elsewhere func(w *acctest.World)
		// second happens after a night that remembered what it saw.
		second func(w *acctest.World)
		status int
		report []string
	}{
		"nothing": {elsewhere: func(*acctest.World) {}, status: 0, report: []string{"No drift."}},
		"rotated": {
			elsewhere: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			status:    2,
			report:    []string{"oauthsecret_cloudflare_client_secret.billing: drift is rotated, seen for the first time", "check.no_drift: Somebody changed", "somebody else rotated"},
		},
		"rotated, and remembered": {
			elsewhere: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			second:    func(*acctest.World) {},
			status:    2,
			report:    []string{"oauthsecret_cloudflare_client_secret.billing: drift is rotated\n"},
		},
		"rotated and ended": {
			elsewhere: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			second:    func(w *acctest.World) { w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient) },
			status:    2,
			report:    []string{"oauthsecret_cloudflare_client_secret.billing: drift is dead, seen for the first time", "then deleted the previous secret"},
		},
		"changed in another respect": {
			elsewhere: func(w *acctest.World) {
				w.Cloudflare.SetAuthMethod(acctest.Account, acctest.OAuthClient, "client_secret_post")
			},
			status: 0, report: []string{"No drift."},
		},
		"deleted": {
			elsewhere: func(w *acctest.World) {
				secrets := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)
				w.IdentityService.DeleteSecretElsewhere(secrets[len(secrets)-1].ID)
			},
			status: 2,
			report: []string{"oauthsecret_identity_service_client_secret.billing: drift is dead", "was deleted. The secret in this state does not work any more."},
		},
		"expired": {
			elsewhere: func(w *acctest.World) { w.Clock.Advance(45 * time.Hour) },
			status:    2,
			report:    []string{"oauthsecret_identity_service_client_secret.billing: drift is dead", "does not work any more"},
		},
		"overdue": {
			// The vendor lived two months ago when the secret was made.
			before:    func(w *acctest.World) { w.Clock.Advance(-61 * 24 * time.Hour) },
			elsewhere: func(*acctest.World) {},
			status:    2,
			report:    []string{"check.nothing_overdue: A rotation is overdue: {\"identity_service\":"},
		},
		"client gone": {
			elsewhere: func(w *acctest.World) { w.CSP.DeleteApp(acctest.Org, acctest.OAuthApp) },
			status:    2,
			report:    []string{"oauthsecret_csp_client_secret.billing: the client is gone"},
		},
		"no access": {
			elsewhere: func(w *acctest.World) { w.Env["CLOUDFLARE_API_TOKEN"] = "revoked" },
			status:    1,
			report:    []string{"The plan failed", "Check cloudflare.api_token"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			if night.before != nil {
				night.before(w)
			}
			p := newProjectFrom(t, w, "drift-detection", ".")
			p.replace("main.tf", `expires_after = "90d"`, `expires_after = "40h"`) // the provider believes no clock that is days off
			p.run("init", "-input=false")
			p.run("apply", "-input=false", "-auto-approve")
			w.ResetJournal()
			summary := filepath.Join(t.TempDir(), "summary")
			w.Env["GITHUB_STEP_SUMMARY"] = summary
			night.elsewhere(w)
			if night.second != nil {
				if out, status := p.exec("./detect-drift.sh", "--remember"); status != 2 {
					t.Fatalf("exit status %d\n%s", status, out)
				}
				night.second(w)
			}
			out, status := p.exec("./detect-drift.sh")
			if status != night.status {
				t.Errorf("exit status %d, want %d\n%s", status, night.status, out)
			}
			for _, words := range night.report {
				if !strings.Contains(out, words) {
					t.Errorf("the report does not say %q:\n%s", words, out)
				}
			}
			written, err := os.ReadFile(summary)
			if err != nil || !strings.HasSuffix(string(written), out) {
				t.Errorf("the summary is not the report: %v\n%s", err, written)
			}
			if n := len(w.Changing()); n > 0 {
				t.Errorf("the drift detection sent %d changes", n)
			}
			if os.Getenv("SHOW_REPORTS") != "" {
				t.Logf("exit status %d\n%s", status, out)
			}
		})
	}
}

// TestDrift_Shellcheck holds where shellcheck is installed.
func TestDrift_Shellcheck(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("skipped: no shellcheck found on PATH")
	}
	out, err := exec.CommandContext(t.Context(), "shellcheck", filepath.Join(root, "examples/drift-detection/detect-drift.sh")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
