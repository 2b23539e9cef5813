package cloudflare_test

import (
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

var c = acctest.Cloudflare

const (
	rotate = "cloudflare.rotate"
	retire = "cloudflare.delete_rotated"

	alone      = "  retire_previous_after = \"0s\"\n"
	daily      = "  retire_previous_after = \"24h\"\n"
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
	return simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: status, Body: `{"success": false, "errors": [], "result": null}`}
}

// expectLive checks which secrets the vendor accepts, counted in the order of their making.
func expectLive(t *testing.T, w *acctest.World, want ...int) {
	t.Helper()
	if got := c.Live(w); !slices.Equal(got, want) {
		t.Errorf("Cloudflare accepts the secrets %v, want %v", got, want)
	}
}

func rotateElsewhere(w *acctest.World) {
	w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient)
}

func deleteElsewhere(w *acctest.World) {
	w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient)
}
