package plugin

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// The process ends a moment after its parent, but never while a change is in flight.
func TestWatch(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, c := range map[string]struct {
		parentEnds, changeEnds time.Duration
		ends                   time.Duration // 0: never
	}{
		"the parent lives":      {time.Hour, 0, 0},
		"the parent ends":       {1500 * time.Millisecond, 0, 3 * time.Second},
		"a change is in flight": {1500 * time.Millisecond, 30*time.Second + time.Millisecond, 32 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				began := time.Now()
				var ended atomic.Int64
				if c.changeEnds > 0 {
					release := Hold()
					time.AfterFunc(c.changeEnds, release)
				}
				go watch(ctx, func() bool { return time.Since(began) > c.parentEnds }, func(int) { ended.Store(int64(time.Since(began))) })
				time.Sleep(time.Minute)
				cancel()
				synctest.Wait()
				if got := time.Duration(ended.Load()); got != c.ends {
					t.Errorf("ended after %s, want %s", got, c.ends)
				}
			})
		})
	}
}
