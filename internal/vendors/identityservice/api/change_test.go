package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestAddSecretBody(t *testing.T) {
	t.Parallel()
	date := func(at time.Time) *time.Time { return &at }
	want := time.Date(2027, 1, 31, 0, 7, 41, 0, time.UTC)
	for _, test := range []struct {
		expires *time.Time
		want    string
	}{
		{nil, `{}`},
		{date(want), apitest.Sample(t, "addition-request.json")},
		{date(want.Add(999 * time.Millisecond)), apitest.Sample(t, "addition-request.json")},
		{date(want.In(time.FixedZone("", 7200))), apitest.Sample(t, "addition-request.json")},
	} {
		v := apitest.NewVendor(t, apitest.Always(201, `{"clientId": "B", "clientSecret": "New-secret-1"}`))
		got, err := connect(t, v).AddSecret(t.Context(), "a", "b", test.expires)
		if err != nil || got.Reveal() != "New-secret-1" {
			t.Fatal(got.Reveal(), err)
		}
		r := v.Got()[0]
		if r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("sent %+v", r)
		}
		apitest.SameJSON(t, r.Body, test.want)
	}
}

func TestDeleteSecretStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "none", 202: "none", 204: "none", 201: "outcome unknown", 206: "outcome unknown"} {
		body := `{"clientSecret": "` + "Canary" + `"}`
		if status == 204 {
			body = ""
		}
		v := apitest.NewVendor(t, apitest.Always(status, body))
		err := connect(t, v).DeleteSecret(t.Context(), "a", "b", "d")
		if apitest.Kind(err) != want || v.Got()[0].Body != "" {
			t.Errorf("%d: got %v", status, err)
		}
		apitest.LeakFree(t, err)
	}
	apitest.CheckIgnored(t, operations()[2:], []int{200, 202}, connect)
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][3]string{
		"problem-null.json":          {},
		"error-null.json":            {},
		"problem.json":               {"", "expirationDate must be in the future", ""},
		"error.json":                 {"403", "Access denied", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"},
		"error-invalid-client.json":  {"invalid_client", "The specified client credentials are invalid.", ""},
		"hostile/errors-object.json": {"", "One or more validation errors occurred.: must be in the future", ""},
		"hostile/html.html":          {},
		"hostile/empty.txt":          {},
		"hostile/null.json":          {},
		"hostile/array.json":         {},
		"hostile/nested.json":        {},
	} {
		said := decodeError(http.Header{}, []byte(apitest.Sample(t, name)))
		if said.Code != want[0] || said.Message != want[1] || said.RequestID != want[2] {
			t.Errorf("%s: got %+v", name, said)
		}
	}
	said := decodeError(nil, []byte(`{"responseCode": "not a code!", "message": "m", "errors": ["a", {"z": "b", "c": ["d"]}, 7, null]}`))
	if said.Code != "" || said.Message != "m: a; d; b" {
		t.Errorf("got %+v", said)
	}
	if said = decodeError(nil, []byte(`{"errors": "only"}`)); said.Message != "only" {
		t.Errorf("got %+v", said)
	}
}

// A secret that is issued is scrubbed from then on.
func TestIssuedSecretIsScrubbed(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, func(n int, _ apitest.Call) (int, string) {
		if n == 1 {
			return 200, `{"clientSecret": "Issued-0123456789"}`
		}
		return 400, errorBody("Issued-0123456789")
	})
	c := connect(t, v)
	if _, err := c.AddSecret(t.Context(), "a", "b", nil); err != nil {
		t.Fatal(err)
	}
	err := c.DeleteSecret(t.Context(), "a", "b", "d")
	if err == nil || strings.Contains(err.Error(), "0123456789") {
		t.Errorf("got %v", err)
	}
}

func FuzzChange(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		issued, problem := httpapi.ReadClientSecret(body, "app")
		if (problem == "") == issued.Empty() || !utf8.ValidString(issued.Reveal()) {
			t.Errorf("a secret of %d bytes with the problem %q", len(issued.Reveal()), problem)
		}
		if code := decodeError(http.Header{}, body).Code; len(code) > 40 {
			t.Errorf("a code of %d bytes", len(code))
		}
	}, "errors", "clientSecret", "error")
}
