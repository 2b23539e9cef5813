package acctest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Client is one client of a World, for scenarios that read the same at several vendors.
type Client struct {
	// Vendor is the vendor's part of type names.
	Vendor string
	// Scope and ID are the attributes that name the client, ScopeValue and IDValue what they hold.
	Scope, ID           string
	ScopeValue, IDValue string
	// Rotate, Retire and Get are the simulator's names of the operations.
	Rotate, Retire, Get string
	// EndsOverlap: the vendor ends the previous secret by itself.
	EndsOverlap bool
}

// Cloudflare and CSP are the clients of a World whose vendors have two slots.
var (
	Cloudflare = Client{
		Vendor: "cloudflare", Scope: "account_id", ID: "oauth_client_id", ScopeValue: Account, IDValue: OAuthClient,
		Rotate: "cloudflare.rotate", Retire: "cloudflare.delete_rotated", Get: "cloudflare.get",
	}
	CSP = Client{
		Vendor: "csp", Scope: "org_id", ID: "oauth_app_id", ScopeValue: Org, IDValue: OAuthApp,
		Rotate: "csp.rotate", Retire: "csp.end_rotation", Get: "csp.get", EndsOverlap: true,
	}
)

// Type is the type of the client secret resource.
func (c Client) Type() string { return "oauthsecret_" + c.Vendor + "_client_secret" }

// Address is where HCL puts it.
func (c Client) Address() string { return c.Type() + ".app" }

// ImportID is the import id.
func (c Client) ImportID() string { return c.ScopeValue + "/" + c.IDValue }

// HCL is the client secret resource with the given arguments.
func (c Client) HCL(arguments string) string { return c.Named("app", arguments) }

// Named is HCL under another name.
func (c Client) Named(name, arguments string) string {
	return fmt.Sprintf("resource %q %q {\n  %s = %q\n%s\n}\n", c.Type(), name, c.ID, c.IDValue, arguments)
}

// ReplacedFirst is HCL with create_before_destroy, and a consumer that fails where its condition does not hold: then the old half
// of a replacement is left over.
func (c Client) ReplacedFirst(arguments, consumer string) string {
	return c.HCL(arguments+"\n  lifecycle { create_before_destroy = true }") + fmt.Sprintf(`
resource "terraform_data" "consumer" {
  input = %s.client_secret_sha256
  lifecycle {
    create_before_destroy = true
    postcondition {
      condition     = %s
      error_message = "the consumer failed"
    }
  }
}
`, c.Address(), consumer)
}

// Secrets is the history of the client's secrets, the oldest first.
func (c Client) Secrets(w *World) []simulator.SecretRecord {
	if c.Vendor == CSP.Vendor {
		return w.CSP.Secrets(c.ScopeValue, c.IDValue)
	}
	return w.Cloudflare.Secrets(c.ScopeValue, c.IDValue)
}

// Secret is the nth secret that the client ever had, "" when there were fewer.
func (c Client) Secret(w *World, n int) string {
	if all := c.Secrets(w); n < len(all) {
		return all[n].Value
	}
	return ""
}

// Accepts tells whether the vendor accepts a secret now.
func (c Client) Accepts(w *World, value string) bool {
	if c.Vendor == CSP.Vendor {
		return w.CSP.Accepts(c.ScopeValue, c.IDValue, value)
	}
	return w.Cloudflare.Accepts(c.ScopeValue, c.IDValue, value)
}

// Live are the secrets that the vendor accepts now, counted in the order of their making from 0.
func (c Client) Live(w *World) []int {
	live := []int{}
	for i, s := range c.Secrets(w) {
		if c.Accepts(w, s.Value) {
			live = append(live, i)
		}
	}
	return live
}

// Remove deletes the client at the vendor.
func (c Client) Remove(w *World) {
	if c.Vendor == CSP.Vendor {
		w.CSP.DeleteApp(c.ScopeValue, c.IDValue)
		return
	}
	w.Cloudflare.DeleteClient(c.ScopeValue, c.IDValue)
}

func fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// CSPAccessToken logs in as the app that may, and gives its access token.
func (w *World) CSPAccessToken(t testing.TB) string {
	t.Helper()
	body := strings.NewReader("grant_type=client_credentials")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+simulator.CSPBasePath+"/csp/gateway/am/api/auth/token", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(simulator.CSPLoginClientID, simulator.CSPLoginClientSecret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no access token: %v", err)
	}
	return answer.AccessToken
}
