package api

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestReadList(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		apitest.Sample(t, "secrets.json"):        {"7d444840-9dc0-11d1-b245-5ffdce74fad2"},
		apitest.Sample(t, "hostile/items.json"):  {"a"},
		apitest.Sample(t, "hostile/dates.json"):  {"a", "b"},
		`[]`:                                     {},
		" \r\n[ ] ":                              {},
		`null`:                                   {},
		` null `:                                 {},
		``:                                       {},
		" \n":                                    {},
		`{"clientSecretId": "A"}`:                {"A"},
		`{"CLIENTSECRETID": "a", "items": [{}]}`: {"a"},
		`{"items": []}`:                          {},
		`{"Data": [{"clientSecretId": "a"}], "total": 1}`:                                                       {"a"},
		`{"value": [{"clientSecretId": "a"}]}`:                                                                  {"a"},
		`{"results": [{"clientSecretId": "a"}], "items": null}`:                                                 {"a"},
		`{"secrets": [{"clientSecretId": "a"}], "items": 7}`:                                                    {"a"},
		`{"clientSecrets": [{"clientSecretId": "a"}], "odd": [1]}`:                                              {"a"},
		`[{"clientSecretId": "a"}, {"clientSecretId": "b", "deleted": null, "clientSecretExpirationDate": ""}]`: {"a", "b"},
	} {
		got, problem := readList([]byte(body))
		if problem != "" || got == nil || len(got) != len(want) {
			t.Errorf("%s: got %+v, %q", body, got, problem)
			continue
		}
		for n := range want {
			if got[n].ID != want[n] {
				t.Errorf("%s: element %d is %q", body, n, got[n].ID)
			}
		}
	}
}

// What is no list is never an empty one.
func TestReadListProblems(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		// The vendor's own sample is a placeholder: an element without an id.
		apitest.Sample(t, "secret.json"):                                           problemNoID,
		apitest.Sample(t, "application.json"):                                      problemNoList,
		apitest.Sample(t, "error.json"):                                            problemNoList,
		apitest.Sample(t, "problem.json"):                                          problemNoList,
		apitest.Sample(t, "hostile/no-id.json"):                                    problemNoID,
		`[{"clientSecretId": "a\u001b[31m\r\nApply complete!", "deleted": false}]`: problemNoID,
		apitest.Sample(t, "hostile/id-number.json"):                                problemNoID,
		apitest.Sample(t, "hostile/id-twice.json"):                                 problemAmbiguous,
		apitest.Sample(t, "hostile/deleted-text.json"):                             problemDeleted,
		apitest.Sample(t, "hostile/date-odd.json"):                                 problemDate,
		apitest.Sample(t, "hostile/two-lists.json"):                                problemNoList,
		apitest.Sample(t, "hostile/other-list.json"):                               problemNoList,
		apitest.Sample(t, "hostile/html.html"):                                     problemNoList,
		`{}`:                                                                       problemNoList,
		`{"items": null}`:                                                          problemNoList,
		`{"items": {}}`:                                                            problemNoList,
		`{"items": [{"clientSecretId": "a"}], "data": []}`:                         problemNoList,
		`{"items": [{}]}`:                                                          problemNoID,
		`{"items": ["a"]}`:                                                         problemShape,
		`{"clientSecretId": null}`:                                                 problemNoID,
		`{"clientSecretId": " "}`:                                                  problemNoID,
		`[null]`:                                                                   problemNoID,
		`["a"]`:                                                                    problemShape,
		`[[]]`:                                                                     problemShape,
		`[`:                                                                        problemShape,
		`[] []`:                                                                    problemShape,
		`{"clientSecretId": "a"`:                                                   problemShape,
		`"text"`:                                                                   problemNoList,
		`7`:                                                                        problemNoList,
		`false`:                                                                    problemNoList,
		`nul`:                                                                      problemNoList,
		`[{"clientSecretId": "a", "clientSecretExpirationDate": 7}]`: problemDate,
		`[{"clientSecretId": "a", "deleted": 1}]`:                    problemDeleted,
		`[{"clientSecretId": "a"}, {"deleted": true}]`:               problemNoID,
	} {
		if got, problem := readList([]byte(body)); problem != want || got != nil {
			t.Errorf("%s: got %+v, %q, want %q", body, got, problem, want)
		}
	}
}

func TestSecretsStatuses(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{200: apitest.Sample(t, "secrets.json"), 203: apitest.Sample(t, "secrets.json"), 204: ""} {
		v := apitest.NewVendor(t, apitest.Always(status, body))
		got, err := connect(t, v).Secrets(t.Context(), "a", "b")
		if err != nil || got == nil || (len(got) == 1) != (body != "") {
			t.Errorf("%d: got %+v, %v", status, got, err)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	want := time.Date(2027, 1, 31, 0, 7, 41, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2027-01-31T00:07:41Z":             want,
		"2027-01-31t00:07:41z":             want,
		"2027-01-31T00:07:41+00:00":        want,
		"2027-01-31T02:07:41+02:00":        want,
		"2027-01-31T02:07:41+0200":         want,
		"2027-01-31T00:07:41":              want,
		"2027-01-31 00:07:41":              want,
		"2027-01-31 00:07:41Z":             want,
		"2027-01-31T00:07:41.1234567Z":     want.Add(123456700),
		"2027-01-31T00:07:41.123":          want.Add(123 * time.Millisecond),
		"2027-01-31T00:07:41.123000+00:00": want.Add(123 * time.Millisecond),
		"2027-01-31":                       want.Truncate(24 * time.Hour),
	} {
		got, ok := parseDate(text)
		if !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"soon", "2027-02-30T00:00:00Z", "31.01.2027", "1801353600", "2027-01-31T00:07:41Zx", "never"} {
		if got, ok := parseDate(text); ok {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func FuzzList(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		list, problem := readList(body)
		if (problem == "") != (list != nil) {
			t.Errorf("a list %+v with the problem %q", list, problem)
		}
		for _, element := range list {
			if element.ID == "" {
				t.Error("an element without an id")
			}
		}
	}, "items", "clientSecretId")
}
