package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

// sentSecret is the secret of a probe.
func sentSecret(r apitest.Call) string {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
	_, s, _ := strings.Cut(string(raw), ":")
	return s
}

type reply struct {
	status int
	body   string
}

// answering gives reply to the secret that is asked about and control to every other one.
func answering(asked, control reply) apitest.Answer {
	return func(_ int, r apitest.Call) (int, string) {
		if sentSecret(r) == apitest.Canary {
			return asked.status, asked.body
		}
		return control.status, control.body
	}
}

func TestProve(t *testing.T) {
	t.Parallel()
	const (
		coded  = `{"statusCode": 401, "message": "no", "cspErrorCode": "540.1", "requestId": "x"}`
		other  = `{"statusCode": 401, "message": "no", "cspErrorCode": "540.2"}`
		named  = `{"message": "Invalid_Client: Invalid client credentials", "cspErrorCode": "540.3"}`
		worded = `{"message": "Unauthorized client credentials.", "cspErrorCode": "540.3"}`
		token  = `{"access_token": "t", "expires_in": 1}`
	)
	none := reply{500, ""} // a control probe that must not be sent
	tests := map[string]struct {
		asked, control reply
		want           verify.Verdict
		controls       int
	}{
		"accepted":                          {reply{200, token}, none, verify.Accepted, 0},
		"200 without a token":               {reply{200, `{"access_token": null}`}, none, verify.Inconclusive, 0},
		"200 html":                          {reply{200, "<html>"}, none, verify.Inconclusive, 0},
		"201 with a token":                  {reply{201, token}, none, verify.Inconclusive, 0},
		"named 400":                         {reply{400, named}, none, verify.Refused, 0},
		"named 401":                         {reply{401, named}, none, verify.Refused, 0},
		"named 404":                         {reply{404, named}, none, verify.Refused, 0},
		"worded":                            {reply{401, worded}, none, verify.Refused, 0},
		"confirmed 400":                     {reply{400, coded}, reply{400, coded}, verify.Refused, 1},
		"confirmed 401":                     {reply{401, coded}, reply{401, coded}, verify.Refused, 1},
		"confirmed 404":                     {reply{404, coded}, reply{404, coded}, verify.Refused, 1},
		"another status for a wrong secret": {reply{401, coded}, reply{400, coded}, verify.Inconclusive, 1},
		"another code for a wrong secret":   {reply{401, coded}, reply{401, other}, verify.Inconclusive, 1},
		"a wrong secret is accepted":        {reply{401, coded}, reply{200, token}, verify.Inconclusive, 1},
		"no answer to a wrong secret":       {reply{401, coded}, reply{503, ""}, verify.Inconclusive, 1},
		"html to a wrong secret":            {reply{401, coded}, reply{401, "<html>"}, verify.Inconclusive, 1},
		"no code, same message":             {reply{401, `{"message": "no"}`}, reply{401, `{"message": "no"}`}, verify.Refused, 1},
		"no code, other message":            {reply{401, `{"message": "no"}`}, reply{401, `{"message": "locked"}`}, verify.Inconclusive, 1},
		"missing header":                    {reply{401, apitest.Sample(t, "error-missing-header.json")}, none, verify.Inconclusive, 0},
		"unauthorized_client":               {reply{400, `{"message": "unauthorized_client: x", "cspErrorCode": "1"}`}, none, verify.Inconclusive, 0},
		"unsupported_grant_type":            {reply{400, `{"message": "unsupported_grant_type", "cspErrorCode": "1"}`}, none, verify.Inconclusive, 0},
		"invalid_scope":                     {reply{400, `{"message": "invalid_scope", "cspErrorCode": "1"}`}, none, verify.Inconclusive, 0},
		"403":                               {reply{403, named}, none, verify.Inconclusive, 0},
		"409":                               {reply{409, named}, none, verify.Inconclusive, 0},
		"500":                               {reply{500, named}, none, verify.Inconclusive, 0},
		"html 401":                          {reply{401, "<html>"}, none, verify.Inconclusive, 0},
		"html 404":                          {reply{404, "<html>"}, none, verify.Inconclusive, 0},
		"empty 401":                         {reply{401, ""}, none, verify.Inconclusive, 0},
		"not the vendor's error":            {reply{401, `{"error": "invalid_client"}`}, none, verify.Inconclusive, 0},
		"redirect":                          {reply{302, ""}, none, verify.Inconclusive, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, answering(test.asked, test.control))
			c := connect(t, v)
			// Three times: the control probe is sent at most once.
			for range 3 {
				got, err := c.Prove(t.Context(), "the-client", secret.New(apitest.Canary))
				if got != test.want || err != nil {
					t.Errorf("got %v, %v, want %v", got, err, test.want)
				}
			}
			controls := map[string]bool{}
			for _, r := range v.Got() {
				form, err := url.ParseQuery(r.Body)
				if err != nil || r.Method != "POST" || r.URI != basePath+"/auth/token" || len(form) != 1 || form.Get("grant_type") != "client_credentials" {
					t.Errorf("sent %+v", r)
				}
				if s := sentSecret(r); s != apitest.Canary {
					controls[s] = true
					if ValidateSecret(s) != nil {
						t.Errorf("the wrong secret %q could not be one", s)
					}
				}
			}
			if len(controls) != test.controls {
				t.Errorf("%d control probes, want %d", len(controls), test.controls)
			}
		})
	}
}

// A fresh control probe belongs to each client id.
func TestProveControlsEachClient(t *testing.T) {
	t.Parallel()
	refusal := reply{401, `{"cspErrorCode": "540.1"}`}
	v := apitest.NewVendor(t, answering(refusal, refusal))
	c := connect(t, v)
	var group sync.WaitGroup
	for range 4 {
		for _, id := range []string{"one", "two"} {
			group.Go(func() {
				if got, err := c.Prove(t.Context(), id, secret.New(apitest.Canary)); got != verify.Refused || err != nil {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
	}
	group.Wait()
	if n := len(v.Got()); n != 10 {
		t.Errorf("%d requests, want eight probes and two controls", n)
	}
}

func TestProveByIntrospection(t *testing.T) {
	t.Parallel()
	active := reply{200, apitest.Sample(t, "introspected.json")}
	coded := reply{400, `{"cspErrorCode": "540.1", "message": "no"}`}
	named := reply{401, `{"message": "invalid_client: no"}`}
	tests := map[string]struct {
		asked, control reply
		want           verify.Verdict
		requests       int
	}{
		"accepted, and a wrong secret is refused": {active, coded, verify.Accepted, 2},
		"a wrong secret is accepted too":          {active, active, verify.Inconclusive, 2},
		"no answer to a wrong secret":             {active, reply{403, ""}, verify.Inconclusive, 2},
		"refused in words":                        {named, active, verify.Refused, 1},
		"refused, confirmed":                      {coded, coded, verify.Refused, 2},
		"no active":                               {reply{200, `{}`}, coded, verify.Inconclusive, 1},
		"html":                                    {reply{200, "<html>"}, coded, verify.Inconclusive, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, answering(test.asked, test.control))
			got, err := connect(t, v).ProveByIntrospection(t.Context(), "the-client", secret.New(apitest.Canary))
			if got != test.want || err != nil || len(v.Got()) != test.requests {
				t.Errorf("got %v, %v after %d requests, want %v", got, err, len(v.Got()), test.want)
			}
			for _, r := range v.Got() {
				form, err := url.ParseQuery(r.Body)
				if err != nil || r.URI != basePath+"/auth/introspect" || len(form) != 1 || len(form.Get("token")) < 26 {
					t.Errorf("sent %+v", r)
				}
			}
		})
	}
}

func TestProveThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(500, ""))
	c := connect(t, v)
	for _, id := range []string{"", "a:b"} {
		if got, err := c.Prove(t.Context(), id, secret.New("s")); got != verify.Inconclusive || err != nil {
			t.Errorf("%q: got %v, %v", id, got, err)
		}
	}
	if got, err := c.Prove(t.Context(), "id", secret.Value{}); got != verify.Inconclusive || err != nil || len(v.Got()) != 0 {
		t.Errorf("got %v, %v, %d requests", got, err, len(v.Got()))
	}
}

func TestProveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, ends := range []int{1, 2} { // in the probe, in the control probe
		ctx, cancel := context.WithCancel(t.Context())
		v := apitest.NewVendor(t, func(n int, _ apitest.Call) (int, string) {
			if n == ends {
				cancel()
				return 503, ""
			}
			return 401, `{"cspErrorCode": "540.1"}`
		})
		c := connect(t, v)
		for range 2 {
			if got, err := c.Prove(ctx, "id", secret.New(apitest.Canary)); got != verify.Inconclusive || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, %v", got, err)
			}
		}
	}
}

// A control probe that was surely not sent is made up for.
func TestProveWithoutConnection(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, ""))
	v.Refuse(t)
	c := connect(t, v)
	if got, err := c.Prove(t.Context(), "id", secret.New(apitest.Canary)); got != verify.Inconclusive || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := c.control(t.Context(), tokenProbe, "id"); apitest.Kind(err) != "not sent" {
		t.Errorf("got %v", err)
	}
	if c.controls[controlKey{tokenProbe, "id"}].done {
		t.Error("a control probe that was not sent counts")
	}
}

func FuzzProve(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		for _, status := range []int{200, 400, 401, 403, 404, 500} {
			got := answer{status: status, failure: readCSPError(body)}
			got.accepted = status == 200 && tokenProbe.accepts(body)
			switch verdict, certain := got.verdict(); {
			case verdict == verify.Accepted && status != 200, verdict == verify.Refused && !got.failure.ok, verdict == verify.Inconclusive && !certain:
				t.Errorf("status %d: %v", status, verdict)
			}
		}
	}, "message", "access_token")
}
