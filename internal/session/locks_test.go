package session

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Changes of one client wait for each other, however it is spelled; those of different clients do not.
func TestLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l locks
		free, err := l.take(t.Context(), app)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 2)
		go func() {
			again, _ := l.take(t.Context(), spelled)
			got <- "same"
			again()
		}()
		go func() {
			other, _ := l.take(t.Context(), rotation.Client{Scope: app.Scope, ID: "other"})
			got <- "other"
			other()
		}()
		synctest.Wait()
		if len(got) != 1 || <-got != "other" {
			t.Error("the same client was changed twice at a time, or another one waited")
		}
		free()
		synctest.Wait()
		if len(got) != 1 || <-got != "same" {
			t.Error("the next one was not let in")
		}
		if len(l.held) != 0 {
			t.Errorf("%d locks are left", len(l.held))
		}
	})
}

// Who waits goes when its operation ends, and leaves nothing behind.
func TestLocks_Cancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l locks
		free, _ := l.take(t.Context(), app)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.take(ctx, spelled); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		free()
		if len(l.held) != 0 {
			t.Errorf("%d locks are left", len(l.held))
		}
		if again, err := l.take(t.Context(), app); err != nil {
			t.Error(err)
		} else {
			again()
		}
	})
}

// However many want it, one has it.
func TestLocks_OneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			l      locks
			wg     sync.WaitGroup
			inside int
		)
		for range 50 {
			wg.Go(func() {
				free, err := l.take(t.Context(), app)
				if err != nil {
					t.Error(err)
					return
				}
				defer free()
				if inside++; inside != 1 {
					t.Errorf("%d at once", inside)
				}
				time.Sleep(time.Second)
				inside--
			})
		}
		wg.Wait()
	})
}
