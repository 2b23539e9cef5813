package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://api.vendor.test":             "https://api.vendor.test",
		"https://api.vendor.test/":            "https://api.vendor.test",
		"https://api.vendor.test/client/v4//": "https://api.vendor.test/client/v4",
		"https://api.vendor.test:8443/a%2Fb/": "https://api.vendor.test:8443/a%2Fb",
		"HTTPS://api.vendor.test":             "https://api.vendor.test",
		"http://localhost:8080/x":             "http://localhost:8080/x",
		"http://127.0.0.1":                    "http://127.0.0.1",
		"http://127.9.9.9:1":                  "http://127.9.9.9:1",
		"http://[::1]:8080":                   "http://[::1]:8080",
		"":                                    "",
		"api.vendor.test":                     "",
		"/relative":                           "",
		"https://":                            "",
		"https:opaque":                        "",
		"ftp://api.vendor.test":               "",
		"http://api.vendor.test":              "",
		"http://localhost.evil.test":          "",
		"http://127.0.0.1.evil.test":          "",
		"https://user:hunter2@vendor.test":    "",
		"https://vendor.test?hunter2=1":       "",
		"https://vendor.test?":                "",
		"https://vendor.test#hunter2":         "",
		"https://vendor.test#":                "",
		"https://vendor.test/%zz-hunter2":     "",
		"https://vendor.test/\nhunter2":       "",
	} {
		got, err := httpapi.CheckURL(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", raw, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats it: %v", raw, err)
		}
	}
}

func TestPathElementsAreEscapedOneByOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path []string
		want string
	}{
		{nil, "/prefix"},
		{[]string{"a", "b"}, "/prefix/a/b"},
		{[]string{"a/b"}, "/prefix/a%2Fb"},
		{[]string{"../../admin"}, "/prefix/..%2F..%2Fadmin"},
		{[]string{"%2e%2e"}, "/prefix/%252e%252e"},
		{[]string{"a?b=c#d"}, "/prefix/a%3Fb=c%23d"},
		{[]string{"a b\x00\n"}, "/prefix/a%20b%00%0A"},
		{[]string{"ü", "\\", "..."}, "/prefix/%C3%BC/%5C/..."},
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
		client := newClient(t, httpapi.Options{BaseURL: "https://vendor.test/prefix/", Transport: s})
		_, err := client.Do(t.Context(), httpapi.Request{
			Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet, Path: test.path, Query: url.Values{"q": {"a b&c"}},
		})
		if err != nil {
			t.Errorf("%q: %v", test.path, err)
			continue
		}
		if got := s.seen[0].URL; got.EscapedPath() != test.want || got.Host != "vendor.test" || got.RawQuery != "q=a+b%26c" {
			t.Errorf("%q: got %s", test.path, got)
		}
	}
}

func TestUnsendableRequests(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]httpapi.Request{
		"empty element": {Path: []string{"a", "", "b"}},
		"dot":           {Path: []string{"."}},
		"dot dot":       {Path: []string{"a", ".."}},
		"two bodies":    {JSON: 1, Form: url.Values{}},
		"no JSON":       {JSON: func() {}},
		"plain URL":     {URL: "http://vendor.test/token"},
		"URL with user": {URL: "https://a:hunter2@vendor.test/token"},
		"bad method":    {Method: "hunter2 GET"},
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
		r.Operation, r.Class = "read", httpapi.Once
		_, err := newClient(t, httpapi.Options{Transport: s}).Do(t.Context(), r)
		if typeOf(err) != unsent || len(s.seen) != 0 {
			t.Errorf("%s: %d requests, %v", name, len(s.seen), err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats it: %v", name, err)
		}
	}
}

// The URL of a request is sent as it is written: a server may tell /token from /token/, and may have a query in its address
// (RFC 6749 section 3.2).
func TestRequestURLIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url   string
		query url.Values
		want  string
	}{
		{"https://id.test/oauth/token", nil, "https://id.test/oauth/token"},
		{"https://id.test/oauth/token/", nil, "https://id.test/oauth/token/"},
		{"https://id.test/oauth//", nil, "https://id.test/oauth//"},
		{"https://id.test/token?tenant=a%20b&x", nil, "https://id.test/token?tenant=a%20b&x"},
		{"https://id.test/token/?tenant=a", url.Values{"q": {"1"}}, "https://id.test/token/?tenant=a&q=1"},
		{"https://id.test/token", url.Values{"q": {"1"}}, "https://id.test/token?q=1"},
		{"https://id.test/token?", url.Values{"q": {"1"}}, "https://id.test/token?q=1"},
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
		_, err := newClient(t, httpapi.Options{Transport: s}).Do(t.Context(), httpapi.Request{
			Operation: "log in", Class: httpapi.ReadOnly, Method: http.MethodPost, URL: test.url, Query: test.query,
		})
		if err != nil || len(s.seen) != 1 || s.seen[0].URL.String() != test.want {
			t.Errorf("%s: got %v, %v", test.url, s.seen, err)
		}
	}
}

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"https://id.test/token/":              true,
		"https://id.test/token?tenant=a":      true,
		"http://127.0.0.1:8080/token?a=b":     true,
		"":                                    false,
		"http://id.test/token":                false,
		"https://hunter2@id.test/token":       false,
		"https://id.test/token#hunter2":       false,
		"https://id.test/token?a=hunter2#":    false,
		"https://id.test/token?a=hunter2\n":   false,
		"//id.test/token":                     false,
		"https:///token":                      false,
		"https://id.test/%zz-hunter2?hunter2": false,
	} {
		err := httpapi.CheckEndpoint(raw)
		if (err == nil) != ok {
			t.Errorf("%q: got %v", raw, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats it: %v", raw, err)
		}
	}
}
