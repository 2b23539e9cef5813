package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
)

// Terminal runs single commands of the real program in a directory of its own, for what steps cannot show: a saved plan that is
// applied later, warnings, and state after a failure. Every command gets a provider process of its own, so to speak: a
// fresh provider of the same World. No "init" is needed, because nothing is installed.
type Terminal struct {
	cli.CLI

	t *testing.T
	w *World
	// config is the configuration as it is now.
	config string
}

// Result is what one command printed.
type Result struct {
	// Failed: the exit status was not 0.
	Failed      bool
	Status      int
	Diagnostics []Diagnostic
	// Text is everything, for messages of the test.
	Text string
}

// Diagnostic is one warning or error.
type Diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
}

// Terminal starts with this configuration.
func (w *World) Terminal(t *testing.T, config string) *Terminal {
	t.Helper()
	c := w.terminal(t)
	c.Configure(config)
	w.ResetJournal()
	return c
}

// terminal is one without a configuration.
func (w *World) terminal(t *testing.T) *Terminal {
	t.Helper()
	return &Terminal{CLI: cli.CLI{Path: NeedCLI(t), Dir: t.TempDir()}, t: t, w: w}
}

// Configure replaces the configuration.
func (c *Terminal) Configure(config string) {
	c.t.Helper()
	c.config = config
	if err := os.WriteFile(filepath.Join(c.Dir, "main.tf"), []byte(config), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// Plan saves a plan and must succeed.
func (c *Terminal) Plan(args ...string) Result {
	c.t.Helper()
	return c.Must(append([]string{"plan", "-json", "-input=false", "-out=saved"}, args...)...)
}

// ApplySaved applies the plan that Plan saved.
func (c *Terminal) ApplySaved() Result {
	c.t.Helper()
	return c.Run("apply", "-json", "-input=false", "saved")
}

// Apply plans and applies; it must succeed.
func (c *Terminal) Apply(args ...string) Result {
	c.t.Helper()
	return c.Must(append([]string{"apply", "-json", "-input=false", "-auto-approve"}, args...)...)
}

// ApplyFails plans and applies; it must fail.
func (c *Terminal) ApplyFails(args ...string) Result {
	c.t.Helper()
	r := c.Run(append([]string{"apply", "-json", "-input=false", "-auto-approve"}, args...)...)
	if !r.Failed {
		c.t.Fatalf("the apply succeeded:\n%s", r.Text)
	}
	return r
}

// Empty requires that a plan has nothing to do.
func (c *Terminal) Empty() {
	c.t.Helper()
	if r := c.Run("plan", "-json", "-input=false", "-detailed-exitcode"); r.Failed {
		c.t.Fatalf("the plan is not empty:\n%s", r.Text)
	}
}

// Must runs a command that has to succeed.
func (c *Terminal) Must(args ...string) Result {
	c.t.Helper()
	r := c.Run(args...)
	if r.Failed {
		c.t.Fatalf("%s failed:\n%s", strings.Join(args, " "), r.Text)
	}
	return r
}

// Run runs one command. No secret may be in what it prints, unless the configuration itself spells it out.
func (c *Terminal) Run(args ...string) Result {
	c.t.Helper()
	reattach, stop := c.serve()
	defer stop()
	c.Env = cli.Environment(map[string]string{"TF_REATTACH_PROVIDERS": reattach, "TF_CLI_CONFIG_FILE": os.DevNull})
	text, status, err := c.CLI.Run(context.Background(), args...)
	if err != nil {
		c.t.Fatal(err)
	}
	r := Result{Failed: status != 0, Status: status, Text: text}
	for line := range strings.Lines(r.Text) {
		var message struct {
			Diagnostic *Diagnostic `json:"diagnostic"`
		}
		if json.Unmarshal([]byte(line), &message) == nil && message.Diagnostic != nil {
			r.Diagnostics = append(r.Diagnostics, *message.Diagnostic)
		}
	}
	for _, value := range c.w.AllIssued() {
		if args[0] != "show" && strings.Contains(r.Text, value) && !strings.Contains(c.config, value) {
			c.t.Errorf("%s printed a secret", strings.Join(args, " "))
		}
	}
	return r
}

// serve starts the providers in this process and gives what the program needs to reach them.
func (c *Terminal) serve() (reattach string, stop func()) {
	c.t.Helper()
	type address struct{ Network, String string }
	host := "registry.terraform.io"
	if CLIVersion(c.t).OpenTofu {
		host = "registry.opentofu.org"
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ends []chan struct{}
	addresses := map[string]any{}
	for name, factory := range c.w.Factories() {
		started, ended := make(chan *goplugin.ReattachConfig), make(chan struct{})
		server, err := factory()
		if err != nil {
			c.t.Fatal(err)
		}
		full := host + "/hashicorp/" + name // where a configuration without a source looks
		go func() {
			_ = tf6server.Serve(full, func() tfprotov6.ProviderServer { return server },
				tf6server.WithDebug(ctx, started, ended), tf6server.WithLoggingSink(c.t), tf6server.WithoutLogStderrOverride(),
				tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
		}()
		config := <-started
		ends = append(ends, ended)
		addresses[full] = map[string]any{
			"Protocol": string(config.Protocol), "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": true,
			"Addr": address{config.Addr.Network(), config.Addr.String()},
		}
	}
	raw, err := json.Marshal(addresses)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw), func() {
		cancel()
		for _, ended := range ends {
			<-ended
		}
	}
}

// Has tells whether there is a diagnostic of this severity whose text holds words.
func (r Result) Has(severity, words string) bool {
	for _, d := range r.Diagnostics {
		if d.Severity == severity && Words(words).MatchString(d.Summary+"\n"+d.Detail) {
			return true
		}
	}
	return false
}

// Warns requires a warning that holds words.
func (r Result) Warns(t *testing.T, words string) {
	t.Helper()
	if !r.Has("warning", words) {
		t.Errorf("no warning says %q:\n%s", words, r.Text)
	}
}

// Errs requires an error that holds words.
func (r Result) Errs(t *testing.T, words string) {
	t.Helper()
	if !r.Has("error", words) {
		t.Errorf("no error says %q:\n%s", words, r.Text)
	}
}

// Silent requires that there is no diagnostic.
func (r Result) Silent(t *testing.T) {
	t.Helper()
	if len(r.Diagnostics) > 0 {
		t.Errorf("there are diagnostics:\n%s", r.Text)
	}
}

// Change is what a plan shows for one resource.
type Change struct {
	Actions []string       `json:"actions"`
	After   map[string]any `json:"after"`
	// Unknown has true for values that are known after the apply.
	Unknown map[string]any `json:"after_unknown"`
}

// Saved is what the saved plan shows for the resource at address.
func (c *Terminal) Saved(address string) Change {
	c.t.Helper()
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Change  Change `json:"change"`
		} `json:"resource_changes"`
	}
	c.decode(c.Must("show", "-json", "saved").Text, &plan)
	for _, change := range plan.Changes {
		if change.Address == address {
			return change.Change
		}
	}
	return Change{}
}

// Instance is one resource in the state file.
type Instance struct {
	// Status is "tainted" or "".
	Status     string         `json:"status"`
	Deposed    string         `json:"deposed"`
	Attributes map[string]any `json:"attributes"`
}

// Instances are the objects of the resource at address in the state file, deposed ones included.
func (c *Terminal) Instances(address string) []Instance {
	c.t.Helper()
	var state struct {
		Resources []struct {
			Type      string     `json:"type"`
			Name      string     `json:"name"`
			Instances []Instance `json:"instances"`
		} `json:"resources"`
	}
	c.decode(c.StateFile(), &state)
	for _, r := range state.Resources {
		if r.Type+"."+r.Name == address {
			return r.Instances
		}
	}
	return nil
}

// Attribute is an attribute of the only object of the resource at address.
func (c *Terminal) Attribute(address, name string) any {
	c.t.Helper()
	instances := c.Instances(address)
	if len(instances) != 1 {
		c.t.Fatalf("%s has %d objects in state", address, len(instances))
	}
	return instances[0].Attributes[name]
}

// StateFile is the text of the state file; "{}" when there is none.
func (c *Terminal) StateFile() string {
	raw, err := os.ReadFile(filepath.Join(c.Dir, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) {
		return "{}"
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

// LoseNotes drops the private state of every object, as a provider that dies in the middle of a change does.
func (c *Terminal) LoseNotes() {
	c.t.Helper()
	var state map[string]any
	c.decode(c.StateFile(), &state)
	for _, r := range state["resources"].([]any) {
		for _, instance := range r.(map[string]any)["instances"].([]any) {
			delete(instance.(map[string]any), "private")
		}
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(c.Dir, "terraform.tfstate"), raw, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *Terminal) decode(text string, into any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		c.t.Fatalf("%v:\n%s", err, text)
	}
}

// Sent requires that exactly these changing operations were sent since the last time, in this order.
func (c *Terminal) Sent(operations ...string) {
	c.t.Helper()
	got := Operations(c.w.Changing())
	c.w.ResetJournal()
	if strings.Join(got, " ") != strings.Join(operations, " ") {
		c.t.Errorf("sent %v, want %v", got, operations)
	}
}

// Succeeds requires the exit status 0.
func (r Result) Succeeds(t *testing.T) {
	t.Helper()
	if r.Failed {
		t.Fatalf("the command failed:\n%s", r.Text)
	}
}
