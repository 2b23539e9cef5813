package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/simulator"
)

// latency is what the vendor's answers take in whole runs.
const latency = 50 * time.Millisecond

// measure is what one command cost: CPU of the program and its plugins, and the plugin's own peak memory.
type measure struct {
	cpu, wall time.Duration
	memory    int // kB, 0 when unknown
	requests  int
}

// TestProgram prints a table of whole runs of the command-line program, as ratios to the floor in the same run. It runs only
// when BENCH_PROGRAM names a number of resources, from make bench.
func TestProgram(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("BENCH_PROGRAM"))
	if err != nil {
		t.Skip("BENCH_PROGRAM is not set")
	}
	cli, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("no terraform on PATH")
	}
	sim := simulator.New(simulator.Options{})
	for i := range n {
		sim.Cloudflare.AddClient(account, fmt.Sprintf("%032x", i))
	}
	for _, op := range []string{"cloudflare.*"} {
		sim.Inject(simulator.Fault{Operation: op, Kind: simulator.Delay, Delay: latency, Times: -1})
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)

	ours, idle := build(t, "."), build(t, "./internal/bench/nothing")
	secrets := fmt.Sprintf("terraform {\n  required_providers {\n    oauthsecret = {\n      source = \"oauthsecret/oauthsecret\"\n    }\n  }\n}\nprovider \"oauthsecret\" {\n  cloudflare = { requests_per_second = 100000 }\n}\nresource \"oauthsecret_cloudflare_client_secret\" \"app\" {\n  count           = %d\n  oauth_client_id = format(\"%%032x\", count.index)\n}\n", n)
	var table bytes.Buffer
	fmt.Fprintf(&table, "| %d resources, %s/%s, %d CPUs, %s | apply CPU s | plan CPU s | wall s | provider peak MB | requests apply / plan |\n| --- | --- | --- | --- | --- | --- |\n", n, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	var floor [2]measure
	for _, row := range []struct{ name, config, provider string }{
		{"terraform_data (core alone)", fmt.Sprintf("resource \"terraform_data\" \"x\" {\n  count = %d\n  input = count.index\n}\n", n), ""},
		{"a provider that does nothing, same schema", secrets, idle},
		{"this provider", secrets, ours},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.tf"), row.config)
		write(t, filepath.Join(dir, "rc"), fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"registry.terraform.io/oauthsecret/oauthsecret\" = %q\n  }\n  direct {}\n}\n", row.provider))
		env := append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "rc"), "CHECKPOINT_DISABLE=1", "CLOUDFLARE_ACCOUNT_ID="+account)
		for name, value := range simulator.Environment(server.URL) {
			env = append(env, name+"="+value)
		}
		if row.provider == "" {
			command(t, cli, dir, env, sim, "init")
		}
		apply := command(t, cli, dir, env, sim, "apply", "-auto-approve")
		plan := command(t, cli, dir, env, sim, "plan")
		if row.provider == "" {
			floor = [2]measure{apply, plan}
		}
		fmt.Fprintf(&table, "| %s | %.1f (x%.2f) | %.1f (x%.2f) | %.1f / %.1f | %d | %d / %d |\n", row.name,
			apply.cpu.Seconds(), apply.cpu.Seconds()/floor[0].cpu.Seconds(), plan.cpu.Seconds(), plan.cpu.Seconds()/floor[1].cpu.Seconds(),
			apply.wall.Seconds(), plan.wall.Seconds(),
			max(apply.memory, plan.memory)/1024, apply.requests, plan.requests)
	}
	fmt.Println(table.String())
	if path := os.Getenv("BENCH_TABLE"); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(table.String() + "\n"); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// build compiles a provider and gives the directory that it is in.
func build(t *testing.T, pkg string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags=grpcnotrace", "-ldflags=-s -w", "-o", filepath.Join(dir, "terraform-provider-oauthsecret"), pkg)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func command(t *testing.T, cli, dir string, env []string, sim *simulator.Simulator, args ...string) measure {
	t.Helper()
	sim.ResetJournal()
	cmd := exec.CommandContext(t.Context(), cli, args...)
	cmd.Dir, cmd.Env = dir, env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watching, stop := context.WithCancel(t.Context())
	var peak int
	var wg sync.WaitGroup
	wg.Go(func() { peak = watch(watching, cmd.Process.Pid) })
	err := cmd.Wait()
	stop()
	wg.Wait()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return measure{cpu: cpu, wall: time.Since(began), memory: peak, requests: len(sim.Journal())}
}

// watch samples the peak memory of the plugins of process pid, in kB.
func watch(ctx context.Context, pid int) (peak int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return peak
		case <-tick.C:
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
		}
	}
}
