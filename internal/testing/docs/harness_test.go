package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// root is the repository, as seen from this package's folder, which is where its tests run.
const root = "../../.."

// mirror gives a CLI configuration that installs the provider from a folder, so that "init" works as it does for a user,
// without a network.
func mirror(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(acctest.Built(t), "mirror")
	filled.Do(func() { offer(t, dir, "oauthsecret", acctest.Built(t)) })
	return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir)
}

// offer puts the provider that was built into a folder, under a name, into the mirror.
func offer(t *testing.T, mirror, name, built string) {
	t.Helper()
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		folder := filepath.Join(mirror, host, "oauthsecret", name, "1.0.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(built, "terraform-provider-oauthsecret"), filepath.Join(folder, "terraform-provider-"+name+"_v1.0.0")); err != nil && !errors.Is(err, os.ErrExist) {
			t.Fatal(err)
		}
	}
}

var filled sync.Once

// project is a copy of an example, with a World to run it in.
type project struct {
	t   *testing.T
	w   *acctest.World
	cli string
	// Dir is where its commands run, configuration the program's own.
	Dir, configuration string
	Vars               map[string]string
	// Path is put before PATH: programs that an example calls.
	Path string
}

func emptyProject(t *testing.T, w *acctest.World) *project {
	t.Helper()
	p := &project{t: t, w: w, cli: acctest.NeedCLI(t), Dir: t.TempDir(), configuration: filepath.Join(t.TempDir(), "cli.tfrc"), Vars: map[string]string{}}
	p.configure(mirror(t))
	return p
}

// configure sets the program's own configuration.
func (p *project) configure(text string) {
	p.t.Helper()
	if err := os.WriteFile(p.configuration, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// newProject copies files into an empty folder.
func newProject(t *testing.T, w *acctest.World, files ...string) *project {
	t.Helper()
	p := emptyProject(t, w)
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
		p.write("versions.tf", cli.Required) // what an example leaves out because every configuration has it
	}
	return p
}

// newProjectFrom copies a whole folder below examples/ and starts in folder start of it.
func newProjectFrom(t *testing.T, w *acctest.World, folder, start string) *project {
	t.Helper()
	p := emptyProject(t, w)
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

// replace changes a file of the project.
func (p *project) replace(name, old, now string) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, name))
	if err != nil || !bytes.Contains(text, []byte(old)) {
		p.t.Fatalf("%s does not contain %q: %v", name, old, err)
	}
	p.write(name, strings.ReplaceAll(string(text), old, now))
}

func (p *project) env() []string {
	env := append(cli.Environment(p.w.Env), "TF_CLI_CONFIG_FILE="+p.configuration, "TERRAFORM="+p.cli)
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
	program := cli.CLI{Path: name, Dir: p.Dir, Env: p.env()}
	out, status, err := program.Run(p.t.Context(), args...)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, value := range p.w.AllIssued() {
		if strings.Contains(out, value) {
			p.t.Errorf("%s %s printed a secret", filepath.Base(name), strings.Join(args, " "))
		}
	}
	return out, status
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
