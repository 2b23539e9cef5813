package acctest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
)

// Program runs the command-line program in a directory of its own with the built provider, as a user does: plan files,
// exit codes, signals and logs can be looked at. Time is real.
type Program struct {
	cli.CLI
	// Output is everything that all commands printed.
	Output bytes.Buffer

	t testing.TB
}

// built is the directory of the provider, which is built once per test binary; Main removes it.
var built string

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oauthsecret-provider")
	if err != nil {
		return "", err
	}
	built = dir
	return dir, cli.Build(context.Background(), dir, "")
})

// Built is the directory that the provider was built into.
func Built(t testing.TB) string {
	t.Helper()
	dir, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// NewProgram prepares a working directory with this configuration. env is the provider's environment, from a World's Env.
func NewProgram(t testing.TB, config string, env map[string]string) *Program {
	t.Helper()
	p := &Program{CLI: cli.CLI{Path: NeedCLI(t), Dir: t.TempDir()}, t: t}
	p.Write("cli.tfrc", cli.Overrides(map[string]string{"oauthsecret/oauthsecret": Built(t)}))
	p.Env = append(cli.Environment(env), "TF_CLI_CONFIG_FILE="+filepath.Join(p.Dir, "cli.tfrc"), "TF_CLI_ARGS=-no-color")
	p.Write("main.tf", cli.Required+config)
	return p
}

// Write puts a file into the working directory.
func (p *Program) Write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Read gives a file of the working directory.
func (p *Program) Read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// Command is a command that was not started.
func (p *Program) Command(args ...string) *exec.Cmd {
	return p.CLI.Command(context.Background(), args...)
}

// Run runs a command and gives what it printed and its exit code.
func (p *Program) Run(args ...string) (output string, code int) {
	p.t.Helper()
	output, code, err := p.CLI.Run(context.Background(), args...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Output.WriteString(output)
	return output, code
}

// Must runs a command that has to succeed.
func (p *Program) Must(args ...string) string {
	p.t.Helper()
	output, code := p.Run(args...)
	if code != 0 {
		p.t.Fatalf("%v ended with %d:\n%s", args, code, output)
	}
	return output
}
