package httpapi

import (
	"net/http"
	"testing"
	"time"
)

// The offset is never more than what the answers prove, and it is right to a second or so where the clock is wrong.
func TestSkew(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	type exchange struct {
		after, took time.Duration // since the start, by the local clock
		dated       time.Duration // the share of took after which the vendor writes the date
	}
	quick := []exchange{{0, 40 * time.Millisecond, 20 * time.Millisecond}, {700 * time.Millisecond, 60 * time.Millisecond, 0}, {1400 * time.Millisecond, 50 * time.Millisecond, 50 * time.Millisecond}}
	slow := []exchange{{0, 55 * time.Second, 0}, {56 * time.Second, 55 * time.Second, 55 * time.Second}}
	for name, c := range map[string]struct {
		ahead     time.Duration // of the vendor's clock
		exchanges []exchange
		within    time.Duration
	}{
		"right":                      {0, quick, 0},
		"right, slow answers":        {0, slow, 0},
		"right, no answer":           {0, nil, 0},
		"a little behind":            {1500 * time.Millisecond, quick, time.Second},
		"a little ahead":             {-1500 * time.Millisecond, quick, time.Second},
		"half a minute behind":       {30 * time.Second, quick, time.Second},
		"half a minute ahead":        {-30 * time.Second, quick, time.Second},
		"a day behind":               {day, quick, time.Second},
		"a day ahead":                {-day, quick, time.Second},
		"a day ahead, one answer":    {-day, quick[:1], 1100 * time.Millisecond},
		"a day behind, slow answers": {day, slow, time.Second},
	} {
		start := time.Date(2026, 7, 1, 5, 20, 0, 123e6, time.UTC)
		var s skew
		for _, e := range c.exchanges {
			sent := start.Add(e.after)
			s.observe(http.Header{"Date": {sent.Add(e.dated + c.ahead).UTC().Format(http.TimeFormat)}}, sent, sent.Add(e.took))
		}
		want := c.ahead
		if len(c.exchanges) == 0 {
			want = 0
		}
		if got := s.offset(); (got-want).Abs() > c.within || got.Abs() > c.ahead.Abs() {
			t.Errorf("%s: offset %s, want %s within %s", name, got, want, c.within)
		}
	}
}

// A clock that is set while the provider runs is followed after a few answers. An answer without a date or with nonsense, or one
// that contradicts the others, changes nothing, be it the first one or a later one.
func TestSkew_Changes(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 7, 1, 5, 20, 0, 0, time.UTC)
	absurd := time.Date(2319, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)
	for name, c := range map[string]struct {
		dates []any // offsets of the vendor's clock, or headers
		want  time.Duration
	}{
		"an hour behind":               {[]any{time.Hour}, time.Hour},
		"no date, nonsense":            {[]any{time.Hour, "", "yesterday"}, time.Hour},
		"absurd at first":              {[]any{absurd}, 0},
		"absurd after others":          {[]any{time.Hour, absurd}, time.Hour},
		"absurd twice":                 {[]any{time.Hour, absurd, absurd, time.Hour, absurd}, time.Hour},
		"one of another server":        {[]any{time.Hour, 10 * time.Hour, time.Hour}, time.Hour},
		"two that do not agree":        {[]any{time.Hour, 10 * time.Hour, 20 * time.Hour, 30 * time.Hour}, time.Hour},
		"set":                          {[]any{time.Hour, time.Duration(0), time.Duration(0), time.Duration(0)}, 0},
		"ten years, and all say so":    {[]any{87600 * time.Hour, 87600 * time.Hour, 87600 * time.Hour}, 87600 * time.Hour},
		"ten years back, all say so":   {[]any{-87600 * time.Hour, -87600 * time.Hour, -87600 * time.Hour}, -87600 * time.Hour},
		"ten years, and only two so":   {[]any{87600 * time.Hour, 87600 * time.Hour}, 0},
		"three days, and only one so":  {[]any{72 * time.Hour}, 0},
		"a day, and one is enough":     {[]any{26 * time.Hour}, 26 * time.Hour},
		"absurd between confirmations": {[]any{72 * time.Hour, 72 * time.Hour, absurd, 72 * time.Hour}, 0},
	} {
		var s skew
		at := start
		for _, date := range c.dates {
			header, ok := date.(string)
			if ahead, is := date.(time.Duration); is {
				header, ok = at.Add(ahead).Format(http.TimeFormat), true
			}
			if !ok {
				t.Fatal(name)
			}
			s.observe(http.Header{"Date": {header}}, at, at.Add(time.Millisecond))
			at = at.Add(time.Minute)
		}
		if got := s.offset(); (got - c.want).Abs() > time.Second {
			t.Errorf("%s: offset %s, want %s", name, got, c.want)
		}
	}
}
