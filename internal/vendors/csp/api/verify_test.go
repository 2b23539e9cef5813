package api

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// sentSecret is the secret of a request.
func sentSecret(r apitest.Call) string {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
	_, s, _ := strings.Cut(string(raw), ":")
	return s
}

type reply struct {
	status int
	body   string
}

// answering gives reply to the secret that is asked about and control to every other one. The introspection endpoint knows
// nothing.
func answering(asked, control reply) apitest.Answer {
	return func(_ int, r apitest.Call) (int, string) {
		switch {
		case strings.HasSuffix(r.URI, "/introspect"):
			return 403, ""
		case sentSecret(r) == apitest.Canary:
			return asked.status, asked.body
		}
		return control.status, control.body
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const (
		coded  = `{"statusCode": 401, "message": "no", "cspErrorCode": "540.1", "requestId": "x"}`
		other  = `{"statusCode": 401, "message": "no", "cspErrorCode": "540.2"}`
		silent = `{"statusCode": 401, "message": "no", "requestId": "x"}`
		locked = `{"statusCode": 401, "message": "locked", "requestId": "x"}`
		named  = `{"message": "Invalid_Client: Invalid client credentials", "cspErrorCode": "540.3"}`
		worded = `{"message": "Unauthorized client credentials.", "cspErrorCode": "540.3"}`
		plain  = `{"error": "invalid_client"}`
		token  = `{"access_token": "t", "expires_in": 1}`
		grant  = `{"message": "unauthorized_client: x", "cspErrorCode": "1"}`
	)
	none := reply{500, ""} // a control that must not be sent
	tests := map[string]struct {
		asked, control reply
		want           verify.Verdict
		controls       int
	}{
		"accepted":                          {reply{200, token}, reply{401, named}, verify.Accepted, 1},
		"everybody is accepted":             {reply{200, token}, reply{200, token}, verify.Inconclusive, 1},
		"200 without a token":               {reply{200, `{"access_token": null}`}, none, verify.Inconclusive, 0},
		"200 html":                          {reply{200, "<html>"}, none, verify.Inconclusive, 0},
		"201 with a token":                  {reply{201, token}, none, verify.Inconclusive, 0},
		"named 400":                         {reply{400, named}, reply{400, named}, verify.Refused, 1},
		"named 401":                         {reply{401, named}, reply{401, worded}, verify.Refused, 1},
		"named 404":                         {reply{404, named}, reply{404, named}, verify.Refused, 1},
		"worded":                            {reply{401, worded}, reply{401, worded}, verify.Refused, 1},
		"as RFC 6749 has it":                {reply{400, plain}, reply{400, plain}, verify.Refused, 1},
		"401 without JSON":                  {reply{401, ""}, reply{401, ""}, verify.Refused, 1},
		"named, a wrong secret passes":      {reply{401, named}, reply{200, token}, verify.Inconclusive, 1},
		"confirmed 400":                     {reply{400, coded}, reply{400, coded}, verify.Refused, 1},
		"confirmed 401":                     {reply{401, coded}, reply{401, coded}, verify.Refused, 1},
		"confirmed 404":                     {reply{404, coded}, reply{404, coded}, verify.Refused, 1},
		"another status for a wrong secret": {reply{401, coded}, reply{400, coded}, verify.Inconclusive, 1},
		"another code for a wrong secret":   {reply{401, coded}, reply{401, other}, verify.Inconclusive, 1},
		"a wrong secret is accepted":        {reply{401, coded}, reply{200, token}, verify.Inconclusive, 1},
		"html to a wrong secret":            {reply{401, coded}, reply{401, "<html>"}, verify.Inconclusive, 1},
		"no code, same message":             {reply{401, silent}, reply{401, silent}, verify.Refused, 1},
		"no code, other message":            {reply{401, silent}, reply{401, locked}, verify.Inconclusive, 1},
		"a gateway's 401":                   {reply{401, `{"message": "Unauthorized"}`}, none, verify.Inconclusive, 0},
		"missing header":                    {reply{401, apitest.Sample(t, "error-missing-header.json")}, none, verify.Inconclusive, 0},
		"a grant that it may not use":       {reply{400, grant}, reply{401, named}, verify.Accepted, 1},
		"the same for a wrong secret":       {reply{400, grant}, reply{400, grant}, verify.Inconclusive, 1},
		"unsupported_grant_type":            {reply{400, `{"message": "unsupported_grant_type", "cspErrorCode": "1"}`}, reply{401, coded}, verify.Accepted, 1},
		"403":                               {reply{403, named}, none, verify.Inconclusive, 0},
		"409":                               {reply{409, named}, none, verify.Inconclusive, 0},
		"500":                               {reply{500, named}, none, verify.Inconclusive, 0},
		"html 401":                          {reply{401, "<html>"}, none, verify.Inconclusive, 0},
		"html 404":                          {reply{404, "<html>"}, none, verify.Inconclusive, 0},
		"redirect":                          {reply{302, ""}, none, verify.Inconclusive, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, answering(test.asked, test.control))
			c, verifier := connect(t, v), verify.New(apitest.NewClock())
			for range 3 {
				got := verifier.Verify(t.Context(), c.Verifiable("the-client"), secret.New(apitest.Canary), verify.BeforeChange())
				if got.Verdict != test.want {
					t.Errorf("got %v, want %v", got, test.want)
				}
			}
			controls, refusals := map[string]bool{}, 0
			for _, r := range v.Got() {
				if strings.HasSuffix(r.URI, "/introspect") {
					continue
				}
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
				refusals++
			}
			if len(controls) != test.controls {
				t.Errorf("%d controls, want %d", len(controls), test.controls)
			}
			if test.want == verify.Refused && refusals > verify.MaxRefusals {
				t.Errorf("%d refusals", refusals)
			}
		})
	}
}

// Basic credentials are raw here, and the vendor takes no others.
func TestVerifyRequest(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, `{"access_token": "t"}`))
	c := connect(t, v).Verifiable("the-client")
	for _, way := range c.Ways {
		c.Ask(t.Context(), way, secret.New(apitest.Canary))
	}
	calls := v.Got()
	if len(calls) != 2 || calls[0].URI != basePath+"/auth/token" || calls[1].URI != basePath+"/auth/introspect" {
		t.Fatalf("sent %+v", calls)
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("the-client:"+apitest.Canary))
	for _, call := range calls {
		if call.Header.Get("Authorization") != want || strings.Contains(call.Body, "client_") && !strings.Contains(call.Body, "client_credentials") {
			t.Errorf("sent %+v", call)
		}
	}
	if form, _ := url.ParseQuery(calls[1].Body); len(form) != 1 || len(form.Get("token")) < 26 {
		t.Errorf("introspects %s", calls[1].Body)
	}
}

func TestVerifyByIntrospection(t *testing.T) {
	t.Parallel()
	grant := reply{400, `{"message": "unauthorized_client"}`} // to everybody
	active := reply{200, apitest.Sample(t, "introspected.json")}
	coded := reply{400, `{"statusCode": 400, "cspErrorCode": "540.1", "message": "no"}`}
	tests := map[string]struct {
		asked, control reply
		want           verify.Verdict
	}{
		"accepted, and a wrong secret is refused": {active, coded, verify.Accepted},
		"a wrong secret is accepted too":          {active, active, verify.Inconclusive},
		"no answer to a wrong secret":             {active, reply{403, ""}, verify.Inconclusive},
		"refused, confirmed":                      {coded, coded, verify.Refused},
		"no active":                               {reply{200, `{}`}, coded, verify.Inconclusive},
		"html":                                    {reply{200, "<html>"}, coded, verify.Inconclusive},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			introspection := answering(test.asked, test.control)
			v := apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
				if strings.HasSuffix(r.URI, "/auth/token") {
					return grant.status, grant.body
				}
				r.URI = ""
				return introspection(n, r)
			})
			got := verify.New(apitest.NewClock()).Verify(t.Context(), connect(t, v).Verifiable("the-client"), secret.New(apitest.Canary), verify.BeforeChange())
			if got.Verdict != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestClientsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	c := connect(t, apitest.NewVendor(t, apitest.Always(500, "")))
	for _, id := range []string{"", "a:b"} {
		if ways := c.Verifiable(id).Ways; len(ways) != 0 {
			t.Errorf("%q: %v", id, ways)
		}
	}
}

func TestVerifyWithoutConnection(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, ""))
	v.Refuse(t)
	c := connect(t, v).Verifiable("id")
	if got := c.Ask(t.Context(), c.Ways[0], secret.New(apitest.Canary)); got != (verify.Answer{}) {
		t.Errorf("got %+v", got)
	}
}

func FuzzVerify(f *testing.F) {
	apitest.Fuzz(f, func(t *testing.T, body []byte) {
		for _, status := range []int{200, 400, 401, 403, 404, 500} {
			for _, grant := range []string{oauth.ClientCredentials, oauth.Introspection} {
				got := classify(grant, status, body)
				switch {
				case got.Outcome == verify.Authenticated && status != 200,
					got.Outcome == verify.Refusal && status != 400 && status != 401 && status != 404,
					len(got.Code) > 40:
					t.Errorf("status %d: %+v", status, got)
				}
			}
		}
	}, "message", "access_token")
}
