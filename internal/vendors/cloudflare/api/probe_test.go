package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

func TestProbeVerdicts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   verify.Verdict
	}{
		"accepted":                   {400, `{"error": "invalid_grant"}`, verify.Accepted},
		"refused":                    {401, `{"error": "invalid_client"}`, verify.Refused},
		"refused with a 400":         {400, `{"error": "invalid_client"}`, verify.Inconclusive},
		"invalid grant with a 401":   {401, `{"error": "invalid_grant"}`, verify.Inconclusive},
		"another error":              {400, `{"error": "invalid_request"}`, verify.Inconclusive},
		"unauthorized client":        {400, `{"error": "unauthorized_client"}`, verify.Inconclusive},
		"an envelope":                {401, `{"success": false, "errors": [{"code": 10000}]}`, verify.Inconclusive},
		"a token for a random code":  {200, `{"access_token": "x"}`, verify.Inconclusive},
		"success false":              {200, `{"success": false}`, verify.Inconclusive},
		"challenge page":             {403, "<html>Just a moment...</html>", verify.Inconclusive},
		"html with a 400":            {400, "<html></html>", verify.Inconclusive},
		"html with a 401":            {401, "<html></html>", verify.Inconclusive},
		"empty 401":                  {401, "", verify.Inconclusive},
		"redirect":                   {302, "", verify.Inconclusive},
		"not found":                  {404, `{"error": "invalid_client"}`, verify.Inconclusive},
		"server error":               {500, `{"error": "invalid_client"}`, verify.Inconclusive},
		"unavailable":                {503, "", verify.Inconclusive},
		"error that is not a string": {401, `{"error": {"code": "invalid_client"}}`, verify.Inconclusive},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, apitest.Always(test.status, test.body))
			got, err := connect(t, v).Probe(t.Context(), Probe{ClientID: "id", Secret: secret.New(apitest.Canary), AuthMethod: AuthMethodBasic})
			if got != test.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestProbeRequests(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(400, `{"error": "invalid_grant"}`))
	c := connect(t, v)
	p := Probe{ClientID: "id:1 x", Secret: secret.New(apitest.Canary), AuthMethod: AuthMethodBasic, RedirectURI: "https://example.com/cb?x=1"}
	for range 2 {
		if got, err := c.Probe(t.Context(), p); got != verify.Accepted || err != nil {
			t.Fatal(got, err)
		}
	}
	p.AuthMethod, p.RedirectURI = AuthMethodPost, ""
	if got, err := c.Probe(t.Context(), p); got != verify.Accepted || err != nil {
		t.Fatal(got, err)
	}
	calls := v.Got()
	if len(calls) != 3 {
		t.Fatalf("%d requests", len(calls))
	}
	var forms []url.Values
	for _, got := range calls {
		form, err := url.ParseQuery(got.Body)
		if err != nil || got.Method != http.MethodPost || got.URI != "/oauth2/token" ||
			got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || form.Get("grant_type") != "authorization_code" {
			t.Errorf("got %+v", got)
		}
		if len(form.Get("code")) < 26 {
			t.Errorf("the code %q has fewer than 128 bits", form.Get("code"))
		}
		forms = append(forms, form)
	}
	if forms[0].Get("code") == forms[1].Get("code") {
		t.Error("the code is not random")
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("id:1 x")+":"+url.QueryEscape(apitest.Canary)))
	if calls[0].Header.Get("Authorization") != basic || forms[0].Has("client_secret") || forms[0].Get("redirect_uri") != "https://example.com/cb?x=1" {
		t.Errorf("with Basic: %+v", calls[0])
	}
	if calls[2].Header.Get("Authorization") != "" || forms[2].Get("client_id") != "id:1 x" || forms[2].Get("client_secret") != apitest.Canary || forms[2].Has("redirect_uri") {
		t.Errorf("with a form: %+v", calls[2])
	}
}

// What is sent in the wrong way is refused although it is right, so nothing is sent in an unknown way.
func TestProbeThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(401, `{"error": "invalid_client"}`))
	c := connect(t, v)
	for name, p := range map[string]Probe{
		"no secret":      {ClientID: "id", AuthMethod: AuthMethodBasic},
		"no client":      {Secret: secret.New("s"), AuthMethod: AuthMethodBasic},
		"no method":      {ClientID: "id", Secret: secret.New("s")},
		"public":         {ClientID: "id", Secret: secret.New("s"), AuthMethod: AuthMethodNone},
		"unknown method": {ClientID: "id", Secret: secret.New("s"), AuthMethod: "private_key_jwt"},
	} {
		if got, err := c.Probe(t.Context(), p); got != verify.Inconclusive || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if n := len(v.Got()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	v := apitest.NewVendor(t, func(int, apitest.Call) (int, string) {
		cancel()
		return 503, ""
	})
	c := connect(t, v)
	p := Probe{ClientID: "id", Secret: secret.New("s"), AuthMethod: AuthMethodBasic}
	for range 2 {
		if got, err := c.Probe(ctx, p); got != verify.Inconclusive || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestProbeWithoutConnection(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(200, ""))
	v.Refuse(t)
	c := connect(t, v)
	got, err := c.Probe(t.Context(), Probe{ClientID: "id", Secret: secret.New("s"), AuthMethod: AuthMethodPost})
	if got != verify.Inconclusive || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
