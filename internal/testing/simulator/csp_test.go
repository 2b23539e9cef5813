package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const (
	newSecret  = "Example_new.secret_1"
	otherValue = "Example_new.secret_2"
	rotation   = `{"newClientSecret":"` + newSecret + `"}`
	cspError   = `{"cspErrorCode": "string", "errorCode": "string", "message": "string", "moduleCode": 0, "requestId": "string", "statusCode": 0}`
)

var clientCredentials = url.Values{"grant_type": {"client_credentials"}}

func TestCSPRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accepts := func(secret string, want bool) {
		t.Helper()
		equal(t, secret, w.CSP.Accepts(org, appID, secret), want)
	}
	equal(t, "no body", w.call(200, "POST", cspSecret, rotation).text, "")
	accepts(w.cspFirst, true)
	accepts(newSecret, true)
	sameKeys(t, w.call(409, "POST", cspSecret, rotation).body, cspError)
	w.clock.Advance(48*time.Hour - time.Second)
	accepts(w.cspFirst, true)
	w.clock.Advance(time.Second)
	accepts(w.cspFirst, false)
	accepts(newSecret, true)
	w.call(400, "DELETE", cspSecret, "")

	w.call(200, "POST", cspSecret, `{"newClientSecret":"`+otherValue+`","secretRotationExpirationInSeconds":60}`)
	equal(t, "no body", w.call(200, "DELETE", cspSecret, "").text, "")
	accepts(newSecret, false)
	accepts(otherValue, true)

	w.call(200, "POST", cspSecret, rotation)
	a := w.call(200, "PUT", cspSecret, "{}")
	sameKeys(t, a.body, `{"clientId": "string", "clientSecret": "string"}`)
	made, _ := a.body["clientSecret"].(string)
	accepts(made, true)
	accepts(otherValue, false)
	accepts(newSecret, false)

	records := w.CSP.Secrets(org, appID)
	equal(t, "records", len(records), 5)
	equal(t, "by its date", records[0].EndedAt.Equal(*records[0].ExpiresAt) && !records[0].Deleted, true)
	equal(t, "on purpose", records[1].Deleted, true)
	equal(t, "current", records[4].Current && records[4].Value == made, true)
}

func TestCSPElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	equal(t, "rotate", w.CSP.RotateElsewhere(org, appID, newSecret, time.Hour), true)
	equal(t, "end", w.CSP.EndRotationElsewhere(org, appID), true)
	equal(t, "end", w.CSP.EndRotationElsewhere(org, appID), false)
	w.CSP.PatchSecretElsewhere(org, appID, otherValue)
	equal(t, "patched", w.CSP.Accepts(org, appID, newSecret), false)
	made := w.CSP.RegenerateElsewhere(org, appID)
	equal(t, "regenerated", w.CSP.Accepts(org, appID, made), true)
	w.CSP.SetOwnerOnly(org, appID, true)
	equal(t, "owner only", w.call(200, "GET", cspApps+"/"+appID, "").body["ownerOnlySecretRotation"], any(true))
	w.CSP.MakePublic(org, appID)
	equal(t, "public", w.call(200, "GET", cspApps+"/"+appID, "").body["publicClient"], any(true))
	w.call(400, "POST", cspSecret, rotation)
	w.form(200, cspAPI+"/auth/introspect", url.Values{"token": {"x"}}, appID, "")
	w.CSP.DeleteApp(org, appID)
	w.call(404, "GET", cspApps+"/"+appID, "")
	equal(t, "unknown", w.CSP.RegenerateElsewhere(org, "unknown"), "")
	equal(t, "effects", len(w.Effects()), 0)
}

func TestCSPRefusedBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{
		"", "{}", "[]", "x", `"x"`, rotation + "x", `{"newClientSecret":null}`, `{"newClientSecret":7}`,
		`{"newClientSecret":"Ab1_"}`, `{"newClientSecret":"abcdefg1_"}`, `{"newClientSecret":"ABCDEFG1_"}`,
		`{"newClientSecret":"Abcdefgh_"}`, `{"newClientSecret":"Abcdefg1"}`, `{"newClientSecret":"Abcdefg1-"}`,
		`{"newClientSecret":"Abcdefg1_","secretExpirationTimeInSeconds":5}`,
		`{"newClientSecret":"Abcdefg1_","secretRotationExpirationInSeconds":0}`,
		`{"newClientSecret":"Abcdefg1_","secretRotationExpirationInSeconds":-1}`,
		`{"newClientSecret":"Abcdefg1_","secretRotationExpirationInSeconds":"5"}`,
		`{"newClientSecret":"Abcdefg1_","secretRotationExpirationInSeconds":null}`,
		`{"newClientSecret":"Abcdefg1_","secretRotationExpirationInSeconds":99999999999}`,
	} {
		w.call(400, "POST", cspSecret, body)
	}
	for _, body := range []string{"", "[]", "null", `{"clientSecret":"chosen"}`} {
		w.call(400, "PUT", cspSecret, body)
	}
	w.call(400, "PUT", cspSecret, "{}", "Content-Type", "text/plain")
	equal(t, "effects", len(w.Effects()), 0)
}

func TestCSPAuthorization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sameKeys(t, w.call(401, "GET", cspApps, "", "Authorization", "").body, cspError)
	w.call(401, "GET", cspApps, "", "Authorization", "Bearer "+simulator.IdentityServiceAccessToken)
	w.call(403, "GET", cspAPI+"/orgs/unknown/oauth-apps", "")
	w.call(404, "GET", cspApps+"/unknown", "")
	w.call(405, "PATCH", cspApps+"/"+appID, "")

	login := w.form(200, cspAPI+"/auth/api-tokens/authorize", url.Values{"api_token": {simulator.CSPAPIToken}})
	equal(t, "lifetime", login.body["expires_in"], any(1799.0))
	token, _ := login.body["access_token"].(string)
	claims := claimsOf(t, token)
	equal(t, "a user and no app", claims["sub"] != nil && claims["azp"] == nil, true)
	w.call(200, "GET", cspApps, "", "Authorization", "Bearer "+token)
	w.clock.Advance(1799 * time.Second)
	w.call(401, "GET", cspApps, "", "Authorization", "Bearer "+token)
	w.form(400, cspAPI+"/auth/api-tokens/authorize", url.Values{"api_token": {"wrong"}})
	w.call(400, "POST", cspAPI+"/auth/api-tokens/authorize?api_token="+simulator.CSPAPIToken, "")

	w.call(200, "GET", cspApps, "")
	w.ExpireTokens()
	w.call(401, "GET", cspApps, "")
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	equal(t, "parts", len(parts), 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestCSPLoginOfAnApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := cspAPI + "/auth/token"
	a := w.form(200, path, clientCredentials, simulator.CSPLoginClientID, simulator.CSPLoginClientSecret)
	token, _ := a.body["access_token"].(string)
	claims := claimsOf(t, token)
	equal(t, "azp", claims["azp"], any(simulator.CSPLoginClientID))
	equal(t, "exp", claims["exp"], any(float64(w.clock.Now().Add(1799*time.Second).Unix())))
	own := strings.Replace(cspApps, org, simulator.CSPLoginOrgID, 1)
	w.call(200, "GET", own, "", "Authorization", "Bearer "+token)
	w.call(403, "GET", cspApps, "", "Authorization", "Bearer "+token)

	// Logging in follows the secrets of the app.
	w.CSP.PatchSecretElsewhere(simulator.CSPLoginOrgID, simulator.CSPLoginClientID, newSecret)
	w.form(401, path, clientCredentials, simulator.CSPLoginClientID, simulator.CSPLoginClientSecret)
	w.form(200, path, clientCredentials, simulator.CSPLoginClientID, newSecret)
	equal(t, "logins", w.Count("csp.login_client_credentials"), 3)

	a = w.form(200, path, clientCredentials, appID, w.cspFirst)
	token, _ = a.body["access_token"].(string)
	w.call(403, "GET", cspApps, "", "Authorization", "Bearer "+token)
	w.form(403, path, url.Values{"grant_type": {"client_credentials"}, "orgId": {"other"}}, appID, w.cspFirst)
	missing := w.form(401, path, url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {w.cspFirst}})
	equal(t, "code", missing.body["cspErrorCode"], any("250.100"))
	w.form(400, path, url.Values{}, appID, w.cspFirst)
	w.CSP.SetGrantTypes(org, appID, "authorization_code")
	w.form(400, path, clientCredentials, appID, w.cspFirst)
	equal(t, "active", w.form(200, cspAPI+"/auth/introspect", url.Values{"token": {"x"}}, appID, w.cspFirst).body["active"], any(false))
	w.form(401, cspAPI+"/auth/introspect", url.Values{"token": {"x"}}, appID, "wrong")
	equal(t, "tokens", w.Count("csp.token"), 5)
}

func TestCSPList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 24 {
		w.CSP.AddApp(org, "app-"+string(rune('a'+i)), simulator.AppSpec{})
	}
	seen, path := 0, cspApps
	for path != "" {
		a := w.call(200, "GET", path, "")
		results, _ := a.body["results"].([]any)
		seen += len(results)
		equal(t, "total", a.body["totalResults"], any(25.0))
		next, _ := a.body["nextLink"].(string)
		path = ""
		if next != "" {
			path = simulator.CSPBasePath + next
		}
	}
	equal(t, "seen", seen, 25)
	equal(t, "pages", len(w.Journal()), 2)
	equal(t, "found", w.call(200, "GET", cspApps+"?searchTerm=MY-A", "").body["totalResults"], any(1.0))
	w.call(400, "GET", cspApps+"?pageLimit=201", "")
	w.call(400, "GET", cspApps+"?pageStart=0", "")
	app := w.call(200, "GET", cspApps+"/"+appID, "")
	equal(t, "id", app.body["id"], any(appID))
	equal(t, "secret", strings.Contains(app.text, w.cspFirst), false)
}

func TestCSPSwitches(t *testing.T) {
	t.Parallel()
	type switches = simulator.CSPSwitches
	const zero = `{"newClientSecret":"` + newSecret + `","secretRotationExpirationInSeconds":0}`
	second := `{"newClientSecret":"` + otherValue + `"}`
	app := cspApps + "/" + appID
	age := func(w *world) any { return w.call(200, "GET", app, "").body["secretAge"] }
	accepts := func(t *testing.T, w *world, want ...bool) {
		t.Helper()
		for i, value := range []string{w.cspFirst, newSecret, otherValue} {
			equal(t, value, w.CSP.Accepts(org, appID, value), want[i])
		}
	}
	for name, tc := range map[string]struct {
		set   func(*switches)
		check func(t *testing.T, w *world)
	}{
		"second_400": {func(s *switches) { s.SecondPost = simulator.SecondPostBadRequest }, func(_ *testing.T, w *world) {
			w.call(200, "POST", cspSecret, rotation)
			w.call(400, "POST", cspSecret, second)
		}},
		"second_replace": {func(s *switches) { s.SecondPost = simulator.SecondPostReplace }, func(t *testing.T, w *world) {
			w.call(200, "POST", cspSecret, rotation)
			w.call(200, "POST", cspSecret, second)
			accepts(t, w, true, false, true)
		}},
		"second_shift": {func(s *switches) { s.SecondPost = simulator.SecondPostShift }, func(t *testing.T, w *world) {
			w.call(200, "POST", cspSecret, rotation)
			w.call(200, "POST", cspSecret, second)
			accepts(t, w, false, true, true)
		}},
		"delete_200": {func(s *switches) { s.DeleteNone = 200 }, func(t *testing.T, w *world) {
			w.call(200, "DELETE", cspSecret, "")
			equal(t, "effects", len(w.Effects()), 0)
		}},
		"delete_404": {func(s *switches) { s.DeleteNone = 404 }, func(_ *testing.T, w *world) { w.call(404, "DELETE", cspSecret, "") }},
		"no_secret": {func(s *switches) { s.Regenerate = simulator.RegenerateNoSecret }, func(t *testing.T, w *world) {
			sameKeys(t, w.call(200, "PUT", cspSecret, "{}").body, `{"clientId":""}`)
		}},
		"conflict_once": {func(s *switches) { s.Regenerate = simulator.RegenerateConflictOnce }, func(_ *testing.T, w *world) {
			w.call(409, "PUT", cspSecret, "{}")
			w.call(200, "PUT", cspSecret, "{}")
		}},
		"without_body": {func(s *switches) { s.RegenerateWithoutBodyOK = true }, func(_ *testing.T, w *world) { w.call(200, "PUT", cspSecret, "") }},
		"unknown_fields": {func(s *switches) { s.RejectUnknownFields = false }, func(_ *testing.T, w *world) {
			w.call(200, "POST", cspSecret, `{"x":1,"newClientSecret":"`+newSecret+`"}`)
		}},
		"api_token_404": {func(s *switches) { s.RefusedAPITokenStatus = 404 }, func(_ *testing.T, w *world) {
			w.form(404, cspAPI+"/auth/api-tokens/authorize", url.Values{"api_token": {"wrong"}})
		}},
		"wrong_secret": {func(s *switches) {
			s.WrongSecretStatus, s.WrongSecretMessage = 404, simulator.WrongSecretUnknownText
		}, func(t *testing.T, w *world) {
			a := w.form(404, cspAPI+"/auth/token", clientCredentials, appID, "wrong")
			equal(t, "text", strings.Contains(a.text, "invalid_client"), false)
		}},
		"url_decoded": {func(s *switches) { s.Basic = simulator.BasicURLDecoded }, func(_ *testing.T, w *world) {
			w.CSP.PatchSecretElsewhere(org, appID, "Ab1!+efgh")
			w.form(401, cspAPI+"/auth/token", clientCredentials, appID, "Ab1!+efgh")
			w.form(200, cspAPI+"/auth/token", clientCredentials, appID, url.QueryEscape("Ab1!+efgh"))
		}},
		"raw": {func(*switches) {}, func(_ *testing.T, w *world) {
			w.CSP.PatchSecretElsewhere(org, appID, "Ab1!+efgh")
			w.form(200, cspAPI+"/auth/token", clientCredentials, appID, "Ab1!+efgh")
		}},
		"as_printed": {func(s *switches) { s.Pattern = simulator.PatternAsPrinted }, func(_ *testing.T, w *world) {
			w.call(200, "POST", cspSecret, `{"newClientSecret":"Abcdefg1"}`)
		}},
		"zero_default": {func(s *switches) { s.OverlapZero = simulator.OverlapZeroDefault }, func(t *testing.T, w *world) {
			w.call(200, "POST", cspSecret, zero)
			accepts(t, w, true, true, false)
		}},
		"zero_now": {func(s *switches) { s.OverlapZero = simulator.OverlapZeroExpireNow }, func(t *testing.T, w *world) {
			w.call(200, "POST", cspSecret, zero)
			accepts(t, w, false, true, false)
		}},
		"max_overlap": {func(s *switches) { s.MaxOverlap = time.Hour }, func(_ *testing.T, w *world) {
			w.call(400, "POST", cspSecret, `{"newClientSecret":"`+newSecret+`","secretRotationExpirationInSeconds":3601}`)
		}},
		"age_absent": {func(*switches) {}, func(t *testing.T, w *world) { equal(t, "age", age(w), nil) }},
		"age_resets": {func(s *switches) { s.SecretAge = simulator.SecretAgeResets }, func(t *testing.T, w *world) {
			w.clock.Advance(time.Hour)
			equal(t, "age", age(w), any(3600.0))
			w.call(200, "POST", cspSecret, rotation)
			equal(t, "age", age(w), any(0.0))
		}},
		"age_keeps": {func(s *switches) { s.SecretAge = simulator.SecretAgeKeeps }, func(t *testing.T, w *world) {
			w.clock.Advance(time.Hour)
			w.call(200, "POST", cspSecret, rotation)
			equal(t, "age", age(w), any(3600.0))
			w.call(200, "PUT", cspSecret, "{}")
			equal(t, "age", age(w), any(0.0))
		}},
		"module_code": {func(s *switches) { s.ModuleCode = simulator.ModuleCodeString }, func(t *testing.T, w *world) {
			equal(t, "code", w.call(400, "DELETE", cspSecret, "").body["moduleCode"], any("540"))
		}},
		"milliseconds": {func(*switches) {}, func(t *testing.T, w *world) {
			equal(t, "created", w.call(200, "GET", app, "").body["createdAt"], any(float64(w.clock.Now().UnixMilli())))
		}},
		"seconds": {func(s *switches) { s.Timestamps = simulator.TimestampSeconds }, func(t *testing.T, w *world) {
			equal(t, "created", w.call(200, "GET", app, "").body["createdAt"], any(float64(w.clock.Now().Unix())))
		}},
		"traced": {func(s *switches) { s.ErrorBody = simulator.CSPErrorTraced }, func(t *testing.T, w *world) {
			equal(t, "trace", w.call(400, "DELETE", cspSecret, "").body["traceId"] != nil, true)
		}},
		"empty": {func(s *switches) { s.ErrorBody = simulator.CSPErrorEmpty }, func(t *testing.T, w *world) {
			equal(t, "body", w.call(400, "DELETE", cspSecret, "").text, "")
		}},
		"html": {func(s *switches) { s.ErrorBody = simulator.CSPErrorHTML }, func(t *testing.T, w *world) {
			equal(t, "page", w.call(400, "DELETE", cspSecret, "").text[:1], "<")
		}},
		"propagation": {func(s *switches) { s.PropagationDelay = time.Minute }, func(_ *testing.T, w *world) {
			w.call(200, "POST", cspSecret, rotation)
			w.form(401, cspAPI+"/auth/token", clientCredentials, appID, newSecret)
			w.clock.Advance(time.Minute)
			w.form(200, cspAPI+"/auth/token", clientCredentials, appID, newSecret)
		}},
		"forbidden":   {func(s *switches) { s.Forbidden = true }, func(_ *testing.T, w *world) { w.call(403, "GET", app, "") }},
		"foreign_org": {func(s *switches) { s.ForeignOrgStatus = 404 }, func(_ *testing.T, w *world) { w.call(404, "GET", cspAPI+"/orgs/x/oauth-apps", "") }},
		"unknown_app": {func(s *switches) { s.UnknownAppStatus = 403 }, func(_ *testing.T, w *world) { w.call(403, "GET", cspApps+"/x", "") }},
		"introspect": {func(s *switches) { s.IntrospectIgnoresPassword = true }, func(_ *testing.T, w *world) {
			w.form(200, cspAPI+"/auth/introspect", url.Values{"token": {"x"}}, appID, "wrong")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.CSP.Set(tc.set)
			tc.check(t, w)
		})
	}
}
