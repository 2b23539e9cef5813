package bench

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// latency is what the vendor's answers take in whole runs.
const latency = 50 * time.Millisecond

// measure is what one command cost: CPU of the program and its plugins, CPU and peak memory of the plugins alone.
type measure struct {
	cpu, plugins, wall time.Duration
	memory             int // kB, 0 when unknown
	requests           int
}

// TestProgram prints a table of whole runs of the command-line program, beside the floor in the same run. It runs only
// when BENCH_PROGRAM names a number of resources, from make bench.
func TestProgram(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("BENCH_PROGRAM"))
	if err != nil {
		t.Skip("BENCH_PROGRAM is not set")
	}
	sim := simulator.New(simulator.Options{})
	for i := range n {
		sim.Cloudflare.AddClient(account, clientID(i))
	}
	sim.Inject(simulator.Fault{Operation: "cloudflare.*", Kind: simulator.Delay, Delay: latency, Times: -1})
	product, idle := ours(build(t, "")), ours(build(t, "internal/testing/bench/nothing"))
	var table bytes.Buffer
	fmt.Fprintf(&table, "| %d resources, %s/%s, %d CPUs, %s | apply: CPU s, of it the provider | plan: CPU s, of it the provider | wall s | provider's peak MB | requests apply / plan |\n| --- | --- | --- | --- | --- | --- |\n",
		n, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	secrets := `provider "oauthsecret" {
  cloudflare { requests_per_second = 100000 }
}
` + resources("cloudflare", n)
	for _, row := range []struct {
		name, config string
		providers    map[string]string
	}{
		{"terraform_data (core alone)", fmt.Sprintf("resource \"terraform_data\" \"x\" {\n  count = %d\n  input = count.index\n}\n", n), nil},
		{"a provider that does nothing, same schema", cli.Required + secrets, idle},
		{"this provider", cli.Required + secrets, product},
	} {
		p := newProgram(t, sim, row.config, row.providers)
		apply := p.command(t, "apply", "-auto-approve")
		plan := p.command(t, "plan")
		fmt.Fprintf(&table, "| %s | %.1f, %.1f | %.1f, %.1f | %.1f / %.1f | %d | %d / %d |\n", row.name,
			apply.cpu.Seconds(), apply.plugins.Seconds(), plan.cpu.Seconds(), plan.plugins.Seconds(), apply.wall.Seconds(), plan.wall.Seconds(),
			max(apply.memory, plan.memory)/1024, apply.requests, plan.requests)
	}
	publish(t, table.String())
}

// TestLimit prints how long whole runs take under a limit of requests per second that the provider does not know, beside
// the shortest time that the limit allows. It runs only when BENCH_LIMIT names a number of clients, from make bench.
func TestLimit(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("BENCH_LIMIT"))
	if err != nil {
		t.Skip("BENCH_LIMIT is not set")
	}
	const perSecond = 20
	product := ours(build(t, ""))
	var table bytes.Buffer
	fmt.Fprintf(&table, "| %d clients under a limit of %d a second | parallelism | requests that were needed | refused | wall s | N x k / R |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", n, perSecond)
	for _, vendor := range []simulator.Vendor{simulator.Cloudflare, simulator.CSP, simulator.IdentityService} {
		for _, parallelism := range []string{"10", "50"} {
			sim := simulator.New(simulator.Options{})
			for i := range n {
				sim.Cloudflare.AddClient(account, clientID(i))
				sim.CSP.AddApp(org, clientID(i), simulator.AppSpec{})
				sim.IdentityService.AddApplication(tenant, clientID(i))
			}
			sim.SetLimit(vendor, simulator.Limit{PerSecond: perSecond, Burst: perSecond, RetryAfter: simulator.RetryAfterSeconds})
			apply := newProgram(t, sim, cli.Required+resources(string(vendor), n), product).command(t, "apply", "-auto-approve", "-parallelism="+parallelism)
			refused := sim.Rejected(vendor)
			needed := apply.requests - refused
			fmt.Fprintf(&table, "| %s, a rotation of all | %s | %d | %d | %.1f | %.1f |\n", vendor, parallelism, needed, refused, apply.wall.Seconds(), float64(needed)/perSecond)
		}
	}
	publish(t, table.String())
}

// publish prints a table and appends it to the file that BENCH_TABLE names.
func publish(t *testing.T, table string) {
	t.Helper()
	fmt.Println(table)
	path := os.Getenv("BENCH_TABLE")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(table + "\n"); err != nil {
		t.Fatal(err)
	}
}

func clientID(i int) string { return fmt.Sprintf("%032x", i) }

// resources are n client secrets of a vendor, of clients that clientID names.
func resources(vendor string, n int) string {
	id := map[string]string{"cloudflare": "oauth_client_id", "csp": "oauth_app_id", "identity_service": "client_id"}[vendor]
	return fmt.Sprintf(`resource "oauthsecret_%s_client_secret" "app" {
  count = %d
  %s = format("%%032x", count.index)
}
`, vendor, n, id)
}

// program is a configuration and the command-line program to run on it.
type program struct {
	cli.CLI
	sim *simulator.Simulator
}

// newProgram writes the configuration. It takes providers, named as cli.Overrides has them, from these directories.
func newProgram(t *testing.T, sim *simulator.Simulator, config string, providers map[string]string) program {
	t.Helper()
	path, err := cli.Find()
	if err != nil {
		t.Skip(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	p := program{CLI: cli.CLI{Path: path, Dir: t.TempDir()}, sim: sim}
	settings := filepath.Join(p.Dir, "rc")
	write(t, settings, cli.Overrides(providers))
	env := maps.Clone(simulator.Environment(server.URL))
	env["TF_CLI_CONFIG_FILE"] = settings
	env["CLOUDFLARE_ACCOUNT_ID"], env["CSP_ORG_ID"], env["IDENTITY_SERVICE_TENANT"] = account, org, tenant
	p.Env = cli.Environment(env)
	write(t, filepath.Join(p.Dir, "main.tf"), config)
	return p
}

// ours installs a build of the provider.
func ours(dir string) map[string]string { return map[string]string{"oauthsecret/oauthsecret": dir} }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// build compiles a provider as a release does and gives the directory that it is in.
func build(t *testing.T, pkg string) string {
	t.Helper()
	dir := t.TempDir()
	if err := cli.Build(t.Context(), dir, pkg, "-trimpath", "-tags=grpcnotrace", "-ldflags=-s -w"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (p program) command(t *testing.T, args ...string) measure {
	t.Helper()
	p.sim.ResetJournal()
	cmd := p.Command(t.Context(), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watching, stop := context.WithCancel(t.Context())
	m := measure{}
	var wg sync.WaitGroup
	wg.Go(func() { m.memory, m.plugins = watch(watching, cmd.Process.Pid) })
	err := cmd.Wait()
	m.wall = time.Since(began)
	stop()
	wg.Wait()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	m.cpu, m.requests = time.Duration(usage.Utime.Nano()+usage.Stime.Nano()), len(p.sim.Journal())
	return m
}

// tick is the unit of CPU time in /proc.
const tick = 10 * time.Millisecond

// watch samples the plugins of process pid: the highest peak memory of one, in kB, and the CPU time of all together.
func watch(ctx context.Context, pid int) (peak int, cpu time.Duration) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	spent := map[string]time.Duration{}
	for {
		select {
		case <-ctx.Done():
			for _, d := range spent {
				cpu += d
			}
			return peak, cpu
		case <-ticker.C:
		}
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		var children []string
		for _, list := range lists {
			ids, _ := os.ReadFile(list)
			children = append(children, strings.Fields(string(ids))...)
		}
		for _, child := range children {
			status, _ := os.ReadFile("/proc/" + child + "/status")
			if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
				kb, _ := strconv.Atoi(strings.Fields(after)[0])
				peak = max(peak, kb)
			}
			stat, _ := os.ReadFile("/proc/" + child + "/stat")
			// After the name in parentheses: state is field 3, user and system time are 14 and 15.
			if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) > 12 {
				user, _ := strconv.Atoi(fields[11])
				system, _ := strconv.Atoi(fields[12])
				spent[child] = time.Duration(user+system) * tick
			}
		}
	}
}
