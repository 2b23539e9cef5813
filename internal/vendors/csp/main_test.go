package csp_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

var c = acctest.CSP

const (
	rotate     = "csp.rotate"
	regenerate = "csp.regenerate"
	retire     = "csp.end_rotation"

	alone      = "  retire_previous_after = \"0s\"\n"
	retireNext = "  on_pending_rotation = \"retire_first\"\n"
)

// trigger is a rotation trigger of one key.
func trigger(value string) string { return "  rotate_when_changed = { q = \"" + value + "\" }\n" }

// world starts a test in a world of its own.
func world(t *testing.T) *acctest.World {
	t.Helper()
	t.Parallel()
	acctest.NeedCLI(t)
	return acctest.NewWorld(t)
}

// refused makes the next request to operation be refused with status and without effect.
func refused(operation string, status int) simulator.Fault {
	return simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: status, Body: `{"message": "no"}`}
}

// expectLive checks which secrets the vendor accepts, counted in the order of their making.
func expectLive(t *testing.T, w *acctest.World, want ...int) {
	t.Helper()
	if got := c.Live(w); !slices.Equal(got, want) {
		t.Errorf("CSP accepts the secrets %v, want %v", got, want)
	}
}

func fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
