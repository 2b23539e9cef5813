package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
)

const latency = time.Second

var errNotFound = errors.New("not found")

// server is a vendor that takes its time. Its answers are the objects at the moment of arrival.
type server struct {
	mu          sync.Mutex
	objects     map[string]int // id to version
	hidden      map[string]bool
	listFails   error
	oneFails    error
	lists, ones int
	busy, peak  int
}

func newServer(ids ...string) *server {
	s := &server{objects: map[string]int{}, hidden: map[string]bool{}}
	for _, id := range ids {
		s.objects[id] = 1
	}
	return s
}

func (s *server) work(ctx context.Context) error {
	s.mu.Lock()
	s.busy++
	s.peak = max(s.peak, s.busy)
	s.mu.Unlock()
	err := clock.System.Sleep(ctx, latency)
	s.mu.Lock()
	s.busy--
	s.mu.Unlock()
	return err
}

func (s *server) reader() *coalesce.Reader[int] {
	return &coalesce.Reader[int]{
		Clock: clock.System,
		One: func(ctx context.Context, _, id string) (int, error) {
			s.mu.Lock()
			s.ones++
			version, ok := s.objects[id]
			err := s.oneFails
			s.mu.Unlock()
			if e := s.work(ctx); e != nil {
				return 0, e
			}
			if err == nil && !ok {
				err = errNotFound
			}
			if err != nil {
				return 0, err
			}
			return version, nil
		},
		List: func(ctx context.Context, _ string) (map[string]int, error) {
			s.mu.Lock()
			s.lists++
			all := maps.Clone(s.objects)
			maps.DeleteFunc(all, func(id string, _ int) bool { return s.hidden[id] })
			err := s.listFails
			s.mu.Unlock()
			if e := s.work(ctx); e != nil {
				return nil, e
			}
			return all, err
		},
		Unlistable: func(err error) bool { return errors.Is(err, errForbidden) },
	}
}

func (s *server) change(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[id]++
}

func (s *server) sent(t *testing.T, lists, ones int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lists != lists || s.ones != ones {
		t.Errorf("sent %d lists and %d single reads, want %d and %d", s.lists, s.ones, lists, ones)
	}
}

// answer is what one read gave.
type answer struct {
	version int
	err     error
}

// readAll reads all ids at once.
func readAll(ctx context.Context, r *coalesce.Reader[int], ids ...string) []answer {
	answers := make([]answer, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			v, err := r.Read(ctx, "account", id)
			answers[i] = answer{v, err}
		})
	}
	wg.Wait()
	return answers
}

func want(t *testing.T, answers []answer, version int, err error) {
	t.Helper()
	for i, a := range answers {
		if a.version != version || !errors.Is(a.err, err) {
			t.Errorf("answer %d is %d, %v; want %d, %v", i, a.version, a.err, version, err)
		}
	}
}

func ids(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("client", i)
	}
	return names
}

func TestRead_ManyAreOneList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(500)...)
		r := s.reader()
		want(t, readAll(t.Context(), r, ids(500)...), 1, nil)
		s.sent(t, 1, 0)
		want(t, readAll(t.Context(), r, ids(500)...), 1, nil) // served from that list
		s.sent(t, 1, 0)
		time.Sleep(coalesce.Lifetime)
		want(t, readAll(t.Context(), r, ids(500)...), 1, nil) // too old
		s.sent(t, 2, 0)
	})
}

// Terraform reads ten at a time; those that come while the list is under way wait for it.
func TestRead_LateOnesJoinTheList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(10)...)
		r := s.reader()
		var wg sync.WaitGroup
		for i, id := range ids(10) {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * coalesce.Window / 3)
				want(t, readAll(t.Context(), r, id), 1, nil)
			})
		}
		wg.Wait()
		s.sent(t, 1, 0)
	})
}

func TestRead_OneAloneIsAskedByID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(3)...)
		r := s.reader()
		want(t, readAll(t.Context(), r, "client0"), 1, nil)
		want(t, readAll(t.Context(), r, "client0"), 1, nil)
		s.sent(t, 0, 1)
		// The same object for many is one request as well.
		s = newServer("client0")
		r = s.reader()
		want(t, readAll(t.Context(), r, "client0", "client0", "client0"), 1, nil)
		s.sent(t, 0, 1)
	})
}

// Without a list every object is asked for once, in parallel.
func TestRead_WithoutAList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(5)...)
		r := s.reader()
		r.List = nil
		start := time.Now()
		want(t, readAll(t.Context(), r, append(ids(5), ids(5)...)...), 1, nil)
		s.sent(t, 0, 5)
		if took := time.Since(start); took > latency {
			t.Errorf("five reads took %s: different objects waited for each other", took)
		}
	})
}

// An object that a list lacks is asked for by id before its absence is believed.
func TestRead_ListLacksAnID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(4)...)
		s.hidden["client3"] = true
		r := s.reader()
		want(t, readAll(t.Context(), r, ids(4)...), 1, nil)
		s.sent(t, 1, 1)
		want(t, readAll(t.Context(), r, "nobody"), 0, errNotFound)
		s.sent(t, 1, 2)
	})
}

// An object that a list shows only in part is asked for by id, once; the list still has it.
func TestRead_ListShowsAPart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(4)...)
		s.objects["client3"] = 2
		r := s.reader()
		r.Partial = func(version int) bool { return version == 2 }
		want(t, readAll(t.Context(), r, "client0", "client1"), 1, nil)
		s.sent(t, 1, 0)
		for range 2 {
			want(t, readAll(t.Context(), r, "client3"), 2, nil)
			s.sent(t, 1, 1)
		}
		if all, err := r.All(t.Context(), "account"); err != nil || len(all) != 4 {
			t.Errorf("%v, %v", all, err)
		}
		s.sent(t, 1, 1)
	})
}

func TestRead_Unlistable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(20)...)
		s.listFails = errForbidden
		r := s.reader()
		start := time.Now()
		want(t, readAll(t.Context(), r, ids(20)...), 1, nil)
		s.sent(t, 1, 20)
		if took := time.Since(start); took > 3*latency || s.peak < 20 {
			t.Errorf("the single reads were not sent in parallel: %s, %d at a time", took, s.peak)
		}
		time.Sleep(coalesce.Lifetime)
		want(t, readAll(t.Context(), r, ids(20)...), 1, nil)
		s.sent(t, 1, 40) // the list is not tried again
	})
}

func TestRead_ErrorIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(10)...)
		s.listFails = errOutage
		r := s.reader()
		want(t, readAll(t.Context(), r, ids(10)...), 0, errOutage)
		s.sent(t, 1, 0)
		// It is not kept.
		s.listFails = nil
		want(t, readAll(t.Context(), r, ids(10)...), 1, nil)
		s.sent(t, 2, 0)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newServer("client0")
		s.oneFails = errOutage
		want(t, readAll(t.Context(), s.reader(), "client0", "client0"), 0, errOutage)
		s.sent(t, 0, 1)
	})
}

func TestRead_AfterForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(3)...)
		r := s.reader()
		want(t, readAll(t.Context(), r, ids(3)...), 1, nil)
		s.change("client1")
		r.Forget("account", "client1")
		want(t, readAll(t.Context(), r, "client1"), 2, nil)
		want(t, readAll(t.Context(), r, "client0", "client2"), 1, nil)
		s.sent(t, 1, 1)
		r.Forget("elsewhere", "client1") // another scope is nobody's business
		want(t, readAll(t.Context(), r, "client1"), 2, nil)
		s.sent(t, 1, 1)
	})
}

// What was under way when the object was changed is older than the change.
func TestRead_ForgetWhileUnderWay(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"list": 3, "one": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(ids(n)...)
				r := s.reader()
				done := make(chan struct{})
				go func() { defer close(done); readAll(t.Context(), r, ids(n)...) }()
				time.Sleep(coalesce.Window + latency/2)
				s.change("client0")
				r.Forget("account", "client0")
				<-done
				want(t, readAll(t.Context(), r, "client0"), 2, nil)
			})
		})
	}
}

// The one whose request serves all gives up; the others do not notice.
func TestRead_LeaderIsCancelled(t *testing.T) {
	t.Parallel()
	for name, moment := range map[string]time.Duration{"gathering": coalesce.Window / 2, "under way": coalesce.Window + latency/2} {
		for _, n := range []int{1, 10} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newServer(ids(n)...)
					r := s.reader()
					ctx, cancel := context.WithCancel(t.Context())
					led := make(chan []answer)
					go func() { led <- readAll(ctx, r, "client0") }()
					synctest.Wait()
					others := make(chan []answer)
					go func() { others <- readAll(t.Context(), r, ids(n)...) }()
					time.Sleep(moment)
					cancel()
					want(t, <-led, 0, context.Canceled)
					want(t, <-others, 1, nil)
				})
			})
		}
	}
}

// One of those who wait gives up: at once, and without harm to the others.
func TestRead_WaiterIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(3)...)
		r := s.reader()
		others := make(chan []answer)
		go func() { others <- readAll(t.Context(), r, "client0", "client1") }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), coalesce.Window+latency/4)
		defer cancel()
		start := time.Now()
		want(t, readAll(ctx, r, "client2"), 0, context.DeadlineExceeded)
		if took := time.Since(start); took > latency/2 {
			t.Errorf("it waited for %s", took)
		}
		want(t, <-others, 1, nil)
		s.sent(t, 1, 0)
	})
}

// A panic of the leader ends neither the others nor the reader.
func TestRead_LeaderPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(2)...)
		r := s.reader()
		list, first := r.List, true
		r.List = func(ctx context.Context, scope string) (map[string]int, error) {
			if first {
				first = false
				panic("a bug")
			}
			return list(ctx, scope)
		}
		others := make(chan []answer)
		go func() {
			defer func() { _ = recover() }()
			_, _ = r.Read(t.Context(), "account", "client0")
		}()
		synctest.Wait()
		go func() { others <- readAll(t.Context(), r, "client1") }()
		want(t, <-others, 1, nil)
	})
}

// For the race detector: many readers and changes at once, and nobody reads what is older than a change that was over.
func TestRead_NeverOlderThanTheLastChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ids(8)...)
		r := s.reader()
		var wg sync.WaitGroup
		for i, id := range ids(8) {
			for j := range 4 {
				wg.Go(func() {
					time.Sleep(time.Duration(i*7+j*311) * time.Millisecond)
					for range 5 {
						s.mu.Lock()
						least := s.objects[id]
						s.mu.Unlock()
						if j == 0 { // only one changes an object, under its lock
							s.change(id)
							r.Forget("account", id)
							least++
						}
						got, err := r.Read(t.Context(), "account", id)
						if err != nil || j == 0 && got < least {
							t.Errorf("%s: read %d, %v; it was %d before", id, got, err, least)
						}
						time.Sleep(time.Duration(400+i*13) * time.Millisecond)
					}
				})
			}
		}
		wg.Wait()
	})
}

// A vendor client gives up before its deadline when it has to wait for longer. That is the fate of the one whose time is short, and
// of nobody who shares its read.
func TestRead_LeaderHasLittleTime(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(ids(n)...)
			r := s.reader()
			one, list := r.One, r.List
			r.One = func(ctx context.Context, scope, id string) (int, error) {
				if err := hurried(ctx); err != nil {
					return 0, err
				}
				return one(ctx, scope, id)
			}
			r.List = func(ctx context.Context, scope string) (map[string]int, error) {
				if err := hurried(ctx); err != nil {
					return nil, err
				}
				return list(ctx, scope)
			}
			for name, read := range map[string]func(context.Context) error{
				"read": func(ctx context.Context) error { _, err := r.Read(ctx, "account", "client0"); return err },
				"all":  func(ctx context.Context) error { _, err := r.All(ctx, "account"); return err },
			} {
				r.Forget("account", "client0")
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				led := make(chan error)
				go func() { led <- read(ctx) }()
				synctest.Wait()
				others := make(chan []answer)
				go func() { others <- readAll(t.Context(), r, ids(n)...) }()
				if err := <-led; !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s, %d: the one with little time got %v", name, n, err)
				}
				want(t, <-others, 1, nil)
				cancel()
			}
		})
	}
}

// hurried is a wait of an hour, which fails at once where there is no time for it.
func hurried(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < time.Hour {
		return fmt.Errorf("no time to wait: %w", context.DeadlineExceeded)
	}
	return nil
}
