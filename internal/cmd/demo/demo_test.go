package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// The demo is run as people run it, so that it cannot rot.
func TestDemo(t *testing.T) {
	acctest.NeedCLI(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	picture := filepath.Join(t.TempDir(), "timeline.svg")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-overlap", "4s", "-svg", picture}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, s := range steps {
		if !strings.Contains(out.String(), ". "+s.title+". ") {
			t.Errorf("the output does not show the step %q:\n%s", s.title, out.String())
		}
	}
	for _, code := range []string{"✘", "\x1b[", "fake-"} {
		if strings.Contains(out.String(), code) {
			t.Errorf("the output contains %q:\n%s", code, out.String())
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	wellFormed(t, picture)
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	for _, name := range []string{"Cloudflare", "VMware CSP", "Identity Service", "foreign", "v4"} {
		if !bytes.Contains(text, []byte(">"+name+"<")) {
			t.Errorf("the picture does not name %q", name)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want string
		got  []string
		ok   bool
	}{
		{"", nil, true},
		{"", []string{"v1"}, false},
		{"v1 v2", []string{"v1", "v2"}, true},
		{"v1 v2", []string{"v2", "v1"}, false},
		{"v1? v2", []string{"v2"}, true},
		{"v1? v2", []string{"v1", "v2"}, true},
		{"v1? v2", []string{"v1"}, false},
		{"rotate end?", []string{"rotate", "end", "end"}, false},
	} {
		if matches(c.want, c.got) != c.ok {
			t.Errorf("matches(%q, %q) is not %v", c.want, c.got, c.ok)
		}
	}
}
