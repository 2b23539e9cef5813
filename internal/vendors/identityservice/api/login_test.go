package api

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
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
	c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)})
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
	want := url.Values{"grant_type": {"client_credentials"}}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+url.QueryEscape(apitest.Canary)))
	if err != nil || form.Encode() != want.Encode() || login.Method != "POST" || login.Header.Get("Authorization") != basic {
		t.Errorf("the login is %+v", login)
	}
	if header := v.Got()[2].Header.Get("Authorization"); header != "Bearer token-1" {
		t.Errorf("the token is sent as %q", header)
	}
	if header := v.Got()[0].Header.Get("Authorization"); header != "" {
		t.Errorf("discovery carries %q", header)
	}
}

// A configured token URL is taken as it is written, and needs no discovery.
func TestLoginWithTokenURL(t *testing.T) {
	t.Parallel()
	for _, tokenURL := range []string{"/connect/token", "/connect/token/", "/connect/token?realm=a%20b", "/connect/token/?realm=a&x"} {
		v := apitest.NewVendor(t, func(_ int, r apitest.Call) (int, string) {
			if r.URI == tokenURL {
				return 200, `{"access_token": "token-1"}`
			}
			return 200, `[]`
		})
		c := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary), TokenURL: v.URL + tokenURL})
		if _, err := c.Secrets(t.Context(), "a", "b"); err != nil {
			t.Error(err)
		}
		if got, want := uris(v), tokenURL+" "+list; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if form, _ := url.ParseQuery(v.Got()[0].Body); form.Has("scope") {
			t.Errorf("the login is %+v", v.Got()[0])
		}
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
			target := c.Verifiable("me")
			if got := target.Ask(t.Context(), target.Ways[0], secret.New("s")); got.Outcome != verify.Refusal {
				t.Errorf("got %+v", got)
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
	both, post := []string{oauth.Basic, oauth.Post}, []string{oauth.Post}
	const base = "https://id.example/ids"
	for name, test := range map[string]struct {
		base, body string
		want       discovered
		problem    string
	}{
		"a sample": {"https://id.example", apitest.Sample(t, "hostile/discovery.json"), discovered{
			endpoint{"https://id.example/connect/token", both, false}, endpoint{"https://id.example/connect/introspect", both, false},
		}, ""},
		"as written": {base, `{"issuer": "https://id.example/ids/", "token_endpoint": "https://id.example/t/?x=1"}`, discovered{token: endpoint{"https://id.example/t/?x=1", both, false}}, ""},
		"methods": {
			base, `{"token_endpoint": "https://id.example/t", "introspection_endpoint": "https://id.example/i", "token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}`,
			discovered{endpoint{"https://id.example/t", post, false}, endpoint{"https://id.example/i", post, false}},
			"",
		},
		"no secrets": {base, `{"token_endpoint": "https://id.example/t", "token_endpoint_auth_methods_supported": ["private_key_jwt"]}`, discovered{token: endpoint{"https://id.example/t", both, true}}, ""},
		"methods of its own": {
			base, `{"token_endpoint": "https://id.example/t", "introspection_endpoint": "https://id.example/i", "introspection_endpoint_auth_methods_supported": ["client_secret_post"]}`,
			discovered{endpoint{"https://id.example/t", both, false}, endpoint{"https://id.example/i", post, false}},
			"",
		},
		"plain introspection": {base, `{"token_endpoint": "https://id.example/t", "introspection_endpoint": "http://id.example/i"}`, discovered{token: endpoint{"https://id.example/t", both, false}}, ""},

		// A document from elsewhere must not send credentials to whatever listens on this machine.
		"loopback":        {base, `{"token_endpoint": "http://127.0.0.1:8080/t"}`, discovered{}, problemTokenEndpoint},
		"localhost":       {base, `{"token_endpoint": "http://localhost/t", "introspection_endpoint": "http://[::1]/i"}`, discovered{}, problemTokenEndpoint},
		"loopback itself": {"http://127.0.0.1:1/ids", `{"token_endpoint": "http://127.0.0.1:8080/t"}`, discovered{token: endpoint{"http://127.0.0.1:8080/t", both, false}}, ""},

		"another host":    {base, `{"issuer": "https://evil.example/ids", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"another path":    {base, `{"issuer": "https://id.example/", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"another scheme":  {base, `{"issuer": "http://id.example/ids", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"another port":    {base, `{"issuer": "https://id.example:8443/ids", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"a query":         {base, `{"issuer": "https://id.example/ids?a", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"an empty issuer": {base, `{"issuer": "", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"a user":          {base, `{"issuer": "https://x@id.example/ids", "token_endpoint": "https://id.example/t"}`, discovered{}, problemIssuer},
		"the same":        {base, `{"issuer": "https://ID.example:443/ids", "token_endpoint": "https://id.example/t"}`, discovered{token: endpoint{"https://id.example/t", both, false}}, ""},
	} {
		got, problem := readDiscovery([]byte(test.body), test.base)
		if problem != test.problem || problem == "" && !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %q", name, got, problem)
		}
	}
}

// A client is registered for one method and refused with the other.
func TestLoginMethods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		offered    string
		registered string
		logins     string
	}{
		"Basic, offered":     {`["client_secret_basic"]`, oauth.Basic, "client_secret_basic"},
		"post, offered":      {`["client_secret_post", "private_key_jwt"]`, oauth.Post, "client_secret_post"},
		"both offered":       {`["client_secret_post", "client_secret_basic"]`, oauth.Post, "client_secret_basic client_secret_post"},
		"Basic, not offered": {`null`, oauth.Basic, "client_secret_basic"},
		"post, not offered":  {`null`, oauth.Post, "client_secret_basic client_secret_post"},
	} {
		for _, refused := range []reply{refusal, {400, refusal.body}, {401, ""}, {401, "<html>"}} {
			var mu sync.Mutex
			var logins []string
			live := ""
			var v *apitest.Vendor
			v = apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
				mu.Lock()
				defer mu.Unlock()
				switch {
				case strings.HasSuffix(r.URI, "openid-configuration"):
					return 200, `{"token_endpoint": "` + v.URL + `/connect/token", "token_endpoint_auth_methods_supported": ` + test.offered + `}`
				case r.URI == "/connect/token":
					method, id, value := sentCredentials(r)
					logins = append(logins, method)
					if method != test.registered || id != "my app" || value != apitest.Canary {
						return refused.status, refused.body
					}
					live = fmt.Sprintf("token-%d", n)
					return 200, `{"access_token": "` + live + `"}`
				case r.Header.Get("Authorization") != "Bearer "+live:
					return 401, ""
				}
				return 200, `[]`
			})
			c := connectWith(t, v, Config{ClientID: "my app", ClientSecret: secret.New(apitest.Canary)})
			for range 2 {
				if _, err := c.Secrets(t.Context(), "a", "b"); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				mu.Lock()
				live = "expired"
				mu.Unlock()
			}
			// The method that worked is used from then on.
			if got, want := strings.Join(logins, " "), test.logins+" "+test.registered; got != want {
				t.Errorf("%s: logged in with %s, want %s", name, got, want)
			}
		}
	}
}

// A thousand resources with a wrong secret provoke three refusals, not a thousand: the vendor would lock the client.
func TestRefusedLoginsAreRationed(t *testing.T) {
	t.Parallel()
	for _, answer := range []reply{refusal, {400, refusal.body}, {401, ""}, {403, refusal.body}} {
		v := service(t, apitest.Always(answer.status, answer.body))
		options := apitest.Options()
		c, err := New(Config{BaseURL: v.URL + "/ids", ClientID: "me", ClientSecret: secret.New(apitest.Canary)}, options)
		if err != nil {
			t.Fatal(err)
		}
		logins := func() int { return strings.Count(uris(v), "/connect/token") }
		for range 20 {
			if _, err := c.Secrets(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), "client credentials were refused") {
				t.Errorf("%d: got %v", answer.status, err)
			}
		}
		if n := logins(); n > 2 {
			t.Errorf("%d: %d refused logins at once", answer.status, n)
		}
		for range 20 {
			_ = options.Clock.Sleep(t.Context(), time.Minute)
			_, _ = c.Secrets(t.Context(), "a", "b")
		}
		if n := logins(); n != httpapi.MaxRefusedLogins {
			t.Errorf("%d: %d refused logins in all", answer.status, n)
		}
		// Another secret is tried at once.
		c.UseLoginSecret("me", secret.New("new"))
		_, _ = c.Secrets(t.Context(), "a", "b")
		if n := logins(); n == httpapi.MaxRefusedLogins {
			t.Errorf("%d: the new secret was not tried", answer.status)
		}
	}
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		v := service(t, apitest.Always(status, apitest.Sample(t, "error-invalid-client.json")))
		_, err := connectWith(t, v, Config{ClientID: "me", ClientSecret: secret.New(apitest.Canary)}).AddSecret(t.Context(), "a", "b", nil)
		// The method is not known, so a refusal of one is asked again with the other; a 403 is none.
		want := 3
		if status == 403 {
			want = 2
		}
		if apitest.Kind(err) != "not sent" || len(v.Got()) != want {
			t.Errorf("%d: got %v after %d requests", status, err, len(v.Got()))
		}
		for _, part := range []string{"client credentials were refused", "invalid_client"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%d: %q is not in %v", status, part, err)
			}
		}
		// Where status, code and request id say enough, the vendor's text is left out.
		if shown := err != nil && strings.Contains(err.Error(), "The specified client credentials are invalid."); shown != (status == 400) {
			t.Errorf("%d: %v", status, err)
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
			if _, _, value := sentCredentials(r); value != current {
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
		if found, problem := readDiscovery(body, "https://id.example"); (problem == "") != (found.token.url != "") {
			t.Errorf("found %+v with the problem %q", found, problem)
		}
		httpapi.TokenClientID(secret.New(string(body)))
	}, "access_token", "token_endpoint")
}
