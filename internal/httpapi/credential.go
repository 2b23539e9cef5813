package httpapi

import (
	"context"
	"net/http"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Credential authenticates requests.
type Credential interface {
	// Apply sets headers on a request of its own (already cloned). It may log in first.
	Apply(ctx context.Context, r *http.Request) error
	// Renew drops what Apply used for the refused request, so that the next Apply logs in anew. It reports whether there
	// is anything to renew; a static token has nothing.
	Renew(refused *http.Request) bool
}

// Static is a credential that never changes: a set of headers.
type Static map[string]string

// Apply implements Credential.
func (s Static) Apply(_ context.Context, r *http.Request) error {
	for name, value := range s {
		r.Header.Set(name, value)
	}
	return nil
}

// Renew implements Credential: there is nothing to renew.
func (s Static) Renew(*http.Request) bool { return false }

// BasicAuth are raw RFC 7617 credentials.
type BasicAuth struct {
	Username string
	Password secret.Value
}
