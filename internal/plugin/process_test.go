//go:build unix

package plugin

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const guarded = "OAUTHSECRET_TEST_GUARDED"

// TestGuarded_Process is the process that TestGuard_NobodyCalls starts.
func TestGuarded_Process(t *testing.T) {
	patience, err := time.ParseDuration(os.Getenv(guarded))
	if err != nil {
		t.Skip("this is the other process of TestGuard_NobodyCalls")
	}
	guard(context.Background(), patience)
	_, _ = os.Stdout.WriteString("ready\n")
	select {}
}

// A real process that nobody calls ends by itself, and by the signals with which people end a process.
func TestGuard_NobodyCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patience string
		signal   os.Signal
	}{"TERM": {"1h", syscall.SIGTERM}, "INT": {"1h", os.Interrupt}, "nothing": {"1s", nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			process := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestGuarded_Process$")
			process.Env = append(os.Environ(), guarded+"="+c.patience)
			out, err := process.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatal(line, err)
			}
			if c.signal != nil {
				if err := process.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
			}
			if err := process.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
