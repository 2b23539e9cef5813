package session

import (
	"context"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// locks let one change at a time happen to a client; different clients do not wait for each other.
type locks struct {
	mu   sync.Mutex
	held map[rotation.Client]*turn
}

type turn struct {
	free    chan struct{} // holds one token while nobody has the lock
	waiting int
}

// take waits for its turn, or until ctx ends and then returns its error. The returned function gives the turn back.
func (l *locks) take(ctx context.Context, c rotation.Client) (unlock func(), err error) {
	c = c.Key()
	l.mu.Lock()
	if l.held == nil {
		l.held = map[rotation.Client]*turn{}
	}
	entry := l.held[c]
	if entry == nil {
		entry = &turn{free: make(chan struct{}, 1)}
		entry.free <- struct{}{}
		l.held[c] = entry
	}
	entry.waiting++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if entry.waiting--; entry.waiting == 0 {
			delete(l.held, c)
		}
	}
	select {
	case <-entry.free:
		return func() { entry.free <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
