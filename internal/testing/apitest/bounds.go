package apitest

import (
	"runtime"
	"strings"
	"testing"
)

// nested are bodies of a quarter of a megabyte whose content lies five hundred levels deep below each of the members: what
// a decoder that reads the rest of the body again at each level never gets done with.
func nested(members ...string) [][]byte {
	const levels = 500
	leaf := `"` + strings.Repeat("x", 1<<18) + `"`
	nest := func(opens, closes string) string {
		return strings.Repeat(opens, levels) + leaf + strings.Repeat(closes, levels)
	}
	var bodies [][]byte
	for _, deep := range []string{nest("[", "]"), nest(`{"a":`, "}"), nest(`[{"message":`, "}]")} {
		bodies = append(bodies, []byte(deep))
		for _, member := range members {
			bodies = append(bodies, []byte(`{"`+member+`":`+deep+`}`), []byte(`{"`+member+`":[`+deep+`]}`))
		}
	}
	return bodies
}

// Fuzz checks a decoder on every sample, on deeply nested bodies, and on whatever the fuzzer makes of them, each time within
// bounds.
func Fuzz(f *testing.F, check func(t *testing.T, body []byte), members ...string) {
	f.Helper()
	Seed(f)
	for _, body := range nested(members...) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		bounded(t, body, func() { check(t, body) })
	})
}

// bounded fails when read takes memory out of proportion to the size of the body. Memory is what it counts, since a clock
// would make the test depend on the machine. What is fixed leaves room for pools: under the race detector sync.Pool forgets a
// quarter of what it is given, at random, and each match of a regular expression may then take 32 KiB anew. An answer may have
// a few hundred words.
func bounded(t testing.TB, body []byte, read func()) {
	t.Helper()
	const perByte, fixed = 64, 16 << 20 // decoded values are larger than their text; other goroutines allocate too
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(perByte*len(body)+fixed) {
		t.Errorf("reading %d bytes that begin with %.40q took %d bytes", len(body), body, used)
	}
}
