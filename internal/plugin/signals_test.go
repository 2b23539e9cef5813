//go:build unix

package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// vendor is what differs between the vendors in these tests.
type vendor struct {
	name, id, scope, client, change string
	accepts                         func(s *simulator.Simulator, secret string) bool
}

var vendorsUnderTest = []vendor{
	{"cloudflare", "oauth_client_id", acctest.Account, acctest.OAuthClient, "cloudflare.rotate", func(s *simulator.Simulator, secret string) bool {
		return s.Cloudflare.Accepts(acctest.Account, acctest.OAuthClient, secret)
	}},
	{"csp", "oauth_app_id", acctest.Org, acctest.OAuthApp, "csp.rotate", func(s *simulator.Simulator, secret string) bool {
		return s.CSP.Accepts(acctest.Org, acctest.OAuthApp, secret)
	}},
	{"identity_service", "client_id", acctest.Tenant, acctest.Application, "identity_service.add", func(s *simulator.Simulator, secret string) bool {
		return s.IdentityService.Accepts(acctest.Tenant, acctest.Application, secret)
	}},
}

// bench is a simulator that holds the answer to one changing call until the test lets it go.
type bench struct {
	vendor
	sim     *simulator.Simulator
	program *acctest.Program
	reached chan struct{}
	release chan struct{}
	armed   sync.Once
}

func newBench(t *testing.T, v vendor) *bench {
	t.Helper()
	return newBenchWith(t, v, fmt.Sprintf(`
variable "q" { default = "1" }
resource "oauthsecret_%s_client_secret" "app" {
  %s = %q
  rotate_when_changed   = { q = var.q }
  retire_previous_after = "0s"
}
`, v.name, v.id, v.client))
}

func newBenchWith(t *testing.T, v vendor, config string) *bench {
	t.Helper()
	acctest.NeedCLI(t)
	b := &bench{vendor: v, sim: simulator.New(simulator.Options{}), reached: make(chan struct{}), release: make(chan struct{})}
	b.sim.Cloudflare.AddClient(acctest.Account, acctest.OAuthClient)
	b.sim.CSP.AddApp(acctest.Org, acctest.OAuthApp, simulator.AppSpec{})
	b.sim.IdentityService.AddApplication(acctest.Tenant, acctest.Application)
	server := httptest.NewServer(b.sim)
	t.Cleanup(server.Close)
	env := simulator.Environment(server.URL)
	env["CLOUDFLARE_ACCOUNT_ID"], env["CSP_ORG_ID"], env["IDENTITY_SERVICE_TENANT"] = acctest.Account, acctest.Org, acctest.Tenant
	b.program = acctest.NewProgram(t, config, env)
	return b
}

// hold makes the next changing call wait, before or after its effect.
func (b *bench) hold(after bool) {
	hook := func(e simulator.Entry) {
		if e.Operation == b.change {
			b.armed.Do(func() {
				close(b.reached)
				<-b.release
			})
		}
	}
	if after {
		b.sim.AfterRequest(hook)
	} else {
		b.sim.BeforeRequest(hook)
	}
}

// apply starts an apply in a process group of its own and waits until the changing call is held.
func (b *bench) apply(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := b.program.Command(append([]string{"apply", "-auto-approve", "-input=false"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if t.Failed() {
			t.Log(out.String())
		}
	})
	select {
	case <-b.reached:
	case <-time.After(2 * time.Minute):
		t.Fatal("the changing call never came")
	}
	return cmd
}

// held is the secret in state, "" for none.
func (b *bench) held(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.program.Dir, "terraform.tfstate"))
	if err != nil || len(text) == 0 {
		return ""
	}
	var state struct {
		Resources []struct {
			Instances []struct {
				Attributes struct {
					Secret string `json:"client_secret"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Resources) == 0 || len(state.Resources[0].Instances) == 0 {
		return ""
	}
	return state.Resources[0].Instances[0].Attributes.Secret
}

// live counts the secrets that the vendor accepts.
func (b *bench) live() int {
	n := 0
	for _, c := range b.sim.Timeline() {
		if c.Target != b.client {
			continue
		}
		for _, s := range c.Secrets {
			if b.accepts(b.sim, s.Value) {
				n++
			}
		}
	}
	return n
}

// A signal to the whole process group, as a cancelled job sends it, while the vendor works: the new secret is in state.
func TestSignalToTheGroupLosesNothing(t *testing.T) {
	t.Parallel()
	for _, v := range vendorsUnderTest {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/after=%t", v.name, signal, after), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, v)
					b.program.Must("apply", "-auto-approve")
					before := b.held(t)
					b.hold(after)
					cmd := b.apply(t, "-var=q=2")
					if err := syscall.Kill(-cmd.Process.Pid, signal); err != nil {
						t.Fatal(err)
					}
					waitFor(t, "the interrupt to arrive", func() bool { time.Sleep(300 * time.Millisecond); return true })
					close(b.release)
					_ = cmd.Wait()
					now := b.held(t)
					if now == before || !b.accepts(b.sim, now) {
						t.Error("the state does not hold the new secret, although the vendor made it")
					}
					b.program.Must("apply", "-auto-approve", "-var=q=2") // what an interrupt left to it
					if out := b.program.Must("plan", "-detailed-exitcode", "-var=q=2"); !strings.Contains(out, "No changes") || b.live() > 2 {
						t.Errorf("%d live secrets after the interrupt:\n%s", b.live(), out)
					}
				})
			}
		}
	}
}

// An interrupt while the end of the previous secret waits out a rate limit ends nothing more: the new secret is in state, and the next
// apply ends the old one.
func TestInterruptInAWaitEndsNothingMore(t *testing.T) {
	t.Parallel()
	for vendor, retire := range map[int]string{0: "cloudflare.delete_rotated", 1: "csp.end_rotation", 2: "identity_service.delete"} {
		v := vendorsUnderTest[vendor]
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, v)
			b.program.Must("apply", "-auto-approve")
			before := b.held(t)
			b.change = retire
			b.sim.Inject(simulator.Fault{Operation: retire, Kind: simulator.Answer, Status: 429, Body: "{}", Header: http.Header{"Retry-After": {"20"}}})
			b.hold(false)
			cmd := b.apply(t, "-var=q=2")
			close(b.release)
			waitFor(t, "the wait to begin", func() bool { time.Sleep(300 * time.Millisecond); return true })
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if !b.accepts(b.sim, before) || !b.accepts(b.sim, b.held(t)) || b.held(t) == before {
				t.Error("the previous secret was ended after the interrupt, or the new one is not in state")
			}
			b.program.Must("apply", "-auto-approve", "-var=q=2")
			if b.accepts(b.sim, before) {
				t.Error("the next apply does not end the previous secret")
			}
		})
	}
}

// Terraform is killed outright while the vendor works: nobody takes the answer. On a list the provider takes the secret
// back; on slots the next plan says what happened and refuses to kill the secret in use.
func TestKilledTerraform(t *testing.T) {
	t.Parallel()
	for _, v := range vendorsUnderTest {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, v)
			b.program.Must("apply", "-auto-approve")
			before := b.held(t)
			b.hold(true)
			cmd := b.apply(t, "-var=q=2")
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			close(b.release)
			if b.held(t) != before {
				t.Error("the state changed although nobody was left to write it")
			}
			_ = os.Remove(filepath.Join(b.program.Dir, ".terraform.tfstate.lock.info"))
			waitFor(t, "the provider to end", func() bool { return !running(cmd.Process.Pid) })
			if !b.accepts(b.sim, before) {
				t.Error("the secret in use died")
			}
			switch v.name {
			case "identity_service":
				if n := b.live(); n != 2 {
					t.Errorf("%d live secrets, want the initial one and the one in use: the stray one was not taken back", n)
				}
			case "cloudflare":
				out, code := b.program.Run("plan", "-var=q=2")
				if code == 0 || !strings.Contains(out, "previous secret") {
					t.Errorf("the plan does not name the stray secret:\n%s", out)
				}
			}
		})
	}
}

// running tells whether a process of the group is left.
func running(group int) bool {
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, entry := range entries {
		text, _ := os.ReadFile(entry)
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" {
			return true
		}
	}
	return false
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
