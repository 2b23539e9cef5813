// Package api is a client of Cloudflare's API for OAuth clients of an account and their secrets. It sends what it is told
// to send and reports what came back; when to rotate, to repeat or to reconcile is decided elsewhere.
//
// Every method that sends a request may return *httpapi.NotSentError (nothing was sent), *httpapi.APIError (refused,
// without effect), and *httpapi.AnswerError (a read without a usable answer) or *httpapi.OutcomeUnknownError (a change
// that may have happened). The comments of the methods name what is particular to each.
package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const (
	// Vendor is how errors name the vendor.
	Vendor = "Cloudflare"
	// DefaultBaseURL is the public API.
	DefaultBaseURL = "https://api.cloudflare.com/client/v4"
	// DefaultTokenURL is the token endpoint at which consumers use the secrets.
	DefaultTokenURL = "https://dash.cloudflare.com/oauth2/token"
)

// Config says where the API is and who calls it: either APIToken, or Email and APIKey together.
type Config struct {
	BaseURL  string // "" for DefaultBaseURL
	TokenURL string // "" for DefaultTokenURL
	APIToken secret.Value
	Email    string
	APIKey   secret.Value
}

// Client calls the API with one credential. It is safe for concurrent use.
type Client struct {
	http *httpapi.Client
	// token is for the token endpoint. It is another host without the credential, so a pause that one of the two asks for
	// does not stop the other.
	token    *httpapi.Client
	tokenURL string
	known    *secret.Known
}

// New builds a client without a request. It completes base with what is Cloudflare's own.
func New(cfg Config, base httpapi.Options) (*Client, error) {
	credential, err := cfg.credential()
	if err != nil {
		return nil, err
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	if cfg.TokenURL == "" {
		cfg.TokenURL = DefaultTokenURL
	}

	if base.Known == nil {
		base.Known = &secret.Known{}
	}
	c := &Client{known: base.Known, tokenURL: cfg.TokenURL}
	c.known.Remember(cfg.APIToken, cfg.APIKey)

	base.Vendor = Vendor
	base.DecodeError = decodeError

	if err := httpapi.CheckEndpoint(cfg.TokenURL); err != nil {
		return nil, fmt.Errorf("the token URL of %s: %w", Vendor, err)
	}
	token := base
	// Every request brings its own URL; this one is only checked.
	token.BaseURL = DefaultTokenURL
	token.Credential = nil
	token.Failed = nil
	if c.token, err = httpapi.New(token); err != nil {
		return nil, err
	}

	base.BaseURL = cfg.BaseURL
	base.Credential = credential
	base.Failed = failed
	base.RefusesCredential = refusesCredential
	if c.http, err = httpapi.New(base); err != nil {
		return nil, err
	}
	return c, nil
}

// refusesCredential knows the codes that Cloudflare gives to a token, key or header that it does not accept. 9109 is also that
// of a credential without the scope.
func refusesCredential(status int, code string) bool {
	switch code {
	case "6003", "9103", "9106", "9109":
		return status == http.StatusBadRequest || status == http.StatusForbidden
	}
	return false
}

func (cfg Config) credential() (httpapi.Credential, error) {
	hasPair := cfg.Email != "" || !cfg.APIKey.Empty()
	switch {
	case !cfg.APIToken.Empty() && hasPair:
		return nil, fmt.Errorf("%s takes either an API token or an email with an API key, not both", Vendor)
	case !cfg.APIToken.Empty():
		return httpapi.Static{"Authorization": "Bearer " + cfg.APIToken.Reveal()}, headerSafe(cfg.APIToken.Reveal())
	case cfg.Email != "" && !cfg.APIKey.Empty():
		return httpapi.Static{"X-Auth-Email": cfg.Email, "X-Auth-Key": cfg.APIKey.Reveal()},
			headerSafe(cfg.Email + cfg.APIKey.Reveal())
	case hasPair:
		return nil, fmt.Errorf("%s takes an email and an API key together, and one of them is missing", Vendor)
	default:
		return nil, fmt.Errorf("%s needs an API token, or an email with an API key", Vendor)
	}
}

// errNotAHeader never carries the value.
var errNotAHeader = errors.New("the credential of " + Vendor + " holds a line break or another control character; was it read from a file with its line end?")

// headerSafe finds what would fail at every request with a less helpful message.
func headerSafe(text string) error {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] == 0x7f {
			return errNotAHeader
		}
	}
	return nil
}
