// Package api is a client of the Key Rotation API of the Identity Service (Vanco): the list of client secrets of an
// application. It sends what it is told to send and reports what came back; when to rotate, to repeat or to reconcile is
// decided elsewhere.
//
// Every method that sends a request may return *httpapi.NotSentError (nothing was sent; a refused login is one, with the
// vendor's answer inside), *httpapi.APIError (refused, without effect), and *httpapi.AnswerError (a read without a usable
// answer) or *httpapi.OutcomeUnknownError (a change that may have happened). The comments of the methods name what is
// particular to each.
package api

import (
	"fmt"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	// Vendor is how errors name the vendor.
	Vendor = "Identity Service"
	// DefaultBaseURL is the public host.
	DefaultBaseURL = "https://id.vancoplatform.com"
)

// Config says where the API is and who calls it: either AccessToken, or ClientID with ClientSecret.
type Config struct {
	BaseURL string // without /api; "" for DefaultBaseURL
	// TokenURL is the token endpoint for logins and verifications; "" to discover it below BaseURL.
	TokenURL string
	// AccessToken is ready for use and is never renewed.
	AccessToken secret.Value
	// ClientID and ClientSecret log in with the grant client_credentials.
	ClientID     string
	ClientSecret secret.Value
}

// Client calls the API with one credential. It is safe for concurrent use.
type Client struct {
	http      *httpapi.Client
	login     *login
	known     *secret.Known
	endpoints *endpoints
}

// New builds a client without a request. It completes base with what is the vendor's own.
func New(cfg Config, base httpapi.Options) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	tokenURL := cfg.TokenURL
	if tokenURL != "" {
		if err := httpapi.CheckEndpoint(tokenURL); err != nil {
			return nil, fmt.Errorf("the token URL of %s: %w", Vendor, err)
		}
	}

	if base.Known == nil {
		base.Known = &secret.Known{}
	}
	c := &Client{known: base.Known}
	c.known.Remember(cfg.AccessToken, cfg.ClientSecret)
	c.endpoints = newEndpoints(c, cfg.BaseURL, tokenURL)
	c.login = newLogin(cfg, c, base.Clock)

	base.Vendor = Vendor
	base.BaseURL = cfg.BaseURL
	base.Credential = c.login.credential
	base.DecodeError = decodeError
	base.Failed = nil
	var err error
	if c.http, err = httpapi.New(base); err != nil {
		return nil, err
	}
	return c, nil
}
