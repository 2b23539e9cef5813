// Command release rehearses a release on this machine: it builds the archive of this machine's platform, or of all, builds
// each program a second time from the same sources in another place and with an empty build cache, compares the two bit by
// bit, and writes checksums and a list of what the programs contain. It publishes and signs nothing; that is the work of
// .goreleaser.yml, whose build flags these are.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const name = "terraform-provider-oauthsecret"

// platforms are those of .goreleaser.yml.
var platforms = []string{
	"darwin/amd64", "darwin/arm64",
	"freebsd/386", "freebsd/amd64", "freebsd/arm", "freebsd/arm64",
	"linux/386", "linux/amd64", "linux/arm", "linux/arm64",
	"windows/386", "windows/amd64", "windows/arm64",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	version := flags.String("version", "0.0.0", "version to build")
	which := flags.String("platforms", runtime.GOOS+"/"+runtime.GOARCH, "platforms to build, such as linux/amd64,darwin/arm64; all for all")
	dist := flags.String("dist", "dist", "`directory` for the results; what is there is removed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen := strings.Split(*which, ",")
	if *which == "all" {
		chosen = platforms
	}
	temp, err := os.MkdirTemp("", "oauthsecret-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/oauthsecret/"+name)
	if err != nil {
		return err
	}
	// Two copies, so that a change of the working copy meanwhile is no difference between the builds.
	one, two := filepath.Join(temp, "one"), filepath.Join(temp, "elsewhere", "two")
	if err := errors.Join(copySources(root, one), copySources(one, two)); err != nil {
		return err
	}
	if err := os.RemoveAll(*dist); err != nil {
		return err
	}
	if err := os.MkdirAll(*dist, 0o755); err != nil {
		return err
	}
	r := rehearsal{version: *version, dist: *dist, out: out, first: one, second: two, temp: temp}
	for i, platform := range chosen {
		fmt.Fprintf(out, "%d of %d: %s, built from the cache and from nothing\n", i+1, len(chosen), platform)
		if err := r.platform(ctx, platform); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	return r.finish()
}

// rehearsal is a release that nobody sees.
type rehearsal struct {
	version       string
	dist, temp    string
	first, second string // directories with the sources
	out           io.Writer
	sums          []string
}

// platform builds one archive and proves that its program can be built again.
func (r *rehearsal) platform(ctx context.Context, platform string) error {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return errors.New("not of the form os/arch")
	}
	began := time.Now()
	program := filepath.Join(r.temp, "program")
	if err := r.build(ctx, r.first, goos, goarch, program); err != nil {
		return err
	}
	repeated := filepath.Join(r.temp, "repeated")
	if err := r.build(ctx, r.second, goos, goarch, repeated, "GOCACHE="+filepath.Join(r.temp, "cache")); err != nil {
		return err
	}
	one, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	two, err := os.ReadFile(repeated)
	if err != nil {
		return err
	}
	if !bytes.Equal(one, two) {
		return fmt.Errorf("two builds differ: %x and %x", sha256.Sum256(one), sha256.Sum256(two))
	}
	inside := name + "_v" + r.version
	if goos == "windows" {
		inside += ".exe"
	}
	packed, err := archive(inside, one)
	if err != nil {
		return err
	}
	if err := r.keep(fmt.Sprintf("%s_%s_%s_%s.zip", name, r.version, goos, goarch), packed); err != nil {
		return err
	}
	list, err := sbom(program, r.version)
	if err != nil {
		return err
	}
	if err := r.keep(fmt.Sprintf("%s_%s_%s_%s.cdx.json", name, r.version, goos, goarch), list); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "  identical: sha256 %x (%.0f s)\n", sha256.Sum256(one), time.Since(began).Seconds())
	return nil
}

// build makes one program with the flags of a release. Nothing of the machine or of the working copy goes into it.
func (r *rehearsal) build(ctx context.Context, dir, goos, goarch, to string, env ...string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags=grpcnotrace",
		"-ldflags=-s -w -X main.version="+r.version, "-o", to, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOOS="+goos, "GOARCH="+goarch, "GOARM=6")
	cmd.Env = append(cmd.Env, env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// keep writes one result and remembers its checksum.
func (r *rehearsal) keep(file string, content []byte) error {
	r.sums = append(r.sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(content), file))
	return os.WriteFile(filepath.Join(r.dist, file), content, 0o644)
}

// finish adds the registry's manifest and the checksums.
func (r *rehearsal) finish() error {
	manifest, err := os.ReadFile(filepath.Join(r.first, "terraform-registry-manifest.json"))
	if err != nil {
		return err
	}
	if err := r.keep(fmt.Sprintf("%s_%s_manifest.json", name, r.version), manifest); err != nil {
		return err
	}
	slices.SortFunc(r.sums, func(a, b string) int { return strings.Compare(a[65:], b[65:]) })
	sums := filepath.Join(r.dist, fmt.Sprintf("%s_%s_SHA256SUMS", name, r.version))
	fmt.Fprintf(r.out, "checksums: %s\n", sums)
	return os.WriteFile(sums, []byte(strings.Join(r.sums, "")), 0o644)
}

// copySources copies what the build reads: the sources, without tests, hidden directories and links.
func copySources(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, inside)
		switch base := entry.Name(); {
		case entry.IsDir() && inside != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "dist" || base == "bin"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case !entry.Type().IsRegular() || strings.HasSuffix(base, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}

func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}
