package httpapi_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// Types of errors that Do returns, and no error at all.
const (
	success = "success"
	refused = "APIError"
	unsent  = "NotSentError"
	unknown = "OutcomeUnknownError"
	useless = "AnswerError"
)

// typeOf tells the outermost type of the package in err.
func typeOf(err error) string {
	switch err.(type) {
	case nil:
		return success
	case *httpapi.APIError:
		return refused
	case *httpapi.NotSentError:
		return unsent
	case *httpapi.OutcomeUnknownError:
		return unknown
	case *httpapi.AnswerError:
		return useless
	}
	return fmt.Sprintf("%T", err)
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

func truncated(code int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Header: http.Header{}, Body: brokenBody{}}, nil
	}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

type want struct {
	attempts int
	result   string
}

// Every fault meets every class: how often it is sent, and what comes of it when it never ends.
func TestFaultByClass(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	dns := &net.DNSError{Err: "no such host", Name: "vendor.test", IsNotFound: true}
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	certificate := &tls.CertificateVerificationError{Err: errors.New("expired")}
	huge := strings.Repeat("x", httpapi.MaxBody+1)
	tests := map[string]struct {
		fault          func(*http.Request) (*http.Response, error)
		readOnly, once want
	}{
		"200":           {status(200, "{}"), want{1, success}, want{1, success}},
		"204":           {status(204, ""), want{1, success}, want{1, success}},
		"disguised":     {status(200, `{"success":false}`), want{1, refused}, want{1, refused}},
		"101":           {status(101, ""), want{1, refused}, want{1, unknown}},
		"199":           {status(199, "{}"), want{1, refused}, want{1, unknown}},
		"226":           {status(226, "{}"), want{1, success}, want{1, success}},
		"299":           {status(299, "{}"), want{1, refused}, want{1, unknown}},
		"301":           {status(301, ""), want{1, refused}, want{1, unknown}},
		"304":           {status(304, ""), want{1, refused}, want{1, unknown}},
		"399":           {status(399, ""), want{1, refused}, want{1, unknown}},
		"400":           {status(400, "{}"), want{1, refused}, want{1, refused}},
		"401":           {status(401, "{}"), want{1, refused}, want{1, refused}},
		"403":           {status(403, "{}"), want{1, refused}, want{1, refused}},
		"404":           {status(404, "{}"), want{1, refused}, want{1, refused}},
		"404 truncated": {truncated(404), want{1, refused}, want{1, refused}},
		"408":           {status(408, "{}"), want{6, refused}, want{1, unknown}},
		"409":           {status(409, "{}"), want{1, refused}, want{1, refused}},
		"423":           {status(423, "{}"), want{1, refused}, want{1, refused}},
		"499":           {status(499, "{}"), want{1, refused}, want{1, refused}},
		"425":           {status(425, "{}"), want{1, refused}, want{1, refused}},
		"500":           {status(500, "{}"), want{6, refused}, want{1, unknown}},
		"501":           {status(501, "{}"), want{1, refused}, want{1, refused}},
		"502":           {status(502, "<html>"), want{6, refused}, want{1, unknown}},
		"503":           {status(503, "{}"), want{6, refused}, want{1, unknown}},
		"599":           {status(599, "{}"), want{6, refused}, want{1, unknown}},
		"600":           {status(600, "{}"), want{6, refused}, want{1, unknown}},
		"999":           {status(999, "{}"), want{6, refused}, want{1, unknown}},
		"dial":          {fail(dial), want{6, unsent}, want{6, unsent}},
		"dns":           {fail(dns), want{6, unsent}, want{6, unsent}},
		"certificate":   {fail(certificate), want{1, unsent}, want{1, unsent}},
		"reset":         {fail(reset), want{6, useless}, want{1, unknown}},
		"eof":           {fail(io.EOF), want{6, useless}, want{1, unknown}},
		"hang":          {hang, want{2, useless}, want{1, unknown}},
		"truncated":     {truncated(200), want{6, useless}, want{1, unknown}},
		"huge":          {status(200, huge), want{1, useless}, want{1, unknown}},
	}
	for name, test := range tests {
		classes := map[string]struct {
			class httpapi.Class
			want  want
		}{
			"ReadOnly": {httpapi.ReadOnly, test.readOnly},
			"Once":     {httpapi.Once, test.once},
		}
		for class, c := range classes {
			t.Run(name+"/"+class, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &script{steps: []func(*http.Request) (*http.Response, error){test.fault}}
					client := newClient(t, httpapi.Options{
						Transport:  s,
						Credential: httpapi.Static{"Authorization": "Bearer static"},
						Failed:     func(body []byte) bool { return strings.Contains(string(body), "false") },
					})
					began := time.Now()
					_, err := client.Do(t.Context(), httpapi.Request{
						Operation: "end it", Class: c.class, Method: http.MethodDelete,
					})
					if got := (want{len(s.seen), typeOf(err)}); got != c.want {
						t.Errorf("got %v, want %v: %v", got, c.want, err)
					}
					if took := time.Since(began); took > 3*time.Minute {
						t.Errorf("took %s", took)
					}
					if err != nil && (strings.Contains(err.Error(), "vendor.test/") || strings.Contains(err.Error(), "\n")) {
						t.Errorf("the error holds a URL or a line break: %v", err)
					}
				})
			})
		}
	}
}

func TestFaultThatEnds(t *testing.T) {
	t.Parallel()
	ok := status(200, "{}")
	for _, test := range []struct {
		name  string
		class httpapi.Class
		first func(*http.Request) (*http.Response, error)
		want  want
	}{
		{"read after 500", httpapi.ReadOnly, status(500, ""), want{2, success}},
		{"read after 429", httpapi.ReadOnly, status(429, ""), want{2, success}},
		{"once after 429", httpapi.Once, status(429, ""), want{2, success}},
		{"once after dial", httpapi.Once, fail(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), want{2, success}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){test.first, ok}}
				client := newClient(t, httpapi.Options{Transport: s})
				_, err := client.Do(t.Context(), httpapi.Request{
					Operation: "rotate", Class: test.class, Method: http.MethodPost, JSON: map[string]string{"a": "b"},
				})
				if got := (want{len(s.seen), typeOf(err)}); got != test.want {
					t.Errorf("got %v, want %v: %v", got, test.want, err)
				}
				for i, body := range s.body {
					if body != `{"a":"b"}` {
						t.Errorf("body of attempt %d is %q", i+1, body)
					}
				}
			})
		})
	}
}

func TestAcceptedStatusIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, code := range []int{400, 401, 500} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []func(*http.Request) (*http.Response, error){status(code, `{"error":"invalid_grant"}`)}}
			response, err := newClient(t, httpapi.Options{Transport: s}).Do(t.Context(), httpapi.Request{
				Operation: "probe", Class: httpapi.Once, Method: http.MethodPost, Accept: []int{400, 401, 500},
			})
			if err != nil || response.Status != code || len(s.seen) != 1 {
				t.Errorf("%d: got %v, %v after %d attempts", code, response, err, len(s.seen))
			}
		})
	}
}

func TestBackoffIsBoundedAndJittered(t *testing.T) {
	t.Parallel()
	waits := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []func(*http.Request) (*http.Response, error){status(500, "")}}
			client := newClient(t, httpapi.Options{Transport: s, Backoff: httpapi.BackoffRange{Min: time.Second, Max: 2 * time.Second}})
			began := time.Now()
			_, _ = client.Do(t.Context(), httpapi.Request{Operation: "read", Class: httpapi.ReadOnly, Method: http.MethodGet})
			took := time.Since(began)
			if took > 10*time.Second {
				t.Errorf("waited %s in all, more than 1+2+2+2+2 s", took)
			}
			waits[took] = true
		})
	}
	if len(waits) < 15 {
		t.Errorf("20 runs have only %d different waits", len(waits))
	}
}
