package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestOneApp(t *testing.T) {
	t.Parallel()
	got, problem := oneApp([]byte(apitest.Sample(t, "hostile/app.json")), "APP")
	created, updated := time.UnixMilli(1780000000000), time.Unix(1780000000, 0)
	if problem != "" || got.ID != "app" || got.DisplayName != "App" || !slices.Equal(got.GrantTypes, []string{"client_credentials"}) ||
		got.PublicClient == nil || *got.PublicClient || got.Immutable != nil || got.OwnerOnlySecretRotation != nil ||
		got.SecretAge == nil || *got.SecretAge != 12.5 ||
		got.CreatedAt == nil || !got.CreatedAt.Equal(created) || got.LastUpdatedAt == nil || !got.LastUpdatedAt.Equal(updated) ||
		got.SecretRotationExpiration != nil {
		t.Errorf("got %+v, %q", got, problem)
	}
	for body, want := range map[string]string{
		`{"organizationId": "o"}`: "",
		`{"id": "a", "secretAge": "old", "createdAt": 123, "lastUpdatedAt": null, "secretRotationExpirationInSeconds": 172800}`: "",
		`{"id": "a", "secretAge": {}, "createdAt": "2026-01-01", "lastUpdatedAt": 17800000000}`:                                 "",
		`{}`:                               problemNoApp,
		`null`:                             problemNoApp,
		`{"message": "x"}`:                 problemNoApp,
		`{"id": "b"}`:                      problemOtherApp,
		`{"id": 7}`:                        problemShape,
		`{"id": "a", "publicClient": "x"}`: problemShape,
		`[]`:                               problemShape,
		``:                                 problemShape,
		`<html>`:                           problemShape,
	} {
		got, problem := oneApp([]byte(body), "a")
		if problem != want {
			t.Errorf("%s: got %q, want %q", body, problem, want)
		}
		if problem == "" && (got.ID != "a" || got.SecretAge != nil || got.CreatedAt != nil || got.LastUpdatedAt != nil) {
			t.Errorf("%s: got %+v", body, got)
		}
		if strings.Contains(body, "172800") && (got.SecretRotationExpiration == nil || *got.SecretRotationExpiration != 172800) {
			t.Errorf("%s: got %+v", body, got)
		}
	}
}

// pages is a list of apps with the vendor's paging; links point to a host that must never be asked.
func pages(total, size int) apitest.Answer {
	return func(_ int, r apitest.Call) (int, string) {
		u, _ := url.Parse(r.URI)
		start := 1
		if text := u.Query().Get("pageStart"); text != "" {
			if _, err := fmt.Sscan(text, &start); err != nil {
				return 400, ""
			}
		}
		var results []string
		for n := start; n < start+size && n <= total; n++ {
			results = append(results, fmt.Sprintf(`{"id": "app-%d"}`, n))
		}
		next := ""
		if start+size <= total {
			next = fmt.Sprintf("https://evil.invalid/csp/x?pageStart=%d&pageLimit=%d&token=x", start+size, size)
		}
		return 200, fmt.Sprintf(`{"nextLink": %q, "results": [%s], "totalResults": %d}`, next, strings.Join(results, ","), total)
	}
}

func TestAppsFollowsPages(t *testing.T) {
	t.Parallel()
	for _, total := range []int{0, 1, 2, 3, 5} {
		v := apitest.NewVendor(t, pages(total, 2))
		apps, err := connect(t, v).Apps(t.Context(), "org", "my term")
		if err != nil || len(apps) != total {
			t.Fatalf("%d apps, %v, want %d", len(apps), err, total)
		}
		for n, app := range apps {
			if app.ID != fmt.Sprintf("app-%d", n+1) {
				t.Errorf("app %d is %s", n, app.ID)
			}
		}
		got := v.Got()
		if want := max(1, (total+1)/2); len(got) != want {
			t.Errorf("%d requests, want %d", len(got), want)
		}
		if got[0].URI != basePath+"/orgs/org/oauth-apps?pageLimit=200&searchTerm=my+term" {
			t.Errorf("the first request is %s", got[0].URI)
		}
		if len(got) > 1 && got[1].URI != basePath+"/orgs/org/oauth-apps?pageLimit=2&pageStart=3&searchTerm=my+term" {
			t.Errorf("the second request is %s", got[1].URI)
		}
	}
}

func TestAppsLinks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		link     string // JSON
		requests int
		kind     string
	}{
		"absent":       {"null", 1, "none"},
		"empty":        {`""`, 1, "none"},
		"blank":        {`" "`, 1, "none"},
		"repeated":     {`"/x?pageStart=2"`, 2, "none"},
		"no query":     {`"/x"`, 1, "answer"},
		"no start":     {`"/x?pageLimit=2"`, 1, "answer"},
		"bad escape":   {`"/x?pageStart=%zz"`, 1, "answer"},
		"no link":      {`"://"`, 1, "answer"},
		"not a string": {`7`, 1, "answer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, apitest.Always(200, `{"results": [{"id": "a"}], "nextLink": `+test.link+`}`))
			apps, err := connect(t, v).Apps(t.Context(), "org", "")
			if apitest.Kind(err) != test.kind || len(v.Got()) != test.requests || err == nil && len(apps) != test.requests {
				t.Errorf("got %d apps, %v after %d requests", len(apps), err, len(v.Got()))
			}
		})
	}
}

func TestAppsWithoutEnd(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, func(n int, _ apitest.Call) (int, string) {
		return 200, fmt.Sprintf(`{"results": [], "nextLink": "/x?pageStart=%d"}`, n+1)
	})
	if _, err := connect(t, v).Apps(t.Context(), "org", ""); apitest.Kind(err) != "answer" || len(v.Got()) != maxPages {
		t.Errorf("got %v after %d requests", err, len(v.Got()))
	}
}

// A later page that fails is no end of the list.
func TestAppsLaterPageFails(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, func(n int, _ apitest.Call) (int, string) {
		if n == 1 {
			return 200, `{"results": [{"id": "a"}], "nextLink": "/x?pageStart=2"}`
		}
		return 403, errorBody("no")
	})
	if apps, err := connect(t, v).Apps(t.Context(), "org", ""); apitest.Kind(err) != "refused" || apps != nil {
		t.Errorf("got %v, %v", apps, err)
	}
}

func TestReadPage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		apitest.Sample(t, "apps.json"):         "",
		`{"results": []}`:                      "",
		`{"totalResults": 0}`:                  "",
		`{"totalResults": 0, "results": null}`: "",
		`{"totalResults": 3}`:                  problemNoList,
		`{"results": null}`:                    problemNoList,
		`{}`:                                   problemNoList,
		`null`:                                 problemNoList,
		`{"results": {}}`:                      problemShape,
		`{"results": [{"displayName": "x"}]}`:  problemNoAppID,
		`{"results": [null]}`:                  problemNoAppID,
		`[]`:                                   problemShape,
	} {
		if got, problem := readPage([]byte(body)); problem != want || (problem == "") != (got.apps != nil) {
			t.Errorf("%s: got %+v, %q, want %q", body, got, problem, want)
		}
	}
}

func FuzzApps(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		if app, problem := oneApp(body, "app"); (problem == "") != (app.ID != "") {
			t.Errorf("an app %+v with the problem %q", app, problem)
		}
		page, problem := readPage(body)
		if (problem == "") != (page.apps != nil) {
			t.Errorf("a page %+v with the problem %q", page, problem)
		}
		for _, app := range page.apps {
			if app.ID == "" {
				t.Error("an app without an id")
			}
		}
		if query, ok := nextQuery(page.next, url.Values{}); ok && query.Get("pageStart") == "" {
			t.Error("a page without a start")
		}
	}, "results", "totalResults")
}
