package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
)

// driver is the Terraform or OpenTofu program, with what the demo needs of it.
type driver struct {
	cli.CLI
	name    string    // as one types it
	version string    // as it calls itself
	verbose io.Writer // nil: quiet
}

// identify asks the program what it is.
func (c *driver) identify(ctx context.Context) error {
	v, err := cli.Identify(ctx, c.Path)
	if err != nil {
		return err
	}
	c.name, c.version = "terraform", v.Title
	if v.OpenTofu {
		c.name = "tofu"
	}
	return nil
}

// message is one line of the machine-readable output.
type message struct {
	Text string `json:"@message"`
	Type string `json:"type"`
	Hook struct {
		Resource struct {
			Address string `json:"addr"`
		} `json:"resource"`
	} `json:"hook"`
	Diagnostic struct {
		Severity string `json:"severity"`
		Summary  string `json:"summary"`
		Detail   string `json:"detail"`
		Address  string `json:"address"`
	} `json:"diagnostic"`
}

// savedPlan is the file that a plan is saved in and applied from.
const savedPlan = "saved.tfplan"

// result is what one command did and said.
type result struct {
	exit     int
	messages []message
}

// summary is the line that counts changes, such as "Plan: 1 to add, 0 to change, 0 to destroy.".
func (r result) summary() string {
	text := ""
	for _, m := range r.messages {
		if m.Type == "change_summary" {
			text = m.Text
		}
	}
	return text
}

// completed lists the addresses of the resources in the order in which their changes ended.
func (r result) completed() []string {
	var addresses []string
	for _, m := range r.messages {
		if m.Type == "apply_complete" {
			addresses = append(addresses, m.Hook.Resource.Address)
		}
	}
	return addresses
}

// diagnostic is a warning or an error, with what it says about each resource that it was given for.
type diagnostic struct {
	severity, summary string
	about             []remark
}

type remark struct{ address, detail string }

// diagnostics lists warnings and errors by their summaries, without the remark that a provider under development is in
// use. Terraform repeats at apply what it said at plan.
func (r result) diagnostics() []diagnostic {
	var list []diagnostic
	for _, m := range r.messages {
		g := m.Diagnostic
		if m.Type != "diagnostic" || strings.Contains(g.Summary, "development overrides") {
			continue
		}
		i := slices.IndexFunc(list, func(d diagnostic) bool { return d.severity == g.Severity && d.summary == g.Summary })
		if i < 0 {
			i = len(list)
			list = append(list, diagnostic{severity: g.Severity, summary: g.Summary})
		}
		if about := (remark{g.Address, g.Detail}); !slices.Contains(list[i].about, about) {
			list[i].about = append(list[i].about, about)
		}
	}
	return list
}

// run executes a command that reports in JSON. An exit code other than 0 is a result, not an error.
func (c *driver) run(ctx context.Context, args ...string) (result, error) {
	options := []string{"-json", "-input=false"}
	if (args[0] == "apply" || args[0] == "destroy") && args[len(args)-1] != savedPlan {
		options = append(options, "-auto-approve")
	}
	out, err := c.output(ctx, slices.Insert(slices.Clone(args), 1, options...)...)
	var r result
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case errors.As(err, &exit):
		r.exit = exit.ExitCode()
	case err != nil:
		return r, err
	}
	for line := range bytes.Lines(out) {
		var m message
		if json.Unmarshal(line, &m) != nil {
			m.Text = string(bytes.TrimSpace(line))
		}
		r.messages = append(r.messages, m)
		if c.verbose != nil {
			fmt.Fprintf(c.verbose, "      | %s\n", m.Text)
		}
	}
	return r, nil
}

// output executes a command. When ctx ends it is interrupted, so that it can put its state in order.
func (c *driver) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := c.Command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	detach(cmd)
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return out, err
}

// object is a resource in state.
type object struct {
	Address string         `json:"address"`
	Values  map[string]any `json:"values"`
}

// state reads the objects in state, by address.
func (c *driver) state(ctx context.Context) (map[string]object, error) {
	out, err := c.output(ctx, "show", "-json")
	if err != nil {
		return nil, err
	}
	var shown struct {
		Values struct {
			Root struct {
				Resources []object `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		return nil, err
	}
	objects := map[string]object{}
	for _, o := range shown.Values.Root.Resources {
		objects[o.Address] = o
	}
	return objects, nil
}

// rotates lists the addresses whose client_secret a saved plan makes unknown: the rotations.
func (c *driver) rotates(ctx context.Context, plan string) (map[string]bool, error) {
	out, err := c.output(ctx, "show", "-json", plan)
	if err != nil {
		return nil, err
	}
	var shown struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				Unknown map[string]any `json:"after_unknown"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		return nil, err
	}
	rotations := map[string]bool{}
	for _, change := range shown.Changes {
		if change.Change.Unknown["client_secret"] == true {
			rotations[change.Address] = true
		}
	}
	return rotations, nil
}
