package simulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const cfSample = `{"client_id": "", "visibility": "private", "client_name": "", "grant_types": [], "response_types": [],
  "redirect_uris": [], "scopes": [], "token_endpoint_auth_method": "", "has_rotated_secret": false,
  "created_at": "", "updated_at": ""}`

func TestCloudflareShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.call(200, "GET", cfClient, "")
	sameKeys(t, got.body, `{"success": true, "errors": [], "messages": [], "result": {}}`)
	sameKeys(t, got.result(t), cfSample)
	equal(t, "created_at", got.result(t)["created_at"], any("2026-07-01T05:20:00Z"))
	equal(t, "Date", got.header.Get("Date"), "Wed, 01 Jul 2026 05:20:00 GMT")
	equal(t, "type", got.header.Get("Content-Type"), "application/json")

	rotated := w.call(200, "POST", cfClient+"/rotate_secret", "")
	sameKeys(t, rotated.result(t), `{"client_secret": ""}`)
	deleted := w.call(200, "DELETE", cfClient+"/rotate_secret", "")
	equal(t, "result", deleted.body["result"], nil)

	list := w.call(200, "GET", cfClients, "")
	items, _ := list.body["result"].([]any)
	equal(t, "items", len(items), 1)
	item, _ := items[0].(map[string]any)
	sameKeys(t, item, cfSample)
}

func TestCloudflareRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flag := func() any { return w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"] }
	equal(t, "flag", flag(), any(false))
	second, _ := w.call(200, "POST", cfClient+"/rotate_secret", "", "Content-Type", "application/json").result(t)["client_secret"].(string)
	equal(t, "flag", flag(), any(true))
	for _, secret := range []string{w.cfFirst, second} {
		equal(t, "accepts "+secret, w.Cloudflare.Accepts(account, cfID, secret), true)
	}
	w.call(400, "POST", cfClient+"/rotate_secret", "")
	w.clock.Advance(1000 * time.Hour)
	equal(t, "the old secret has no expiry", w.Cloudflare.Accepts(account, cfID, w.cfFirst), true)
	w.call(200, "DELETE", cfClient+"/rotate_secret", "")
	equal(t, "flag", flag(), any(false))
	equal(t, "old", w.Cloudflare.Accepts(account, cfID, w.cfFirst), false)
	equal(t, "new", w.Cloudflare.Accepts(account, cfID, second), true)
	w.call(200, "DELETE", cfClient+"/rotate_secret", "")

	records := w.Cloudflare.Secrets(account, cfID)
	equal(t, "records", len(records), 2)
	equal(t, "ended", *records[0].EndedAt, w.clock.Now())
	equal(t, "deleted", records[0].Deleted, true)
	equal(t, "origins", records[0].Origin+records[1].Origin, "initialapi")
	equal(t, "current", records[1].Current && !records[0].Current, true)
	equal(t, "effects", len(w.Effects()), 2)
	equal(t, "changing", len(w.Changing()), 4)
}

func TestCloudflareCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := func(a answer) float64 {
		errs, _ := a.body["errors"].([]any)
		first, _ := errs[0].(map[string]any)
		n, _ := first["code"].(float64)
		return n
	}
	equal(t, "missing", code(w.call(400, "GET", cfClient, "", "Authorization", "")), 9106)
	equal(t, "malformed", code(w.call(400, "GET", cfClient, "", "Authorization", "Basic xyz")), 6003)
	equal(t, "wrong", code(w.call(401, "GET", cfClient, "", "Authorization", "Bearer wrong")), 9109)
	equal(t, "half", code(w.call(400, "GET", cfClient, "", "Authorization", "", "X-Auth-Key", simulator.CloudflareAPIKey)), 9106)
	pair := []string{"Authorization", "", "X-Auth-Email", simulator.CloudflareEmail, "X-Auth-Key"}
	w.call(200, "GET", cfClient, "", append(pair, simulator.CloudflareAPIKey)...)
	equal(t, "wrong key", code(w.call(403, "GET", cfClient, "", append(pair, "wrong")...)), 9109)
	foreign := strings.Replace(cfClient, account, "ffffffffffffffffffffffffffffffff", 1)
	equal(t, "foreign account", code(w.call(403, "GET", foreign, "")), 10000)
	w.call(404, "GET", cfClients+"/unknown", "")
	w.call(405, "PUT", cfClient, "")

	rotate := cfClient + "/rotate_secret"
	for _, tc := range []struct {
		method, path string
		revoke       func(*simulator.CloudflarePermissions)
	}{
		{"GET", cfClients, func(p *simulator.CloudflarePermissions) { p.List = false }},
		{"GET", cfClient, func(p *simulator.CloudflarePermissions) { p.Read = false }},
		{"POST", cfClients, func(p *simulator.CloudflarePermissions) { p.Create = false }},
		{"POST", rotate, func(p *simulator.CloudflarePermissions) { p.Update = false }},
		{"DELETE", rotate, func(p *simulator.CloudflarePermissions) { p.Delete = false }},
	} {
		w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) {
			s.Permissions = simulator.CloudflarePermissions{List: true, Read: true, Create: true, Update: true, Delete: true}
			tc.revoke(&s.Permissions)
		})
		equal(t, tc.method+tc.path, code(w.call(403, tc.method, tc.path, "")), 10000)
	}
	equal(t, "effects", len(w.Effects()), 0)
}

func TestCloudflareCreateUpdateDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"client_name":"n","grant_types":["authorization_code"],"redirect_uris":["https://e.invalid"],
	  "response_types":["code"],"scopes":["a"],"token_endpoint_auth_method":"METHOD"}`
	made := w.call(200, "POST", cfClients, strings.Replace(body, "METHOD", "client_secret_post", 1)).result(t)
	id, _ := made["client_id"].(string)
	secret, _ := made["client_secret"].(string)
	equal(t, "accepts", w.Cloudflare.Accepts(account, id, secret), true)
	_, present := w.call(200, "POST", cfClients, strings.Replace(body, "METHOD", "none", 1)).result(t)["client_secret"]
	equal(t, "secret of none", present, false)
	w.call(400, "POST", cfClients, `{"client_name":"n"}`)
	w.call(400, "PATCH", cfClient, `{"client_secret":"chosen"}`)
	w.call(400, "PATCH", cfClient, `{"visibility":"private"}`)
	w.call(400, "PATCH", cfClient, `{"scopes":["b", 1]}`)
	equal(t, "name", w.call(200, "PATCH", cfClient, `{"client_name":"x"}`).result(t)["client_name"], any("x"))
	equal(t, "id", w.call(200, "DELETE", cfClient, "").result(t)["id"], any(cfID))
	w.call(404, "GET", cfClient, "")
	equal(t, "history", w.Cloudflare.Secrets(account, cfID)[0].EndedAt != nil, true)
}

func TestCloudflareTokenEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetSecretSuffix(`+/"&<\`)
	second := w.Cloudflare.RotateElsewhere(account, cfID)
	grant := url.Values{"grant_type": {"authorization_code"}, "code": {"random"}}
	probe := func(status int, basic ...string) any {
		return w.form(status, simulator.CloudflareTokenPath, grant, basic...).body["error"]
	}
	equal(t, "old", probe(400, cfID, w.cfFirst), any("invalid_grant"))
	equal(t, "escaped", probe(400, cfID, url.QueryEscape(second)), any("invalid_grant"))
	equal(t, "not escaped", probe(401, cfID, second), any("invalid_client"))
	equal(t, "wrong", probe(401, cfID, "wrong"), any("invalid_client"))
	w.form(200, simulator.CloudflareRevokePath, url.Values{"token": {"x"}}, cfID, w.cfFirst)

	w.Cloudflare.SetAuthMethod(account, cfID, simulator.AuthMethodPost)
	equal(t, "wrong method", probe(401, cfID, w.cfFirst), any("invalid_client"))
	grant.Set("client_id", cfID)
	grant.Set("client_secret", second)
	equal(t, "form", probe(400), any("invalid_grant"))
	grant.Set("grant_type", "client_credentials")
	equal(t, "grant", probe(400), any("unauthorized_client"))
	equal(t, "target", w.Journal()[0].Target, cfID)
}

func TestCloudflareSwitches(t *testing.T) {
	t.Parallel()
	rotate := cfClient + "/rotate_secret"
	type switches = simulator.CloudflareSwitches
	for name, tc := range map[string]struct {
		set   func(*switches)
		check func(t *testing.T, w *world)
	}{
		"keeps_old": {func(s *switches) { s.RotateWhenRotated = simulator.RotateKeepsOld }, func(t *testing.T, w *world) {
			for range 6 {
				w.call(200, "POST", rotate, "")
			}
			equal(t, "oldest", w.Cloudflare.Accepts(account, cfID, w.cfFirst), false)
			equal(t, "second", w.Cloudflare.Accepts(account, cfID, w.Cloudflare.Secrets(account, cfID)[1].Value), true)
		}},
		"drops_oldest": {func(s *switches) { s.RotateWhenRotated = simulator.RotateDropsOldest }, func(t *testing.T, w *world) {
			w.call(200, "POST", rotate, "")
			equal(t, "first", w.Cloudflare.Accepts(account, cfID, w.cfFirst), true)
			w.call(200, "POST", rotate, "")
			equal(t, "first", w.Cloudflare.Accepts(account, cfID, w.cfFirst), false)
		}},
		"refusal": {func(s *switches) { s.RotateRefusalStatus = 409 }, func(_ *testing.T, w *world) {
			w.Cloudflare.RotateElsewhere(account, cfID)
			w.call(409, "POST", rotate, "")
		}},
		"delete_404": {func(s *switches) { s.DeleteWhenNone = 404 }, func(_ *testing.T, w *world) { w.call(404, "DELETE", rotate, "") }},
		"none_400": {func(*switches) {}, func(_ *testing.T, w *world) {
			w.Cloudflare.SetAuthMethod(account, cfID, simulator.AuthMethodNone)
			w.call(400, "POST", rotate, "")
			w.call(400, "DELETE", rotate, "")
		}},
		"none_200": {func(s *switches) { s.NoneClientStatus = 200 }, func(_ *testing.T, w *world) {
			w.Cloudflare.SetAuthMethod(account, cfID, simulator.AuthMethodNone)
			w.call(200, "POST", rotate, "")
		}},
		"success_false": {func(s *switches) { s.RotateAnswer = simulator.RotateAnswerSuccessFalse }, func(t *testing.T, w *world) {
			a := w.call(200, "POST", rotate, "")
			equal(t, "success", a.body["success"], any(false))
			equal(t, "effects", len(w.Effects()), 1)
		}},
		"null_result": {func(s *switches) { s.RotateAnswer = simulator.RotateAnswerNullResult }, func(t *testing.T, w *world) {
			equal(t, "result", w.call(200, "POST", rotate, "").body["result"], nil)
		}},
		"no_secret": {func(s *switches) { s.RotateAnswer = simulator.RotateAnswerNoSecret }, func(t *testing.T, w *world) {
			equal(t, "result", len(w.call(200, "POST", rotate, "").result(t)), 0)
		}},
		"empty_secret": {func(s *switches) { s.RotateAnswer = simulator.RotateAnswerEmptySecret }, func(t *testing.T, w *world) {
			equal(t, "secret", w.call(200, "POST", rotate, "").result(t)["client_secret"], any(""))
		}},
		"result_id": {func(s *switches) { s.DeleteResult = simulator.DeleteResultClientID }, func(t *testing.T, w *world) {
			equal(t, "id", w.call(200, "DELETE", rotate, "").result(t)["id"], any(cfID))
		}},
		"result_other": {func(s *switches) { s.DeleteResult = simulator.DeleteResultOtherID }, func(t *testing.T, w *world) {
			id, _ := w.call(200, "DELETE", rotate, "").result(t)["id"].(string)
			equal(t, "other", len(id) == 32 && id != cfID, true)
		}},
		"flag_absent": {func(s *switches) { s.Flag = simulator.FlagAbsent }, func(t *testing.T, w *world) {
			_, present := w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"]
			equal(t, "present", present, false)
		}},
		"flag_absent_in_list": {func(s *switches) { s.Flag = simulator.FlagAbsentInList }, func(t *testing.T, w *world) {
			equal(t, "in get", strings.Contains(w.call(200, "GET", cfClient, "").text, "has_rotated"), true)
			equal(t, "in list", strings.Contains(w.call(200, "GET", cfClients, "").text, "has_rotated"), false)
		}},
		"updated_stays": {func(s *switches) { s.UpdatedAt = simulator.UpdatedAtStays }, func(t *testing.T, w *world) {
			before := w.call(200, "GET", cfClient, "").result(t)["updated_at"]
			w.Cloudflare.RotateElsewhere(account, cfID)
			equal(t, "updated_at", w.call(200, "GET", cfClient, "").result(t)["updated_at"], before)
		}},
		"updated_moves": {func(*switches) {}, func(t *testing.T, w *world) {
			before := w.call(200, "GET", cfClient, "").result(t)["updated_at"]
			w.Cloudflare.RotateAndDeleteElsewhere(account, cfID)
			after := w.call(200, "GET", cfClient, "").result(t)
			equal(t, "moved", after["updated_at"] != before, true)
			equal(t, "flag", after["has_rotated_secret"], any(false))
		}},
		"scopes": {func(s *switches) { s.Scopes = simulator.ScopesAugmented }, func(t *testing.T, w *world) {
			scopes, _ := w.call(200, "GET", cfClient, "").result(t)["scopes"].([]any)
			equal(t, "scopes", len(scopes), 3)
		}},
		"keeps two": {func(s *switches) { s.RotateWhenRotated, s.OldSecrets = simulator.RotateKeepsOld, 2 }, func(t *testing.T, w *world) {
			for range 3 {
				w.call(200, "POST", rotate, "")
			}
			w.Cloudflare.RotateElsewhere(account, cfID)
			equal(t, "live", accepted(w), "00111")
			w.call(200, "DELETE", rotate, "")
			equal(t, "live", accepted(w), "00001")
		}},
		"old refused": {func(s *switches) { s.Overlap = simulator.OverlapOldRefused }, func(t *testing.T, w *world) {
			second := w.Cloudflare.RotateElsewhere(account, cfID)
			tried(t, w, w.cfFirst, false, second, true)
			w.call(200, "DELETE", rotate, "")
			tried(t, w, w.cfFirst, false, second, true)
		}},
		"new refused": {func(s *switches) { s.Overlap = simulator.OverlapNewRefused }, func(t *testing.T, w *world) {
			second := w.Cloudflare.RotateElsewhere(account, cfID)
			tried(t, w, w.cfFirst, true, second, false)
			w.clock.Advance(time.Minute)
			tried(t, w, w.cfFirst, true, second, true)
			third := w.Cloudflare.RotateElsewhere(account, cfID)
			tried(t, w, second, true, third, false)
			w.call(200, "DELETE", rotate, "")
			tried(t, w, second, false, third, true)
		}},
		"both refused": {func(s *switches) { s.Overlap = simulator.OverlapBothRefused }, func(t *testing.T, w *world) {
			tried(t, w, w.cfFirst, true)
			second := w.Cloudflare.RotateElsewhere(account, cfID)
			w.clock.Advance(1000 * time.Hour)
			tried(t, w, w.cfFirst, false, second, false)
			w.call(200, "DELETE", rotate, "")
			tried(t, w, w.cfFirst, false, second, true)
		}},
		"the list lags": {func(s *switches) { s.ListDelay = time.Minute }, func(t *testing.T, w *world) {
			flags := func() [2]any {
				items, _ := w.call(200, "GET", cfClients, "").body["result"].([]any)
				listed, _ := items[0].(map[string]any)
				return [2]any{listed["has_rotated_secret"], w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"]}
			}
			w.call(200, "POST", rotate, "")
			equal(t, "flags", flags(), [2]any{false, true})
			w.clock.Advance(59 * time.Second)
			equal(t, "flags", flags(), [2]any{false, true})
			w.clock.Advance(time.Second)
			equal(t, "flags", flags(), [2]any{true, true})
		}},
		"the whole client": {func(s *switches) { s.RotateAnswer = simulator.RotateAnswerClient }, func(t *testing.T, w *world) {
			w.clock.Advance(time.Hour)
			answer := w.call(200, "POST", rotate, "").result(t)
			shown := w.call(200, "GET", cfClient, "").result(t)
			equal(t, "updated_at", answer["updated_at"], shown["updated_at"])
			equal(t, "client_id", answer["client_id"], any(cfID))
			secret, _ := answer["client_secret"].(string)
			equal(t, "works", w.Cloudflare.Accepts(account, cfID, secret), true)
		}},
		"updated_at moves always": {func(s *switches) { s.UpdatedAt = simulator.UpdatedAtMovesAlways }, func(t *testing.T, w *world) {
			before := w.call(200, "GET", cfClient, "").result(t)["updated_at"]
			w.call(200, "DELETE", rotate, "")
			equal(t, "moved", w.call(200, "GET", cfClient, "").result(t)["updated_at"] != before, true)
			equal(t, "works", w.Cloudflare.Accepts(account, cfID, w.cfFirst), true)
		}},
		"race": {func(s *switches) { s.RotationRace = time.Second }, func(t *testing.T, w *world) {
			second := w.Cloudflare.RotateElsewhere(account, cfID)
			before := w.call(200, "GET", cfClient, "").result(t)["updated_at"]
			dead, _ := w.call(200, "POST", rotate, "").result(t)["client_secret"].(string)
			equal(t, "moved", w.call(200, "GET", cfClient, "").result(t)["updated_at"] != before, true)
			equal(t, "a secret", dead != "" && dead != second, true)
			tried(t, w, w.cfFirst, true, second, true, dead, false)
			w.clock.Advance(time.Second)
			tried(t, w, dead, false)
			w.call(400, "POST", rotate, "")
		}},
		"contended": {func(s *switches) { s.SerializationFailures = 2 }, func(t *testing.T, w *world) {
			w.call(400, "POST", rotate, "")
			w.call(400, "DELETE", rotate, "")
			equal(t, "live", accepted(w), "1")
			w.call(200, "POST", rotate, "")
		}},
		"like Hydra": {simulator.LikeHydra, func(t *testing.T, w *world) {
			for range 6 {
				w.clock.Advance(time.Minute)
				answer := w.call(200, "POST", rotate, "").result(t)
				shown := w.call(200, "GET", cfClient, "").result(t)
				equal(t, "updated_at", answer["updated_at"], shown["updated_at"])
				equal(t, "flag", shown["has_rotated_secret"], nil)
			}
			equal(t, "live", accepted(w), "0111111")
			w.call(200, "DELETE", rotate, "")
			equal(t, "live", accepted(w), "0000001")
		}},
		"pages": {func(s *switches) { s.ResultInfo = simulator.ResultInfoTwoPages }, func(t *testing.T, w *world) {
			info, _ := w.call(200, "GET", cfClients, "").body["result_info"].(map[string]any)
			equal(t, "pages", info["total_pages"], any(2.0))
		}},
		"reads": {func(s *switches) { s.PropagationReads = 2 }, func(t *testing.T, w *world) {
			w.call(200, "POST", rotate, "")
			for _, want := range []bool{false, false, true} {
				equal(t, "flag", w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"], any(want))
			}
		}},
		"delay": {func(s *switches) { s.PropagationDelay = time.Minute }, func(t *testing.T, w *world) {
			second := w.Cloudflare.RotateElsewhere(account, cfID)
			form := url.Values{"grant_type": {"authorization_code"}}
			w.form(http.StatusUnauthorized, simulator.CloudflareTokenPath, form, cfID, second)
			equal(t, "flag", w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"], any(false))
			w.clock.Advance(time.Minute)
			w.form(http.StatusBadRequest, simulator.CloudflareTokenPath, form, cfID, second)
			equal(t, "flag", w.call(200, "GET", cfClient, "").result(t)["has_rotated_secret"], any(true))
			w.Cloudflare.DeleteRotatedElsewhere(account, cfID)
			w.form(http.StatusBadRequest, simulator.CloudflareTokenPath, form, cfID, w.cfFirst)
			w.clock.Advance(time.Minute)
			w.form(http.StatusUnauthorized, simulator.CloudflareTokenPath, form, cfID, w.cfFirst)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Cloudflare.Set(tc.set)
			tc.check(t, w)
		})
	}
}

// accepted has a digit for each secret that the client ever had: 1 for one that works.
func accepted(w *world) string {
	works := ""
	for _, s := range w.Cloudflare.Secrets(account, cfID) {
		if w.Cloudflare.Accepts(account, cfID, s.Value) {
			works += "1"
		} else {
			works += "0"
		}
	}
	return works
}

// tried asks the token endpoint: secrets, each with whether it must be accepted.
func tried(t *testing.T, w *world, pairs ...any) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		status := http.StatusUnauthorized
		if pairs[i+1] == true {
			status = http.StatusBadRequest // the code is nobody's
		}
		secret, _ := pairs[i].(string)
		w.form(status, simulator.CloudflareTokenPath, url.Values{"grant_type": {"authorization_code"}}, cfID, secret)
	}
}
