package bench

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

var sizes = []int{1, 10, 100, 1000, 10000}

// run measures walk over fleets of every size and vendor, per resource; prepare is not measured. CPU time is comparable on
// a machine that others use too; it includes the collector's and the simulator's.
func run(b *testing.B, prepare, walk func(b *testing.B, f *fleet)) {
	for _, vendor := range []string{"cloudflare", "csp", "identity_service"} {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", vendor, n), func(b *testing.B) {
				b.ReportAllocs()
				requests, cpu := 0, time.Duration(0)
				for range b.N {
					b.StopTimer()
					f := newFleet(b, vendor, n)
					f.apply(b, "1", "")
					prepare(b, f)
					f.sim.ResetJournal()
					before := cpuTime(b)
					b.StartTimer()
					walk(b, f)
					b.StopTimer()
					cpu += cpuTime(b) - before
					requests += len(f.sim.Journal())
				}
				each := float64(b.N * n)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/each, "ns/resource")
				b.ReportMetric(float64(cpu.Nanoseconds())/each, "cpu-ns/resource")
				b.ReportMetric(float64(requests)/each, "requests/resource")
			})
		}
	}
}

// cpuTime is what this process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkPlan is a plan in which nothing changes.
func BenchmarkPlan(b *testing.B) {
	run(b, func(*testing.B, *fleet) {}, func(b *testing.B, f *fleet) { f.plan(b, "1", "") })
}

// BenchmarkRotate is the apply walk in which every secret rotates. What the creation left as a previous secret is deleted
// before; the new one stays.
func BenchmarkRotate(b *testing.B) {
	run(b, func(b *testing.B, f *fleet) {
		f.plan(b, "1", "0s")
		f.apply(b, "1", "0s")
		f.plan(b, "2", "")
	}, func(b *testing.B, f *fleet) { f.apply(b, "2", "") })
}

// BenchmarkRetire is the apply walk in which every previous secret is deleted.
func BenchmarkRetire(b *testing.B) {
	run(b, func(b *testing.B, f *fleet) {
		f.plan(b, "1", "0s")
		f.apply(b, "1", "0s")
		f.plan(b, "2", "")
		f.apply(b, "2", "")
		f.plan(b, "2", "0s")
	}, func(b *testing.B, f *fleet) { f.apply(b, "2", "0s") })
}
