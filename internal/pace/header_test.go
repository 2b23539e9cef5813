package pace

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		lines []string
		date  string
		wait  time.Duration
		ok    bool
	}{
		{nil, "", 0, false},
		{[]string{""}, "", 0, false},
		{[]string{"0"}, "", 0, true},
		{[]string{"120"}, "", 2 * time.Minute, true},
		{[]string{" 7 "}, "", 7 * time.Second, true},
		{[]string{"-5"}, "", 0, true},
		{[]string{"1.5"}, "", 2 * time.Second, true},
		{[]string{"2, 6"}, "", 6 * time.Second, true},
		{[]string{"soon"}, "", 0, false},
		{[]string{"1e3"}, "", 0, false},
		{[]string{"9223372036"}, "", longestAsked, true},
		{[]string{"Sat, 21 Nov 2226 12:00:30 GMT"}, "", longestAsked, true},
		{[]string{"99999999999999999999999"}, "", longestAsked, true},
		{[]string{"-99999999999999999999999"}, "", 0, true},
		{[]string{"Sat, 21 Nov 2026 12:00:30 GMT"}, "", 30 * time.Second, true},
		{[]string{"Saturday, 21-Nov-26 12:00:30 GMT"}, "", 30 * time.Second, true},
		{[]string{"Sat Nov 21 12:00:30 2026"}, "", 30 * time.Second, true},
		{[]string{"Sat, 21 Nov 2026 11:00:00 GMT"}, "", 0, true},
		{[]string{"Sat, 21 Nov 2026 12:00:30 GMT"}, "Sat, 21 Nov 2026 12:00:20 GMT", 10 * time.Second, true},
		{[]string{"Fri, 20 Nov 2026 12:00:30 GMT"}, "Fri, 20 Nov 2026 12:00:20 GMT", 10 * time.Second, true},
		{[]string{"Sat, 21 Nov 2026 12:00:30 GMT"}, "yesterday", 30 * time.Second, true},
		{[]string{"1", "30", "2"}, "", 30 * time.Second, true},
		{[]string{"soon", "30"}, "", 30 * time.Second, true},
		{[]string{"10", "Sat, 21 Nov 2026 12:00:30 GMT"}, "", 30 * time.Second, true},
	} {
		wait, ok := RetryAfter(http.Header{"Retry-After": test.lines, "Date": {test.date}}, now)
		if wait != test.wait || ok != test.ok {
			t.Errorf("%q at %q: got %s, %t; want %s, %t", test.lines, test.date, wait, ok, test.wait, test.ok)
		}
	}
}

func TestAnnounced(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header http.Header
		want   []announcement
	}{
		"none":        {http.Header{}, nil},
		"draft 10":    {http.Header{"Ratelimit": {`"default";r=50;t=30`}}, []announcement{{50, 30 * time.Second}}},
		"several":     {http.Header{"Ratelimit": {`"a";r=50;t=30, "b";r=3;t=2`}}, []announcement{{50, 30 * time.Second}, {3, 2 * time.Second}}},
		"lines":       {http.Header{"Ratelimit": {`"a";r=50;t=30`, `"b";r=3;t=2`}}, []announcement{{50, 30 * time.Second}, {3, 2 * time.Second}}},
		"older":       {http.Header{"Ratelimit-Limit": {"100, 100;w=60"}, "Ratelimit-Remaining": {"7"}, "Ratelimit-Reset": {"20"}}, []announcement{{7, 20 * time.Second}}},
		"older lines": {http.Header{"Ratelimit-Remaining": {"7", "0"}, "Ratelimit-Reset": {"20", "60"}}, []announcement{{7, 20 * time.Second}, {0, time.Minute}}},
		"no reset":    {http.Header{"Ratelimit": {`"default";r=50`}}, nil},
		"reset now":   {http.Header{"Ratelimit": {`"default";r=50;t=0`}}, nil},
		"a time":      {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"1795000000"}}, nil},
		"garbage":     {http.Header{"Ratelimit": {`;;=,"r=";r=-1;t=x`}}, nil},
		"half old":    {http.Header{"Ratelimit-Remaining": {"7"}}, nil},
		"too large":   {http.Header{"Ratelimit": {`"d";r=99999999999999999999;t=1`}}, nil},
	} {
		if got := announced(test.header); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("1", "", `"default";r=50;t=30`, "", "")
	f.Add(" 2", "Sat, 21 Nov 2026 12:00:30 GMT", `"a";r=50;t=30, "b";r=3;t=2`, "7", "20")
	f.Add("9223372037", "Sat Nov 21 12:00:30 2026", `"";r=1e309;t=-1`, "-1", "1e400")
	f.Fuzz(func(t *testing.T, retryAfter, date, current, remaining, reset string) {
		h := http.Header{
			"Retry-After": {retryAfter}, "Date": {date}, "Ratelimit": {current},
			"Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset},
		}
		if wait, ok := RetryAfter(h, time.Now()); wait < 0 || !ok && wait != 0 {
			t.Errorf("%q at %q: %s, %t", retryAfter, date, wait, ok)
		}
		for _, a := range announced(h) {
			if a.remaining < 0 || a.reset <= 0 || a.reset > longestReset {
				t.Errorf("%+v", a)
			}
		}
	})
}
