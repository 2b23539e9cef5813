package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// connect gives a client with a ready access token.
func connect(t *testing.T, v *vendor) *Client {
	t.Helper()
	return connectWith(t, v, Config{AccessToken: secret.New(canary)})
}

func connectWith(t *testing.T, v *vendor, cfg Config) *Client {
	t.Helper()
	cfg.BaseURL = v.URL
	c, err := New(cfg, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// errorBody is an error of the vendor that holds text in every place.
func errorBody(text string) string {
	b, _ := json.Marshal(map[string]any{
		"statusCode": 400, "moduleCode": "540", "cspErrorCode": text, "errorCode": text, "message": "no: " + text, "requestId": "r-1", "metadata": text,
	})
	return string(b)
}

func operations() []operation {
	return []operation{
		{
			name: "App", method: "GET", path: "/orgs/{a}/oauth-apps/{b}", answer: `{"displayName": "x"}`,
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.App(ctx, a, b)
				return err
			},
		},
		{
			name: "Apps", method: "GET", path: "/orgs/{a}/oauth-apps?pageLimit=200", answer: `{"results": []}`,
			call: func(ctx context.Context, c *Client, a, _, _ string) error {
				_, err := c.Apps(ctx, a, "")
				return err
			},
		},
		{
			name: "StartRotation", method: "POST", path: "/orgs/{a}/oauth-apps/{b}/secret", once: true, answer: "",
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				return c.StartRotation(ctx, a, b, secret.New(canary), 0)
			},
		},
		{
			name: "RegenerateSecret", method: "PUT", path: "/orgs/{a}/oauth-apps/{b}/secret", once: true,
			answer: `{"clientSecret": "s"}`,
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.RegenerateSecret(ctx, a, b)
				return err
			},
		},
		{
			name: "EndRotation", method: "DELETE", path: "/orgs/{a}/oauth-apps/{b}/secret", once: true, answer: "",
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				return c.EndRotation(ctx, a, b)
			},
		},
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	checkOperations(t, basePath, operations(), connect, map[string]string{"Authorization": "Bearer " + canary})
}

// A 2xx that cannot be used is never a success, and for a change it leaves the outcome open.
func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if op.answer == "" {
			continue
		}
		want := "answer"
		if op.once {
			want = "outcome unknown"
		}
		for name, body := range map[string]string{
			"empty": "", "html": "<html>" + canary + "</html>", "truncated": op.answer[:len(op.answer)-1],
			"null": "null", "array": "[]", "text": `"Canary"`, "empty object": "{}", "an error": errorBody(canary),
		} {
			t.Run(op.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, always(200, body))
				err := op.call(t.Context(), connect(t, v), "a", "b", "d")
				if kind(err) != want || len(v.got()) != 1 {
					t.Errorf("got %s (%v) after %d requests, want %s", kind(err), err, len(v.got()), want)
				}
				leakFree(t, err)
			})
		}
	}
}

// The two calls that need nothing from the answer take every 2xx, whatever is in it.
func TestAnswersThatAreIgnored(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if op.answer != "" {
			continue
		}
		for _, status := range []int{200, 201, 202, 204} {
			body := "<html></html>"
			if status == 204 {
				body = ""
			}
			v := newVendor(t, always(status, body))
			if err := op.call(t.Context(), connect(t, v), "a", "b", "d"); err != nil {
				t.Errorf("%s, %d: %v", op.name, status, err)
			}
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                                       DefaultBaseURL + basePath,
		"https://example.com":                    "https://example.com/csp/gateway/am/api",
		"https://example.com/":                   "https://example.com/csp/gateway/am/api",
		"https://example.com/proxy":              "https://example.com/proxy/csp/gateway/am/api",
		"https://example.com/csp/gateway/am/api": "https://example.com/csp/gateway/am/api",
		"https://example.com/proxy/csp/gateway/am/api/": "https://example.com/proxy/csp/gateway/am/api",
		"http://example.com":                            "",
		"https://example.com/?x=1":                      "",
		"example.com":                                   "",
	} {
		got, err := apiURL(base)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", base, got, err)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	s := secret.New(canary)
	tests := map[string]struct {
		cfg  Config
		want string // in the error; "" for none
	}{
		"api token":             {Config{APIToken: s, OrgID: "o"}, ""},
		"client credentials":    {Config{ClientID: "c", ClientSecret: s}, ""},
		"access token":          {Config{AccessToken: s}, ""},
		"nothing":               {Config{}, "needs an API token"},
		"two tokens":            {Config{APIToken: s, AccessToken: s}, "not several"},
		"token and half a pair": {Config{APIToken: s, ClientID: "c"}, "not several"},
		"id only":               {Config{ClientID: "c"}, "one of them is missing"},
		"secret only":           {Config{ClientSecret: s}, "one of them is missing"},
		"colon":                 {Config{ClientID: "a:b", ClientSecret: s}, "colon"},
		"line end":              {Config{AccessToken: secret.New(canary + "\n")}, "line break"},
		"plain http":            {Config{AccessToken: s, BaseURL: "http://example.com"}, "https"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(test.cfg, testOptions())
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
			leakFree(t, err)
		})
	}
}
