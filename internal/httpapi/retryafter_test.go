package httpapi

import (
	"math"
	"net/http"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		value, date string
		wait        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{"120", "", 2 * time.Minute, true},
		{" 7 ", "", 7 * time.Second, true},
		{"-5", "", 0, true},
		{"1.5", "", 0, false},
		{"soon", "", 0, false},
		{"1e3", "", 0, false},
		{"9223372036", "", 9223372036 * time.Second, true},
		{"9223372037", "", math.MaxInt64, true},
		{"99999999999999999999999", "", math.MaxInt64, true},
		{"-99999999999999999999999", "", 0, true},
		{"Sat, 21 Nov 2026 12:00:30 GMT", "", 30 * time.Second, true},
		{"Saturday, 21-Nov-26 12:00:30 GMT", "", 30 * time.Second, true},
		{"Sat Nov 21 12:00:30 2026", "", 30 * time.Second, true},
		{"Sat, 21 Nov 2026 11:00:00 GMT", "", 0, true},
		{"Sat, 21 Nov 2026 12:00:30 GMT", "Sat, 21 Nov 2026 12:00:20 GMT", 10 * time.Second, true},
		{"Fri, 20 Nov 2026 12:00:30 GMT", "Fri, 20 Nov 2026 12:00:20 GMT", 10 * time.Second, true},
		{"Sat, 21 Nov 2026 12:00:30 GMT", "yesterday", 30 * time.Second, true},
	} {
		wait, ok := parseRetryAfter(http.Header{"Retry-After": {test.value}, "Date": {test.date}}, now)
		if wait != test.wait || ok != test.ok {
			t.Errorf("%q at %q: got %s, %t; want %s, %t", test.value, test.date, wait, ok, test.wait, test.ok)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, value := range []string{"1", " 2", "-3", "9223372037", "Sat, 21 Nov 2026 12:00:30 GMT", "Sat Nov 21 12:00:30 2026", "١"} {
		f.Add(value, "")
		f.Add(value, value)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		wait, ok := parseRetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Now())
		if wait < 0 || !ok && wait != 0 {
			t.Errorf("%q at %q: %s, %t", value, date, wait, ok)
		}
	})
}

func FuzzParseQuota(f *testing.F) {
	f.Add(`"default";r=50;t=30`, `"default";q=100;w=60`, "", "", "")
	f.Add(`"a";r=50;t=30, "b";r=3;t=2`, `"a";q=60;w=60,"b";q=9;w=3`, "100, 100;w=60", "7", "20")
	f.Add(`"";r=1e309;t=-1`, `;;=`, "9223372036854775808", "-1", "1e400")
	f.Fuzz(func(t *testing.T, current, policy, limit, remaining, reset string) {
		q, ok := parseQuota(http.Header{
			"Ratelimit": {current}, "Ratelimit-Policy": {policy},
			"Ratelimit-Limit": {limit}, "Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset},
		})
		rate, spread := q.spread()
		if !ok {
			return
		}
		if q.reset < 0 || spread && (math.IsNaN(rate) || rate < 0 || math.IsInf(rate, 0)) {
			t.Errorf("%+v spreads at %v", q, rate)
		}
	})
}

func TestParseQuota(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header http.Header
		want   quota
		ok     bool
	}{
		"none":      {http.Header{}, quota{}, false},
		"draft 10":  {http.Header{"Ratelimit": {`"default";r=50;t=30`}}, quota{50, 30 * time.Second, 0}, true},
		"policy":    {http.Header{"Ratelimit": {`"burst";r=5;t=9`}, "Ratelimit-Policy": {`"burst";q=100;w=60`}}, quota{5, 9 * time.Second, 100}, true},
		"tightest":  {http.Header{"Ratelimit": {`"a";r=50;t=30, "b";r=3;t=2`}, "Ratelimit-Policy": {`"a";q=60;w=60,"b";q=9;w=3`}}, quota{3, 2 * time.Second, 9}, true},
		"old":       {http.Header{"Ratelimit-Limit": {"100, 100;w=60"}, "Ratelimit-Remaining": {"7"}, "Ratelimit-Reset": {"20"}}, quota{7, 20 * time.Second, 100}, true},
		"no reset":  {http.Header{"Ratelimit": {`"default";r=50`}}, quota{}, false},
		"garbage":   {http.Header{"Ratelimit": {`;;=,"r=";r=-1;t=x`}}, quota{}, false},
		"half old":  {http.Header{"Ratelimit-Remaining": {"7"}}, quota{}, false},
		"too large": {http.Header{"Ratelimit": {`"d";r=99999999999999999999;t=1`}}, quota{}, false},
	} {
		got, ok := parseQuota(test.header)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%s: got %v, %t", name, got, ok)
		}
	}
}

func TestQuotaSpread(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quota quota
		rate  float64
		ok    bool
	}{
		"plenty":        {quota{500, time.Minute, 1200}, 0, false},
		"little":        {quota{110, 100 * time.Second, 1200}, 1, true},
		"reserve":       {quota{10, 100 * time.Second, 1200}, 0, true},
		"small limit":   {quota{0, time.Second, 5}, 0, true},
		"unknown limit": {quota{5, 10 * time.Second, 0}, 0.5, true},
		"a time":        {quota{5, 50 * 365 * 24 * time.Hour, 0}, 0, false},
		"reset now":     {quota{0, 0, 100}, 0, false},
	} {
		rate, ok := test.quota.spread()
		if rate != test.rate || ok != test.ok {
			t.Errorf("%s: got %v, %t", name, rate, ok)
		}
	}
}
