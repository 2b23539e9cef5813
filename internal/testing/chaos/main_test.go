package chaos

import (
	"os"
	"runtime/debug"
	"testing"
)

// The worlds of these tests are small and short-lived: with the usual pace, half the time goes into collecting them.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
