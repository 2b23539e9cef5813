package httpapi_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

func decodeError(_ http.Header, body []byte) httpapi.VendorError {
	var e httpapi.VendorError
	_ = json.Unmarshal(body, &e)
	return e
}

func TestAPIErrorFromAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status   int
		header   http.Header
		body     string
		want     httpapi.APIError
		sentinel error
	}{
		"JSON": {
			404, nil, `{"code":"7","message":"gone\n\tfor good","requestID":"r1"}`,
			httpapi.APIError{Code: "7", RequestID: "r1", Definite: true}, // they say enough
			httpapi.ErrNotFound,
		},
		"JSON without a request id": {
			404, nil, `{"code":"7","message":"gone\n\tfor good"}`,
			httpapi.APIError{Code: "7", Message: "gone for good", Definite: true},
			httpapi.ErrNotFound,
		},
		"what about the request is wrong": {
			400, nil, `{"code":"7","message":"too \u001b[31mshort","requestID":"r1"}`,
			httpapi.APIError{Code: "7", Message: "too …", RequestID: "r1", Definite: true},
			nil,
		},
		"empty": {
			403,
			http.Header{"X-Request-Id": {"x"}},
			" \n",
			httpapi.APIError{RequestID: "x", Definite: true},
			httpapi.ErrForbidden,
		},
		"HTML 404": {
			404,
			http.Header{"Cf-Ray": {"ray"}},
			"\n<!DOCTYPE html><p>canary",
			httpapi.APIError{Message: "an HTML page instead of an API answer", RequestID: "ray"},
			nil,
		},
		"text":      {409, nil, "canary", httpapi.APIError{Message: "an answer that is not JSON"}, httpapi.ErrConflict},
		"other":     {400, nil, `["canary"]`, httpapi.APIError{Definite: true}, nil},
		"401":       {401, nil, `{}`, httpapi.APIError{Definite: true}, httpapi.ErrUnauthorized},
		"disguised": {200, nil, `{"success":false,"message":"no"}`, httpapi.APIError{Message: "no", Definite: true}, nil},
		"redirect": {
			302, nil, `{"message":"canary"}`,
			httpapi.APIError{Message: "a redirect, which is never followed; check the configured URL"},
			nil,
		},
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){statusWith(test.status, test.header, test.body)}}
		client := newClient(t, httpapi.Options{
			Transport: s, DecodeError: decodeError,
			Failed: func(body []byte) bool { return strings.Contains(string(body), `"success":false`) },
		})
		_, err := client.Do(t.Context(), httpapi.Request{
			Operation: "read", Template: "/apps/{id}", Class: httpapi.ReadOnly, Method: http.MethodGet, Path: []string{"apps", "hunter2"},
		})
		api := &httpapi.APIError{}
		ok := errors.As(err, &api)
		if !ok {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		want := test.want
		want.Vendor, want.Operation, want.Method, want.Template, want.Status = "Vendor", "read", "GET", "/apps/{id}", test.status
		if *api != want {
			t.Errorf("%s: got %+v, want %+v", name, *api, want)
		}
		for _, sentinel := range []error{
			httpapi.ErrUnauthorized, httpapi.ErrForbidden, httpapi.ErrNotFound, httpapi.ErrConflict, httpapi.ErrRateLimited,
		} {
			if errors.Is(err, sentinel) != errors.Is(sentinel, test.sentinel) {
				t.Errorf("%s: errors.Is(%v) is wrong", name, sentinel)
			}
		}
		if text := err.Error(); strings.Contains(text, "canary") || strings.Contains(text, "hunter2") {
			t.Errorf("%s: the error holds a part of the body or the path: %q", name, text)
		}
	}
}

// A vendor that echoes a secret, in whatever form, does not bring it into an error.
func TestEchoedSecretsAreRemoved(t *testing.T) {
	t.Parallel()
	const canary = `>>>???Ca+na/ry"&<'\ü%42` // its base64 has all that differs between the alphabets
	known := new(secret.Known)
	known.Remember(secret.New(canary))
	quoted, _ := json.Marshal(canary)
	forms := map[string]string{
		"raw":          canary,
		"JSON":         strings.Trim(string(quoted), `"`),
		"query":        url.QueryEscape(canary),
		"path":         url.PathEscape(canary),
		"base64":       base64.StdEncoding.EncodeToString([]byte(canary)),
		"raw base64":   base64.RawStdEncoding.EncodeToString([]byte(canary)),
		"URL base64":   base64.URLEncoding.EncodeToString([]byte(canary)),
		"broken up":    ">>>???Ca+na/\x00ry\"&<'\\ü%42",
		"in the basic": base64.StdEncoding.EncodeToString([]byte("id:" + canary)),
	}
	requests := map[string]struct {
		credential httpapi.Credential
		request    httpapi.Request
		known      *secret.Known
	}{
		"known":  {nil, httpapi.Request{}, known},
		"form":   {nil, httpapi.Request{Form: url.Values{"client_secret": {canary}}}, nil},
		"basic":  {nil, httpapi.Request{Basic: &httpapi.BasicAuth{Username: "id", Password: secret.New(canary)}}, nil},
		"header": {httpapi.Static{"X-Auth-Key": canary}, httpapi.Request{}, nil},
		"bearer": {httpapi.Static{"Authorization": "Bearer " + canary}, httpapi.Request{}, nil},
	}
	for origin, r := range requests {
		for form, text := range forms {
			if form == "in the basic" && origin != "basic" {
				continue
			}
			body, _ := json.Marshal(map[string]string{"code": text, "message": "refused: " + text + ".", "requestID": text})
			s := &script{steps: []func(*http.Request) (*http.Response, error){status(400, string(body))}}
			var logged httpapi.Attempt
			client := newClient(t, httpapi.Options{
				Transport: s, DecodeError: decodeError, Credential: r.credential, Known: r.known,
				Log: func(_ context.Context, a httpapi.Attempt) { logged = a },
			})
			request := r.request
			request.Operation, request.Class, request.Method = "log in", httpapi.Once, http.MethodPost
			_, err := client.Do(t.Context(), request)
			if err == nil || strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "refused: (redacted).") {
				t.Errorf("%s in the %s form: %v", origin, form, err)
			}
			if strings.Contains(logged.RequestID, text) {
				t.Errorf("%s in the %s form: logged %q", origin, form, logged.RequestID)
			}
		}
	}
}

func TestTransportErrorIsScrubbed(t *testing.T) {
	t.Parallel()
	cause := &url.Error{Op: "Post", URL: "https://vendor.test/?canary=1", Err: errors.New("malformed \x1b[31mBearer t0psecret\n")} //nolint:revive // what a hostile peer sends
	s := &script{steps: []func(*http.Request) (*http.Response, error){fail(cause)}}
	client := newClient(t, httpapi.Options{Transport: s, Credential: httpapi.Static{"Authorization": "Bearer t0psecret"}})
	_, err := client.Do(t.Context(), httpapi.Request{Operation: "rotate", Class: httpapi.Once, Method: http.MethodPost})
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := e.Error(); strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, "t0psecret") || strings.Contains(text, "canary") {
			t.Errorf("%T says %q", e, text)
		}
	}
}

func TestCredentialWithLineBreakIsNotSent(t *testing.T) {
	t.Parallel()
	s := &script{steps: []func(*http.Request) (*http.Response, error){status(200, "")}}
	client := newClient(t, httpapi.Options{Transport: s, Credential: httpapi.Static{"Authorization": "Bearer a\nb"}})
	_, err := client.Do(t.Context(), httpapi.Request{Operation: "rotate", Class: httpapi.Once, Method: http.MethodPost})
	if typeOf(err) != unsent || len(s.seen) != 0 {
		t.Errorf("%d requests, %v", len(s.seen), err)
	}
}

func TestLongMessageIsCut(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"a", "ü", "ж", "字"} {
		for pad := range 4 {
			body, _ := json.Marshal(map[string]string{"message": strings.Repeat("x", pad) + strings.Repeat(strings.Repeat(letter, 9)+" ", 200)})
			s := &script{steps: []func(*http.Request) (*http.Response, error){status(400, string(body))}}
			client := newClient(t, httpapi.Options{Transport: s, DecodeError: decodeError})
			_, err := client.Do(t.Context(), read)
			var api *httpapi.APIError
			if !errors.As(err, &api) || len(api.Message) > httpapi.MaxMessage || len(api.Message) < httpapi.MaxMessage-50 ||
				!utf8.ValidString(api.Message) {
				t.Errorf("%d bytes: %v", len(api.Message), err)
			}
		}
	}
}

func TestUnusable(t *testing.T) {
	t.Parallel()
	client := newClient(t, httpapi.Options{})
	if err := client.Unusable(httpapi.Request{Class: httpapi.Once}, "no secret"); typeOf(err) != unknown {
		t.Error(err)
	}
	if err := client.Unusable(httpapi.Request{Class: httpapi.ReadOnly}, "no id"); typeOf(err) != useless {
		t.Error(err)
	}
}

func TestAttemptsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log []httpapi.Attempt
		s := &script{steps: []func(*http.Request) (*http.Response, error){
			fail(errors.New("broken")), truncated(200), status(503, `{"requestID":"r"}`), retryAfter(429, "1"),
			statusWith(200, http.Header{"Cf-Ray": {"ray"}}, `{"requestID":"no error"}`),
		}}
		client := newClient(t, httpapi.Options{
			Transport: s, DecodeError: decodeError, Log: func(_ context.Context, a httpapi.Attempt) { log = append(log, a) },
		})
		r := read
		r.Template = "/apps/{id}"
		if _, err := client.Do(t.Context(), r); err != nil {
			t.Error(err)
		}
		want := []httpapi.Attempt{
			{Failure: "network"},
			{Status: 200, Failure: "body"},
			{Status: 503, Failure: "status", RequestID: "r"},
			{Status: 429, Failure: "status"},
			{Status: 200, RequestID: "ray"},
		}
		if len(log) != len(want) {
			t.Fatalf("%d attempts logged, want %d", len(log), len(want))
		}
		for i := range want {
			want[i].Operation, want[i].Method, want[i].Template, want[i].Number = "read", "GET", "/apps/{id}", i+1
			if log[i] != want[i] {
				t.Errorf("attempt %d: got %+v, want %+v", i+1, log[i], want[i])
			}
		}
	})
}
