// Package cli builds the provider and drives it with the real Terraform or OpenTofu. Tests, benchmarks and the demo share it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

const module = "github.com/oauthsecret/terraform-provider-oauthsecret"

// Find gives the path of the program: what TF_ACC_TERRAFORM_PATH names, else terraform, else tofu.
func Find() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH; install one of them (1.11 or later), or name it in TF_ACC_TERRAFORM_PATH")
}

// Version is what a program says that it is.
type Version struct {
	OpenTofu bool
	// Number is such as "1.11.4".
	Number string
	// Title is both, such as "Terraform v1.11.4".
	Title string
}

var (
	versions sync.Map // by path
	title    = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)
)

// Identify asks the program at path what it is, once per process.
func Identify(ctx context.Context, path string) (Version, error) {
	if known, ok := versions.Load(path); ok {
		return known.(Version), nil
	}
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = Environment(map[string]string{"TF_CLI_CONFIG_FILE": os.DevNull})
	out, err := cmd.Output()
	if err != nil {
		return Version{}, fmt.Errorf("%s version: %w", path, err)
	}
	said := title.FindStringSubmatch(string(out))
	if said == nil {
		return Version{}, fmt.Errorf("%s is neither Terraform nor OpenTofu; its version is %q", path, out)
	}
	v := Version{OpenTofu: said[1] == "OpenTofu", Number: said[2], Title: said[0]}
	versions.Store(path, v)
	return v, nil
}

// Before compares the first two numbers of the version with those of another.
func (v Version) Before(other string) bool {
	have, want := strings.Split(v.Number, "."), strings.Split(other, ".")
	for i := range 2 {
		m, _ := strconv.Atoi(have[i])
		n, _ := strconv.Atoi(want[i])
		if m != n {
			return m < n
		}
	}
	return false
}

// Build compiles the provider, or another package of this module that stands in for it, into dir.
func Build(ctx context.Context, dir, pkg string, flags ...string) error {
	name := "terraform-provider-oauthsecret"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	args := append([]string{"build", "-o", filepath.Join(dir, name)}, flags...)
	if out, err := exec.CommandContext(ctx, "go", append(args, filepath.ToSlash(filepath.Join(module, pkg)))...).CombinedOutput(); err != nil {
		return fmt.Errorf("building the provider, which works inside its source tree only: %w\n%s", err, out)
	}
	return nil
}

// Overrides is a CLI configuration that takes each provider from a directory; "init" is to be left out then. Providers are
// named without their host, such as "oauthsecret/oauthsecret".
func Overrides(directories map[string]string) string {
	var entries strings.Builder
	for name, dir := range directories {
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			fmt.Fprintf(&entries, "    %q = %q\n", host+"/"+name, filepath.ToSlash(dir))
		}
	}
	return "provider_installation {\n  dev_overrides {\n" + entries.String() + "  }\n  direct {}\n}\n"
}

// Required declares the provider under the name that Overrides gives it.
const Required = `terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}
`

// Environment is the environment of this process without a developer's own settings of the program and of the vendors, and
// with more variables.
func Environment(more map[string]string) []string {
	var env []string
	for _, entry := range os.Environ() {
		own := false
		for _, prefix := range []string{"TF_", "TOFU_", "CLOUDFLARE_", "CSP_", "IDENTITY_SERVICE_"} {
			own = own || strings.HasPrefix(entry, prefix)
		}
		if !own {
			env = append(env, entry)
		}
	}
	env = append(env, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "GOGC=off")
	for name, value := range more {
		env = append(env, name+"="+value)
	}
	return env
}

// CLI is the program in a directory and with an environment of its own.
type CLI struct {
	Path, Dir string
	Env       []string
}

// Command is a command that was not started.
func (c *CLI) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Path, args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	return cmd
}

// Run runs a command and gives all that it printed, and its exit status. An error says that it did not run.
func (c *CLI) Run(ctx context.Context, args ...string) (output string, status int, err error) {
	cmd := c.Command(ctx, args...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode(), nil
	}
	return string(out), 0, err
}
