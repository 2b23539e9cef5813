package httpapi

import (
	"context"
	"encoding/json"
	"errors"
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
// not kept: the next caller tries again. A refused one is, for a while that grows, and after MaxRefusedLogins until the
// secret changes: a thousand resources with a wrong secret must not lock the client or the user.
type TokenCredential struct {
	// Fetch logs in. Its context ends with the deadline of the caller that started it, and when no caller waits any more.
	Fetch func(context.Context) (Token, error)
	Clock clock.Clock // nil is the clock of the machine

	mu    sync.Mutex
	token secret.Value
	until time.Time // when the token is too old to be used; zero: when it is refused
	login *login    // the one under way

	refusals  int // refused requests since the last login or change of the secret
	refused   error
	refusedAt time.Time
}

// MaxRefusedLogins is how many refused requests are provoked with one secret.
const MaxRefusedLogins = 3

// refusalRest is how long the first refusal is kept; each further one is kept for twice as long.
const refusalRest = 5 * time.Second

// RefusedLoginError says that the vendor refused what a login was tried with.
type RefusedLoginError struct {
	What     string // "the API token was refused"
	Requests int    // how many requests were refused, at least 1
	Cause    error
}

// Error is one line.
func (e *RefusedLoginError) Error() string { return e.What + ": " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *RefusedLoginError) Unwrap() error { return e.Cause }

func isRefusedLogin(err error) bool {
	_, ok := errors.AsType[*RefusedLoginError](err)
	return ok
}

// RefusalsLeft is how many refused requests may still be provoked.
func (t *TokenCredential) RefusalsLeft() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, MaxRefusedLogins-t.refusals)
}

// SecretChanged forgets refusals: the next login is tried with another secret.
func (t *TokenCredential) SecretChanged() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals, t.refused = 0, nil
}

// held is the refusal that is kept instead of another login. The caller holds mu.
func (t *TokenCredential) held() error {
	if t.refused == nil || t.refusals < MaxRefusedLogins && t.clock().Now().Sub(t.refusedAt) >= refusalRest<<(t.refusals-1) {
		return nil
	}
	return t.refused
}

// learn keeps a refusal, and forgets all of them after a login. The caller holds mu.
func (t *TokenCredential) learn(err error) {
	switch refused, ok := errors.AsType[*RefusedLoginError](err); {
	case ok:
		t.refusals += max(1, refused.Requests)
		t.refused, t.refusedAt = err, t.clock().Now()
	case err == nil:
		t.refusals, t.refused = 0, nil
	}
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
