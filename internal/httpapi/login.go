package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// login is one run of Fetch and those who wait for it.
type login struct {
	done    chan struct{} // closed when token and err are set
	token   secret.Value
	err     error
	waiting int // guarded by TokenCredential.mu
	cancel  context.CancelFunc
	// deadline is that of the caller who started it; zero for none.
	deadline time.Time
}

// access is the token in hand, or the result of a login.
func (t *TokenCredential) access(ctx context.Context) (secret.Value, error) {
	for {
		t.mu.Lock()
		if t.usable() {
			defer t.mu.Unlock()
			return t.token, nil
		}
		if err := t.held(); err != nil && t.login == nil {
			t.mu.Unlock()
			return secret.Value{}, err
		}
		if t.login == nil {
			t.login = t.start(ctx)
		}
		current := t.login
		current.waiting++
		t.mu.Unlock()

		select {
		case <-ctx.Done():
			t.leave(current)
			return secret.Value{}, &stoppedError{doing: "while waiting for the login", cause: ctx.Err()}
		case <-current.done:
			if !current.ranOutBefore(ctx) {
				return current.token, current.err
			}
		}
	}
}

// ranOutBefore tells that the login failed for lack of time, and that ctx has more of it than the login had.
func (l *login) ranOutBefore(ctx context.Context) bool {
	if l.deadline.IsZero() || !errors.Is(l.err, context.DeadlineExceeded) || ctx.Err() != nil {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || deadline.After(l.deadline)
}

// start runs Fetch for all callers: the end of ctx, which belongs to the first of them, does not end it. The caller
// holds mu.
func (t *TokenCredential) start(ctx context.Context) *login {
	l := &login{done: make(chan struct{})}
	shared := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		l.deadline = deadline
		shared, l.cancel = context.WithDeadline(shared, deadline)
	} else {
		shared, l.cancel = context.WithCancel(shared)
	}
	go func() {
		defer l.cancel()
		began := t.clock().Now()
		token, err := t.fetch(shared)
		t.mu.Lock()
		defer t.mu.Unlock()
		l.token, l.err = token.Access, err
		t.learn(err)
		// A login that was given up or forgotten meanwhile leaves nothing behind.
		if t.login == l {
			t.login = nil
			if err == nil {
				t.token, t.until = token.Access, usableUntil(began, token.ExpiresIn)
			}
		}
		close(l.done)
	}()
	return l
}

// leave ends a login that nobody waits for any more.
func (t *TokenCredential) leave(l *login) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.waiting--; l.waiting > 0 {
		return
	}
	l.cancel()
	if t.login == l {
		t.login = nil
	}
}

var (
	errEmptyToken = errors.New("the login returned no access token")
	errLoginPanic = errors.New("the login failed in an unexpected way")
)

// fetch is Fetch without its panics, which would end the process with everything that is under way in it.
func (t *TokenCredential) fetch(ctx context.Context) (token Token, err error) {
	defer func() {
		if recover() != nil {
			err = errLoginPanic
		}
	}()
	token, err = t.Fetch(ctx)
	if err == nil && token.Access.Empty() {
		err = errEmptyToken
	}
	return token, err
}

// usableUntil is the end of life less a margin for the way of a request to the vendor: the larger of 60 s and a tenth of
// the life, at most half of it. It counts from before the login was sent.
func usableUntil(began time.Time, life time.Duration) time.Time {
	if life <= 0 {
		return time.Time{}
	}
	margin := min(max(time.Minute, life/10), life/2)
	return began.Add(life - margin)
}
