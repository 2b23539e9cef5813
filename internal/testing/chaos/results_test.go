package chaos

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// resultsFile is the published record. `CHAOS_UPDATE=1 go test ./internal/testing/chaos` rewrites its tables.
const resultsFile = "RESULTS.md"

var resultsMu sync.Mutex

// checkSection compares a part of RESULTS.md, between its two markers, with what a run gave, so that the record cannot go
// stale.
func checkSection(t *testing.T, name, want string) {
	t.Helper()
	resultsMu.Lock()
	defer resultsMu.Unlock()
	raw, err := os.ReadFile(resultsFile)
	if err != nil {
		t.Fatal(err)
	}
	opening, closing := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, found := strings.Cut(string(raw), opening)
	have, after, closed := strings.Cut(rest, closing)
	if !found || !closed {
		t.Fatalf("%s has no section %q", resultsFile, name)
	}
	if have == want {
		return
	}
	if os.Getenv("CHAOS_UPDATE") == "" {
		t.Errorf("%s, section %s, is not what a run gives; CHAOS_UPDATE=1 go test ./internal/testing/chaos writes it anew. It gives:\n%s", resultsFile, name, want)
		return
	}
	if err := os.WriteFile(resultsFile, []byte(before+opening+want+closing+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
