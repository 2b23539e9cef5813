package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func control(t *testing.T, w *world, status int, method, path, body string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+simulator.ControlPath+path, strings.NewReader(body))
	recorder := httptest.NewRecorder()
	w.Control().ServeHTTP(recorder, r)
	if recorder.Code != status {
		t.Fatalf("%s %s: status %d, want %d; body %s", method, path, recorder.Code, status, recorder.Body)
	}
	return recorder.Body.String()
}

func TestControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	control(t, w, 200, "POST", "seed?vendor=cloudflare&parent="+account+"&target=second", "")
	got := control(t, w, 200, "POST", "act?do=cloudflare.rotate_elsewhere&target=second", "")
	secret := w.Cloudflare.Secrets(account, "second")[1].Value
	equal(t, "result", got, `{"result":"`+secret+`"}`+"\n")
	equal(t, "timeline", strings.Contains(control(t, w, 200, "GET", "secrets", ""), secret), true)
	control(t, w, 200, "POST", "act?do=csp.rotate_elsewhere&overlap=1h&value="+newSecret+"&target="+appID, "")
	equal(t, "overlap", *w.CSP.Secrets(org, appID)[0].ExpiresAt, w.clock.Now().Add(3600e9))
	control(t, w, 200, "POST", "act?do=identity_service.add_secret_elsewhere&expires_in=1h&target="+idsApp, "")
	id := w.newest()
	control(t, w, 200, "POST", "act?do=identity_service.delete_secret_elsewhere&value="+id, "")
	equal(t, "deleted", w.IdentityService.Secrets(tenant, idsApp)[1].Deleted, true)

	control(t, w, 200, "POST", "fault", `{"operation":"csp.*","kind":"answer","status":418,"delay":"0s"}`)
	w.call(418, "GET", cspApps, "")
	journal := control(t, w, 200, "GET", "journal", "")
	equal(t, "journal", strings.Contains(journal, `"operation":"csp.list"`) && strings.Contains(journal, `"status":418`), true)

	for _, path := range []string{
		"act?do=unknown", "act?do=csp.delete_app&target=unknown", "act?do=csp.rotate_elsewhere&overlap=x&target=" + appID,
		"seed?vendor=x&parent=a&target=b", "seed?vendor=csp",
	} {
		control(t, w, 400, "POST", path, "")
	}
	for _, body := range []string{"", `{"kind":"x"}`, `{"kind":"drop","unknown":1}`, `{"kind":"drop","delay":"x"}`} {
		control(t, w, 400, "POST", "fault", body)
	}
	control(t, w, 200, "POST", "switch?vendor=cloudflare", `{"Overlap": "old_refused", "ListDelay": 60000000000, "Permissions": {"Update": false}}`)
	control(t, w, 200, "POST", "switch?vendor=csp", `{"UnknownAppStatus": 403}`)
	control(t, w, 200, "POST", "switch?vendor=identity_service", `{"Forbidden": true}`)
	switches := w.Cloudflare.Switches
	equal(t, "switches", switches.Overlap == simulator.OverlapOldRefused && switches.ListDelay == time.Minute && !switches.Permissions.Update && switches.Permissions.Read, true)
	equal(t, "the others", w.CSP.Switches.UnknownAppStatus == 403 && w.IdentityService.Switches.Forbidden, true)
	for vendor, body := range map[string]string{"cloudflare": `{"Overlap": "both", "Unknown": 1}`, "csp": `{"Forbidden": "yes"}`, "identity_service": "", "other": "{}"} {
		control(t, w, 400, "POST", "switch?vendor="+vendor, body)
	}
	equal(t, "a refused switch changes nothing", w.Cloudflare.Switches.Overlap, simulator.OverlapOldRefused)
	control(t, w, 404, "GET", "other", "")
	equal(t, "pending", w.PendingFaults(), 0)
}

// Each action must work, because scripts find out about a typo late.
func TestControlActions(t *testing.T) {
	t.Parallel()
	for _, name := range simulator.Actions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			vendor, _, _ := strings.Cut(name, ".")
			target := map[string]string{"cloudflare": cfID, "csp": appID, "identity_service": idsApp}[vendor]
			control(t, w, 200, "POST", "act?do="+name+"&target="+target+"&value=none", "")
		})
	}
}

func TestControlOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example"+simulator.ControlPath+"secrets", nil)
	recorder := httptest.NewRecorder()
	w.Control().ServeHTTP(recorder, r)
	equal(t, "status", recorder.Code, 403)
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	e := simulator.Environment("http://127.0.0.1:1/")
	equal(t, "size", len(e), 7)
	equal(t, "cloudflare", e["CLOUDFLARE_BASE_URL"], "http://127.0.0.1:1/client/v4")
	equal(t, "token", e["CLOUDFLARE_OAUTH_TOKEN_URL"], "http://127.0.0.1:1/oauth2/token")
	equal(t, "csp", e["CSP_BASE_URL"], "http://127.0.0.1:1/console")
	equal(t, "identity service", e["IDENTITY_SERVICE_BASE_URL"], "http://127.0.0.1:1/ids")
}
