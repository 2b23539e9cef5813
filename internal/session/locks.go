package session

import (
	"context"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Locks let one change at a time happen to a client; different clients do not wait for each other.
type Locks struct {
	mu   sync.Mutex
	held map[rotation.Client]*lock
}

type lock struct {
	free    chan struct{} // holds one token while nobody has the lock
	waiting int
}

// Lock waits for its turn, or until ctx ends and then returns its error. The returned function gives the turn back.
func (l *Locks) Lock(ctx context.Context, c rotation.Client) (unlock func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[rotation.Client]*lock{}
	}
	entry := l.held[c]
	if entry == nil {
		entry = &lock{free: make(chan struct{}, 1)}
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
