package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

// connect gives a client with a ready access token.
func connect(t *testing.T, v *apitest.Vendor) *Client {
	t.Helper()
	return connectWith(t, v, Config{AccessToken: secret.New(apitest.Canary)})
}

func connectWith(t *testing.T, v *apitest.Vendor, cfg Config) *Client {
	t.Helper()
	cfg.BaseURL = v.URL
	c, err := New(cfg, apitest.Options())
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

func operations() []apitest.Operation[*Client] {
	return []apitest.Operation[*Client]{
		{
			Name: "App", Method: "GET", Path: "/orgs/{a}/oauth-apps/{b}", Answer: `{"displayName": "x"}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.App(ctx, a, b)
				return err
			},
		},
		{
			Name: "Apps", Method: "GET", Path: "/orgs/{a}/oauth-apps?pageLimit=200", Answer: `{"results": []}`,
			Call: func(ctx context.Context, c *Client, a, _, _ string) error {
				_, err := c.Apps(ctx, a, "")
				return err
			},
		},
		{
			Name: "StartRotation", Method: "POST", Path: "/orgs/{a}/oauth-apps/{b}/secret", Once: true, Answer: "",
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				return c.StartRotation(ctx, a, b, secret.New(apitest.Canary), 0)
			},
		},
		{
			Name: "RegenerateSecret", Method: "PUT", Path: "/orgs/{a}/oauth-apps/{b}/secret", Once: true,
			Answer: `{"clientSecret": "s"}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.RegenerateSecret(ctx, a, b)
				return err
			},
		},
		{
			Name: "EndRotation", Method: "DELETE", Path: "/orgs/{a}/oauth-apps/{b}/secret", Once: true, Answer: "",
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				return c.EndRotation(ctx, a, b)
			},
		},
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	apitest.CheckOperations(t, errorBody, basePath, operations(), connect, map[string]string{"Authorization": "Bearer " + apitest.Canary})
}

// A 2xx that cannot be used is never a success, and for a change it leaves the outcome open.
func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if op.Answer == "" {
			continue
		}
		want := "answer"
		if op.Once {
			want = "outcome unknown"
		}
		for name, body := range map[string]string{
			"empty": "", "html": "<html>" + apitest.Canary + "</html>", "truncated": op.Answer[:len(op.Answer)-1],
			"null": "null", "array": "[]", "text": `"Canary"`, "empty object": "{}", "an error": errorBody(apitest.Canary),
		} {
			t.Run(op.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := apitest.NewVendor(t, apitest.Always(200, body))
				err := op.Call(t.Context(), connect(t, v), "a", "b", "d")
				if apitest.Kind(err) != want || len(v.Got()) != 1 {
					t.Errorf("got %s (%v) after %d requests, want %s", apitest.Kind(err), err, len(v.Got()), want)
				}
				apitest.LeakFree(t, err)
			})
		}
	}
}

// The two calls that need nothing from the answer take every 2xx without a body or with JSON. Anything else is not from the
// vendor, so it does not say that the vendor got the request.
func TestAnswersThatAreIgnored(t *testing.T) {
	t.Parallel()
	var ignoring []apitest.Operation[*Client]
	for _, op := range operations() {
		if op.Answer == "" {
			ignoring = append(ignoring, op)
		}
	}
	apitest.CheckIgnored(t, ignoring, []int{200, 201, 202}, connect)
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
	s := secret.New(apitest.Canary)
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
		"line end":              {Config{AccessToken: secret.New(apitest.Canary + "\n")}, "line break"},
		"plain http":            {Config{AccessToken: s, BaseURL: "http://example.com"}, "https"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(test.cfg, apitest.Options())
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
			apitest.LeakFree(t, err)
		})
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	apitest.CheckNotFound(t, operations(), map[string]string{
		"documented":       `{"cspErrorCode": "540.120", "errorCode": "string", "message": "string", "moduleCode": 540, "requestId": "string", "statusCode": 404}`,
		"seen":             `{"metadata": null, "traceId": "t", "statusCode": 404, "message": "m", "requestId": "r", "moduleCode": "540", "cspErrorCode": "540.120-340.800"}`,
		"code only":        `{"cspErrorCode": "540.120", "message": "m", "statusCode": 404}`,
		"other code only":  `{"errorCode": "540.120", "message": "m", "statusCode": 404}`,
		"module only":      `{"moduleCode": "540", "message": "m", "statusCode": "404"}`,
		"request id only":  `{"requestId": "r", "message": "m", "statusCode": 404}`,
		"an empty message": `{"requestId": "r", "message": "", "statusCode": 404}`,
	}, []string{"Apps"}, connect)
}
