package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The clients of the demo, as terraform/main.tf names them.
const (
	account      = "023e105f4ecef8ad9ca31a8372d0c353"
	oauthClient  = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
	organization = "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11"
	oauthApp     = "billing-worker"
	tenant       = "acme"
	application  = "my-new-app"
)

// client is one OAuth client at one vendor.
type client struct {
	vendor simulator.Vendor
	title  string
	id     string
	// secrets are all it ever had, oldest first.
	secrets func() []simulator.SecretRecord
	// disturb is what somebody else does in the drift step, and disturbance says it.
	disturb     func()
	disturbance string
	// stillWorks: the secret in state does so after the disturbance.
	stillWorks bool
	// first is the version of the first secret that was made here.
	first int64

	tokenURL string
	form     url.Values
	// accepted tells by the answer of the token endpoint whether the secret was right.
	accepted func(status int, body string) bool
}

func newClients(sim *simulator.Simulator, root string) []*client {
	sim.Cloudflare.AddClient(account, oauthClient)
	sim.CSP.AddApp(organization, oauthApp, simulator.AppSpec{})
	sim.IdentityService.AddApplication(tenant, application)
	login := url.Values{"grant_type": {"client_credentials"}}
	issued := func(status int, _ string) bool { return status == http.StatusOK }
	return []*client{
		{
			vendor: simulator.Cloudflare, title: "Cloudflare", id: oauthClient,
			secrets:     func() []simulator.SecretRecord { return sim.Cloudflare.Secrets(account, oauthClient) },
			disturb:     func() { sim.Cloudflare.RotateElsewhere(account, oauthClient) },
			disturbance: "rotates in the dashboard",
			stillWorks:  true,
			// There is no login without a browser: a made-up code is refused as such only after the secret was accepted.
			tokenURL: root + simulator.CloudflareTokenPath,
			form:     url.Values{"grant_type": {"authorization_code"}, "code": {"made-up"}, "redirect_uri": {"https://example.com/oauth/callback"}},
			accepted: func(_ int, body string) bool { return strings.Contains(body, "invalid_grant") },
		},
		{
			vendor: simulator.CSP, title: "VMware CSP", id: oauthApp,
			secrets:     func() []simulator.SecretRecord { return sim.CSP.Secrets(organization, oauthApp) },
			disturb:     func() { sim.CSP.RegenerateElsewhere(organization, oauthApp) },
			disturbance: "regenerates the secret in the console, which ends every other one",
			tokenURL:    root + simulator.CSPBasePath + "/csp/gateway/am/api/auth/token", form: login, accepted: issued,
		},
		{
			vendor: simulator.IdentityService, title: "Identity Service", id: application,
			secrets: func() []simulator.SecretRecord { return sim.IdentityService.Secrets(tenant, application) },
			disturb: func() {
				for _, s := range sim.IdentityService.Secrets(tenant, application) {
					if s.Current {
						sim.IdentityService.DeleteSecretElsewhere(s.ID)
					}
				}
			},
			disturbance: "deletes the secret that the consumer uses",
			tokenURL:    root + simulator.IdentityServiceBasePath + "/connect/token", form: login, accepted: issued,
		},
	}
}

// address is that of the client secret in the configuration.
func (c *client) address() string { return "oauthsecret_" + string(c.vendor) + "_client_secret.app" }

func (c *client) consumer() string { return "terraform_data." + string(c.vendor) + "_consumer" }

func (c *client) completion() string {
	return "oauthsecret_" + string(c.vendor) + "_rotation_completion.app"
}

// login tries a secret at the token endpoint, as the client itself would.
func (c *client) login(ctx context.Context, secret string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.tokenURL, strings.NewReader(c.form.Encode()))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(c.id, secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return c.accepted(resp.StatusCode, string(body)), err
}

// live tells whether a secret works at the time now, by the vendor's own books.
func live(s simulator.SecretRecord, now time.Time) bool {
	return s.EndedAt == nil && (s.ExpiresAt == nil || now.Before(*s.ExpiresAt))
}
