//go:build unix

package plugin_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// thorough tries every moment; otherwise every twelfth is tried.
var thorough = os.Getenv("CHAOS_SOAK") != ""

// blow is what happens to a run from outside.
type blow struct {
	name   string
	strike func(t *testing.T, terraform int)
	// kills: somebody dies at once, so that the state is not written.
	kills bool
}

var blows = []blow{
	{"interrupt", func(t *testing.T, terraform int) { signal(t, -terraform, syscall.SIGINT) }, false},
	{"terminate", func(t *testing.T, terraform int) { signal(t, -terraform, syscall.SIGTERM) }, false},
	{"kill terraform", func(t *testing.T, terraform int) { signal(t, terraform, syscall.SIGKILL) }, true},
	{"kill the provider", func(t *testing.T, terraform int) { signal(t, child(t, terraform), syscall.SIGKILL) }, true},
}

func signal(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// child is the provider that Terraform started.
func child(t *testing.T, parent int) int {
	t.Helper()
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, entry := range entries {
		text, _ := os.ReadFile(entry)
		name, after, _ := strings.Cut(string(text), ") ")
		var pid, ppid int
		var status string
		_, _ = fmt.Sscan(name, &pid)
		_, _ = fmt.Sscan(after, &status, &ppid)
		if ppid == parent && strings.Contains(name, "(terraform-provi") {
			return pid
		}
	}
	t.Fatal("the provider is not running")
	return 0
}

// act is one thing that an apply does.
type act struct {
	name   string
	before []string // variables of the applies that come before; empty for none
	args   []string
}

var acts = []act{
	{"create", nil, []string{"-var=q=1"}},
	{"rotate", []string{"-var=q=1"}, []string{"-var=q=2"}},
	{"retire", []string{"-var=q=1"}, []string{"-var=q=1", "-var=retire=0s"}},
	{"destroy", []string{"-var=q=1"}, []string{"-destroy", "-var=q=1"}},
}

// TestEveryMoment interrupts, ends and kills the real programs at each request of each operation, before the vendor works
// and after it did. No secret in use dies, what is in state works, whatever was lost is named by the next plan, and a
// later apply mends everything.
func TestEveryMoment(t *testing.T) {
	t.Parallel()
	var tried atomic.Int64
	t.Run("moments", func(t *testing.T) {
		for _, v := range vendorsUnderTest {
			for _, a := range acts {
				for _, b := range blows {
					for _, after := range []bool{false, true} {
						name := fmt.Sprintf("%s/%s/%s/after=%t", v.name, a.name, b.name, after)
						t.Run(name, func(t *testing.T) {
							t.Parallel()
							for n := range 9 {
								sum := fnv.New32()
								_, _ = fmt.Fprint(sum, name, n)
								if !thorough && sum.Sum32()%12 != 0 {
									continue
								}
								if !moment(t, v, a, b, n, after) {
									break
								}
								tried.Add(1)
							}
						})
					}
				}
			}
		}
	})
	t.Logf("%d moments", tried.Load())
	if tried.Load() < 5 {
		t.Error("hardly any moment was tried")
	}
}

var onDestroy = map[string]string{"cloudflare": "retire_previous", "csp": "revoke", "identity_service": "delete"}

// moment strikes at the nth request of an operation; false when there are fewer.
func moment(t *testing.T, v vendor, a act, b blow, n int, after bool) bool {
	t.Helper()
	bench := newBenchWith(t, v, fmt.Sprintf(`
variable "q" {}
variable "retire" { default = null }
variable "pending" { default = "fail" }
resource "oauthsecret_%s_client_secret" "app" {
  %s = %q
  rotate_when_changed   = { q = var.q }
  retire_previous_after = var.retire
  on_destroy            = %q
  %s
}
`, v.name, v.id, v.client, onDestroy[v.name], map[bool]string{true: "", false: `on_pending_rotation = var.pending`}[v.name == "identity_service"]))
	apply := func(args ...string) (string, int) {
		return bench.program.Run(append([]string{"apply", "-auto-approve", "-input=false"}, args...)...)
	}
	stored := []string{}
	if a.before != nil {
		if out, code := apply(a.before...); code != 0 {
			t.Fatalf("preparation: %s", out)
		}
		stored = append(stored, bench.held(t))
		if a.name == "rotate" { // the initial secret makes room
			if out, code := apply(append(slices.Clone(a.before), "-var=retire=0s")...); code != 0 {
				t.Fatalf("preparation: %s", out)
			}
		}
	}
	said, reached := bench.struck(t, n, after, b, a.args...)
	if !reached {
		return false
	}
	where := fmt.Sprintf("%s, %s, %s at request %d, after=%t", v.name, a.name, b.name, n, after)
	now := bench.held(t)
	if now != "" {
		stored = append(stored, now)
		if a.name != "destroy" && !v.accepts(bench.sim, now) {
			t.Errorf("%s: the secret in state does not work", where)
		}
	}
	if a.name != "destroy" && len(stored) > 0 && !v.accepts(bench.sim, stored[0]) {
		t.Errorf("%s: the secret in use died", where)
	}
	if !b.kills && a.name == "create" && now == "" && len(bench.strays(stored)) > 0 {
		t.Errorf("%s: a secret was made and is not in state", where)
	}

	plan, _ := bench.program.Run(append([]string{"plan", "-input=false"}, a.args...)...)
	for _, stray := range bench.strays(stored) {
		text := said + plan
		if a.name == "create" && v.name != "cloudflare" {
			continue // without state nothing is left that could tell; the CLI itself says that the provider died
		}
		if a.name == "create" || v.name == "csp" {
			more, _ := apply(a.args...) // a create plans without a look at the vendor, and CSP does not show a rotation
			text += more
		}
		if named := stray.ID != "" && strings.Contains(text, stray.ID); !named && (v.name == "identity_service" || !tells(text)) {
			t.Errorf("%s: secret %s was made and nothing is said of it:\n%s", where, stray.ID, text)
		}
	}

	args := a.args
	if out, code := apply(args...); code != 0 {
		if !strings.Contains(out, "retire_first") {
			t.Errorf("%s: the way out is not named:\n%s", where, out)
		}
		args = append(slices.Clone(args), "-var=pending=retire_first")
		if out, code = apply(args...); code != 0 {
			t.Errorf("%s: the way out does not work:\n%s", where, out)
		}
	}
	if a.name == "destroy" {
		return true
	}
	if out, code := bench.program.Run(append([]string{"plan", "-input=false", "-detailed-exitcode"}, args...)...); code != 0 {
		t.Errorf("%s: the plan does not get empty:\n%s", where, out)
	}
	if !v.accepts(bench.sim, bench.held(t)) {
		t.Errorf("%s: in the end the secret in state does not work", where)
	}
	return true
}

// tells that a text speaks of a new secret on a client with two slots.
func tells(text string) bool {
	return slices.ContainsFunc([]string{"previous secret", "in the middle of a change", "Another rotation or change of this app is open", "Every secret of the client stops working"},
		func(telling string) bool { return strings.Contains(text, telling) })
}

// strays are live secrets that the provider made and that were never in state.
func (b *bench) strays(stored []string) (strays []simulator.SecretRecord) {
	for _, c := range b.sim.Timeline() {
		for _, s := range c.Secrets {
			if c.Target == b.client && s.Origin == simulator.OriginAPI && s.EndedAt == nil && !slices.Contains(stored, s.Value) {
				strays = append(strays, s)
			}
		}
	}
	return strays
}

// struck runs an apply, strikes while its nth request is under way, and gives what it printed.
func (b *bench) struck(t *testing.T, n int, after bool, blow blow, args ...string) (output string, reached bool) {
	t.Helper()
	var count, open atomic.Int64
	open.Store(1)
	held, release := make(chan struct{}), make(chan struct{})
	hook := func(simulator.Entry) {
		if open.Load() == 1 && count.Add(1) == int64(n)+1 {
			close(held)
			<-release
		}
	}
	if after {
		b.sim.AfterRequest(hook)
	} else {
		b.sim.BeforeRequest(hook)
	}
	defer open.Store(0)
	cmd := b.program.Command(append([]string{"apply", "-auto-approve", "-input=false"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-held:
	case err := <-ended:
		t.Logf("no request %d: %v", n, err)
		return out.String(), false
	}
	blow.strike(t, cmd.Process.Pid)
	time.Sleep(300 * time.Millisecond) // until the signal has arrived everywhere
	open.Store(0)
	close(release)
	err := <-ended
	t.Logf("struck at request %d: %v", n, err)
	waitFor(t, "the programs to end", func() bool { return !running(cmd.Process.Pid) })
	_ = os.Remove(filepath.Join(b.program.Dir, ".terraform.tfstate.lock.info"))
	return out.String(), true
}
