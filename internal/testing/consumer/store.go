// Package consumer is the other side of a rotation: a store that holds secrets, and a Terraform provider that writes to it
// and reads back what it holds. The provider behaves as those on plugin SDK v2 do: when an update fails it stores the planned
// values all the same, so that the next plan sees no difference. Only tests and examples use it; nothing of it is part
// of the product.
package consumer

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// Moment is when a change fails.
type Moment string

// The moments of a failure: the store has the value that it had, or it has the new one and nobody was told.
const (
	BeforeWrite Moment = "before_write"
	AfterWrite  Moment = "after_write"
)

// Store holds the secret of each consumer by its name. The zero value is ready. It answers
//
//	GET, PUT, DELETE /secrets/NAME                            the value as the body
//	POST             /failures/NAME?at=before_write&times=1   the next changes of NAME fail
type Store struct {
	mu       sync.Mutex
	held     map[string]string
	failures map[string][]Moment
	// OnChange is called before a consumer takes a value; an error makes the change fail.
	OnChange func(name, value string) error
}

// Held is what the consumer holds, "" for nothing.
func (s *Store) Held(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[name]
}

// Put gives the consumer a value past every provider, as somebody by hand does.
func (s *Store) Put(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]string{}
	}
	s.held[name] = value
}

// Fail makes the next changes of the consumer fail, so many times, at this moment.
func (s *Store) Fail(name string, at Moment, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == nil {
		s.failures = map[string][]Moment{}
	}
	for range times {
		s.failures[name] = append(s.failures[name], at)
	}
}

// nextFailure takes the next failure of the consumer, "" for none.
func (s *Store) nextFailure(name string) (at Moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if planned := s.failures[name]; len(planned) > 0 {
		at, s.failures[name] = planned[0], planned[1:]
	}
	return at
}

func (s *Store) change(name, value string) error {
	if s.OnChange != nil {
		if err := s.OnChange(name, value); err != nil {
			return err
		}
	}
	at := s.nextFailure(name)
	if at != BeforeWrite {
		s.Put(name, value)
	}
	if at != "" {
		return fmt.Errorf("the store failed (%s)", at)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case name == "":
		http.NotFound(w, r)
	case what == "failures" && r.Method == http.MethodPost:
		s.serveFailure(w, r, name)
	case what == "secrets" && r.Method == http.MethodGet:
		s.mu.Lock()
		value, ok := s.held[name]
		s.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, value)
	case what == "secrets" && r.Method == http.MethodPut:
		value, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.change(name, string(value))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	case what == "secrets" && r.Method == http.MethodDelete:
		s.mu.Lock()
		delete(s.held, name)
		s.mu.Unlock()
	default:
		http.NotFound(w, r)
	}
}

func (s *Store) serveFailure(w http.ResponseWriter, r *http.Request, name string) {
	at := Moment(r.URL.Query().Get("at"))
	times, err := strconv.Atoi(r.URL.Query().Get("times"))
	if at != BeforeWrite && at != AfterWrite || err != nil {
		http.Error(w, "at is before_write or after_write, times is a number", http.StatusBadRequest)
		return
	}
	s.Fail(name, at, times)
}

// Transport reaches the store without a network. It starts no goroutine, so that it can be used in a bubble of
// testing/synctest.
func (s *Store) Transport() http.RoundTripper { return transport{s} }

type transport struct{ store *Store }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	defer func() { _ = req.Body.Close() }()
	answer := httptest.NewRecorder()
	t.store.ServeHTTP(answer, req)
	return answer.Result(), nil
}
