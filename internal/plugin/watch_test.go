package plugin

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// The process ends a moment after its parent, but never while a change is in flight. Before the first call, a signal ends it and
// a minute does.
func TestWatch(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, c := range map[string]struct {
		parentEnds, changeEnds time.Duration
		calls, signal          time.Duration // 0: never
		ends                   time.Duration // 0: never
	}{
		"the parent lives":           {time.Hour, 0, 1, 0, 0},
		"the parent ends":            {1500 * time.Millisecond, 0, 1, 0, 3 * time.Second},
		"a change is in flight":      {1500 * time.Millisecond, 30*time.Second + time.Millisecond, 1, 0, 32 * time.Second},
		"nobody calls":               {time.Hour, 0, 0, 0, time.Minute},
		"the first call comes late":  {time.Hour, 0, 59500 * time.Millisecond, 0, 0},
		"a signal before a call":     {time.Hour, 0, 0, 1500 * time.Millisecond, 1500 * time.Millisecond},
		"a signal after a call":      {time.Hour, 0, 1, 1500 * time.Millisecond, 0},
		"a signal to an orphan":      {1500 * time.Millisecond, 0, 1, 1600 * time.Millisecond, 3 * time.Second},
		"the parent ends, no call":   {1500 * time.Millisecond, 0, 0, 0, 3 * time.Second},
		"a signal during the change": {1500 * time.Millisecond, 30*time.Second + time.Millisecond, 1, 5 * time.Second, 32 * time.Second},
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
				connected.Store(false)
				if c.calls > 0 {
					time.AfterFunc(c.calls, func() { connected.Store(true) })
				}
				signals := make(chan os.Signal, 1)
				if c.signal > 0 {
					time.AfterFunc(c.signal, func() { signals <- syscall.SIGTERM })
				}
				go watch(ctx, time.Minute, signals, func() bool { return time.Since(began) > c.parentEnds }, func(int) { ended.Store(int64(time.Since(began))) })
				time.Sleep(2 * time.Minute)
				cancel()
				synctest.Wait()
				if got := time.Duration(ended.Load()); got != c.ends {
					t.Errorf("ended after %s, want %s", got, c.ends)
				}
			})
		})
	}
}
