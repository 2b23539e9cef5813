package duration_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/duration"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const day, week = 24 * time.Hour, 168 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "2w": 2 * week, "1d12h": 36 * time.Hour, "1w2d3h4m5s": week + 2*day + 3*time.Hour + 4*time.Minute + 5*time.Second,
		"1.5d": 36 * time.Hour, "0.5w": 84 * time.Hour, ".5d": 12 * time.Hour, "12h1d": 36 * time.Hour, "0d": 0, "-1d": -day, "+1d": day,
		"0": 0, "0s": 0, "30m": 30 * time.Minute, "2160h": 90 * day, "1h30m": 90 * time.Minute, "1d500ms": day + 500*time.Millisecond,
		"106751d": 106751 * day, "2562047h": 2562047 * time.Hour,
	} {
		if got, err := duration.Parse(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "d", "w", "1", "1x", "1 d", "1d ", " 1d", "1D", "1W", "d1", "1d2", "1d-2h", "--1d", "-+1d", "1..5d", ".d", "1e3d", "1dd", "1day", "2weeks", "1mo", "1y",
		"106752d", "15251w", "2562048h", "106751d1d", "99999999999999999999d", "∞d",
	} {
		got, err := duration.Parse(text)
		if err == nil {
			t.Errorf("%q is %v", text, got)
		} else if !strings.Contains(err.Error(), "w (weeks)") || !strings.Contains(err.Error(), `"90d"`) {
			t.Errorf("the error of %q does not name the units: %v", text, err)
		}
	}
}

// What Go reads is read the same, and nothing overflows.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"1h", "90d", "2w", "1d12h", "-3m", "0", "1.5d", "106751d23h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := duration.Parse(text)
		if want, goErr := time.ParseDuration(text); goErr == nil && (err != nil || got != want) {
			t.Errorf("%q is %v, %v; Go says %v", text, got, err, want)
		}
		if err == nil && !strings.HasPrefix(text, "-") && got < 0 || got == math.MinInt64 && !strings.HasPrefix(text, "-") {
			t.Errorf("%q is %v", text, got)
		}
	})
}
