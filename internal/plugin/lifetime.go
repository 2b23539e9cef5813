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
// process outlives such signals and ends with its parent, once nothing is in flight.

var (
	inFlight atomic.Int64
	// parent is the process that started this one; 0 while nobody guards.
	parent atomic.Int64
)

// Hold keeps the process alive until the returned function is called. Everything that changes something at a vendor holds.
func Hold() (release func()) {
	inFlight.Add(1)
	return func() { inFlight.Add(-1) }
}

// Orphaned tells that Terraform is gone, so that nobody will take the answer of what is in flight.
func Orphaned() bool {
	started := parent.Load()
	return started != 0 && int64(os.Getppid()) != started
}

const (
	// parentCheck is how often the parent is looked for.
	parentCheck = time.Second
	// lastAnswer is the time that an answer gets to leave after the work on it ended.
	lastAnswer = time.Second
)

// Guard ignores the signals that a process group gets and ends the process when its parent is gone. It returns at once;
// the watch ends with ctx.
func Guard(ctx context.Context) {
	// Also a write to the log of a parent that is gone must not kill a change in flight.
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	parent.Store(int64(os.Getppid()))
	go watch(ctx, Orphaned, os.Exit)
}

// watch ends the process when the parent is gone and nothing is in flight.
func watch(ctx context.Context, gone func() bool, exit func(int)) {
	ticker := time.NewTicker(parentCheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
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
