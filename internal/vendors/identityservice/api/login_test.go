package api

import (
	"encoding/base64"
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

// service is a vendor with discovery, token endpoint and a list.
func service(t *testing.T, token apitest.Answer) *apitest.Vendor {
	t.Helper()
	var v *apitest.Vendor
	v = apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
		switch r.URI {
		case "/ids/.well-known/openid-configuration":
			return 200, `{"token_endpoint": "` + v.URL + `/connect/token"}`
		case "/connect/token":
			return token(n, r)
		}
		return 200, `[]`
	})
	return v
}

func uris(v *apitest.Vendor) string {
	var all []string
	for _, r := range v.Got() {
		all = append(all, strings.TrimPrefix(r.URI, "/ids"))
	}
	return strings.Join(all, " ")
}

const list = "/api/tenants/a/applications/b/secrets"

func TestLoginWithDiscovery(t *testing.T) {
	t.Parallel()
	v := service(t, apitest.Always(200, `{"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}`))
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary), Scope: "a b"})
	for range 2 {
		if _, err := c.Secrets(t.Context(), "a", "b"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := uris(v), "/.well-known/openid-configuration /connect/token "+list+" "+list; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	login := v.Got()[1]
	form, err := url.ParseQuery(login.Body)
	want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"me"}, "client_secret": {apitest.Canary}, "scope": {"a b"}}
	if err != nil || form.Encode() != want.Encode() || login.Method != "POST" || login.Header.Get("Authorization") != "" {
		t.Errorf("the login is %+v", login)
	}
	if header := v.Got()[2].Header.Get("Authorization"); header != "Bearer token-1" {
		t.Errorf("the token is sent as %q", header)
	}
	if header := v.Got()[0].Header.Get("Authorization"); header != "" {
		t.Errorf("discovery carries %q", header)
	}
}

func TestLoginWithTokenURL(t *testing.T) {
	t.Parallel()
	v := service(t, apitest.Always(200, `{"access_token": "token-1"}`))
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary), TokenURL: v.URL + "/connect/token"})
	if _, err := c.Secrets(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	if got, want := uris(v), "/connect/token "+list; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if form, _ := url.ParseQuery(v.Got()[0].Body); form.Has("scope") {
		t.Errorf("the login is %+v", v.Got()[0])
	}
}

// Discovery is done once, also by many at a time, and a failure is not kept.
func TestDiscoveryOnce(t *testing.T) {
	t.Parallel()
	var v *apitest.Vendor
	v = apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
		switch {
		case n == 1:
			return 404, "<html></html>"
		case strings.HasSuffix(r.URI, "openid-configuration"):
			return 200, `{"token_endpoint": "` + v.URL + `/connect/token"}`
		case r.URI == "/connect/token":
			return 401, `{"error": "invalid_client"}`
		}
		return 200, `[]`
	})
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)})
	if _, err := c.Secrets(t.Context(), "a", "b"); apitest.Kind(err) != "not sent" || !strings.Contains(err.Error(), "no token URL is configured") {
		t.Errorf("got %v", err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := c.Prove(t.Context(), "me", secret.New("s")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := strings.Count(uris(v), "openid-configuration"); n != 2 {
		t.Errorf("discovered %d times", n)
	}
}

// Credentials never go where discovery must not send them.
func TestDiscoveryProblems(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:   problemNoTokenEndpoint,
		`null`: problemNoTokenEndpoint,
		`{"token_endpoint": "http://example.com/token"}`:  problemTokenEndpoint,
		`{"token_endpoint": "//example.com/token"}`:       problemTokenEndpoint,
		`{"token_endpoint": "https://a:b@example.com/t"}`: problemTokenEndpoint,
		`{"token_endpoint": "https://example.com/t?x=1"}`: problemTokenEndpoint,
		`{"token_endpoint": 7}`:                           problemShape,
		`<html>`:                                          problemShape,
		``:                                                problemShape,
	} {
		v := apitest.NewVendor(t, apitest.Always(200, body))
		_, err := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).AddSecret(t.Context(), "a", "b", nil)
		if apitest.Kind(err) != "not sent" || !strings.Contains(err.Error(), want) || len(v.Got()) != 1 {
			t.Errorf("%s: got %v after %d requests", body, err, len(v.Got()))
		}
		apitest.LeakFree(t, err)
	}
}

func TestReadDiscovery(t *testing.T) {
	t.Parallel()
	got, problem := readDiscovery([]byte(apitest.Sample(t, "hostile/discovery.json")))
	if problem != "" || got != (discovered{token: "https://id.example/connect/token", introspection: "https://id.example/connect/introspect"}) {
		t.Errorf("got %+v, %q", got, problem)
	}
	got, problem = readDiscovery([]byte(`{"token_endpoint": "https://id.example/t", "introspection_endpoint": "http://id.example/i"}`))
	if problem != "" || got.introspection != "" {
		t.Errorf("got %+v, %q", got, problem)
	}
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		v := service(t, apitest.Always(status, apitest.Sample(t, "error-invalid-client.json")))
		_, err := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).AddSecret(t.Context(), "a", "b", nil)
		if apitest.Kind(err) != "not sent" || len(v.Got()) != 2 {
			t.Errorf("%d: got %v after %d requests", status, err, len(v.Got()))
		}
		for _, part := range []string{"client credentials were refused", "invalid_client", "The specified client credentials are invalid."} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%d: %q is not in %v", status, part, err)
			}
		}
	}
	v := service(t, apitest.Always(401, errorBody(apitest.Canary)))
	_, err := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).Secrets(t.Context(), "a", "b")
	apitest.LeakFree(t, err)
	for _, body := range []string{"", "<html></html>"} {
		v = service(t, apitest.Always(403, body))
		_, err = connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).Secrets(t.Context(), "a", "b")
		if err == nil || strings.Contains(err.Error(), "credentials were refused") {
			t.Errorf("got %v", err)
		}
	}
}

func TestLoginAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		`{"access_token": "t", "expires_in": 3600}`:   time.Hour,
		`{"access_token": "t", "expires_in": "3600"}`: time.Hour,
		`{"access_token": "t"}`:                       0,
		`{"access_token": "t", "expires_in": -1}`:     0,
		`{"access_token": "t", "expires_in": 1e300}`:  1e9 * time.Second,
	} {
		if token, problem := httpapi.ReadToken([]byte(body)); problem != "" || token.ExpiresIn != want {
			t.Errorf("%s: got %v, %q", body, token.ExpiresIn, problem)
		}
	}
	for _, body := range []string{``, `null`, `{}`, `{"access_token": ""}`, `{"access_token": ["t"]}`, `{"access_token": "a\r\nb"}`, `<html>`} {
		v := service(t, apitest.Always(200, body))
		_, err := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).Secrets(t.Context(), "a", "b")
		if apitest.Kind(err) != "not sent" {
			t.Errorf("%s: got %s (%v)", body, apitest.Kind(err), err)
		}
	}
}

func TestLoginClientID(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(500, ""))
	for token, want := range map[string]string{
		jwt(`{"azp": "a", "client_id": "b"}`): "a",
		jwt(`{"client_id": "b", "sub": "s"}`): "b",
		jwt(`{"cid": "c"}`):                   "c",
		jwt(`{"sub": "s"}`):                   "s",
		jwt(`[]`):                             "",
		"a.!!.c":                              "",
		"a.b.c.d.e":                           "",
		"opaque":                              "",
	} {
		if got := connectWith(t, v, Config{AccessToken: secret.New(token)}).LoginClientID(); got != want {
			t.Errorf("%s: got %q, want %q", token, got, want)
		}
	}
	if got := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New("s")}).LoginClientID(); got != "me" || len(v.Got()) != 0 {
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
		if r.URI == "/connect/token" {
			if form, _ := url.ParseQuery(r.Body); form.Get("client_secret") != current {
				return 401, `{"error": "invalid_client"}`
			}
			return 200, fmt.Sprintf(`{"access_token": "token-%d", "expires_in": 3600}`, n)
		}
		if refuse {
			refuse = false
			return 401, ""
		}
		return 200, `[]`
	})
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New("old"), TokenURL: v.URL + "/connect/token"})
	if _, err := c.Secrets(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	c.UseLoginSecret("me", secret.Value{})
	var group sync.WaitGroup
	group.Go(func() { c.UseLoginSecret("me", secret.New("new")) })
	group.Go(func() { c.LoginClientID() })
	group.Wait()
	if _, err := c.Secrets(t.Context(), "a", "b"); err != nil || len(v.Got()) != 3 {
		t.Errorf("the token in hand was dropped: %v, %d requests", err, len(v.Got()))
	}
	c.UseLoginSecret("other", secret.New("wrong"))
	c.UseLoginSecret("", secret.New("wrong"))
	mu.Lock()
	current, refuse = "new", true
	mu.Unlock()
	if _, err := c.Secrets(t.Context(), "a", "b"); err != nil || len(v.Got()) != 6 {
		t.Errorf("no login with the new secret: %v, %d requests", err, len(v.Got()))
	}
	fixed := connectWith(t, v, Config{AccessToken: secret.New(jwt(`{"azp": "me"}`))})
	fixed.UseLoginSecret("me", secret.New("new"))
	if !fixed.login.clientSecret.Empty() {
		t.Error("a ready access token has a secret now")
	}
}

func FuzzLogin(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		token, problem := httpapi.ReadToken(body)
		if (problem == "") == token.Access.Empty() || token.ExpiresIn < 0 {
			t.Errorf("a token of %d bytes for %v with the problem %q", len(token.Access.Reveal()), token.ExpiresIn, problem)
		}
		if found, problem := readDiscovery(body); (problem == "") != (found.token != "") {
			t.Errorf("found %+v with the problem %q", found, problem)
		}
		httpapi.TokenClientID(secret.New(string(body)))
	}, "access_token", "token_endpoint")
}
