package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestStart prints how long programs take from their start to the answer of GetProviderSchema: this provider, the one that
// does nothing, and those that BENCH_START names, separated by colons. They take turns, so that a busy machine treats them alike.
// It runs only when BENCH_START is set.
func TestStart(t *testing.T) {
	others, ok := os.LookupEnv("BENCH_START")
	if !ok {
		t.Skip("BENCH_START is not set")
	}
	const starts = 20
	name := "terraform-provider-oauthsecret"
	programs := []string{filepath.Join(build(t, "."), name), filepath.Join(build(t, "./internal/testing/bench/nothing"), name)}
	programs = append(programs, strings.FieldsFunc(others, func(r rune) bool { return r == ':' })...)
	wall, cpu := make([][]time.Duration, len(programs)), make([][]time.Duration, len(programs))
	for range starts {
		for i, program := range programs {
			w, c := start(t, program)
			wall[i], cpu[i] = append(wall[i], w), append(cpu[i], c)
		}
	}
	table := fmt.Sprintf("| %d starts, median | MB | from start to schema | fastest | CPU |\n| --- | ---: | ---: | ---: | ---: |\n", starts)
	for i, program := range programs {
		file, err := os.Stat(program)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(wall[i])
		slices.Sort(cpu[i])
		label := filepath.Base(program)
		if i < 2 {
			label = []string{"this provider", "a provider that does nothing, same schema"}[i]
		}
		millis := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		table += fmt.Sprintf("| %s | %.1f | %.1f ms | %.1f ms | %.1f ms |\n", label, float64(file.Size())/1e6,
			millis(wall[i][starts/2]), millis(wall[i][0]), millis(cpu[i][starts/2]))
	}
	publish(t, table)
}

// start runs a provider until its schema is there. CPU is that of the whole process, its end included.
func start(t *testing.T, program string) (wall, cpu time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program)
	connect := plugin.PluginSet{"provider": connection{}}
	began := time.Now()
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE", MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{5: connect, 6: connect},
		Cmd:              cmd, AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, AutoMTLS: true, Logger: hclog.NewNullLogger(),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := protocol.Dispense("provider")
	if err != nil {
		t.Fatal(err)
	}
	method := "/tfplugin6.Provider/GetProviderSchema"
	if client.NegotiatedVersion() == 5 {
		method = "/tfplugin5.Provider/GetSchema"
	}
	var schema emptypb.Empty // keeps what it does not know
	if err := raw.(*grpc.ClientConn).Invoke(t.Context(), method, &emptypb.Empty{}, &schema); err != nil {
		t.Fatal(err)
	}
	wall = time.Since(began)
	if len(schema.ProtoReflect().GetUnknown()) == 0 {
		t.Fatal("the schema is empty")
	}
	client.Kill()
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return wall, time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// connection is the plugin as go-plugin sees it: the bare connection.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}
