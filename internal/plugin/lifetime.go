package plugin

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// How long the process lives. A plugin is killed by a signal to the process group (a
// cancelled CI job, docker stop) while Terraform itself stops gracefully; a change in flight would then be lost. So the
// process outlives such signals and ends with its parent, once nothing is in flight. Until Terraform has called it there is
// nothing to lose: then a signal ends it, and so does a minute without a call, because a parent that died before this process
// looked for it cannot be missed.

var (
	inFlight atomic.Int64
	// connected: Terraform has called.
	connected atomic.Bool
	// parentGone tells whether the process that started this one has ended; nil while nobody guards.
	parentGone atomic.Pointer[func() bool]
)

// Hold keeps the process alive until the returned function is called. Everything that changes something at a vendor holds.
func Hold() (release func()) {
	inFlight.Add(1)
	return func() { inFlight.Add(-1) }
}

// Orphaned tells that Terraform is gone, so that nobody will take the answer of what is in flight.
func Orphaned() bool {
	gone := parentGone.Load()
	return gone != nil && (*gone)()
}

const (
	// parentCheck is how often the parent is looked for.
	parentCheck = time.Second
	// lastAnswer is the time that an answer gets to leave after the work on it ended.
	lastAnswer = time.Second
	// firstCall is how long Terraform has for its first call.
	firstCall = time.Minute
)

// Guard outlives the signals that a process group gets and ends the process when its parent is gone. It returns at once;
// the watch ends with ctx.
func Guard(ctx context.Context) { guard(ctx, firstCall) }

func guard(ctx context.Context, patience time.Duration) {
	// Also a write to the log of a parent that is gone must not kill a change in flight.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	gone := watchParent()
	parentGone.Store(&gone)
	go watch(ctx, patience, signals, gone, os.Exit)
}

// watch ends the process when the parent is gone and nothing is in flight, or when nobody has called and nobody will.
func watch(ctx context.Context, patience time.Duration, signals <-chan os.Signal, gone func() bool, exit func(int)) {
	ticker := time.NewTicker(parentCheck)
	defer ticker.Stop()
	var waited time.Duration // in ticks: a machine that sleeps costs Terraform nothing of its time
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			if !connected.Load() {
				exit(0)
				return
			}
			continue
		case <-ticker.C:
		}
		if waited += parentCheck; waited >= patience && !connected.Load() {
			exit(0)
			return
		}
		if !gone() || inFlight.Load() > 0 {
			continue
		}
		time.Sleep(lastAnswer)
		if inFlight.Load() == 0 {
			exit(0)
			return
		}
	}
}
