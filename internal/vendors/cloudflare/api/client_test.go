package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

// connect gives a client with an API token.
func connect(t *testing.T, v *apitest.Vendor) *Client {
	t.Helper()
	c, err := New(Config{
		BaseURL:  v.URL + "/client/v4",
		TokenURL: v.URL + "/oauth2/token",
		APIToken: secret.New(apitest.Canary),
	}, apitest.Options())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// errorBody is an error of the vendor that holds text in every place.
func errorBody(text string) string {
	b, _ := json.Marshal(map[string]any{
		"success": false,
		"result":  nil,
		"errors":  []any{map[string]any{"code": 10000, "message": "no: " + text, "error_chain": []any{map[string]any{"message": text}}}},
	})
	return string(b)
}

func operations() []apitest.Operation[*Client] {
	return []apitest.Operation[*Client]{
		{
			Name: "OAuthClient", Method: "GET", Path: "/accounts/{a}/oauth_clients/{b}",
			Answer: `{"success": true, "result": {"client_id": "b"}}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.OAuthClient(ctx, a, b)
				return err
			},
		},
		{
			Name: "OAuthClients", Method: "GET", Path: "/accounts/{a}/oauth_clients",
			Answer: `{"success": true, "result": []}`,
			Call: func(ctx context.Context, c *Client, a, _, _ string) error {
				_, err := c.OAuthClients(ctx, a)
				return err
			},
		},
		{
			Name: "RotateSecret", Method: "POST", Path: "/accounts/{a}/oauth_clients/{b}/rotate_secret", Once: true,
			Answer: `{"success": true, "result": {"client_secret": "s"}}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				_, err := c.RotateSecret(ctx, a, b)
				return err
			},
		},
		{
			Name: "DeleteRotatedSecret", Method: "DELETE", Path: "/accounts/{a}/oauth_clients/{b}/rotate_secret", Once: true,
			Answer: `{"success": true, "result": null}`,
			Call: func(ctx context.Context, c *Client, a, b, _ string) error {
				return c.DeleteRotatedSecret(ctx, a, b)
			},
		},
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	apitest.CheckOperations(t, errorBody, "/client/v4", operations(), connect, map[string]string{"Authorization": "Bearer " + apitest.Canary})
}

func TestSuccessFalseIsARefusal(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, apitest.Always(200, errorBody(apitest.Canary)))
			err := op.Call(t.Context(), connect(t, v), "a", "b", "d")
			var refused *httpapi.APIError
			if apitest.Kind(err) != "refused" || !errors.As(err, &refused) || refused.Code != "10000" || refused.RequestID != "ray-1" {
				t.Errorf("got %s: %v", apitest.Kind(err), err)
			}
			if len(v.Got()) != 1 {
				t.Errorf("sent %d times", len(v.Got()))
			}
			apitest.LeakFree(t, err)
		})
	}
}

// A 2xx that cannot be used is never a success, and for a change it leaves the outcome open.
func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		want := "answer"
		if op.Once {
			want = "outcome unknown"
		}
		bodies := map[string]string{
			"empty": "", "html": "<html>" + apitest.Canary + "</html>", "truncated": op.Answer[:len(op.Answer)-1],
			"null": "null", "array": "[]", "text": `"` + "Canary" + `"`, "no success": `{"result": 1}`,
		}
		if op.Name != "DeleteRotatedSecret" {
			bodies["null result"] = `{"success": true, "result": null}`
			bodies["no result"] = `{"success": true}`
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

func TestEmailAndKey(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, apitest.Sample(t, "client.json")))
	c, err := New(Config{BaseURL: v.URL, Email: "me@example.com", APIKey: secret.New("key-1")}, apitest.Options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.OAuthClient(t.Context(), "a", "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"); err != nil {
		t.Fatal(err)
	}
	header := v.Got()[0].Header
	if header.Get("X-Auth-Email") != "me@example.com" || header.Get("X-Auth-Key") != "key-1" || header.Get("Authorization") != "" {
		t.Errorf("headers are %v", header)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	token, key := secret.New(apitest.Canary), secret.New("Canary-key")
	tests := map[string]struct {
		cfg  Config
		want string // in the error; "" for none
	}{
		"token":               {Config{APIToken: token}, ""},
		"pair":                {Config{Email: "e", APIKey: key}, ""},
		"nothing":             {Config{}, "needs an API token"},
		"both":                {Config{APIToken: token, Email: "e", APIKey: key}, "not both"},
		"token and email":     {Config{APIToken: token, Email: "e"}, "not both"},
		"key only":            {Config{APIKey: key}, "one of them is missing"},
		"email only":          {Config{Email: "e"}, "one of them is missing"},
		"line end":            {Config{APIToken: secret.New(apitest.Canary + "\n")}, "line break"},
		"plain http":          {Config{APIToken: token, BaseURL: "http://example.com"}, "https"},
		"plain http token":    {Config{APIToken: token, TokenURL: "http://example.com"}, "token URL"},
		"loopback is allowed": {Config{APIToken: token, BaseURL: "http://127.0.0.1:1/x/", TokenURL: "http://localhost:1"}, ""},
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

// Secrets of the caller are scrubbed too, and a secret that was issued is one from then on.
func TestSecretsOfOthersAndIssuedOnes(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, func(n int, _ apitest.Call) (int, string) {
		if n == 1 {
			return 200, `{"success": true, "result": {"client_secret": "Issued-0123456789"}}`
		}
		return 403, errorBody("Issued-0123456789 and Others-0123456789")
	})
	options := apitest.Options()
	options.Known = &secret.Known{}
	options.Known.Remember(secret.New("Others-0123456789"))
	c, err := New(Config{BaseURL: v.URL, APIToken: secret.New("token-0123456789")}, options)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := c.RotateSecret(t.Context(), "a", "b")
	if err != nil || issued.Secret.Reveal() != "Issued-0123456789" {
		t.Fatal(issued.Secret.Reveal(), err)
	}
	err = c.DeleteRotatedSecret(t.Context(), "a", "b")
	if err == nil || strings.Contains(err.Error(), "0123456789") {
		t.Errorf("got %v", err)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	apitest.CheckNotFound(t, operations(), map[string]string{
		"an error":          `{"success": false, "errors": [{"code": 1000, "message": "not found"}], "messages": [], "result": null}`,
		"all that there is": `{"result": null, "success": false, "errors": [{"code": 10007, "message": "m", "documentation_url": "d", "source": {"pointer": "p"}}], "messages": [{"code": 1000, "message": "m"}]}`,
		"no error listed":   `{"success": false, "errors": [], "messages": [], "result": null}`,
		"errors only":       `{"success": false, "errors": [{"code": "1000", "message": "not found"}]}`,
	}, []string{"OAuthClients"}, connect)
}
