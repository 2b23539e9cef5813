package verify_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

const (
	token      = "client_credentials"
	introspect = "introspection"
	basic      = "client_secret_basic"
	post       = "client_secret_post"
)

var (
	right = secret.New("right")
	stale = secret.New("stale")

	refused     = verify.Answer{Outcome: verify.Refusal, Status: 401, Code: "invalid_client"}
	issued      = verify.Answer{Outcome: verify.Authenticated, Status: 200}
	noGrant     = verify.Answer{Outcome: verify.Complaint, Status: 400, Code: "unauthorized_client"}
	inactive    = verify.Answer{Outcome: verify.Indicated, Status: 200}
	unexplained = verify.Answer{Outcome: verify.PossibleRefusal, Status: 401}
	page        = verify.Answer{Outcome: verify.Unclear, Status: 403}
	impossible  = verify.Answer{Outcome: verify.Impossible}
)

// server answers tries and writes them down as "client grant method secret".
type server struct {
	mu     sync.Mutex
	log    []string
	locks  map[string]int // refusals of a client
	answer func(client string, w verify.Way, right bool) verify.Answer
	delay  time.Duration
}

func (s *server) client(id string, ways ...verify.Way) verify.Client {
	if len(ways) == 0 {
		ways = []verify.Way{{Grant: token, Method: basic}}
	}
	return verify.Client{
		ID: id, Ways: ways,
		Ask: func(ctx context.Context, w verify.Way, value secret.Value) verify.Answer {
			if clock.System.Sleep(ctx, s.delay) != nil {
				return verify.Answer{}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log = append(s.log, strings.Join([]string{id, w.Grant, w.Method, value.Reveal()}, " "))
			a := s.answer(id, w, value == right)
			if a.Outcome == verify.Refusal || a.Outcome == verify.PossibleRefusal {
				s.locks[id]++
			}
			return a
		},
		Wrong: func() (secret.Value, error) { return secret.New("wrong"), nil },
	}
}

func newServer(answer func(client string, w verify.Way, right bool) verify.Answer) *server {
	return &server{answer: answer, locks: map[string]int{}}
}

// authenticating is a server that issues a token for the right secret.
func authenticating(_ string, _ verify.Way, right bool) verify.Answer {
	if right {
		return issued
	}
	return refused
}

func both(grants ...string) (ways []verify.Way) {
	for _, grant := range grants {
		ways = append(ways, verify.Way{Grant: grant, Method: basic}, verify.Way{Grant: grant, Method: post})
	}
	return ways
}

func expect(t *testing.T, got verify.Result, want verify.Verdict, evidence string) {
	t.Helper()
	if got.Verdict != want || !strings.Contains(got.Evidence, evidence) {
		t.Errorf("got %v (%s), want %v (%s)", got.Verdict, got.Evidence, want, evidence)
	}
}

func (s *server) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.log, want) {
		t.Errorf("asked\n  %s\nwant\n  %s", strings.Join(s.log, "\n  "), strings.Join(want, "\n  "))
	}
}

func run(t *testing.T, name string, test func(t *testing.T, v *verify.Verifier)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { test(t, verify.New(clock.System)) })
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	run(t, "at a refresh, one request", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Accepted, "accepted the secret.")
		s.expect(t, "app client_credentials client_secret_basic right")
	})
	run(t, "at a refresh, a refusal is compared and asked again, three in all", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		start := time.Now()
		expect(t, v.Verify(t.Context(), s.client("app"), stale, verify.AtRefresh()), verify.Refused, "refused the secret (401 invalid_client), as it refuses a wrong one.")
		if spaced := time.Since(start); spaced < 5*time.Second || spaced > verify.RefreshTimeout {
			t.Errorf("took %v", spaced)
		}
		s.expect(t,
			"app client_credentials client_secret_basic stale",
			"app client_credentials client_secret_basic wrong",
			"app client_credentials client_secret_basic stale")
		// The same secret is not asked about again, and another client uses the same control.
		expect(t, v.Verify(t.Context(), s.client("app"), stale, verify.AtRefresh()), verify.Refused, "as it refuses a wrong one")
		expect(t, v.Verify(t.Context(), s.client("other"), stale, verify.AtRefresh()), verify.Refused, "as it refuses a wrong one")
		if s.locks["app"] != 3 || s.locks["other"] != 3 || len(s.log) != 6 {
			t.Errorf("provoked %v with %d requests", s.locks, len(s.log))
		}
	})
	run(t, "at a refresh, one refusal and no clear answer after it", func(t *testing.T, v *verify.Verifier) {
		asked := 0
		s := newServer(func(_ string, _ verify.Way, _ bool) verify.Answer {
			if asked++; asked <= 2 { // the secret, and the wrong one
				return refused
			}
			return verify.Answer{Outcome: verify.Unclear, Status: 403}
		})
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Inconclusive, "403")
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Inconclusive, "not asked again")
		if len(s.log) != 3 {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "a refusal of the method says nothing", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(string, verify.Way, bool) verify.Answer {
			return verify.Answer{Outcome: verify.WrongMethod, Status: 401, Code: "invalid_client"}
		})
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Inconclusive, "says nothing about the secret")
		if len(s.log) > verify.MaxRefusals {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "a refusal of one method, and the other is right", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(_ string, w verify.Way, _ bool) verify.Answer {
			if w.Method == basic {
				return verify.Answer{Outcome: verify.WrongMethod, Status: 401, Code: "invalid_client"}
			}
			return issued
		})
		c := s.client("app")
		c.Ways = both("client_credentials")
		expect(t, v.Verify(t.Context(), c, right, verify.AtRefresh()), verify.Accepted, "accepted the secret")
	})
	run(t, "after a rotation, three accepts", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AfterRotation(0)), verify.Accepted, "accepted")
		if len(s.log) != 4 || s.locks["app"] != 1 { // one is the control, which the next secret of this run does without
			t.Errorf("asked %v", s.log)
		}
		expect(t, v.Verify(t.Context(), s.client("other"), right, verify.AfterRotation(0)), verify.Accepted, "accepted")
		if len(s.log) != 7 {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "after a rotation, everybody is accepted", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(string, verify.Way, bool) verify.Answer { return issued })
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AfterRotation(0)), verify.Inconclusive, "")
		if len(s.log) != 2 {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "after a rotation, the last refusal is spent late", func(t *testing.T, v *verify.Verifier) {
		start := time.Now()
		s := newServer(func(_ string, _ verify.Way, right bool) verify.Answer {
			if right && time.Since(start) > 20*time.Second {
				return issued
			}
			return refused
		})
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AfterRotation(0)), verify.Accepted, "accepted")
		if s.locks["app"] != 2 {
			t.Errorf("provoked %v", s.locks)
		}
	})
	run(t, "refusals of all operations together are counted", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(string, verify.Way, bool) verify.Answer { return refused })
		for range 5 {
			expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AfterRotation(0)), verify.Refused, "refused the secret (401 invalid_client).")
			v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh())
			v.Verify(t.Context(), s.client("app"), right, verify.BeforeChange())
		}
		if s.locks["app"] != verify.MaxRefusals {
			t.Errorf("provoked %v", s.locks)
		}
	})
	run(t, "pages that say nothing are rationed too", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(string, verify.Way, bool) verify.Answer { return page })
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AfterRotation(0)), verify.Inconclusive, "answered 403, which says nothing")
		if len(s.log) != verify.MaxRefusals {
			t.Errorf("asked %d times", len(s.log))
		}
	})
	run(t, "nothing to ask with", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		expect(t, v.Verify(t.Context(), verify.Client{ID: "app"}, right, verify.AtRefresh()), verify.Inconclusive, "cannot be asked")
		expect(t, v.Verify(t.Context(), s.client("app"), secret.Value{}, verify.AtRefresh()), verify.Inconclusive, "cannot be asked")
		s.answer = func(string, verify.Way, bool) verify.Answer { return impossible }
		expect(t, v.Verify(t.Context(), s.client("app", both(token, introspect)...), right, verify.AfterRotation(0)), verify.Inconclusive, "cannot be asked")
	})
	run(t, "the caller's end", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		s.delay = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		expect(t, v.Verify(ctx, s.client("app"), right, verify.AfterRotation(0)), verify.Inconclusive, "interrupted")
		s.delay = 0 // that was not the endpoint's fault
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Accepted, "")
	})
}

func TestMethods(t *testing.T) {
	t.Parallel()
	only := func(method string) func(string, verify.Way, bool) verify.Answer {
		return func(_ string, w verify.Way, right bool) verify.Answer {
			return authenticating("", w, right && w.Method == method)
		}
	}
	run(t, "a wrong method is not a wrong secret", func(t *testing.T, v *verify.Verifier) {
		s := newServer(only(post))
		expect(t, v.Verify(t.Context(), s.client("app", both(token)...), right, verify.AfterRotation(0)), verify.Accepted, "")
		// What worked once is used from then on, and first for others.
		expect(t, v.Verify(t.Context(), s.client("other", both(token)...), right, verify.AtRefresh()), verify.Accepted, "")
		s.expect(t,
			"app client_credentials client_secret_basic right",
			"app client_credentials client_secret_post right",
			"app client_credentials client_secret_post wrong",
			"app client_credentials client_secret_post right",
			"app client_credentials client_secret_post right",
			"other client_credentials client_secret_post right")
	})
	run(t, "a wrong secret with both methods is refused three times in all", func(t *testing.T, v *verify.Verifier) {
		s := newServer(only(post))
		expect(t, v.Verify(t.Context(), s.client("app", both(token)...), stale, verify.AtRefresh()), verify.Refused, "as it refuses a wrong one")
		if s.locks["app"] != verify.MaxRefusals {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "where a refusal has consequences, the next method is tried later", func(t *testing.T, v *verify.Verifier) {
		start := time.Now()
		s := newServer(only(post))
		expect(t, v.Verify(t.Context(), s.client("app", both(token)...), right, verify.AtRefresh()), verify.Accepted, "")
		if spaced := time.Since(start); spaced < 2*time.Second {
			t.Errorf("both within %v", spaced)
		}
		// A secret that is refused for a moment, with each method, is not dead.
		begin := time.Now()
		s = newServer(func(_ string, w verify.Way, right bool) verify.Answer {
			return authenticating("", w, right && time.Since(begin) > time.Second)
		})
		expect(t, v.Verify(t.Context(), s.client("lagging", both(token)...), right, verify.AtRefresh()), verify.Accepted, "")
	})
	run(t, "a method that cannot be used leaves the refusal of the other", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(_ string, w verify.Way, right bool) verify.Answer {
			if w.Method == post {
				return impossible
			}
			return authenticating("", w, right)
		})
		expect(t, v.Verify(t.Context(), s.client("app", both(token, introspect)...), stale, verify.AtRefresh()), verify.Refused, "as it refuses a wrong one")
		for _, line := range s.log {
			if strings.Contains(line, introspect) {
				t.Errorf("asked %v", s.log)
			}
		}
		if s.locks["app"] != verify.MaxRefusals {
			t.Errorf("provoked %v", s.locks)
		}
	})
	run(t, "a client that was accepted is asked in the same way", func(t *testing.T, v *verify.Verifier) {
		s := newServer(only(basic))
		v.Verify(t.Context(), s.client("app", both(token)...), right, verify.AtRefresh())
		v.Verify(t.Context(), s.client("app", both(token)...), stale, verify.AtRefresh())
		for _, line := range s.log {
			if strings.Contains(line, post) {
				t.Errorf("asked %v", s.log)
			}
		}
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	answers := func(forRight, forWrong verify.Answer) func(string, verify.Way, bool) verify.Answer {
		return func(_ string, _ verify.Way, right bool) verify.Answer {
			if right {
				return forRight
			}
			return forWrong
		}
	}
	run(t, "a complaint proves where a wrong secret is refused", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(noGrant, refused))
		expect(t, v.Verify(t.Context(), s.client("one"), right, verify.AtRefresh()), verify.Accepted, "it answered 400 unauthorized_client, and it refuses a wrong secret")
		for n := range 20 {
			expect(t, v.Verify(t.Context(), s.client(fmt.Sprint(n)), right, verify.AtRefresh()), verify.Accepted, "")
		}
		if len(s.log) != 22 || s.locks["one"] != 1 {
			t.Errorf("asked %d times, refused %v", len(s.log), s.locks)
		}
	})
	run(t, "a complaint proves nothing where a wrong secret gets it too", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(noGrant, noGrant))
		expect(t, v.Verify(t.Context(), s.client("one"), stale, verify.AfterRotation(0)), verify.Inconclusive, "does not tell the two apart")
		if len(s.log) != 2 { // it will not change, so it is not repeated
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "the control of one complaint does not explain another", func(t *testing.T, v *verify.Verifier) {
		// The grant of two is looked at before its secret.
		s := newServer(func(client string, w verify.Way, right bool) verify.Answer {
			if client == "two" {
				return noGrant
			}
			return authenticating(client, w, right)
		})
		expect(t, v.Verify(t.Context(), s.client("one"), stale, verify.AtRefresh()), verify.Refused, "")
		expect(t, v.Verify(t.Context(), s.client("two"), stale, verify.AtRefresh()), verify.Inconclusive, "does not tell the two apart")
	})
	run(t, "an introspection endpoint that authenticates nobody", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(_ string, w verify.Way, _ bool) verify.Answer {
			if w.Grant == token {
				return noGrant
			}
			return inactive
		})
		expect(t, v.Verify(t.Context(), s.client("app", both(token, introspect)...), stale, verify.AfterRotation(0)), verify.Inconclusive, "does not tell the two apart")
	})
	run(t, "an introspection endpoint that does", func(t *testing.T, v *verify.Verifier) {
		s := newServer(func(_ string, w verify.Way, right bool) verify.Answer {
			switch {
			case w.Grant == token:
				return noGrant
			case right:
				return inactive
			}
			return refused
		})
		expect(t, v.Verify(t.Context(), s.client("app", both(token, introspect)...), right, verify.AfterRotation(0)), verify.Accepted, "")
	})
	run(t, "a refusal where a wrong secret passes", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(refused, issued))
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Inconclusive, "does not tell the two apart")
	})
	run(t, "a 401 without a word", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(issued, unexplained))
		expect(t, v.Verify(t.Context(), s.client("app"), stale, verify.AtRefresh()), verify.Refused, "(401), as it refuses a wrong one")
		if s.locks["app"] != verify.MaxRefusals {
			t.Errorf("asked %v", s.log)
		}
	})
	run(t, "no answer to the wrong secret", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(refused, verify.Answer{}))
		expect(t, v.Verify(t.Context(), s.client("app"), right, verify.AtRefresh()), verify.Inconclusive, "did not answer")
	})
	run(t, "many at once share it", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(issued, refused))
		s.delay = time.Millisecond
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() {
				expect(t, v.Verify(t.Context(), s.client(fmt.Sprint(n)), stale, verify.AtRefresh()), verify.Refused, "as it refuses")
			})
		}
		all.Wait()
		wrong := 0
		for _, line := range s.log {
			if strings.HasSuffix(line, " wrong") {
				wrong++
			}
		}
		if wrong != 1 {
			t.Errorf("%d controls", wrong)
		}
		for client, n := range s.locks {
			if n > verify.MaxRefusals {
				t.Errorf("%s was refused %d times", client, n)
			}
		}
	})
	run(t, "one client asked about at once is refused three times in all", func(t *testing.T, v *verify.Verifier) {
		s := newServer(answers(issued, refused))
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { v.Verify(t.Context(), s.client("app"), stale, verify.AtRefresh()) })
		}
		all.Wait()
		if s.locks["app"] > verify.MaxRefusals {
			t.Errorf("refused %d times", s.locks["app"])
		}
	})
}

func TestSilentEndpoint(t *testing.T) {
	t.Parallel()
	run(t, "a thousand clients cost one timeout", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		s.delay = time.Hour
		start := time.Now()
		var all sync.WaitGroup
		slots := make(chan struct{}, 10)
		for n := range 1000 {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				expect(t, v.Verify(t.Context(), s.client(fmt.Sprint(n)), right, verify.AtRefresh()), verify.Inconclusive, "did not answer")
			})
		}
		all.Wait()
		if took := time.Since(start); took > verify.RefreshTimeout {
			t.Errorf("took %v", took)
		}
	})
	run(t, "is asked again after a rotation, later", func(t *testing.T, v *verify.Verifier) {
		s := newServer(authenticating)
		s.delay = time.Hour
		expect(t, v.Verify(t.Context(), s.client("one"), right, verify.AfterRotation(0)), verify.Inconclusive, "did not answer")
		s.delay = 0
		expect(t, v.Verify(t.Context(), s.client("two"), right, verify.AfterRotation(0)), verify.Inconclusive, "was not asked")
		time.Sleep(10 * time.Minute)
		expect(t, v.Verify(t.Context(), s.client("two"), right, verify.AtRefresh()), verify.Inconclusive, "was not asked")
		expect(t, v.Verify(t.Context(), s.client("two"), right, verify.AfterRotation(0)), verify.Accepted, "")
		expect(t, v.Verify(t.Context(), s.client("one"), right, verify.AtRefresh()), verify.Accepted, "")
	})
}
