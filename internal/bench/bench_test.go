package bench

import (
	"fmt"
	"strings"
	"testing"
)

var sizes = []int{1, 10, 100, 1000, 10000}

// largest is the size that only the plan of one vendor is measured at: making such a fleet takes minutes.
const largest = 10000

// run measures walk over fleets of every size and vendor, per resource; prepare is not measured.
func run(b *testing.B, prepare, walk func(b *testing.B, f *fleet, round int)) {
	for _, vendor := range []string{"cloudflare", "csp", "identity_service"} {
		for _, n := range sizes {
			if n == largest && (vendor != "cloudflare" || !strings.HasPrefix(b.Name(), "BenchmarkPlan")) {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", vendor, n), func(b *testing.B) {
				b.ReportAllocs()
				requests := 0
				for round := range b.N {
					b.StopTimer()
					f := newFleet(b, vendor, n)
					f.apply(b, "1", "")
					prepare(b, f, round)
					f.sim.ResetJournal()
					b.StartTimer()
					walk(b, f, round)
					b.StopTimer()
					requests += len(f.sim.Journal())
				}
				each := float64(b.N * n)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/each, "ns/resource")
				b.ReportMetric(float64(requests)/each, "requests/resource")
			})
		}
	}
}

func nothing(*testing.B, *fleet, int) {}

// BenchmarkPlan is a plan in which nothing changes.
func BenchmarkPlan(b *testing.B) {
	run(b, nothing, func(b *testing.B, f *fleet, _ int) { f.plan(b, "1", "") })
}

// makeRoom ends the rotation that made the fleet, as somebody else, so that the next one is not held up.
func makeRoom(b *testing.B, f *fleet, _ int) {
	b.Helper()
	for _, id := range f.ids {
		f.sim.Cloudflare.DeleteRotatedElsewhere(id["account_id"], id["oauth_client_id"])
	}
	f.plan(b, "1", "")
}

// BenchmarkRotate is the apply walk in which every secret rotates.
func BenchmarkRotate(b *testing.B) {
	run(b, makeRoom, func(b *testing.B, f *fleet, _ int) { f.apply(b, "2", "0s") })
}

// BenchmarkRetire is the apply walk in which every previous secret is deleted.
func BenchmarkRetire(b *testing.B) {
	run(b, func(b *testing.B, f *fleet, _ int) { f.plan(b, "1", "") }, func(b *testing.B, f *fleet, _ int) { f.apply(b, "1", "0s") })
}
