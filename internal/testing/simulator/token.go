package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// accessToken is what the simulator knows about an access token it accepts.
type accessToken struct {
	vendor   Vendor
	clientID string // Empty for a user and for the ready tokens.
	parent   string // The only organization it may manage; empty means all.
	manage   bool
	expires  time.Time // Zero means no date.
	revoked  bool
}

func (t *accessToken) valid(v Vendor, now time.Time) bool {
	return t != nil && t.vendor == v && !t.revoked && (t.expires.IsZero() || now.Before(t.expires))
}

// ExpireTokens makes every access token invalid from now on, the two ready
// ones included. Logging in again gives new ones.
func (s *Simulator) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		t.revoked = true
	}
}

// issueToken makes an access token in the shape of a JWT, so that clients can
// learn from its claims who they are. Its signature is a fake.
func (s *Simulator) issueToken(t accessToken, claims map[string]any, now time.Time, lifetime time.Duration) string {
	n := s.next("token")
	t.expires = now.Add(lifetime)
	claims["jti"] = fmt.Sprintf("fake-jti-%04d", n)
	claims["iat"] = now.Unix()
	claims["exp"] = t.expires.Unix()
	token := strings.Join([]string{
		encodePart(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "fake-key"}),
		encodePart(claims),
		base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "fake-signature-%04d", n)),
	}, ".")
	s.tokens[token] = &t
	s.remember(token)
	return token
}

func encodePart(v map[string]any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // Maps of strings and numbers always encode.
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// bearer returns the token of an Authorization header.
func bearer(h http.Header) (string, bool) {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", false
	}
	return token, true
}
