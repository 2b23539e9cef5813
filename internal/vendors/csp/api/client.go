// Package api is a client of the identity API of VMware Cloud Services (CSP) for OAuth apps of an organization and their
// secrets. It sends what it is told to send and reports what came back; when to rotate, to repeat or to reconcile is
// decided elsewhere.
//
// Every method that sends a request may return *httpapi.NotSentError (nothing was sent; a refused login is one, with the
// vendor's answer inside), *httpapi.APIError (refused, without effect), and *httpapi.AnswerError (a read without a usable
// answer) or *httpapi.OutcomeUnknownError (a change that may have happened). The comments of the methods name what is
// particular to each.
package api

import (
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	// Vendor is how errors name the vendor.
	Vendor = "VMware Cloud Services"
	// DefaultBaseURL is the public host.
	DefaultBaseURL = "https://console.cloud.vmware.com"
	// basePath is where the API is below the base URL.
	basePath = "/csp/gateway/am/api"
)

// Config says where the API is and who calls it: exactly one of APIToken, AccessToken, and ClientID with ClientSecret.
type Config struct {
	// BaseURL is scheme, host and perhaps a path prefix, with or without /csp/gateway/am/api; "" for DefaultBaseURL.
	BaseURL string
	// APIToken is exchanged for access tokens.
	APIToken secret.Value
	// ClientID and ClientSecret log in with the grant client_credentials.
	ClientID     string
	ClientSecret secret.Value
	// AccessToken is ready for use and is never renewed.
	AccessToken secret.Value
	// OrgID is sent with a login of ClientID; "" for the organization that owns the client.
	OrgID string
}

// Client calls the API with one credential. It is safe for concurrent use.
type Client struct {
	http  *httpapi.Client
	login *login
	known *secret.Known
}

// New builds a client without a request. It completes base with what is the vendor's own.
func New(cfg Config, base httpapi.Options) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	baseURL, err := apiURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}

	if base.Known == nil {
		base.Known = &secret.Known{}
	}
	c := &Client{known: base.Known}
	c.known.Remember(cfg.APIToken, cfg.ClientSecret, cfg.AccessToken)
	c.login = newLogin(cfg, c, base.Clock)

	base.Vendor = Vendor
	base.BaseURL = baseURL
	base.Credential = c.login.credential
	base.DecodeError = decodeError
	base.Failed = nil
	if c.http, err = httpapi.New(base); err != nil {
		return nil, err
	}
	return c, nil
}

// apiURL completes the base URL with the path of the API, unless it is there already.
func apiURL(base string) (string, error) {
	if base == "" {
		base = DefaultBaseURL
	}
	checked, err := httpapi.CheckURL(base)
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(checked, basePath) {
		return checked, nil
	}
	return checked + basePath, nil
}
