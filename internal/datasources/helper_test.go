package datasources_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// needQuery skips the test on programs without `terraform query`.
func needQuery(t *testing.T) {
	t.Helper()
	acctest.Need(t, "query command", "1.14", "")
}

// noSecrets fails when a text holds a secret or credential that the world ever knew.
func noSecrets(t *testing.T, w *acctest.World, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, value := range w.AllIssued() {
			if strings.Contains(text, value) {
				t.Errorf("a secret is shown: %s…", value[:min(len(value), 12)])
			}
		}
	}
}

// unchanged fails when something was changed at a vendor.
func unchanged(t *testing.T, w *acctest.World) {
	t.Helper()
	if calls := acctest.Operations(w.Changing()); len(calls) > 0 {
		t.Errorf("an audit changed something: %v", calls)
	}
}

// counted compares the number of requests to an operation.
func counted(t *testing.T, w *acctest.World, want map[string]int) {
	t.Helper()
	for op, n := range want {
		if got := w.Count(op); got != n {
			t.Errorf("%d requests to %s, want %d", got, op, n)
		}
	}
}

// outputs gives the outputs of a configuration that was applied.
func outputs(t *testing.T, p *acctest.Program) map[string]any {
	t.Helper()
	var raw map[string]struct{ Value any }
	if err := json.Unmarshal([]byte(p.Must("output", "-json")), &raw); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for name, output := range raw {
		values[name] = output.Value
	}
	return values
}

func same(t *testing.T, name string, got, want any) {
	t.Helper()
	if g, w := encoded(got), encoded(want); g != w {
		t.Errorf("%s is %s, want %s", name, g, w)
	}
}

func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// clientID is the id of the nth OAuth client of a test.
func clientID(n int) string { return fmt.Sprintf("client%026d", n) }
