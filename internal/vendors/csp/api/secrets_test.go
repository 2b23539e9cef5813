package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestStartRotationBody(t *testing.T) {
	t.Parallel()
	for overlap, want := range map[time.Duration]string{
		0:                             `{"newClientSecret": "Example_new.secret_1"}`,
		time.Second:                   `{"newClientSecret": "Example_new.secret_1", "secretRotationExpirationInSeconds": 1}`,
		48 * time.Hour:                apitest.Sample(t, "rotation-request.json"),
		(1<<31 - 1) * time.Second:     `{"newClientSecret": "Example_new.secret_1", "secretRotationExpirationInSeconds": 2147483647}`,
		-time.Second:                  "",
		500 * time.Millisecond:        "",
		time.Second + time.Nanosecond: "",
		(1 << 31) * time.Second:       "",
	} {
		v := apitest.NewVendor(t, apitest.Always(200, ""))
		err := connect(t, v).StartRotation(t.Context(), "a", "b", secret.New("Example_new.secret_1"), overlap)
		got := v.Got()
		if want == "" {
			if apitest.Kind(err) != "not sent" || len(got) != 0 {
				t.Errorf("%v: got %v, %d requests", overlap, err, len(got))
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%v: got %v, %+v", overlap, err, got)
		}
		apitest.SameJSON(t, got[0].Body, want)
	}
}

// The new secret arrives as it is, whatever JSON makes of its characters on the way.
func TestStartRotationSendsTheSecret(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, ""))
	if err := connect(t, v).StartRotation(t.Context(), "a", "b", secret.New(apitest.Canary), 0); err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(v.Got()[0].Body), &body); err != nil || body["newClientSecret"] != apitest.Canary {
		t.Errorf("sent %s", v.Got()[0].Body)
	}
	if err := connect(t, v).StartRotation(t.Context(), "a", "b", secret.Value{}, 0); apitest.Kind(err) != "not sent" || len(v.Got()) != 1 {
		t.Errorf("without a secret: %v", err)
	}
}

// The new secret is in no message, although only the body of the request holds it.
func TestStartRotationEchoes(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 409, 500} {
		v := apitest.NewVendor(t, apitest.Always(status, errorBody(apitest.Canary+" 540")))
		options := apitest.Options()
		options.Known = &secret.Known{}
		options.Known.Remember(secret.New("540"))
		c, err := New(Config{BaseURL: v.URL, AccessToken: secret.New("token")}, options)
		if err != nil {
			t.Fatal(err)
		}
		err = c.StartRotation(t.Context(), "a", "b", secret.New(apitest.Canary), 0)
		if err == nil || strings.Contains(err.Error(), "540") {
			t.Errorf("got %v", err)
		}
		apitest.LeakFree(t, err)
	}
}

func TestRegenerateSecret(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, `{"clientId": "B", "clientSecret": "Abcdefg1_"}`))
	got, err := connect(t, v).RegenerateSecret(t.Context(), "a", "b")
	if err != nil || got.Reveal() != "Abcdefg1_" {
		t.Fatal(got.Reveal(), err)
	}
	if r := v.Got()[0]; r.Body != "{}" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("sent %+v", r)
	}
}

func TestEndRotationHasNoBody(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, ""))
	if err := connect(t, v).EndRotation(t.Context(), "a", "b"); err != nil || v.Got()[0].Body != "" {
		t.Errorf("got %v, %+v", err, v.Got())
	}
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][3]string{
		"error.json":                  {"string", "string", "string"},
		"error-refused-token.json":    {"540.120-340.800", "invalid_grant: Invalid refresh token: xxxx...tN3NK", "0105e0f320064337"},
		"error-missing-header.json":   {"250.100", "Missing mandatory request header: authorization", "fb5236b49918695e"},
		"hostile/error-strings.json":  {"", "gone", ""},
		"hostile/html.html":           {},
		"hostile/empty.txt":           {},
		"hostile/null.json":           {},
		"hostile/array.json":          {},
		"hostile/invalid-client.json": {"540.100", "invalid_client: Invalid client credentials", ""},
	} {
		said := decodeError(http.Header{}, []byte(apitest.Sample(t, name)))
		if said.Code != want[0] || said.Message != want[1] || said.RequestID != want[2] {
			t.Errorf("%s: got %+v", name, said)
		}
	}
	said := decodeError(nil, []byte(`{"traceId": "t", "errorCode": "not a code!", "error": "x", "message": "m"}`))
	if said.Code != "" || said.Message != "m" || said.RequestID != "t" {
		t.Errorf("got %+v", said)
	}
	said = decodeError(nil, []byte(`{"error": "invalid_client", "error_description": "d"}`))
	if said.Code != "invalid_client" || said.Message != "d" {
		t.Errorf("got %+v", said)
	}
}

func FuzzSecrets(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		issued, problem := httpapi.ReadClientSecret(body, "app")
		if (problem == "") == issued.Empty() || !utf8.ValidString(issued.Reveal()) {
			t.Errorf("a secret of %d bytes with the problem %q", len(issued.Reveal()), problem)
		}
		if code := decodeError(http.Header{}, body).Code; len(code) > 40 {
			t.Errorf("a code of %d bytes", len(code))
		}
		if e := readCSPError(body); !e.ok && (e.Code != "" || e.Message != "") {
			t.Errorf("not an error: %+v", e)
		}
	}, "message", "clientSecret")
}
