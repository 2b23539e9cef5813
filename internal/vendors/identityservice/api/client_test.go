package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// connect gives a client with a ready access token and no token URL.
func connect(t *testing.T, v *vendor) *Client {
	t.Helper()
	return connectWith(t, v, Config{AccessToken: secret.New(canary)})
}

func connectWith(t *testing.T, v *vendor, cfg Config) *Client {
	t.Helper()
	cfg.BaseURL = v.URL + "/ids"
	c, err := New(cfg, testOptions())
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

func operations() []operation {
	return []operation{
		{
			name: "Secrets", method: "GET", path: "/api/tenants/{a}/applications/{b}/secrets", answer: `[]`,
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.Secrets(ctx, a, b)
				return err
			},
		},
		{
			name: "AddSecret", method: "POST", path: "/api/tenants/{a}/applications/{b}/secrets", once: true,
			answer: `{"clientSecret": "s"}`,
			call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.AddSecret(ctx, a, b, nil)
				return err
			},
		},
		{
			name: "DeleteSecret", method: "DELETE", path: "/api/tenants/{a}/applications/{b}/secrets/{d}", once: true, answer: "",
			call: func(ctx context.Context, c *Client, a, b, d string) error {
				return c.DeleteSecret(ctx, a, b, d)
			},
		},
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	checkOperations(t, "/ids", operations(), connect, map[string]string{"Authorization": "Bearer " + canary})
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
		bodies := map[string]string{
			"html": "<html>" + canary + "</html>", "truncated": op.answer[:len(op.answer)-1],
			"text": `"Canary"`, "empty object": "{}", "an error": errorBody(canary), "false": "false",
		}
		if op.once {
			bodies["empty"], bodies["null"], bodies["array"] = "", "null", "[]"
		}
		for name, body := range bodies {
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

func TestConfig(t *testing.T) {
	t.Parallel()
	s := secret.New(canary)
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
		"line end":             {Config{AccessToken: secret.New(canary + "\n")}, "line break"},
		"plain http":           {Config{AccessToken: s, BaseURL: "http://example.com"}, "https"},
		"plain http token URL": {Config{AccessToken: s, TokenURL: "http://example.com"}, "token URL"},
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
