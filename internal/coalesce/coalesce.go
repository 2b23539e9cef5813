// Package coalesce answers many reads with few requests. Terraform reads every resource on its own and several at a time;
// the vendors can list.
package coalesce

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

const (
	// Window is how long the first read of a scope waits for company, so that a list is not fetched for one object and an
	// object is not fetched when a list is about to be.
	Window = 30 * time.Millisecond
	// Lifetime is how long an answer serves later reads. A provider process lives for one walk; this bounds what a long walk
	// may miss.
	Lifetime = time.Minute
)

// Reader reads objects of type T by scope (an account, an organization) and id.
type Reader[T any] struct {
	Clock clock.Clock
	// One reads a single object.
	One func(ctx context.Context, scope, id string) (T, error)
	// List reads all objects of a scope by id; nil where there is no list worth it.
	List func(ctx context.Context, scope string) (map[string]T, error)
	// Unlistable tells that an error of List is no reason to fail reads that can be made one by one (no permission to list).
	Unlistable func(error) bool

	mu     sync.Mutex
	scopes map[string]*scope[T]
}

type scope[T any] struct {
	items      map[string]item[T]
	listed     time.Time // when items last held everything; zero: never
	asked      map[string]bool
	unlistable bool
	batch      *batch[T] // what is gathering or in flight
}

type item[T any] struct {
	value T
	at    time.Time
}

// batch is a set of reads that one caller, its leader, answers for all.
type batch[T any] struct {
	ids  map[string]bool
	open bool // still gathering
	done chan struct{}
	err  error
}

// errAbandoned tells the others that the leader of their batch gave up for a reason of its own.
var errAbandoned = errors.New("the shared read was abandoned")

// Read gives the object, from an answer that is at most Lifetime old and newer than the last Forget. An object that a list
// lacks is asked for by id before its absence is believed.
func (r *Reader[T]) Read(ctx context.Context, scopeName, id string) (T, error) {
	for {
		r.mu.Lock()
		s := r.scope(scopeName)
		s.asked[id] = true
		now := r.Clock.Now()
		if it, ok := s.items[id]; ok && now.Sub(it.at) < Lifetime {
			r.mu.Unlock()
			return it.value, nil
		}
		if s.unlistable || !s.listed.IsZero() && now.Sub(s.listed) < Lifetime {
			r.mu.Unlock()
			return r.one(ctx, scopeName, id) // there is no list, it lacks the object, or that was changed since
		}
		b := s.batch
		if b != nil && (b.open || b.ids[id]) {
			b.ids[id] = true
			r.mu.Unlock()
			if err := wait(ctx, b); err != nil {
				var zero T
				return zero, err
			}
			continue
		}
		if b != nil { // in flight without this id: its list may still have it
			r.mu.Unlock()
			if err := wait(ctx, b); err != nil && ctx.Err() != nil {
				var zero T
				return zero, err
			}
			continue
		}
		b = &batch[T]{ids: map[string]bool{id: true}, open: true, done: make(chan struct{})}
		s.batch = b
		r.mu.Unlock()
		if value, err, answered := r.lead(ctx, scopeName, id, s, b); answered {
			return value, err
		}
	}
}

// lead gathers company and answers the batch.
func (r *Reader[T]) lead(ctx context.Context, scopeName, id string, s *scope[T], b *batch[T]) (value T, err error, answered bool) {
	b.err = errAbandoned // stands when a panic passes through
	defer func() {
		r.mu.Lock()
		s.batch = nil
		r.mu.Unlock()
		close(b.done)
	}()
	if r.List != nil {
		if err := r.Clock.Sleep(ctx, Window); err != nil {
			return value, err, true
		}
	}
	r.mu.Lock()
	b.open = false
	list := r.List != nil && (len(b.ids) > 1 || len(s.asked) > 1)
	r.mu.Unlock()
	if !list {
		value, err = r.one(ctx, scopeName, id)
		b.err = nil
		if err != nil && ctx.Err() == nil {
			b.err = err // whoever else waits wanted the same object
		}
		return value, err, true
	}
	at := r.Clock.Now()
	items, err := r.List(ctx, scopeName)
	switch {
	case err != nil && r.Unlistable != nil && r.Unlistable(err):
		r.mu.Lock()
		s.unlistable = true
		r.mu.Unlock()
		b.err = nil
		return value, nil, false
	case err != nil:
		if ctx.Err() == nil {
			b.err = err
		}
		return value, err, true
	}
	r.mu.Lock()
	for id, v := range items {
		s.items[id] = item[T]{v, at}
	}
	s.listed = at
	r.mu.Unlock()
	b.err = nil
	return value, nil, false
}

// wait waits for a batch. nil means: look again.
func wait[T any](ctx context.Context, b *batch[T]) error {
	select {
	case <-b.done:
		if errors.Is(b.err, errAbandoned) {
			return nil
		}
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Reader[T]) one(ctx context.Context, scopeName, id string) (T, error) {
	at := r.Clock.Now()
	value, err := r.One(ctx, scopeName, id)
	if err == nil {
		r.mu.Lock()
		r.scope(scopeName).items[id] = item[T]{value, at}
		r.mu.Unlock()
	}
	return value, err
}

// Forget makes what is known of an object stale: this process changed it.
func (r *Reader[T]) Forget(scopeName, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.scope(scopeName).items, id)
}

// scope needs r.mu held.
func (r *Reader[T]) scope(name string) *scope[T] {
	if r.scopes == nil {
		r.scopes = map[string]*scope[T]{}
	}
	s := r.scopes[name]
	if s == nil {
		s = &scope[T]{items: map[string]item[T]{}, asked: map[string]bool{}}
		r.scopes[name] = s
	}
	return s
}
