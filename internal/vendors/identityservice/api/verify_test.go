package api

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/oauth"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// sentCredentials are the method, id and secret of a request to an endpoint.
func sentCredentials(r apitest.Call) (method, id, value string) {
	if raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); ok {
		text, _ := base64.StdEncoding.DecodeString(raw)
		id, value, _ = strings.Cut(string(text), ":")
		id, _ = url.QueryUnescape(id)
		value, _ = url.QueryUnescape(value)
		return oauth.Basic, id, value
	}
	form, _ := url.ParseQuery(r.Body)
	return oauth.Post, form.Get("client_id"), form.Get("client_secret")
}

type reply struct {
	status int
	body   string
}

// authorization is a vendor whose endpoints answer for each grant: first to the right secret, then to any other.
type authorization struct {
	methods       []string           // that discovery offers
	registered    string             // how the client is registered; "" for both
	grants        map[string][]reply // for the right secret and for others
	introspection bool               // named by discovery
}

var refusal = reply{401, `{"error": "invalid_client"}`}

func (a authorization) serve(t *testing.T) *apitest.Vendor {
	t.Helper()
	var v *apitest.Vendor
	v = apitest.NewVendor(t, func(_ int, r apitest.Call) (int, string) {
		form, _ := url.ParseQuery(r.Body)
		grant := form.Get("grant_type")
		switch r.URI {
		case "/ids/.well-known/openid-configuration":
			discovery := `{"issuer": "` + v.URL + `/ids/", "token_endpoint": "` + v.URL + `/connect/token"`
			if a.introspection {
				discovery += `, "introspection_endpoint": "` + v.URL + `/connect/introspect"`
			}
			if a.methods != nil {
				discovery += `, "token_endpoint_auth_methods_supported": ["` + strings.Join(a.methods, `", "`) + `"]`
			}
			return 200, discovery + "}"
		case "/connect/introspect":
			grant = oauth.Introspection
		}
		method, id, value := sentCredentials(r)
		if id != "app" || r.Method != "POST" || len(form.Get("token"))+len(form.Get("code")) < 26 && grant != oauth.ClientCredentials {
			t.Errorf("sent %+v", r)
		}
		if a.registered != "" && method != a.registered {
			return refusal.status, refusal.body
		}
		replies := a.grants[grant]
		if len(replies) == 0 {
			t.Errorf("not expected: %+v", r)
			return 500, ""
		}
		if value == apitest.Canary {
			return replies[0].status, replies[0].body
		}
		return replies[1].status, replies[1].body
	})
	return v
}

func TestVerify(t *testing.T) {
	t.Parallel()
	var (
		token    = reply{200, `{"access_token": "t", "expires_in": 1}`}
		noGrant  = reply{400, `{"error": "unauthorized_client"}`}
		inactive = reply{200, `{"active": false}`}
		badCode  = reply{400, `{"error": "invalid_grant"}`}
		bare     = reply{401, ""}
		refused  = reply{400, apitest.Sample(t, "error-invalid-client.json")}
	)
	type grants = map[string][]reply
	tests := map[string]struct {
		of   authorization
		want verify.Verdict
	}{
		"accepted":                          {authorization{grants: grants{oauth.ClientCredentials: {token, refusal}}}, verify.Accepted},
		"refused":                           {authorization{grants: grants{oauth.ClientCredentials: {refusal, refusal}}}, verify.Refused},
		"refused with a 400":                {authorization{grants: grants{oauth.ClientCredentials: {refused, refused}}}, verify.Refused},
		"401 without JSON":                  {authorization{grants: grants{oauth.ClientCredentials: {bare, bare}}}, verify.Refused},
		"Basic only, discovered":            {authorization{methods: []string{oauth.Basic}, registered: oauth.Basic, grants: grants{oauth.ClientCredentials: {token, refusal}}}, verify.Accepted},
		"post only, discovered":             {authorization{methods: []string{oauth.Post}, registered: oauth.Post, grants: grants{oauth.ClientCredentials: {token, refusal}}}, verify.Accepted},
		"post only, not offered":            {authorization{registered: oauth.Post, grants: grants{oauth.ClientCredentials: {token, refusal}}}, verify.Accepted},
		"a grant that it may not use":       {authorization{grants: grants{oauth.ClientCredentials: {noGrant, refusal}}}, verify.Accepted},
		"the same, refused with a bare 401": {authorization{grants: grants{oauth.ClientCredentials: {{400, `{"error": "invalid_request"}`}, bare}}}, verify.Accepted},
		"introspected": {
			authorization{introspection: true, grants: grants{oauth.ClientCredentials: {noGrant, noGrant}, oauth.Introspection: {inactive, refusal}}}, verify.Accepted,
		},
		"introspection authenticates nobody": {
			authorization{introspection: true, grants: grants{
				oauth.ClientCredentials: {noGrant, noGrant}, oauth.Introspection: {inactive, inactive}, oauth.AuthorizationCode: {noGrant, noGrant},
			}}, verify.Inconclusive,
		},
		"code":                          {authorization{grants: grants{oauth.ClientCredentials: {noGrant, noGrant}, oauth.AuthorizationCode: {badCode, refusal}}}, verify.Accepted},
		"a code is looked at first":     {authorization{grants: grants{oauth.ClientCredentials: {noGrant, noGrant}, oauth.AuthorizationCode: {badCode, badCode}}}, verify.Inconclusive},
		"the endpoint is down":          {authorization{grants: grants{oauth.ClientCredentials: {{503, ""}, {503, ""}}}}, verify.Inconclusive},
		"a refusal where others get in": {authorization{grants: grants{oauth.ClientCredentials: {refusal, token}, oauth.AuthorizationCode: {noGrant, noGrant}}}, verify.Inconclusive},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := test.of.serve(t)
			c, verifier := connect(t, v), verify.New(apitest.NewClock())
			for range 2 {
				got := verifier.Verify(t.Context(), c.Verifiable("app"), secret.New(apitest.Canary), verify.AtRefresh())
				if got.Verdict != test.want {
					t.Errorf("got %v, want %v", got, test.want)
				}
			}
			asked := 0
			for _, r := range v.Got() {
				if r.Method != "POST" {
					continue
				}
				asked++
				if method, _, _ := sentCredentials(r); test.of.methods != nil && !slices.Contains(test.of.methods, method) {
					t.Errorf("sent with %s", method)
				}
			}
			if test.want == verify.Refused && asked > verify.MaxRefusals {
				t.Errorf("%d refusals", asked)
			}
		})
	}
}

// A configured token URL needs no discovery. An introspection endpoint is then looked for once.
func TestVerifyWithTokenURL(t *testing.T) {
	t.Parallel()
	for discovery, want := range map[string]string{
		"":  "token token discovery token",
		"x": "token token discovery introspect introspect",
	} {
		var v *apitest.Vendor
		v = apitest.NewVendor(t, func(_ int, r apitest.Call) (int, string) {
			_, _, value := sentCredentials(r)
			switch {
			case strings.HasSuffix(r.URI, "openid-configuration") && discovery == "":
				return 404, ""
			case strings.HasSuffix(r.URI, "openid-configuration"):
				return 200, `{"introspection_endpoint": "` + v.URL + `/connect/introspect"}`
			case r.URI == "/connect/introspect" && value == apitest.Canary:
				return 200, `{"active": false}`
			case r.URI == "/connect/introspect":
				return 401, `{"error": "invalid_client"}`
			case strings.Contains(r.Body, "authorization_code"):
				return 200, ``
			}
			return 400, `{"error": "unauthorized_client"}`
		})
		c, verifier := connectWith(t, v, Config{AccessToken: secret.New("t"), TokenURL: v.URL + "/connect/token"}), verify.New(apitest.NewClock())
		for range 2 {
			verifier.Verify(t.Context(), c.Verifiable("app"), secret.New(apitest.Canary), verify.AtRefresh())
		}
		got := strings.NewReplacer("/connect/", "", "/.well-known/openid-configuration", "discovery").Replace(uris(v))
		if !strings.HasPrefix(got, want) || strings.Count(got, "discovery") != 1 {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
}

func TestVerifyThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(404, ""))
	c := connect(t, v)
	if ways := c.Verifiable("").Ways; len(ways) != 0 {
		t.Errorf("without a client: %v", ways)
	}
	got := verify.New(apitest.NewClock()).Verify(t.Context(), c.Verifiable("app"), secret.New("s"), verify.AtRefresh())
	if got.Verdict != verify.Inconclusive || !strings.Contains(got.Evidence, "did not answer") || len(v.Got()) != 1 {
		t.Errorf("without discovery: %v after %d requests", got, len(v.Got()))
	}
}
