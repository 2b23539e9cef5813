package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

// connect gives a client with a ready access token and no token URL.
func connect(t *testing.T, v *apitest.Vendor) *Client {
	t.Helper()
	return connectWith(t, v, Config{AccessToken: secret.New(apitest.Canary)})
}

func connectWith(t *testing.T, v *apitest.Vendor, cfg Config) *Client {
	t.Helper()
	cfg.BaseURL = v.URL + "/ids"
	c, err := New(cfg, apitest.Options())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// errorBody is an error of the vendor that holds text in every place, of both shapes at once.
func errorBody(text string) string {
	b, _ := json.Marshal(map[string]any{
		"type": text, "title": text, "status": 400, "detail": "no: " + text, "instance": text,
		"identifier": "id-1", "message": text, "responseCode": text, "errors": []any{text, map[string]any{"field": []string{text}}},
	})
	return string(b)
}

func operations() []apitest.Operation[*Client] {
	return []apitest.Operation[*Client]{
		{
			Name: "Secrets", Method: "GET", Path: "/api/tenants/{a}/applications/{b}/secrets", Answer: `[]`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.Secrets(ctx, a, b)
				return err
			},
		},
		{
			Name: "AddSecret", Method: "POST", Path: "/api/tenants/{a}/applications/{b}/secrets", Once: true,
			Answer: `{"clientSecret": "s"}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.AddSecret(ctx, a, b, nil)
				return err
			},
		},
		{
			Name: "DeleteSecret", Method: "DELETE", Path: "/api/tenants/{a}/applications/{b}/secrets/{d}", Once: true, Answer: "",
			Call: func(ctx context.Context, c *Client, a, b, d string) error {
				return c.DeleteSecret(ctx, a, b, d)
			},
		},
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	apitest.CheckOperations(t, errorBody, "/ids", operations(), connect, map[string]string{"Authorization": "Bearer " + apitest.Canary})
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
		bodies := map[string]string{
			"html": "<html>" + apitest.Canary + "</html>", "truncated": op.Answer[:len(op.Answer)-1],
			"text": `"Canary"`, "empty object": "{}", "an error": errorBody(apitest.Canary), "false": "false",
		}
		if op.Once {
			bodies["empty"], bodies["null"], bodies["array"] = "", "null", "[]"
		}
		for name, body := range bodies {
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

func TestConfig(t *testing.T) {
	t.Parallel()
	s := secret.New(apitest.Canary)
	tests := map[string]struct {
		cfg  Config
		want string // in the error; "" for none
	}{
		"access token":         {Config{AccessToken: s}, ""},
		"pair":                 {Config{ClientID: "c", ClientSecret: s}, ""},
		"pair with a URL":      {Config{ClientID: "c", ClientSecret: s, TokenURL: "https://example.com/connect/token"}, ""},
		"nothing":              {Config{}, "needs an access token"},
		"both":                 {Config{AccessToken: s, ClientID: "c", ClientSecret: s}, "not both"},
		"id only":              {Config{ClientID: "c"}, "one of them is missing"},
		"secret only":          {Config{ClientSecret: s}, "one of them is missing"},
		"line end":             {Config{AccessToken: secret.New(apitest.Canary + "\n")}, "line break"},
		"plain http":           {Config{AccessToken: s, BaseURL: "http://example.com"}, "https"},
		"plain http token URL": {Config{AccessToken: s, TokenURL: "http://example.com"}, "token URL"},
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
		"documented problem": `{"type": null, "title": null, "status": null, "detail": null, "instance": null}`,
		"filled problem":     `{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "unknown application", "instance": null}`,
		"short problem":      `{"type": "https://tools.ietf.org/html/rfc9110#section-15.5.5", "title": "Not Found", "status": 404, "traceId": "00-1-2-00"}`,
		"documented error":   `{"type": null, "identifier": "", "message": null, "responseCode": null, "errors": null}`,
		"filled error":       `{"type": "NotFound", "identifier": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "message": "m", "responseCode": "404", "errors": []}`,
	}, nil, connect)
}
