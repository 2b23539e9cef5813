// Package coalesce answers many reads with few requests. Terraform reads every resource on its own and several at a time;
// the vendors can list.
package coalesce

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
)

const (
	// Window is how long the first read of a scope waits for company, so that a list is not fetched for one object and an
	// object is not fetched when a list is about to be.
	Window = 50 * time.Millisecond
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
	// Partial tells an object of a list that lacks something, so that it is read by itself; nil: none does.
	Partial func(T) bool
	// Unlistable tells that an error of List is no reason to fail reads that can be made one by one (no permission to list).
	Unlistable func(error) bool

	mu     sync.Mutex
	scopes map[string]*scope[T]
}

type scope[T any] struct {
	items  map[string]item[T]
	listed time.Time // when items last held everything; zero: never
	forgot bool      // something was forgotten since
	// changes counts what was forgotten; changed is the count when each object was. An answer that was asked for before is
	// not kept.
	changes    int
	changed    map[string]int
	asked      map[string]bool
	unlistable bool
	batch      *batch[T] // what is gathering or in flight
}

type item[T any] struct {
	value T
	at    time.Time
	// partial: it is from a list, and lacks something.
	partial bool
}

// batch is a set of reads that one caller, its leader, answers for all.
type batch[T any] struct {
	ids  map[string]bool
	open bool // still gathering
	all  bool // somebody wants every object, so it is a list
	done chan struct{}
	err  error
}

// errAbandoned tells the others that the leader of their batch gave up for a reason of its own.
var errAbandoned = errors.New("the shared read was abandoned")

// Read gives the object, from an answer that is at most Lifetime old and newer than the last Forget. An object that a list
// lacks, or shows only in part, is asked for by id; before that its absence is not believed.
func (r *Reader[T]) Read(ctx context.Context, scopeName, id string) (T, error) {
	for {
		r.mu.Lock()
		s := r.scope(r.group(scopeName, id))
		s.asked[id] = true
		now := r.Clock.Now()
		if it, ok := s.items[id]; ok && !it.partial && now.Sub(it.at) < Lifetime {
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
	defer r.finish(s, b)
	if r.List != nil {
		if err := r.Clock.Sleep(ctx, Window); err != nil {
			return value, err, true
		}
	}
	r.mu.Lock()
	b.open = false
	b.all = b.all || r.List != nil && (len(b.ids) > 1 || len(s.asked) > 1)
	list := b.all
	r.mu.Unlock()
	if !list {
		value, err = r.one(ctx, scopeName, id)
		if !isOwn(ctx, err) {
			b.err = err // whoever else waits wanted the same object
		}
		return value, err, true
	}
	_, err = r.list(ctx, scopeName, s, b)
	if err != nil && r.Unlistable != nil && r.Unlistable(err) {
		b.err = nil
		return value, nil, false
	}
	return value, err, err != nil
}

// list fetches every object of a scope for batch b.
func (r *Reader[T]) list(ctx context.Context, scopeName string, s *scope[T], b *batch[T]) (map[string]T, error) {
	at := r.Clock.Now()
	r.mu.Lock()
	s.forgot = false
	asked := s.changes
	r.mu.Unlock()
	items, err := r.List(ctx, scopeName)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		s.unlistable = r.Unlistable != nil && r.Unlistable(err)
		if !isOwn(ctx, err) {
			b.err = err
		}
		return nil, err
	}
	maps.DeleteFunc(s.items, func(_ string, it item[T]) bool { return !it.at.After(at) })
	for id, v := range items {
		if s.changed[id] <= asked {
			s.items[id] = item[T]{v, at, r.Partial != nil && r.Partial(v)}
		}
	}
	s.listed = at
	b.err = nil
	return items, nil
}

// All gives every object of a scope by id, from a list that is at most Lifetime old and newer than the last Forget. Later
// reads are answered from it.
func (r *Reader[T]) All(ctx context.Context, scopeName string) (map[string]T, error) {
	for {
		r.mu.Lock()
		s := r.scope(scopeName)
		now := r.Clock.Now()
		if !s.listed.IsZero() && now.Sub(s.listed) < Lifetime && !s.forgot {
			all := make(map[string]T, len(s.items))
			for id, it := range s.items {
				all[id] = it.value
			}
			r.mu.Unlock()
			return all, nil
		}
		b := s.batch
		if b == nil {
			b = &batch[T]{all: true, done: make(chan struct{})}
			s.batch = b
			r.mu.Unlock()
			return r.leadAll(ctx, scopeName, s, b)
		}
		b.all = b.all || b.open
		listing := b.all
		r.mu.Unlock()
		if err := wait(ctx, b); err != nil && (listing || ctx.Err() != nil) {
			return nil, err
		}
	}
}

func (r *Reader[T]) leadAll(ctx context.Context, scopeName string, s *scope[T], b *batch[T]) (map[string]T, error) {
	b.err = errAbandoned // stands when a panic passes through
	defer r.finish(s, b)
	return r.list(ctx, scopeName, s, b)
}

// isOwn tells that err is for lack of time of the caller whose context ctx is. Others may have more; one of them asks again.
func isOwn(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled))
}

func (r *Reader[T]) finish(s *scope[T], b *batch[T]) {
	r.mu.Lock()
	s.batch = nil
	r.mu.Unlock()
	close(b.done)
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
	r.mu.Lock()
	s := r.scope(r.group(scopeName, id))
	asked := s.changes
	r.mu.Unlock()
	value, err := r.One(ctx, scopeName, id)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && s.changed[id] <= asked {
		s.items[id] = item[T]{value: value, at: at}
	}
	return value, err
}

// Forget makes what is known of an object stale: this process changed it.
func (r *Reader[T]) Forget(scopeName, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.scope(r.group(scopeName, id))
	delete(s.items, id)
	s.forgot = true
	s.changes++
	s.changed[id] = s.changes
}

// group is the scope of a read. Without a list there is nothing to gather, and different objects do not wait for each other.
func (r *Reader[T]) group(scopeName, id string) string {
	if r.List == nil {
		return scopeName + "\x00" + id
	}
	return scopeName
}

// scope needs r.mu held.
func (r *Reader[T]) scope(name string) *scope[T] {
	if r.scopes == nil {
		r.scopes = map[string]*scope[T]{}
	}
	s := r.scopes[name]
	if s == nil {
		s = &scope[T]{items: map[string]item[T]{}, asked: map[string]bool{}, changed: map[string]int{}}
		r.scopes[name] = s
	}
	return s
}
