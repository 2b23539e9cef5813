package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// CLI runs the real program with the real provider binary, on real time, in a directory of its own: what is true of
// processes (what they print, what they log) can be tested only so.
type CLI struct {
	// Env is the environment of every command.
	Env []string
	// Output is everything that was printed.
	Output bytes.Buffer
	Dir    string

	t    testing.TB
	path string
}

// NewCLI prepares a directory with this configuration. env points the provider at its world.
func NewCLI(t testing.TB, config string, env map[string]string) *CLI {
	t.Helper()
	c := &CLI{t: t, path: NeedCLI(t), Dir: t.TempDir()}
	binary, err := providerBinary()
	if err != nil {
		t.Fatal(err)
	}
	rc := filepath.Join(t.TempDir(), "terraformrc")
	c.write(rc, fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n",
		providerHost()+"/"+providerNamespace()+"/oauthsecret", filepath.Dir(binary)))
	c.write(filepath.Join(c.Dir, "main.tf"), config)
	c.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+rc, "TF_INPUT=0")
	for name, value := range env {
		c.Env = append(c.Env, name+"="+value)
	}
	return c
}

// Run runs one command and gives what it printed and its exit code.
func (c *CLI) Run(args ...string) (output string, code int) {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), c.path, args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	raw, err := cmd.CombinedOutput()
	c.Output.Write(raw)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

// Must runs one command that has to succeed.
func (c *CLI) Must(args ...string) string {
	c.t.Helper()
	output, code := c.Run(args...)
	if code != 0 {
		c.t.Fatalf("%s ended with %d:\n%s", strings.Join(args, " "), code, output)
	}
	return output
}

// Read gives the text of a file of the directory.
func (c *CLI) Read(name string) string {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.Dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

func (c *CLI) write(path, text string) {
	c.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// providerBinary builds the provider once per test binary.
var providerBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oauthsecret-provider")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "terraform-provider-oauthsecret")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "github.com/oauthsecret/terraform-provider-oauthsecret").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	return path, nil
})
