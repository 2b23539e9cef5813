package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Token is the result of a login.
type Token struct {
	Access    secret.Value
	ExpiresIn time.Duration // 0: the vendor did not say
}

// problemShape is a fixed text, like every problem of an answer: a decoder's own error may quote a part of the body.
const problemShape = "the answer is not the JSON that the vendor documents"

// ReadToken reads the answer of an OAuth 2.0 token endpoint. Only the token must be there. problem says what is wrong with the
// answer, as a fixed text: a decoder's own error may quote a part of it.
//
// https://www.rfc-editor.org/rfc/rfc6749#section-5.1
func ReadToken(body []byte) (token Token, problem string) {
	var w struct {
		AccessToken secret.Value    `json:"access_token"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	switch err := Unmarshal(body, &w); {
	case err != nil:
		return Token{}, problemShape
	case w.AccessToken.Empty(), strings.ContainsFunc(w.AccessToken.Reveal(), isControl):
		return Token{}, "the answer holds no access_token"
	}
	return Token{Access: w.AccessToken, ExpiresIn: seconds(w.ExpiresIn)}, ""
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// seconds reads a number of seconds, or the same as a string; anything else is "not said".
func seconds(raw json.RawMessage) time.Duration {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n, 1e9)) * time.Second
}

// TokenCredential logs in with Fetch, caches the token until shortly before it expires (the larger of 60 s and a tenth of its
// life, at most half its life), fetches once for concurrent callers, and sends it as a bearer token. A failed login is
// not kept: the next caller tries again.
type TokenCredential struct {
	// Fetch logs in. Its context ends with the deadline of the caller that started it, and when no caller waits any more.
	Fetch func(context.Context) (Token, error)
	Clock clock.Clock // nil is the clock of the machine

	mu    sync.Mutex
	token secret.Value
	until time.Time // when the token is too old to be used; zero: when it is refused
	login *login    // the one under way
}

// Apply implements Credential.
func (t *TokenCredential) Apply(ctx context.Context, r *http.Request) error {
	token, err := t.access(ctx)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", bearer(token))
	return nil
}

// Renew implements Credential. It drops the token only when the refused request carried it: of many requests that were
// refused together, the first one drops it and the others get its successor.
func (t *TokenCredential) Renew(refused *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if refused.Header.Get("Authorization") == bearer(t.token) {
		t.token = secret.Value{}
	}
	return true
}

// Cached is the access token in hand, without a login; ok is false when there is none.
func (t *TokenCredential) Cached() (token secret.Value, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token, t.usable()
}

// Forget drops the token, so that the next request logs in anew. A login that is under way is not used any further.
func (t *TokenCredential) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.login = secret.Value{}, nil
}

func bearer(token secret.Value) string { return "Bearer " + token.Reveal() }

// usable tells whether the token can be sent. The caller holds mu.
func (t *TokenCredential) usable() bool {
	return !t.token.Empty() && (t.until.IsZero() || t.clock().Now().Before(t.until))
}

func (t *TokenCredential) clock() clock.Clock {
	if t.Clock == nil {
		return clock.System
	}
	return t.Clock
}
