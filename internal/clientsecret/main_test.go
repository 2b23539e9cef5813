// Package clientsecret_test drives the client secret through the real program, where the vendors with two slots behave
// alike. What differs is tested beside each vendor.
package clientsecret_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// each runs a scenario for both vendors, each in a world of its own.
func each(t *testing.T, scenario func(t *testing.T, c acctest.Client, w *acctest.World)) {
	t.Parallel()
	for _, c := range []acctest.Client{acctest.Cloudflare, acctest.CSP} {
		t.Run(c.Vendor, func(t *testing.T) {
			t.Parallel()
			acctest.NeedCLI(t)
			scenario(t, c, acctest.NewWorld(t))
		})
	}
}

// alone keeps no previous secret, so that the next rotation meets none.
const alone = "  retire_previous_after = \"0s\"\n"

// trigger is a rotation trigger of one key.
func trigger(value string) string { return "  rotate_when_changed = { q = \"" + value + "\" }\n" }

// answer makes the next request to operation be refused with status and without effect.
func answer(operation string, status int) simulator.Fault {
	return simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: status, Body: `{"success": false, "errors": [], "message": "no"}`}
}

// expectLive checks which secrets the vendor accepts, counted in the order of their making.
func expectLive(t *testing.T, c acctest.Client, w *acctest.World, want ...int) {
	t.Helper()
	if got := c.Live(w); !slices.Equal(got, want) {
		t.Errorf("the vendor accepts the secrets %v, want %v", got, want)
	}
}

// holds checks one attribute in state.
func holds(name string, want func() any) func(map[string]any) error {
	return func(values map[string]any) error {
		if values[name] != want() {
			return fmt.Errorf("%s in state is not what was expected", name)
		}
		return nil
	}
}
