package simulator

import "strings"

// Base paths, to be appended to the root URL of a server. None is empty, so
// that a client which drops the path of its base URL is found out.
const (
	CloudflareBasePath      = "/client/v4"
	CSPBasePath             = "/console"
	IdentityServiceBasePath = "/ids"

	// CloudflareTokenPath and CloudflareRevokePath are at the root, because
	// Cloudflare serves them from another host than its API.
	CloudflareTokenPath  = "/oauth2/token"
	CloudflareRevokePath = "/oauth2/revoke"
)

// Credentials that exist from the start.
const (
	CloudflareAPIToken = "fake-cf-api-token-0001"
	CloudflareEmail    = "simulator@example.invalid"
	CloudflareAPIKey   = "fake-cf-global-api-key-0001"

	// CSPAPIToken belongs to a user who may manage every organization.
	CSPAPIToken = "fake-csp-api-token-0001"
	// CSPLoginOrgID owns the app that may log in by client_credentials and
	// may manage the apps of this organization, itself included.
	CSPLoginOrgID        = "0f0f0f0f-0000-4000-8000-00000000c590"
	CSPLoginClientID     = "fake-csp-login-app"
	CSPLoginClientSecret = "Fake-csp_login.secret~0001"
	// CSPReadyAccessToken needs no login and has no date of expiry; like every
	// access token it ends with [Simulator.ExpireTokens].
	CSPReadyAccessToken = "fake-csp-ready-access-token-0001"

	// IdentityServiceAccessToken is of the same kind as CSPReadyAccessToken.
	IdentityServiceAccessToken = "fake-ids-access-token-0001"
	// IdentityServiceLoginTenant holds the application that may log in by
	// client_credentials and may manage every tenant.
	IdentityServiceLoginTenant       = "fake-login-tenant"
	IdentityServiceLoginClientID     = "fake-ids-login-app"
	IdentityServiceLoginClientSecret = "fake-ids-login-secret-0001"
)

// Environment returns the environment variables that point the provider at a
// simulator whose root URL is root, with the credentials that exist from the
// start. The ids of accounts, organizations and tenants are not part of it.
func Environment(root string) map[string]string {
	root = strings.TrimRight(root, "/")
	return map[string]string{
		"CLOUDFLARE_API_TOKEN":          CloudflareAPIToken,
		"CLOUDFLARE_BASE_URL":           root + CloudflareBasePath,
		"CLOUDFLARE_OAUTH_TOKEN_URL":    root + CloudflareTokenPath,
		"CSP_API_TOKEN":                 CSPAPIToken,
		"CSP_BASE_URL":                  root + CSPBasePath,
		"IDENTITY_SERVICE_ACCESS_TOKEN": IdentityServiceAccessToken,
		"IDENTITY_SERVICE_BASE_URL":     root + IdentityServiceBasePath,
	}
}
