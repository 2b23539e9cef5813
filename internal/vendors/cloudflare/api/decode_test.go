package api

import (
	"net/http"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestOneClient(t *testing.T) {
	t.Parallel()
	got, problem := oneClient([]byte(apitest.Sample(t, "client.json")), "A1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4")
	if problem != "" {
		t.Fatal(problem)
	}
	at := time.Date(2026, 7, 1, 5, 20, 0, 0, time.UTC)
	if got.ClientID != "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4" || got.ClientName != "Cloudflare OAuth Client" ||
		got.Visibility != "private" || got.TokenEndpointAuthMethod != AuthMethodBasic ||
		got.HasRotatedSecret == nil || *got.HasRotatedSecret ||
		!slices.Equal(got.RedirectURIs, []string{"https://example.com/oauth/callback"}) ||
		!slices.Equal(got.GrantTypes, []string{"authorization_code"}) ||
		got.CreatedAt == nil || !got.CreatedAt.Equal(at) || got.UpdatedAt == nil || !got.UpdatedAt.Equal(at) {
		t.Errorf("got %+v", got)
	}
}

func TestOneClientProblems(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"success": true, "result": {}}`:                                                                problemNoClientID,
		`{"success": true, "result": {"client_id": "b"}}`:                                                problemOtherClientID,
		`{"success": true, "result": null}`:                                                              problemResult,
		`{"success": null, "result": {"client_id": "a"}}`:                                                problemSuccess,
		`{"success": "true", "result": {"client_id": "a"}}`:                                              problemSuccess,
		`{"success": true, "result": {"client_id": 7}}`:                                                  problemShape,
		`{"success": true, "result": {"client_id": "a", "has_rotated_secret": "no"}}`:                    problemShape,
		`{"success": true, "result": {"client_id": "a", "created_at": 7, "updated_at": "x"}, "odd": {}}`: "",
		`{"success": true, "result": {"client_id": "a"}, "result_info": "odd"}`:                          "",
	} {
		got, problem := oneClient([]byte(body), "a")
		if problem != want {
			t.Errorf("%s: got %q, want %q", body, problem, want)
		}
		if problem == "" && (got.CreatedAt != nil || got.UpdatedAt != nil || got.HasRotatedSecret != nil) {
			t.Errorf("%s: got %+v", body, got)
		}
	}
}

func TestAllClients(t *testing.T) {
	t.Parallel()
	got, whole, problem := allClients([]byte(apitest.Sample(t, "hostile/list.json")))
	if problem != "" || !whole || len(got) != 2 || got[0].HasRotatedSecret != nil || got[1].HasRotatedSecret == nil || !*got[1].HasRotatedSecret {
		t.Errorf("got %+v, %t, %q", got, whole, problem)
	}
	for info, want := range map[string]bool{
		`null`: true, `{}`: true, `{"total_pages": 0}`: true, `{"total_pages": 1, "count": 1, "total_count": 1}`: true,
		`{"cursors": {}, "cursor": ""}`: true, `{"cursors": {"before": "b", "after": ""}}`: true,
		`{"total_pages": 2}`: false, `{"total_pages": "2"}`: false, `7`: false, `{"page": 1, "per_page": 1, "count": 1, "total_count": 2}`: false,
		`{"cursor": "c"}`: false, `{"cursors": {"after": "c"}}`: false,
	} {
		clients, whole, problem := allClients([]byte(`{"success": true, "result": [{"client_id": "a"}], "result_info": ` + info + `}`))
		if whole != want || problem != "" || len(clients) != 1 {
			t.Errorf("%s: got %+v, whole %t, %q", info, clients, whole, problem)
		}
	}
	for body, want := range map[string]string{
		`{"success": true, "result": []}`:     "",
		`{"success": true, "result": null}`:   problemResult,
		`{"success": true}`:                   problemResult,
		`{"success": true, "result": {}}`:     problemShape,
		`{"success": true, "result": [null]}`: problemNoClientID,
		`{"success": true, "result": [{"client_id": "a"}, {"client_name": "nameless"}]}`: problemNoClientID,
	} {
		clients, _, problem := allClients([]byte(body))
		if problem != want || problem == "" && clients == nil {
			t.Errorf("%s: got %v, %q, want %q", body, clients, problem, want)
		}
	}
}

func TestRotated(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, secret, problem string
		failed                bool
	}{
		"documented":                 {"rotated.json", "cf-oauth-secret-new-example", "", false},
		"no success is no loss":      {"hostile/success-string.json", "Kept-0123456789", "", false},
		"refused":                    {"hostile/success-false.json", "", problemNoSecret, true},
		"refused and yet a secret":   {"hostile/success-false-secret.json", "", problemContradiction, false},
		"null":                       {"hostile/secret-null.json", "", problemNoSecret, false},
		"empty":                      {"hostile/secret-empty.json", "", problemNoSecret, false},
		"a number":                   {"hostile/secret-number.json", "", problemShape, false},
		"half a surrogate pair":      {"hostile/secret-surrogate.json", "", problemBrokenSecret, false},
		"null result":                {"hostile/result-null.json", "", problemNoSecret, false},
		"html":                       {"hostile/html.html", "", problemShape, false},
		"empty body":                 {"hostile/empty.txt", "", problemShape, false},
		"truncated":                  {"hostile/truncated.json", "", problemShape, false},
		"two values":                 {"hostile/trailing.json", "", problemShape, false},
		"somebody else's error body": {"hostile/invalid-grant.json", "", problemNoSecret, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := []byte(apitest.Sample(t, test.name))
			got, problem := rotated(body)
			if got.Secret.Reveal() != test.secret || problem != test.problem {
				t.Errorf("got %q, %q", got.Secret.Reveal(), problem)
			}
			if failed(body) != test.failed {
				t.Errorf("failed is %t", failed(body))
			}
		})
	}
}

// An answer with the whole client tells when the rotation changed it, exactly. A time that is none loses no secret.
func TestRotatedTellsWhen(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 22, 0, 0, 123456000, time.UTC)
	for value, want := range map[string]*time.Time{
		`"2026-11-27T22:00:00.123456Z"`: &at, `"2026-11-27T23:00:00.123456+01:00"`: &at, `null`: nil, `7`: nil, `{}`: nil, `"soon"`: nil,
	} {
		got, problem := rotated([]byte(`{"success": true, "result": {"client_id": "a", "client_secret": "s", "updated_at": ` + value + `}}`))
		if problem != "" || got.Secret.Reveal() != "s" || (got.UpdatedAt == nil) != (want == nil) || want != nil && !got.UpdatedAt.Equal(*want) {
			t.Errorf("%s: got %v, %q", value, got.UpdatedAt, problem)
		}
	}
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"envelope.json":              {"1000", "message"},
		"error-rate-limit.json":      {"971", "Please wait and consider throttling your request speed"},
		"error-authentication.json":  {"10000", "Authentication error"},
		"client.json":                {"", ""},
		"hostile/errors-odd.json":    {"6003", "Invalid request headers; Invalid format for X-Auth-Key header"},
		"hostile/invalid-grant.json": {"invalid_grant", "The authorization code is not known."},
		"hostile/oauth-odd.json":     {"", "The code is no code."},
		"hostile/html.html":          {"", ""},
		"hostile/empty.txt":          {"", ""},
		"hostile/null.json":          {"", ""},
	} {
		said := decodeError(http.Header{"Cf-Ray": {"ray"}}, []byte(apitest.Sample(t, name)))
		if said.Code != want[0] || said.Message != want[1] || said.RequestID != "ray" {
			t.Errorf("%s: got %+v", name, said)
		}
	}
}

func FuzzDecoders(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		if client, problem := oneClient(body, "a"); (problem == "") != (client.ClientID != "") {
			t.Errorf("a client %+v with the problem %q", client, problem)
		}
		clients, _, problem := allClients(body)
		if (problem == "") != (clients != nil) {
			t.Errorf("clients %+v with the problem %q", clients, problem)
		}
		for _, client := range clients {
			if client.ClientID == "" {
				t.Error("a client without an id")
			}
		}
		rotated, problem := rotated(body)
		issued := rotated.Secret
		if (problem == "") == issued.Empty() {
			t.Errorf("a secret of %d bytes with the problem %q", len(issued.Reveal()), problem)
		}
		if !utf8.ValidString(issued.Reveal()) {
			t.Error("a secret that is no text")
		}
		if failed(body) && (problem == "" || deleted(body) == "") {
			t.Error("an answer is a refusal and a success")
		}
		if code := decodeError(http.Header{}, body).Code; len(code) > 40 {
			t.Errorf("a code of %d bytes", len(code))
		}
		classify(400, body)
	}, "errors", "result", "result_info", "error")
}
