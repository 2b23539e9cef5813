package cloudflare

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/apitest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare/api"
)

// What the answer to a rotation says of the time is what later reads show, exactly.
func TestIssuedTellsWhenTheClientChanged(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 22, 0, 0, 123456000, time.UTC)
	for body, want := range map[string]*time.Time{
		`{"client_secret": "s", "updated_at": "2026-11-27T22:00:00.123456Z"}`: &at,
		`{"client_secret": "s"}`: nil,
	} {
		v := apitest.NewVendor(t, apitest.Always(200, `{"success": true, "errors": [], "messages": [], "result": `+body+`}`))
		options := apitest.Options()
		client, err := api.New(api.Config{BaseURL: v.URL, APIToken: secret.New("token-0123456789")}, options)
		if err != nil {
			t.Fatal(err)
		}
		issued, err := newSecrets(client, options.Clock).Issue(t.Context(), rotation.Client{Scope: "a", ID: "b"}, rotation.Order{})
		if err != nil || issued.Value.Reveal() != "s" || (issued.ChangedAt == nil) != (want == nil) || want != nil && !issued.ChangedAt.Equal(*want) {
			t.Errorf("%s: got %v, %v", body, issued.ChangedAt, err)
		}
	}
}
