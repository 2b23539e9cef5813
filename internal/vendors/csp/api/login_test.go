package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

// jwt is an unsigned token with claims.
func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

// withLogin answers logins with token and everything else with an app.
func withLogin(token string) apitest.Answer {
	return func(_ int, r apitest.Call) (int, string) {
		if strings.HasPrefix(r.URI, basePath+"/auth/") {
			return 200, `{"access_token": "` + token + `", "expires_in": 1799, "refresh_token": null}`
		}
		return 200, `{"id": "b"}`
	}
}

func TestLoginWithAPIToken(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, withLogin(jwt(`{"azp": "the-client", "sub": "user"}`)))
	c := connectWith(t, v, Config{APIToken: secret.New(apitest.Canary), OrgID: "org"})
	if id := c.LoginClientID(); id != "" || len(v.Got()) != 0 {
		t.Errorf("before the login: %q, %d requests", id, len(v.Got()))
	}
	for range 2 {
		if _, err := c.App(t.Context(), "a", "b"); err != nil {
			t.Fatal(err)
		}
	}
	got := v.Got()
	if len(got) != 3 {
		t.Fatalf("%d requests, want one login and two reads", len(got))
	}
	form, err := url.ParseQuery(got[0].Body)
	if err != nil || got[0].Method != "POST" || got[0].URI != basePath+"/auth/api-tokens/authorize" ||
		len(form) != 1 || form.Get("api_token") != apitest.Canary || got[0].Header.Get("Authorization") != "" {
		t.Errorf("the login is %+v", got[0])
	}
	if got[1].Header.Get("Authorization") != "Bearer "+jwt(`{"azp": "the-client", "sub": "user"}`) {
		t.Errorf("the read is %+v", got[1])
	}
	if id := c.LoginClientID(); id != "the-client" {
		t.Errorf("logged in as %q", id)
	}
}

func TestLoginWithClientCredentials(t *testing.T) {
	t.Parallel()
	for _, org := range []string{"", "org"} {
		v := apitest.NewVendor(t, withLogin("token-1"))
		c := connectWith(t, v, Config{ClientID: "the-client", ClientSecret: secret.New(apitest.Canary), OrgID: org})
		if id := c.LoginClientID(); id != "the-client" {
			t.Errorf("logs in as %q", id)
		}
		if _, err := c.App(t.Context(), "a", "b"); err != nil {
			t.Fatal(err)
		}
		got := v.Got()[0]
		form, err := url.ParseQuery(got.Body)
		if err != nil || got.Method != "POST" || got.URI != basePath+"/auth/token" || form.Get("grant_type") != "client_credentials" ||
			form.Get("orgId") != org || form.Has("orgId") != (org != "") || form.Has("client_secret") {
			t.Errorf("the login is %+v", got)
		}
		// Raw: an escape of the secret would change it.
		if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("the-client:"+apitest.Canary)); got.Header.Get("Authorization") != want {
			t.Errorf("the credentials are %q", got.Header.Get("Authorization"))
		}
	}
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{APIToken: secret.New(apitest.Canary)},
		{ClientID: "the-client", ClientSecret: secret.New(apitest.Canary)},
	} {
		for _, status := range []int{400, 401, 403, 404} {
			v := apitest.NewVendor(t, apitest.Always(status, apitest.Sample(t, "error-refused-token.json")))
			err := connectWith(t, v, cfg).StartRotation(t.Context(), "a", "b", secret.New("Abcdefg1_"), 0)
			if apitest.Kind(err) != "not sent" || len(v.Got()) != 1 {
				t.Errorf("%d: got %s (%v) after %d requests", status, apitest.Kind(err), err, len(v.Got()))
			}
			for _, part := range []string{"refused", "0105e0f320064337", "540.120-340.800"} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%d: %q is not in %v", status, part, err)
				}
			}
			// Where status, code and request id say enough, the vendor's text is left out.
			if shown := err != nil && strings.Contains(err.Error(), "invalid_grant: Invalid refresh token"); shown != (status == 400) {
				t.Errorf("%d: %v", status, err)
			}
			apitest.LeakFree(t, err)
		}
		v := apitest.NewVendor(t, apitest.Always(401, errorBody(apitest.Canary)))
		_, err := connectWith(t, v, cfg).App(t.Context(), "a", "b")
		apitest.LeakFree(t, err)
		if err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("got %v", err)
		}
		// An outage refuses nothing, whatever it says.
		v = apitest.NewVendor(t, apitest.Always(500, apitest.Sample(t, "error-refused-token.json")))
		if _, err := connectWith(t, v, cfg).App(t.Context(), "a", "b"); apitest.Kind(err) != "not sent" || strings.Contains(err.Error(), "refused") {
			t.Errorf("got %v", err)
		}
		// A page of a proxy refuses nothing.
		for _, body := range []string{"<html></html>", "", "{}"} {
			v = apitest.NewVendor(t, apitest.Always(404, body))
			if _, err := connectWith(t, v, cfg).App(t.Context(), "a", "b"); err == nil || strings.Contains(err.Error(), "refused") {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestLoginAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		`{"access_token": "t", "expires_in": 1799}`:                   1799 * time.Second,
		`{"access_token": "t", "expires_in": "1799"}`:                 1799 * time.Second,
		`{"access_token": "t"}`:                                       0,
		`{"access_token": "t", "expires_in": null}`:                   0,
		`{"access_token": "t", "expires_in": -5}`:                     0,
		`{"access_token": "t", "expires_in": "soon"}`:                 0,
		`{"access_token": "t", "expires_in": 1e300}`:                  1e9 * time.Second,
		`{"access_token": "t", "expires_in": {}, "id_token": [null]}`: 0,
		apitest.Sample(t, "token.json"):                               1799 * time.Second,
	} {
		token, problem := httpapi.ReadToken([]byte(body))
		if problem != "" || token.Access.Empty() || token.ExpiresIn != want {
			t.Errorf("%s: got %v, %q", body, token.ExpiresIn, problem)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"access_token": null}`, `{"access_token": ""}`, `{"access_token": 7}`, `{"access_token": "a\nb"}`, `<html>`} {
		if token, problem := httpapi.ReadToken([]byte(body)); problem == "" || !token.Access.Empty() {
			t.Errorf("%s is a token", body)
		}
		v := apitest.NewVendor(t, apitest.Always(200, body))
		_, err := connectWith(t, v, Config{APIToken: secret.New(apitest.Canary)}).App(t.Context(), "a", "b")
		if apitest.Kind(err) != "not sent" {
			t.Errorf("%s: got %s (%v)", body, apitest.Kind(err), err)
		}
	}
}

func TestTokenClientID(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		jwt(`{"azp": "a", "client_id": "b", "cid": "c"}`): "a",
		jwt(`{"client_id": "b", "cid": "c"}`):             "b",
		jwt(`{"cid": "c", "sub": "s"}`):                   "c",
		jwt(`{"azp": ["a"], "client_id": "b"}`):           "b",
		jwt(`{"azp": "", "cid": "c"}`):                    "c",
		jwt(`{"sub": "s"}`):                               "s",
		jwt(`[]`):                                         "",
		jwt(`null`):                                       "",
		jwt(``):                                           "",
		"opaque":                                          "",
		"a.b":                                             "",
		"a.!!.c":                                          "",
		"a.b.c.d.e":                                       "",
		"":                                                "",
	} {
		if got := httpapi.TokenClientID(secret.New(token)); got != want {
			t.Errorf("%s: got %q, want %q", token, got, want)
		}
	}
	v := apitest.NewVendor(t, apitest.Always(500, ""))
	c := connectWith(t, v, Config{AccessToken: secret.New(jwt(`{"azp": "me"}`))})
	if got := c.LoginClientID(); got != "me" || len(v.Got()) != 0 {
		t.Errorf("got %q after %d requests", got, len(v.Got()))
	}
}

func TestUseLoginSecret(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	current, refuse := "old", false
	v := apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URI, "/auth/token") {
			if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+current)) {
				return 401, `{"message": "invalid_client: no"}`
			}
			return 200, fmt.Sprintf(`{"access_token": "token-%d", "expires_in": 1799}`, n)
		}
		if refuse {
			refuse = false
			return 401, errorBody("expired")
		}
		return 200, `{"id": "b"}`
	})
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New("old")})
	if _, err := c.App(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	c.UseLoginSecret("me", secret.Value{})
	c.UseLoginSecret("me", secret.New("new"))
	if _, err := c.App(t.Context(), "a", "b"); err != nil || len(v.Got()) != 3 {
		t.Errorf("the token in hand was dropped: %v, %d requests", err, len(v.Got()))
	}
	c.UseLoginSecret("other", secret.New("wrong"))
	c.UseLoginSecret("", secret.New("wrong"))
	mu.Lock()
	current, refuse = "new", true
	mu.Unlock()
	if _, err := c.App(t.Context(), "a", "b"); err != nil || len(v.Got()) != 6 {
		t.Errorf("no login with the new secret: %v, %d requests", err, len(v.Got()))
	}
}

func TestUseLoginSecretWithoutOne(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, withLogin("t"))
	for _, cfg := range []Config{{APIToken: secret.New("x")}, {AccessToken: secret.New(jwt(`{"azp": "me"}`))}} {
		c := connectWith(t, v, cfg)
		c.UseLoginSecret("me", secret.New("new"))
		c.UseLoginSecret("", secret.New("new"))
		if !c.login.clientSecret.Empty() {
			t.Error("there is a secret now")
		}
	}
}

func TestLoginIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, withLogin(jwt(`{"azp": "me"}`)))
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New("old")})
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			c.UseLoginSecret("me", secret.New(fmt.Sprint("new-", n)))
			if _, err := c.App(t.Context(), "a", "b"); err != nil || c.LoginClientID() != "me" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := len(v.Got()); n != 9 {
		t.Errorf("%d requests, want one login for eight reads", n)
	}
}

func FuzzLogin(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		token, problem := httpapi.ReadToken(body)
		if (problem == "") == token.Access.Empty() || token.ExpiresIn < 0 {
			t.Errorf("a token of %d bytes for %v with the problem %q", len(token.Access.Reveal()), token.ExpiresIn, problem)
		}
		httpapi.TokenClientID(secret.New(string(body)))
		if b, err := json.Marshal(token.Access); err != nil || string(b) != `"(redacted)"` {
			t.Error("the token prints")
		}
	}, "access_token", "expires_in")
}
