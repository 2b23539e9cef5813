package api

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// try asks once about the canary as the secret of client.
func try(t *testing.T, v *apitest.Vendor, client OAuthClient) verify.Answer {
	t.Helper()
	target := connect(t, v).Verifiable(client)
	if len(target.Ways) != 1 {
		t.Fatalf("the ways are %v", target.Ways)
	}
	return target.Ask(t.Context(), target.Ways[0], secret.New(apitest.Canary))
}

func TestVerifyAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   verify.Outcome
	}{
		"accepted":                   {400, `{"error": "invalid_grant"}`, verify.Authenticated},
		"refused":                    {401, `{"error": "invalid_client"}`, verify.Refusal},
		"refused with a 400":         {400, `{"error": "invalid_client"}`, verify.Refusal},
		"invalid grant with a 401":   {401, `{"error": "invalid_grant"}`, verify.Complaint},
		"another error":              {400, `{"error": "invalid_request"}`, verify.Complaint},
		"unauthorized client":        {400, `{"error": "unauthorized_client"}`, verify.Complaint},
		"an envelope":                {401, `{"success": false, "errors": [{"code": 10000}]}`, verify.Unclear},
		"a token for a random code":  {200, `{"access_token": "x"}`, verify.Unclear},
		"success false":              {200, `{"success": false}`, verify.Unclear},
		"challenge page":             {403, "<html>Just a moment...</html>", verify.Unclear},
		"html with a 400":            {400, "<html></html>", verify.Unclear},
		"html with a 401":            {401, "<html></html>", verify.Unclear},
		"empty 401":                  {401, "", verify.PossibleRefusal},
		"redirect":                   {302, "", verify.Unclear},
		"not found":                  {404, `{"error": "invalid_client"}`, verify.Unclear},
		"conflict":                   {409, `{"error": "invalid_client"}`, verify.Unclear},
		"server error":               {500, `{"error": "invalid_client"}`, verify.NoAnswer},
		"unavailable":                {503, "", verify.NoAnswer},
		"error that is not a string": {401, `{"error": {"code": "invalid_client"}}`, verify.Unclear},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := apitest.NewVendor(t, apitest.Always(test.status, test.body))
			if got := try(t, v, OAuthClient{ClientID: "id", TokenEndpointAuthMethod: AuthMethodBasic}); got.Outcome != test.want {
				t.Errorf("got %+v, want %v", got, test.want)
			}
		})
	}
}

func TestVerifyRequests(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(400, `{"error": "invalid_grant"}`))
	client := OAuthClient{ClientID: "id:1 x", TokenEndpointAuthMethod: AuthMethodBasic, RedirectURIs: []string{"https://example.com/cb?x=1"}}
	for range 2 {
		try(t, v, client)
	}
	client.TokenEndpointAuthMethod, client.RedirectURIs = AuthMethodPost, nil
	try(t, v, client)
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

// The token URL is sent as it is written.
func TestTokenURLIsTakenAsWritten(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(400, `{"error": "invalid_grant"}`))
	c, err := New(Config{TokenURL: v.URL + "/token/?zone=a", APIToken: secret.New("t")}, apitest.Options())
	if err != nil {
		t.Fatal(err)
	}
	target := c.Verifiable(OAuthClient{ClientID: "id", TokenEndpointAuthMethod: AuthMethodPost})
	target.Ask(t.Context(), target.Ways[0], secret.New("s"))
	if got := v.Got(); len(got) != 1 || got[0].URI != "/token/?zone=a" {
		t.Errorf("sent %+v", got)
	}
}

// What is sent in the wrong way is refused although it is right, so nothing is sent in an unknown way.
func TestClientsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	c := connect(t, apitest.NewVendor(t, apitest.Always(500, "")))
	for name, client := range map[string]OAuthClient{
		"no client":      {TokenEndpointAuthMethod: AuthMethodBasic},
		"no method":      {ClientID: "id"},
		"public":         {ClientID: "id", TokenEndpointAuthMethod: AuthMethodNone},
		"unknown method": {ClientID: "id", TokenEndpointAuthMethod: "private_key_jwt"},
	} {
		if ways := c.Verifiable(client).Ways; len(ways) != 0 {
			t.Errorf("%s: %v", name, ways)
		}
	}
}

// Refusals are counted over everything, however the endpoint words them.
func TestRefusalsAreRationed(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]struct {
		status int
		body   string
	}{
		"401": {401, `{"error": "invalid_client"}`}, "400": {400, `{"error": "invalid_client"}`}, "401 without JSON": {401, ""}, "a page": {403, "<html>"},
	} {
		v := apitest.NewVendor(t, apitest.Always(refusal.status, refusal.body))
		c, clock := connect(t, v), apitest.NewClock()
		verifier := verify.New(clock)
		for _, terms := range []verify.Terms{verify.AfterRotation(0), verify.BeforeChange(), verify.AtRefresh()} {
			verifier.Verify(t.Context(), c.Verifiable(OAuthClient{ClientID: "id", TokenEndpointAuthMethod: AuthMethodBasic}), secret.New("s"), terms)
		}
		if n := len(v.Got()); n != verify.MaxRefusals {
			t.Errorf("%s: %d refusals", name, n)
		}
	}
}
