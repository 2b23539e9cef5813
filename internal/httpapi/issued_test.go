package httpapi_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

func TestReadClientSecret(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"clientId": "App", "clientSecret": "s"}`:             "",
		`{"clientSecret": "s"}`:                                "",
		`{"clientId": null, "clientSecret": "s", "roles": {}}`: "",
		`{"ClientId": "APP", "ClientSecret": "s"}`:             "",
		`{"clientId": "other", "clientSecret": "s"}`:           "another client",
		`{"clientId": "app", "clientSecret": null}`:            "no clientSecret",
		`{"clientId": "app", "clientSecret": ""}`:              "no clientSecret",
		`{"clientId": "app"}`:                                  "no clientSecret",
		`null`:                                                 "no clientSecret",
		`{"clientSecret": 7}`:                                  "not the JSON",
		`{"clientSecret": {"value": "s"}}`:                     "not the JSON",
		`{"clientSecret": "a\ud800"}`:                          "not valid text",
		"{\"clientSecret\": \"a\xff\"}":                        "not valid text",
		`[]`:                                                   "not the JSON",
		``:                                                     "not the JSON",
		`{"clientSecret": "s", "a": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: "not the JSON",
	} {
		got, problem := httpapi.ReadClientSecret([]byte(body), "app")
		if !strings.Contains(problem, want) || (problem == "") != (want == "") || got.Empty() != (want != "") {
			t.Errorf("%s: got %q, want %q", body, problem, want)
		}
	}
}
