package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var heldBy = regexp.MustCompile("`([a-z/]+) (Test[A-Za-z0-9_]+)`")

// TestGuarantees_NameTheirTests finds every test that CONTRIBUTING.md names behind a guarantee.
func TestGuarantees_NameTheirTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "### What holds the guarantees")
	named := heldBy.FindAllStringSubmatch(section, -1)
	if !found || len(named) == 0 {
		t.Fatal("no test is named")
	}
	for _, name := range named {
		files, err := filepath.Glob(filepath.Join(root, "internal", name[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		exists := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			exists = exists || strings.Contains(string(source), "\nfunc "+name[2]+"(")
		}
		if !exists {
			t.Errorf("internal/%s has no %s", name[1], name[2])
		}
	}
}
