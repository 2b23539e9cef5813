package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/coalesce"
)

var (
	errForbidden = errors.New("forbidden")
	errOutage    = errors.New("outage")
)

// store is a vendor with objects whose value is their id in capitals.
type store struct {
	ids         []string
	fail        error
	lists, ones atomic.Int64
}

func (s *store) reader() *coalesce.Reader[string] {
	return &coalesce.Reader[string]{
		Clock: clock.System,
		One: func(_ context.Context, _, id string) (string, error) {
			s.ones.Add(1)
			return strings.ToUpper(id), nil
		},
		List: func(context.Context, string) (map[string]string, error) {
			s.lists.Add(1)
			if s.fail != nil {
				return nil, s.fail
			}
			all := map[string]string{}
			for _, id := range s.ids {
				all[id] = strings.ToUpper(id)
			}
			return all, nil
		},
		Unlistable: func(err error) bool { return errors.Is(err, errForbidden) },
	}
}

func (s *store) want(t *testing.T, lists, ones int64) {
	t.Helper()
	if s.lists.Load() != lists || s.ones.Load() != ones {
		t.Errorf("%d lists and %d single reads were sent, want %d and %d", s.lists.Load(), s.ones.Load(), lists, ones)
	}
}

func TestReader_All_AnswersReads(t *testing.T) {
	t.Parallel()
	s := &store{ids: []string{"a", "b"}}
	r := s.reader()
	for range 2 {
		all, err := r.All(t.Context(), "scope")
		if err != nil || !maps.Equal(all, map[string]string{"a": "A", "b": "B"}) {
			t.Fatalf("All gave %v, %v", all, err)
		}
	}
	if v, err := r.Read(t.Context(), "scope", "a"); v != "A" || err != nil {
		t.Errorf("Read gave %q, %v", v, err)
	}
	s.want(t, 1, 0)
}

func TestReader_All_JoinsGatheringReads(t *testing.T) {
	t.Parallel()
	s := &store{ids: []string{"a"}}
	for i := range 99 {
		s.ids = append(s.ids, fmt.Sprint("n", i))
	}
	r := s.reader()
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := r.Read(t.Context(), "scope", "a"); err != nil {
			t.Error(err)
		}
	})
	for range 20 {
		wg.Go(func() {
			if all, err := r.All(t.Context(), "scope"); err != nil || len(all) != 100 {
				t.Errorf("%d objects, %v", len(all), err)
			}
		})
	}
	wg.Wait()
	s.want(t, 1, 0)
}

func TestReader_All_AfterForget(t *testing.T) {
	t.Parallel()
	s := &store{ids: []string{"a", "b"}}
	r := s.reader()
	if _, err := r.All(t.Context(), "scope"); err != nil {
		t.Fatal(err)
	}
	s.ids = []string{"b", "c"}
	r.Forget("scope", "b")
	all, err := r.All(t.Context(), "scope")
	if got := slices.Sorted(maps.Keys(all)); err != nil || !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("All gave %v, %v", got, err)
	}
	if got, err := r.All(t.Context(), "scope"); err != nil || len(got) != 2 {
		t.Errorf("All gave %v, %v", got, err)
	}
	s.want(t, 2, 0)
}

func TestReader_All_Fails(t *testing.T) {
	t.Parallel()
	for _, fail := range []error{errForbidden, errOutage} {
		t.Run(fail.Error(), func(t *testing.T) {
			t.Parallel()
			s := &store{fail: fail}
			r := s.reader()
			if _, err := r.All(t.Context(), "scope"); !errors.Is(err, fail) {
				t.Errorf("the error is %v", err)
			}
			s.want(t, 1, 0)
		})
	}
}

func TestReader_All_Unlistable_LeavesSingleReads(t *testing.T) {
	t.Parallel()
	s := &store{fail: errForbidden}
	r := s.reader()
	if _, err := r.All(t.Context(), "scope"); !errors.Is(err, errForbidden) {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, id := range []string{"a", "b", "c"} {
		wg.Go(func() {
			if v, err := r.Read(t.Context(), "scope", id); err != nil || v != strings.ToUpper(id) {
				t.Errorf("Read gave %q, %v", v, err)
			}
		})
	}
	wg.Wait()
	s.want(t, 1, 3)
}
