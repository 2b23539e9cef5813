package api

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
)

type reply struct {
	status int
	body   string
}

// authorization is a vendor whose three probes are answered as given; a probe without a reply must not be sent.
func authorization(t *testing.T, replies map[string]reply) *apitest.Vendor {
	t.Helper()
	var v *apitest.Vendor
	v = apitest.NewVendor(t, func(_ int, r apitest.Call) (int, string) {
		form, _ := url.ParseQuery(r.Body)
		probe := form.Get("grant_type")
		switch r.URI {
		case "/ids/.well-known/openid-configuration":
			discovery := `{"token_endpoint": "` + v.URL + `/connect/token"`
			if _, named := replies["introspection"]; named {
				discovery += `, "introspection_endpoint": "` + v.URL + `/connect/introspect"`
			}
			return 200, discovery + "}"
		case "/connect/introspect":
			probe = "introspection"
		}
		got, ok := replies[probe]
		if !ok {
			t.Errorf("not expected: %+v", r)
		}
		if form.Get("client_id") != "app" || form.Get("client_secret") != apitest.Canary || r.Header.Get("Authorization") != "" || r.Method != "POST" {
			t.Errorf("sent %+v", r)
		}
		if probe == "introspection" && len(form.Get("token")) < 26 || probe == "authorization_code" && len(form.Get("code")) < 26 {
			t.Errorf("fewer than 128 random bits in %s", r.Body)
		}
		return got.status, got.body
	})
	return v
}

func TestProve(t *testing.T) {
	t.Parallel()
	const (
		token        = "client_credentials"
		intro        = "introspection"
		code         = "authorization_code"
		accessToken  = `{"access_token": "t", "expires_in": 1}`
		noGrant      = `{"error": "unauthorized_client"}`
		unsupported  = `{"error": "unsupported_grant_type"}`
		refused      = `{"error": "invalid_client"}`
		invalidGrant = `{"error": "invalid_grant"}`
	)
	tests := map[string]struct {
		replies map[string]reply
		want    verify.Verdict
	}{
		"accepted":                {map[string]reply{token: {200, accessToken}}, verify.Accepted},
		"200 without a token":     {map[string]reply{token: {200, `{}`}}, verify.Inconclusive},
		"200 html":                {map[string]reply{token: {200, `<html>`}}, verify.Inconclusive},
		"refused with a 400":      {map[string]reply{token: {400, refused}}, verify.Refused},
		"refused with a 401":      {map[string]reply{token: {401, apitest.Sample(t, "error-invalid-client.json")}}, verify.Refused},
		"invalid_client, 403":     {map[string]reply{token: {403, refused}}, verify.Inconclusive},
		"invalid_client, 404":     {map[string]reply{token: {404, refused}}, verify.Inconclusive},
		"invalid_client, 500":     {map[string]reply{token: {500, refused}}, verify.Inconclusive},
		"invalid_request":         {map[string]reply{token: {400, `{"error": "invalid_request"}`}}, verify.Inconclusive},
		"invalid_scope":           {map[string]reply{token: {400, `{"error": "invalid_scope"}`}}, verify.Inconclusive},
		"invalid_grant":           {map[string]reply{token: {400, invalidGrant}}, verify.Inconclusive},
		"html 401":                {map[string]reply{token: {401, "<html>"}}, verify.Inconclusive},
		"the API's error":         {map[string]reply{token: {401, apitest.Sample(t, "error.json")}}, verify.Inconclusive},
		"introspected":            {map[string]reply{token: {400, noGrant}, intro: {200, `{"active": false}`}}, verify.Accepted},
		"introspected as active":  {map[string]reply{token: {400, noGrant}, intro: {200, `{"active": true}`}}, verify.Inconclusive},
		"introspected as nothing": {map[string]reply{token: {400, noGrant}, intro: {200, `{}`}}, verify.Inconclusive},
		"introspection refuses":   {map[string]reply{token: {401, unsupported}, intro: {401, refused}}, verify.Refused},
		"may not introspect":      {map[string]reply{token: {400, noGrant}, intro: {400, noGrant}}, verify.Inconclusive},
		"introspection is down":   {map[string]reply{token: {400, noGrant}, intro: {503, ""}}, verify.Inconclusive},
		"code accepted":           {map[string]reply{token: {400, unsupported}, code: {400, invalidGrant}}, verify.Accepted},
		"code refused":            {map[string]reply{token: {400, noGrant}, code: {401, refused}}, verify.Refused},
		"code without the grant":  {map[string]reply{token: {400, noGrant}, code: {400, noGrant}}, verify.Inconclusive},
		"a token for a code":      {map[string]reply{token: {400, noGrant}, code: {200, accessToken}}, verify.Inconclusive},
		"invalid_grant, 401":      {map[string]reply{token: {400, noGrant}, code: {401, invalidGrant}}, verify.Inconclusive},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := authorization(t, test.replies)
			got, err := connect(t, v).Prove(t.Context(), "app", secret.New(apitest.Canary))
			if got != test.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

// With a configured token URL, discovery is only asked for the introspection endpoint, and may fail.
func TestProveWithTokenURL(t *testing.T) {
	t.Parallel()
	for discovery, want := range map[string]string{
		``:   "/connect/token /.well-known/openid-configuration /connect/token",
		`{}`: "/connect/token /.well-known/openid-configuration /connect/token",
		`{"introspection_endpoint": "URL/connect/introspect"}`: "/connect/token /.well-known/openid-configuration /connect/introspect",
	} {
		var v *apitest.Vendor
		v = apitest.NewVendor(t, func(_ int, r apitest.Call) (int, string) {
			switch {
			case strings.HasSuffix(r.URI, "openid-configuration"):
				return 200, strings.ReplaceAll(discovery, "URL", v.URL)
			case strings.HasSuffix(r.URI, "/introspect"):
				return 200, `{"active": false}`
			case strings.Contains(r.Body, "authorization_code"):
				return 400, `{"error": "invalid_grant"}`
			}
			return 400, `{"error": "unauthorized_client"}`
		})
		c := connectWith(t, v, Config{AccessToken: secret.New("t"), TokenURL: v.URL + "/connect/token"})
		if got, err := c.Prove(t.Context(), "app", secret.New(apitest.Canary)); got != verify.Accepted || err != nil || uris(v) != want {
			t.Errorf("%s: got %v, %v after %s", discovery, got, err, uris(v))
		}
	}
}

func TestProveThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	v := apitest.NewVendor(t, apitest.Always(404, ""))
	c := connect(t, v)
	if got, err := c.Prove(t.Context(), "", secret.New("s")); got != verify.Inconclusive || err != nil || len(v.Got()) != 0 {
		t.Errorf("without a client: %v, %v", got, err)
	}
	if got, err := c.Prove(t.Context(), "app", secret.Value{}); got != verify.Inconclusive || err != nil || len(v.Got()) != 0 {
		t.Errorf("without a secret: %v, %v", got, err)
	}
	if got, err := c.Prove(t.Context(), "app", secret.New("s")); got != verify.Inconclusive || err != nil || len(v.Got()) != 1 {
		t.Errorf("without discovery: %v, %v", got, err)
	}
}

func TestProveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, ends := range []int{1, 2, 3} { // in discovery, in the first and in the second probe
		ctx, cancel := context.WithCancel(t.Context())
		var v *apitest.Vendor
		v = apitest.NewVendor(t, func(n int, r apitest.Call) (int, string) {
			if n == ends {
				cancel()
				return 503, ""
			}
			if strings.HasSuffix(r.URI, "openid-configuration") {
				return 200, `{"token_endpoint": "` + v.URL + `/connect/token"}`
			}
			return 400, `{"error": "unauthorized_client"}`
		})
		c := connect(t, v)
		for range 2 {
			if got, err := c.Prove(ctx, "app", secret.New(apitest.Canary)); got != verify.Inconclusive || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, %v", got, err)
			}
		}
	}
}
