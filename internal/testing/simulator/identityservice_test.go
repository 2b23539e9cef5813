package simulator_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const (
	idsSample = `{"displayName": null, "clientId": null, "clientSecret": null, "theme": null, "redirectUris": null,
 "postLogoutRedirectUris": null, "consentType": null, "type": null, "grantTypes": null, "endpoints": null, "scopes": null,
 "homepageUrl": null, "sampleHomepageUrl": null, "allowUnregisteredUsersToSignIn": false,
 "hideTenantDisplayNameDuringLogIn": false, "allowRegister": false, "disableLoginAlerts": false,
 "appSwitcherProductId": null, "additionalLinks": null, "tenant": null, "definedRoles": null, "roles": null, "tenants": null}`
	idsEntry    = `{"clientSecretId": "", "clientSecretExpirationDate": null, "deleted": false}`
	idsProblem  = `{"type": null, "title": null, "status": null, "detail": null, "instance": null}`
	idsDenied   = `{"type": null, "identifier": "", "message": null, "responseCode": null, "errors": null}`
	idsTokenURL = simulator.IdentityServiceBasePath + "/connect/token"
	idsDate     = `{"expirationDate":"2027-01-31T00:07:41Z"}`
)

func (w *world) entries(status int) []map[string]any {
	w.t.Helper()
	var out []map[string]any
	if text := w.call(status, "GET", idsList, "").text; text != "" {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			w.t.Fatalf("%v in %s", err, text)
		}
	}
	return out
}

// newest returns the id of the secret that was added last.
func (w *world) newest() string {
	records := w.IdentityService.Secrets(tenant, idsApp)
	return records[len(records)-1].ID
}

func TestIdentityServiceRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.call(200, "POST", idsList, idsDate)
	sameKeys(t, a.body, idsSample)
	equal(t, "client", a.body["clientId"], any(idsApp))
	secret, _ := a.body["clientSecret"].(string)
	equal(t, "accepts", w.IdentityService.Accepts(tenant, idsApp, secret), true)
	list := w.entries(200)
	equal(t, "entries", len(list), 2)
	id := w.newest()
	i := slices.IndexFunc(list, func(e map[string]any) bool { return e["clientSecretId"] == id })
	sameKeys(t, list[i], idsEntry)
	equal(t, "date", list[i]["clientSecretExpirationDate"], any("2027-01-31T00:07:41Z"))
	equal(t, "uuid", len(id), 36)

	sameKeys(t, w.call(200, "DELETE", idsList+"/"+strings.ToUpper(id), "").body, idsSample)
	equal(t, "ended", w.IdentityService.Accepts(tenant, idsApp, secret), false)
	w.call(200, "DELETE", idsList+"/"+id, "")
	w.call(404, "DELETE", idsList+"/unknown", "")
	equal(t, "still listed", len(w.entries(200)), 2)
	equal(t, "effects", len(w.Effects()), 2)
	equal(t, "registration", w.IdentityService.Accepts(tenant, idsApp, w.idsOne), true)
}

func TestIdentityServiceExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exp := w.clock.Now().Add(time.Hour)
	id, secret := w.IdentityService.AddSecretElsewhere(tenant, idsApp, &exp)
	w.clock.Advance(time.Hour - time.Second)
	equal(t, "before", w.IdentityService.Accepts(tenant, idsApp, secret), true)
	w.form(200, idsTokenURL, url.Values{"grant_type": {"client_credentials"}, "client_id": {idsApp}, "client_secret": {secret}})
	w.clock.Advance(time.Second)
	equal(t, "after", w.IdentityService.Accepts(tenant, idsApp, secret), false)
	w.form(401, idsTokenURL, url.Values{"grant_type": {"client_credentials"}, "client_id": {idsApp}, "client_secret": {secret}})
	equal(t, "listed", len(w.entries(200)), 2)
	record := w.IdentityService.Secrets(tenant, idsApp)[1]
	equal(t, "record", record.ID == id && record.EndedAt.Equal(exp) && !record.Deleted, true)
}

func TestIdentityServiceElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.IdentityService.AddSecretElsewhere(tenant, idsApp, nil)
	w.BeforeRequest(func(e simulator.Entry) {
		if e.Operation == "identity_service.list" {
			w.IdentityService.AddSecretElsewhere(tenant, idsApp, nil)
		}
	})
	equal(t, "entries", len(w.entries(200)), 3)
	w.BeforeRequest(nil)
	equal(t, "delete", w.IdentityService.DeleteSecretElsewhere(id), true)
	equal(t, "purge", w.IdentityService.PurgeSecret(id), true)
	equal(t, "purged", w.IdentityService.PurgeSecret(id), false)
	equal(t, "entries", len(w.entries(200)), 2)
	equal(t, "history", len(w.IdentityService.Secrets(tenant, idsApp)), 3)
	w.IdentityService.AddApplication("another-tenant", idsApp)
	equal(t, "tenants do not mix", len(w.entries(200)), 2)
	w.IdentityService.RemoveApplication(tenant, idsApp)
	sameKeys(t, w.call(403, "GET", idsList, "").body, idsDenied)
	none, _ := w.IdentityService.AddSecretElsewhere(tenant, idsApp, nil)
	equal(t, "unknown", none, "")
}

func TestIdentityServiceRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{
		"", "[]", `"2027-01-31T00:07:41Z"`, `{"expirationDate":7}`, `{"expirationDate":"tomorrow"}`,
		`{"expirationDate":"2026-07-01T05:20:00Z"}`, `{"expirationdate":"2027-01-31T00:07:41Z"}`,
	} {
		sameKeys(t, w.call(400, "POST", idsList, body).body, idsProblem)
	}
	w.call(401, "GET", idsList, "", "Authorization", "")
	w.call(401, "GET", idsList, "", "Authorization", "Bearer "+simulator.CSPReadyAccessToken)
	w.call(405, "PUT", idsList, "{}")
	equal(t, "effects", len(w.Effects()), 0)
	w.call(200, "POST", idsList, `{"expirationDate":null}`)
	w.call(200, "POST", idsList, `{}`)
}

func TestIdentityServiceOIDC(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		document := w.call(200, "GET", simulator.IdentityServiceBasePath+"/.well-known/openid-configuration", "")
		endpoint := func(name string) string {
			text, _ := document.body[name].(string)
			path, ok := strings.CutPrefix(text, w.root)
			equal(t, name+" "+text, ok, true)
			return path
		}
		token := endpoint("token_endpoint")
		login := url.Values{
			"grant_type": {"client_credentials"}, "client_id": {simulator.IdentityServiceLoginClientID},
			"client_secret": {simulator.IdentityServiceLoginClientSecret},
		}
		a := w.form(200, token, login)
		value, _ := a.body["access_token"].(string)
		equal(t, "azp", claimsOf(t, value)["azp"], any(simulator.IdentityServiceLoginClientID))
		w.call(200, "GET", idsList, "", "Authorization", "Bearer "+value)
		a = w.form(200, token, clientCredentials, idsApp, w.idsOne)
		foreign, _ := a.body["access_token"].(string)
		sameKeys(t, w.call(403, "GET", idsList, "", "Authorization", "Bearer "+foreign).body, idsDenied)
		w.clock.Advance(1799 * time.Second)
		w.call(401, "GET", idsList, "", "Authorization", "Bearer "+value)

		introspect := endpoint("introspection_endpoint")
		equal(t, "inactive", w.form(200, introspect, url.Values{"token": {"x"}}, idsApp, w.idsOne).body["active"], any(false))
		equal(t, "wrong", w.form(401, introspect, url.Values{"token": {"x"}}, idsApp, "wrong").body["error"], any("invalid_client"))
		w.form(200, endpoint("revocation_endpoint"), url.Values{"token": {"x"}}, idsApp, w.idsOne)
		code := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}
		equal(t, "code", w.form(400, token, code, idsApp, w.idsOne).body["error"], any("invalid_grant"))
		w.IdentityService.SetGrantTypes(tenant, idsApp, "authorization_code")
		equal(t, "grant", w.form(400, token, clientCredentials, idsApp, w.idsOne).body["error"], any("unauthorized_client"))
		for _, r := range w.IdentityService.Secrets(simulator.IdentityServiceLoginTenant, simulator.IdentityServiceLoginClientID) {
			w.IdentityService.DeleteSecretElsewhere(r.ID)
		}
		w.form(401, token, login)
	})
}

func TestIdentityServiceSwitches(t *testing.T) {
	t.Parallel()
	type switches = simulator.IdentityServiceSwitches
	text := func(w *world) string { w.t.Helper(); return w.call(200, "GET", idsList, "").text }
	purgeAll := func(w *world) {
		for _, r := range w.IdentityService.Secrets(tenant, idsApp) {
			w.IdentityService.PurgeSecret(r.ID)
		}
	}
	echo := func(want string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			w.call(200, "POST", idsList, idsDate)
			equal(t, want, strings.Contains(text(w), `"`+want+`"`), true)
		}
	}
	answerOf := func(want any) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			got := w.call(200, "POST", idsList, "{}").body["clientSecret"]
			if want == "first" {
				want = w.idsOne
			}
			equal(t, "secret", got, want)
			equal(t, "effects", len(w.Effects()), 1)
		}
	}
	add := func(w *world) { w.IdentityService.AddSecretElsewhere(tenant, idsApp, nil) }
	for name, tc := range map[string]struct {
		set   func(*switches)
		check func(t *testing.T, w *world)
	}{
		"single": {func(s *switches) { s.List = simulator.ListSingle }, func(t *testing.T, w *world) {
			equal(t, "object", text(w)[:1], "{")
			add(w)
			equal(t, "array", text(w)[:1], "[")
		}},
		"items": {func(s *switches) { s.List = simulator.ListItems }, func(t *testing.T, w *world) {
			equal(t, "items", strings.HasPrefix(text(w), `{"items":[{`), true)
		}},
		"empty": {func(*switches) {}, func(t *testing.T, w *world) { purgeAll(w); equal(t, "list", text(w), "[]") }},
		"null":  {func(s *switches) { s.List = simulator.ListNullWhenEmpty }, func(t *testing.T, w *world) { purgeAll(w); equal(t, "list", text(w), "null") }},
		"204":   {func(s *switches) { s.List = simulator.List204WhenEmpty }, func(_ *testing.T, w *world) { purgeAll(w); w.call(204, "GET", idsList, "") }},
		"hide_deleted": {func(s *switches) { s.HideDeleted = true }, func(t *testing.T, w *world) {
			w.IdentityService.DeleteSecretElsewhere(w.newest())
			equal(t, "list", text(w), "[]")
		}},
		"hide_expired": {func(s *switches) { s.HideExpired = true }, func(t *testing.T, w *world) {
			exp := w.clock.Now().Add(time.Hour)
			w.IdentityService.AddSecretElsewhere(tenant, idsApp, &exp)
			equal(t, "before", len(w.entries(200)), 2)
			w.clock.Advance(time.Hour)
			equal(t, "after", len(w.entries(200)), 1)
		}},
		"hide_registration": {func(s *switches) { s.HideRegistrationSecret = true }, func(t *testing.T, w *world) { equal(t, "list", text(w), "[]") }},
		"date_milliseconds": {func(s *switches) { s.DateEcho = simulator.DateMilliseconds }, echo("2027-01-31T00:07:41.000Z")},
		"date_offset":       {func(s *switches) { s.DateEcho = simulator.DateOffset }, echo("2027-01-31T00:07:41+00:00")},
		"date_no_zone":      {func(s *switches) { s.DateEcho = simulator.DateNoZone }, echo("2027-01-31T00:07:41")},
		"date_day":          {func(s *switches) { s.DateEcho = simulator.DateDay }, echo("2027-01-31T00:00:00Z")},
		"default_lifetime": {func(s *switches) { s.DefaultLifetime = 24 * time.Hour }, func(t *testing.T, w *world) {
			w.call(200, "POST", idsList, "{}")
			equal(t, "date", strings.Contains(text(w), `"2026-07-02T05:20:00Z"`), true)
		}},
		"add_null":  {func(s *switches) { s.AddAnswer = simulator.AddAnswerNull }, answerOf(nil)},
		"add_empty": {func(s *switches) { s.AddAnswer = simulator.AddAnswerEmpty }, answerOf("")},
		"add_older": {func(s *switches) { s.AddAnswer = simulator.AddAnswerOlder }, answerOf("first")},
		"delete_value": {func(s *switches) { s.DeleteAnswerSecret = true }, func(t *testing.T, w *world) {
			equal(t, "secret", w.call(200, "DELETE", idsList+"/"+w.newest(), "").body["clientSecret"], any(w.idsOne))
		}},
		"second_delete": {func(s *switches) { s.SecondDelete = 400 }, func(_ *testing.T, w *world) {
			w.call(200, "DELETE", idsList+"/"+w.newest(), "")
			w.call(400, "DELETE", idsList+"/"+w.newest(), "")
		}},
		"unknown_application": {func(s *switches) { s.UnknownApplication = 404 }, func(_ *testing.T, w *world) {
			w.call(404, "GET", strings.Replace(idsList, idsApp, "unknown", 1), "")
		}},
		"unknown_secret": {func(s *switches) { s.UnknownSecret = 200 }, func(t *testing.T, w *world) {
			w.call(200, "DELETE", idsList+"/unknown", "")
			equal(t, "effects", len(w.Effects()), 0)
		}},
		"last_secret": {func(s *switches) { s.RefuseLastSecret = true }, func(_ *testing.T, w *world) {
			last := idsList + "/" + w.newest()
			w.call(400, "DELETE", last, "")
			add(w)
			w.call(200, "DELETE", last, "")
		}},
		"maximum": {func(s *switches) { s.Maximum = 2 }, func(_ *testing.T, w *world) {
			w.call(200, "POST", idsList, "{}")
			w.call(400, "POST", idsList, "{}")
		}},
		"list_after_reads": {func(s *switches) { s.ListAfterReads = 1 }, func(t *testing.T, w *world) {
			w.call(200, "POST", idsList, "{}")
			equal(t, "first", len(w.entries(200)), 1)
			equal(t, "second", len(w.entries(200)), 2)
		}},
		"list_delay": {func(s *switches) { s.ListDelay = time.Minute }, func(t *testing.T, w *world) {
			w.call(200, "POST", idsList, "{}")
			equal(t, "at once", len(w.entries(200)), 1)
			w.clock.Advance(time.Minute)
			equal(t, "later", len(w.entries(200)), 2)
		}},
		"statuses": {func(s *switches) { s.AddStatus, s.DeleteStatus = 201, 204 }, func(_ *testing.T, w *world) {
			w.call(201, "POST", idsList, "{}")
			w.call(204, "DELETE", idsList+"/"+w.newest(), "")
		}},
		"error_other": {func(s *switches) { s.ErrorShape = simulator.ErrorShapeOther }, func(t *testing.T, w *world) {
			sameKeys(t, w.call(400, "POST", idsList, "[]").body, idsDenied)
			sameKeys(t, w.call(401, "GET", idsList, "", "Authorization", "").body, idsProblem)
		}},
		"error_html": {func(s *switches) { s.ErrorShape = simulator.ErrorShapeHTML }, func(t *testing.T, w *world) {
			equal(t, "page", w.call(400, "POST", idsList, "[]").text[:1], "<")
		}},
		"error_empty": {func(s *switches) { s.ErrorShape = simulator.ErrorShapeEmpty }, func(t *testing.T, w *world) {
			equal(t, "body", w.call(400, "POST", idsList, "[]").text, "")
		}},
		"empty_body": {func(s *switches) { s.AcceptEmptyBody = true }, func(_ *testing.T, w *world) { w.call(200, "POST", idsList, "") }},
		"forbidden":  {func(s *switches) { s.Forbidden = true }, func(_ *testing.T, w *world) { w.call(403, "GET", idsList, "") }},
		"no_discovery": {func(s *switches) { s.NoDiscovery = true }, func(_ *testing.T, w *world) {
			w.call(404, "GET", simulator.IdentityServiceBasePath+"/.well-known/openid-configuration", "")
		}},
		"basic_raw": {func(s *switches) { s.Basic, s.WrongSecretStatus = simulator.BasicRaw, 400 }, func(_ *testing.T, w *world) {
			w.SetSecretSuffix("+%41")
			_, secret := w.IdentityService.AddSecretElsewhere(tenant, idsApp, nil)
			w.form(200, idsTokenURL, clientCredentials, idsApp, secret)
			w.form(400, idsTokenURL, clientCredentials, idsApp, url.QueryEscape(secret))
		}},
		"propagation": {func(s *switches) { s.PropagationDelay = time.Minute }, func(_ *testing.T, w *world) {
			w.IdentityService.DeleteSecretElsewhere(w.newest())
			w.form(200, idsTokenURL, clientCredentials, idsApp, w.idsOne)
			w.clock.Advance(time.Minute)
			w.form(401, idsTokenURL, clientCredentials, idsApp, w.idsOne)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.IdentityService.Set(tc.set)
			tc.check(t, w)
		})
	}
}
