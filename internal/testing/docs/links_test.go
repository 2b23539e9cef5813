package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)">`)
)

// TestLinks: every link between the pages leads somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(root, "docs")
	pages, err := filepath.Glob(filepath.Join(docs, "*", "*.md"))
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	for _, page := range append(pages, filepath.Join(docs, "index.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target, fragment, _ := strings.Cut(found[1], "#")
			if strings.HasPrefix(target, "https://") {
				continue
			}
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target+".md")
			}
			there, err := os.ReadFile(file)
			if err != nil {
				t.Errorf("%s: %s leads nowhere", rel(page), found[1])
				continue
			}
			if fragment != "" && !hasAnchor(string(there), fragment) {
				t.Errorf("%s: %s has no such heading", rel(page), found[1])
			}
		}
	}
}

func hasAnchor(text, fragment string) bool {
	for _, a := range anchor.FindAllStringSubmatch(text, -1) {
		if a[1] == fragment {
			return true
		}
	}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(h[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == fragment {
			return true
		}
	}
	return false
}
