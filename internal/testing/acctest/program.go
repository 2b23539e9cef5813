package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Program runs the command-line program in a directory of its own with the built provider, as a user does: plan files,
// exit codes, signals and logs can be looked at. Time is real.
type Program struct {
	t    testing.TB
	path string
	// Dir is the working directory.
	Dir string
	// Env is the environment of every command.
	Env []string
	// Output is everything that all commands printed.
	Output bytes.Buffer
}

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oauthsecret-provider")
	if err != nil {
		return "", err
	}
	target := filepath.Join(dir, "terraform-provider-oauthsecret")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", target, "github.com/oauthsecret/terraform-provider-oauthsecret").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	return dir, nil
})

// NewProgram prepares a working directory with this configuration. env is the provider's environment, from a World's Env.
func NewProgram(t testing.TB, config string, env map[string]string) *Program {
	t.Helper()
	p := &Program{t: t, path: NeedCLI(t), Dir: t.TempDir()}
	built, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	p.Write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"registry.terraform.io/oauthsecret/oauthsecret\" = %q\n    \"registry.opentofu.org/oauthsecret/oauthsecret\" = %[1]q\n  }\n  direct {}\n}\n", built))
	p.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(p.Dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=-no-color", "TF_LOG=", "TF_LOG_PATH=")
	for name, value := range env {
		p.Env = append(p.Env, name+"="+value)
	}
	p.Write("main.tf", "terraform {\n  required_providers {\n    oauthsecret = {\n      source = \"oauthsecret/oauthsecret\"\n    }\n  }\n}\n"+config)
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
	cmd := exec.CommandContext(context.Background(), p.path, args...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	return cmd
}

// Run runs a command and gives what it printed and its exit code.
func (p *Program) Run(args ...string) (output string, code int) {
	p.t.Helper()
	out, err := p.Command(args...).CombinedOutput()
	p.Output.Write(out)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(out), code
}

// Must runs a command that has to succeed.
func (p *Program) Must(args ...string) string {
	p.t.Helper()
	out, code := p.Run(args...)
	if code != 0 {
		p.t.Fatalf("%v ended with %d:\n%s", args, code, out)
	}
	return out
}
