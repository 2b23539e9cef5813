package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// TestStart prints what it costs the command-line program to start a provider and to get its schema: this provider, the one
// that does nothing, and those that BENCH_START names, separated by colons, beside the program without any. They take turns,
// so that a busy machine treats them alike. It runs only when BENCH_START is set.
func TestStart(t *testing.T) {
	others, ok := os.LookupEnv("BENCH_START")
	if !ok {
		t.Skip("BENCH_START is not set")
	}
	const starts = 20
	type row struct {
		label   string
		binary  string
		program program
		cost    []measure
	}
	rows := []*row{{label: "no provider"}}
	for _, own := range [][2]string{{"this provider", ""}, {"a provider that does nothing, same schema", "internal/testing/bench/nothing"}} {
		rows = append(rows, &row{label: own[0], binary: filepath.Join(build(t, own[1]), "terraform-provider-oauthsecret")})
	}
	for _, binary := range strings.FieldsFunc(others, func(r rune) bool { return r == ':' }) {
		rows = append(rows, &row{label: filepath.Base(binary), binary: binary})
	}
	sim := simulator.New(simulator.Options{})
	for _, r := range rows {
		config, providers := "", map[string]string{}
		if r.binary != "" {
			name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(r.binary), "terraform-provider-"), "_")
			config = fmt.Sprintf("terraform {\n  required_providers {\n    %s = {\n      source = \"bench/%[1]s\"\n    }\n  }\n}\n", name)
			providers["bench/"+name] = filepath.Dir(r.binary)
		}
		r.program = newProgram(t, sim, config, providers)
	}
	for range starts {
		for _, r := range rows {
			r.cost = append(r.cost, r.program.command(t, "providers", "schema", "-json"))
		}
	}
	median := func(r *row, of func(measure) time.Duration) float64 {
		all := make([]time.Duration, starts)
		for i, m := range r.cost {
			all[i] = of(m)
		}
		slices.Sort(all)
		return float64(all[starts/2].Microseconds()) / 1000
	}
	wall, cpu := func(m measure) time.Duration { return m.wall }, func(m measure) time.Duration { return m.cpu }
	table := fmt.Sprintf("| providers schema, median of %d, more than without a provider | MB | wall ms | CPU ms |\n| --- | ---: | ---: | ---: |\n", starts)
	for _, r := range rows[1:] {
		file, err := os.Stat(r.binary)
		if err != nil {
			t.Fatal(err)
		}
		table += fmt.Sprintf("| %s | %.1f | %.1f | %.1f |\n", r.label, float64(file.Size())/1e6,
			median(r, wall)-median(rows[0], wall), median(r, cpu)-median(rows[0], cpu))
	}
	publish(t, table)
}
