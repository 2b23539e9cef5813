package oauth_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	both := []string{oauth.Basic, oauth.Post}
	for _, test := range []struct{ offered, want []string }{
		{nil, both},
		{[]string{"private_key_jwt", "none"}, both},
		{[]string{oauth.Post, "none", oauth.Basic}, both},
		{[]string{"private_key_jwt", oauth.Basic}, []string{oauth.Basic}},
		{[]string{oauth.Post}, []string{oauth.Post}},
	} {
		if got := oauth.Methods(test.offered); !slices.Equal(got, test.want) {
			t.Errorf("%v: got %v", test.offered, got)
		}
	}
}

// https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
func TestRequestCredentials(t *testing.T) {
	t.Parallel()
	s := secret.New("a b+c%:ü/&")
	r := oauth.Request("log in", "{token_endpoint}", "https://id.test/token", oauth.Basic, "my:app id", s, url.Values{"grant_type": {"x"}})
	if r.Basic == nil || r.Basic.Username != "my%3Aapp+id" || r.Basic.Password.Reveal() != "a+b%2Bc%25%3A%C3%BC%2F%26" || len(r.Form) != 1 {
		t.Errorf("Basic: %+v", r)
	}
	r = oauth.Request("log in", "{token_endpoint}", "https://id.test/token", oauth.Post, "my:app id", s, url.Values{"grant_type": {"x"}})
	if r.Basic != nil || r.Form.Get("client_id") != "my:app id" || r.Form.Get("client_secret") != s.Reveal() || len(r.Form) != 3 {
		t.Errorf("form: %+v", r)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		token   = oauth.ClientCredentials
		intro   = oauth.Introspection
		code    = oauth.AuthorizationCode
		refusal = `{"error": "invalid_client", "error_description": "no"}`
	)
	tests := []struct {
		grant  string
		status int
		body   string
		want   verify.Outcome
		code   string
	}{
		{token, 200, `{"access_token": "t"}`, verify.Authenticated, ""},
		{token, 200, `{"access_token": null}`, verify.Unclear, ""},
		{token, 200, `<html>`, verify.Unclear, ""},
		{token, 201, `{"access_token": "t"}`, verify.Unclear, ""},
		{token, 400, refusal, verify.Refusal, "invalid_client"},
		{token, 401, refusal, verify.Refusal, "invalid_client"},
		{token, 401, `{"error": "invalid_client", "error_description": "The OAuth 2.0 Client supports client authentication method 'client_secret_post', but method 'client_secret_basic' was requested."}`, verify.WrongMethod, "invalid_client"},
		{token, 403, refusal, verify.Unclear, ""},
		{token, 404, refusal, verify.Unclear, ""},
		{token, 400, `{"error": "invalid_request"}`, verify.Complaint, "invalid_request"},
		{token, 400, `{"error": "unauthorized_client"}`, verify.Complaint, "unauthorized_client"},
		{token, 401, `{"error": "unsupported_grant_type"}`, verify.Complaint, "unsupported_grant_type"},
		{token, 400, `{"error": "invalid_grant"}`, verify.Complaint, "invalid_grant"},
		{token, 400, `{"error": "an echo of a value"}`, verify.Unclear, ""},
		{token, 400, `{"error": "cfnew46LG3YrQ9xT7kPwZ2mNb8vJhD5s"}`, verify.Unclear, ""},
		{token, 400, ``, verify.Unclear, ""},
		{token, 401, ``, verify.PossibleRefusal, ""},
		{token, 401, `Unauthorized`, verify.PossibleRefusal, ""},
		{token, 401, ` <!doctype html>`, verify.Unclear, ""},
		{token, 401, `{"message": "a gateway's"}`, verify.Unclear, ""},
		{intro, 200, `{"active": false}`, verify.Indicated, ""},
		{intro, 200, `{"active": true}`, verify.Unclear, ""},
		{intro, 200, `{}`, verify.Unclear, ""},
		{intro, 200, `{"access_token": "t"}`, verify.Unclear, ""},
		{intro, 401, refusal, verify.Refusal, "invalid_client"},
		{code, 400, `{"error": "invalid_grant"}`, verify.Indicated, "invalid_grant"},
		{code, 401, `{"error": "invalid_grant"}`, verify.Complaint, "invalid_grant"},
		{code, 401, refusal, verify.Refusal, "invalid_client"},
		{code, 200, `{"access_token": "t"}`, verify.Unclear, ""},
	}
	for _, test := range tests {
		if got := oauth.Classify(test.grant, test.status, []byte(test.body)); got != (verify.Answer{Outcome: test.want, Status: test.status, Code: test.code}) {
			t.Errorf("%s, %d %s: got %+v", test.grant, test.status, test.body, got)
		}
	}
}

func TestTrialForm(t *testing.T) {
	t.Parallel()
	if a, b := oauth.TrialForm(oauth.AuthorizationCode), oauth.TrialForm(oauth.AuthorizationCode); len(a.Get("code")) < 26 || a.Get("code") == b.Get("code") {
		t.Errorf("the codes are %q and %q", a, b)
	}
	if f := oauth.TrialForm(oauth.Introspection); len(f.Get("token")) < 26 || f.Has("grant_type") {
		t.Errorf("got %v", f)
	}
	if f := oauth.TrialForm(oauth.ClientCredentials); f.Encode() != "grant_type=client_credentials" {
		t.Errorf("got %v", f)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(`{"error": "invalid_client"}`)
	f.Add(`{"active": false}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, grant := range []string{oauth.ClientCredentials, oauth.Introspection, oauth.AuthorizationCode} {
			for _, status := range []int{200, 400, 401, 403} {
				a := oauth.Classify(grant, status, []byte(body))
				if a.Outcome == verify.NoAnswer || a.Outcome == verify.Authenticated && status != 200 || status == 403 && a.Outcome != verify.Unclear || len(a.Code) > 40 {
					t.Errorf("%s, %d: %+v", grant, status, a)
				}
			}
		}
	})
}
