package session_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

var one, other = rotation.Client{Scope: "s", ID: "one"}, rotation.Client{Scope: "s", ID: "other"}

// quiet is how long nothing must be heard before what is unclaimed counts as nobody's.
const quiet = 500 * time.Millisecond

func TestClaims(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later []time.Duration // when siblings are read
		slow  time.Duration   // how long another read takes
		want  []string
		waits time.Duration
	}{
		"nobody else":        {nil, 0, []string{"a", "b"}, quiet},
		"one of them":        {[]time.Duration{200 * time.Millisecond}, 0, []string{"b"}, 700 * time.Millisecond},
		"both, side by side": {[]time.Duration{0, 0}, 0, nil, 0},
		"one after another":  {[]time.Duration{300 * time.Millisecond, 700 * time.Millisecond}, 0, nil, 700 * time.Millisecond},
		"too late":           {[]time.Duration{2 * time.Second}, 0, []string{"a", "b"}, quiet},
		"behind a slow read": {[]time.Duration{2 * time.Second, 2 * time.Second}, 3 * time.Second, nil, 2 * time.Second},
		"a slow read":        {nil, 3 * time.Second, []string{"a", "b"}, 3*time.Second + quiet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				claims := session.Claims{Clock: clock.System}
				done := claims.Read(one, "mine")
				claims.Claim(one, "mine", "")
				claims.Claim(other, "a", "b") // another client's secrets are nobody's here
				var siblings sync.WaitGroup
				defer siblings.Wait()
				for i, after := range c.later {
					siblings.Go(func() {
						time.Sleep(after)
						claims.Claim(one, []string{"A", "b"}[i]) // ids are compared without regard to case
					})
				}
				if c.slow > 0 {
					slow := claims.Read(other, "")
					siblings.Go(func() {
						time.Sleep(c.slow)
						slow()
					})
				}
				synctest.Wait()
				began := time.Now()
				got, _ := claims.Unclaimed(context.Background(), one, []string{"MINE", "a", "b"})
				done()
				if !slices.Equal(got, c.want) {
					t.Errorf("unclaimed %v, want %v", got, c.want)
				}
				// A pause may have begun just before.
				if waited := time.Since(began); waited < c.waits || waited > c.waits+50*time.Millisecond {
					t.Errorf("waited %s, want %s", waited, c.waits)
				}
			})
		})
	}
}

// Who seeks its own among what nobody holds learns whether another one does, in the same walk.
func TestClaims_Seek(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := session.Claims{Clock: clock.System}
		alone := func(c rotation.Client) bool {
			defer claims.Read(c, "")()
			_, alone := claims.Unclaimed(t.Context(), c, []string{"a"})
			return alone
		}
		claims.Seek(one, "first")
		claims.Seek(other, "theirs")
		if !alone(one) || !alone(other) {
			t.Error("the only one of a client is not alone")
		}
		claims.Seek(one, "second")
		if alone(one) || !alone(other) {
			t.Error("one of two is alone")
		}
		claims.Seek(one, "first") // another walk, in which the second has found its own
		if !alone(one) {
			t.Error("the only one of the second walk is not alone")
		}
		claims.Seek(one, "second")
		claims.Read(one, "known")()
		claims.Read(one, "known")() // another walk
		claims.Seek(one, "third")
		if !alone(one) {
			t.Error("the only one of the third walk is not alone")
		}
	})
}

// What cannot be waited for is not known.
func TestClaims_Cancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := session.Claims{Clock: clock.System}
		defer claims.Read(one, "mine")()
		claims.Notice(one, []string{"a"})
		ctx, cancel := context.WithTimeout(t.Context(), quiet/2)
		defer cancel()
		if got, alone := claims.Unclaimed(ctx, one, []string{"a"}); got != nil || alone {
			t.Errorf("unclaimed %v, alone %t", got, alone)
		}
		if got := claims.Name(ctx, one, rotation.Strays{IDs: []string{"a"}}); got != nil {
			t.Errorf("named %v", got)
		}
	})
}

// walk reads and plans objects as Terraform does, some at a time; object i of a client holds held[i] and does not know its
// siblings' secrets nor extra.
func walk(claims *session.Claims, parallelism int, clients []rotation.Client, held []string, extra ...string) []session.Named {
	var mu sync.Mutex
	var all []session.Named
	var objects sync.WaitGroup
	slots := make(chan struct{}, parallelism)
	for i, id := range held {
		for _, c := range clients {
			slots <- struct{}{}
			objects.Go(func() {
				defer func() { <-slots }()
				done := claims.Read(c, id)
				claims.Claim(c, id)
				time.Sleep(10 * time.Millisecond)
				unknown := slices.Concat(held[:i], held[i+1:], extra)
				claims.Notice(c, unknown)
				done()
				named := claims.Name(context.Background(), c, rotation.Strays{IDs: unknown})
				mu.Lock()
				defer mu.Unlock()
				all = append(all, named...)
			})
		}
	}
	objects.Wait()
	return all
}

// However many siblings there are, of however many clients, and however few Terraform looks at a time: nobody takes one for a
// stray, and a stray is named once.
func TestClaims_Name(t *testing.T) {
	t.Parallel()
	var held []string
	for i := range 60 {
		held = append(held, fmt.Sprintf("Secret-%d", i))
	}
	for _, parallelism := range []int{2, 10, 50} {
		for _, clients := range [][]rotation.Client{{one}, {one, other}} {
			synctest.Test(t, func(t *testing.T) {
				claims := &session.Claims{Clock: clock.System}
				if got := walk(claims, parallelism, clients, held); len(got) > 0 {
					t.Errorf("parallelism %d, %d clients: named %v", parallelism, len(clients), got)
				}
				// The same process may serve another walk, in which everything is read again.
				for range 2 {
					got := walk(claims, parallelism, clients, held, "Stray")
					if len(got) != len(clients) {
						t.Fatalf("parallelism %d: named %v", parallelism, got)
					}
					for i, n := range got {
						if n.Client != clients[i] || !slices.Equal(n.IDs, []string{"Stray"}) {
							t.Errorf("parallelism %d: named %v", parallelism, n)
						}
					}
					// The walk of an apply reads nothing and has nothing new to say.
					if again := claims.Name(t.Context(), one, rotation.Strays{IDs: []string{"Stray", "never noticed"}}); len(again) > 0 {
						t.Errorf("named again: %v", again)
					}
				}
			})
		}
	}
}

// One at a time, nobody can wait for the others. What the first cannot know is said once, and what is nobody's is said.
func TestClaims_NameOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		for _, n := range walk(&session.Claims{Clock: clock.System}, 1, []rotation.Client{one}, []string{"a", "b", "c"}, "stray") {
			ids = append(ids, n.IDs...)
		}
		if slices.Sort(ids); !slices.Equal(ids, []string{"b", "c", "stray"}) {
			t.Errorf("named %v", ids)
		}
	})
}

// What one object knows of itself goes into what is said of its client.
func TestClaims_NameKeepsWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := session.Claims{Clock: clock.System}
		claims.Notice(one, []string{"a", "b"})
		var later sync.WaitGroup
		defer later.Wait()
		later.Go(func() {
			time.Sleep(quiet / 5)
			if got := claims.Name(context.Background(), one, rotation.Strays{IDs: []string{"b"}, Interrupted: true}); got != nil {
				t.Errorf("two speak: %v", got)
			}
		})
		got := claims.Name(t.Context(), one, rotation.Strays{IDs: []string{"a"}})
		if len(got) != 1 || !slices.Equal(got[0].IDs, []string{"a", "b"}) || !got[0].Interrupted || got[0].Unrecognised {
			t.Errorf("named %+v", got)
		}
		if got := claims.Noticed(one); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("noticed %v", got)
		}
	})
}

// Claims of a client come from as many reads as Terraform runs at once.
func TestClaims_AtOnce(t *testing.T) {
	t.Parallel()
	claims := session.Claims{Clock: clock.System}
	var reads sync.WaitGroup
	for i := range 50 {
		reads.Go(func() {
			defer claims.Read(one, fmt.Sprint(i))()
			claims.Claim(one, fmt.Sprint(i))
			claims.Use(one, fmt.Sprint(i), "")
			claims.Notice(one, []string{fmt.Sprint(i + 1)})
			claims.Name(t.Context(), one, rotation.Strays{IDs: []string{fmt.Sprint(i)}})
			claims.InUse(one, fmt.Sprint(i))
		})
	}
	reads.Wait()
}
