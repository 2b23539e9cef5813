package docs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestMain(m *testing.M) {
	// A developer's own configuration of the command-line program is no part of this.
	if err := os.Setenv("TF_CLI_CONFIG_FILE", os.DevNull); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(code)
}

// built is the folder that mirror fills.
var built string

// root is the repository, as seen from this package's folder, which is where its tests run.
const root = "../../.."

// mirror builds the provider once and gives a CLI configuration that installs it from a folder, so that "init" works as it
// does for a user, without a network.
var mirror = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oauthsecret-docs")
	if err != nil {
		return "", err
	}
	built = dir
	binary := filepath.Join(dir, "provider")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		folder := filepath.Join(dir, "mirror", host, "oauthsecret", "oauthsecret", "1.0.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return "", err
		}
		if err := os.Link(binary, filepath.Join(folder, "terraform-provider-oauthsecret_v1.0.0")); err != nil {
			return "", err
		}
	}
	config := filepath.Join(dir, "terraformrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(dir, "mirror"))
	return config, os.WriteFile(config, []byte(text), 0o600)
})

// versions is what an example leaves out because every configuration has it.
const versions = `terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}
`

// project is a copy of an example, with a World to run it in.
type project struct {
	t    *testing.T
	w    *acctest.World
	cli  string
	Dir  string
	Vars map[string]string
	// Path is put before PATH: programs that an example calls.
	Path string
}

// newProject copies files into an empty folder.
func newProject(t *testing.T, w *acctest.World, files ...string) *project {
	t.Helper()
	p := &project{t: t, w: w, cli: acctest.NeedCLI(t), Dir: t.TempDir(), Vars: map[string]string{}}
	declared := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared = declared || bytes.Contains(text, []byte("required_providers"))
		p.write(filepath.Base(file), string(text))
	}
	if !declared {
		p.write("versions.tf", versions)
	}
	return p
}

// newProjectFrom copies a whole folder below examples/ and starts in folder start of it.
func newProjectFrom(t *testing.T, w *acctest.World, folder, start string) *project {
	t.Helper()
	p := &project{t: t, w: w, cli: acctest.NeedCLI(t), Dir: t.TempDir(), Vars: map[string]string{}}
	if err := os.CopyFS(p.Dir, os.DirFS(filepath.Join(root, "examples", folder))); err != nil {
		t.Fatal(err)
	}
	p.Dir = filepath.Join(p.Dir, start)
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) env() []string {
	p.t.Helper()
	config, err := mirror()
	if err != nil {
		p.t.Fatal(err)
	}
	env := append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TERRAFORM="+p.cli)
	for name, value := range p.w.Env {
		env = append(env, name+"="+value)
	}
	for name, value := range p.Vars {
		env = append(env, "TF_VAR_"+name+"="+value)
	}
	if p.Path != "" {
		env = append(env, "PATH="+p.Path+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	return env
}

// exec runs a program in the folder and gives what it printed and its exit status.
func (p *project) exec(name string, args ...string) (out string, status int) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), name, args...)
	cmd.Dir, cmd.Env = p.Dir, p.env()
	printed, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		p.t.Fatal(err)
	}
	for _, value := range p.w.AllIssued() {
		if bytes.Contains(printed, []byte(value)) {
			p.t.Errorf("%s %s printed a secret", filepath.Base(name), strings.Join(args, " "))
		}
	}
	return string(printed), status
}

// run runs the command-line program, which must succeed.
func (p *project) run(args ...string) string {
	p.t.Helper()
	out, status := p.exec(p.cli, append(args, "-no-color")...)
	if status != 0 {
		p.t.Fatalf("%s: exit status %d\n%s", strings.Join(args, " "), status, out)
	}
	return out
}

// life is what every example must go through: it is valid, an apply does it, a second plan is empty, and destroy works.
func (p *project) life() {
	p.t.Helper()
	p.run("init", "-input=false")
	p.run("validate")
	p.run("apply", "-input=false", "-auto-approve")
	p.empty()
	p.run("destroy", "-input=false", "-auto-approve")
}

// empty requires that a plan has nothing to do.
func (p *project) empty() {
	p.t.Helper()
	if out, status := p.exec(p.cli, "plan", "-no-color", "-input=false", "-detailed-exitcode"); status != 0 {
		p.t.Fatalf("the plan is not empty: exit status %d\n%s", status, out)
	}
}

// state is the text of the state file.
func (p *project) state() string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, "terraform.tfstate"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// needs skips the test on a command-line program without a feature, by the version that brought it.
func needs(t *testing.T, feature, terraform, openTofu string) {
	t.Helper()
	have := cliVersion(t)
	since := terraform
	if acctest.IsOpenTofu(acctest.NeedCLI(t)) {
		since = openTofu
	}
	if since == "" {
		t.Skipf("skipped: OpenTofu has no %s", feature)
	}
	if before(have, since) {
		t.Skipf("skipped: %s came with %s, this is %s", feature, since, have)
	}
}

func cliVersion(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), acctest.NeedCLI(t), "version", "-json")
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var version struct {
		Terraform string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &version); err != nil {
		t.Fatal(err)
	}
	return version.Terraform
}

// before compares the first two numbers of versions.
func before(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range 2 {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return false
}
