package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArchive(t *testing.T) {
	t.Parallel()
	program := bytes.Repeat([]byte("program"), 1000)
	one, err := archive("program_v1", program)
	if err != nil {
		t.Fatal(err)
	}
	two, err := archive("program_v1", program)
	if err != nil || !bytes.Equal(one, two) {
		t.Fatalf("two archives of one program differ: %v", err)
	}
	r, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.File[0].Name != "program_v1" || r.File[0].Mode().Perm() != 0o755 {
		t.Fatalf("unexpected content: %+v", r.File)
	}
	file, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(file); err != nil || !bytes.Equal(unpacked, program) {
		t.Fatalf("the program was not packed as it is: %v", err)
	}
}

func TestSBOM(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := sbom(self, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	var list bom
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	main := list.Metadata.Component
	if main.Name != "github.com/oauthsecret/terraform-provider-oauthsecret" || main.Version != "v1.2.3" {
		t.Errorf("unexpected main component: %+v", main)
	}
	if len(list.Components) == 0 || list.Components[0].Name != "std" || !strings.HasPrefix(list.Components[0].Version, "go") {
		t.Errorf("the Go version is not listed first: %+v", list.Components)
	}
}

// The platforms here and in .goreleaser.yml are the same.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", ".goreleaser.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range platforms {
		line := "      - " + strings.Replace(platform, "/", "_", 1) + "\n"
		if strings.HasSuffix(platform, "/arm") {
			line = strings.TrimSuffix(line, "\n") + "_6\n"
		}
		if !strings.Contains(string(text), line) {
			t.Errorf(".goreleaser.yml does not build %s", platform)
		}
	}
	if n := strings.Count(string(text), "      - darwin_") + strings.Count(string(text), "      - freebsd_") +
		strings.Count(string(text), "      - linux_") + strings.Count(string(text), "      - windows_"); n != len(platforms) {
		t.Errorf(".goreleaser.yml builds %d platforms, release-check %d", n, len(platforms))
	}
}
