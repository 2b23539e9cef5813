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

// A clock that is set while the provider runs is followed; an answer without a date, or with nonsense, changes nothing.
func TestSkew_Changes(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 7, 1, 5, 20, 0, 0, time.UTC)
	var s skew
	answer := func(at time.Time, date string) {
		s.observe(http.Header{"Date": {date}}, at, at.Add(time.Millisecond))
	}
	answer(start, start.Add(time.Hour).Format(http.TimeFormat))
	if got := s.offset(); (got - time.Hour).Abs() > time.Second {
		t.Errorf("an hour behind: %s", got)
	}
	answer(start.Add(time.Hour+time.Second), "")
	answer(start.Add(time.Hour+time.Second), "yesterday")
	if got := s.offset(); (got - time.Hour).Abs() > time.Second {
		t.Errorf("after answers without a date: %s", got)
	}
	answer(start.Add(time.Hour+2*time.Second), start.Add(time.Hour+2*time.Second).Format(http.TimeFormat))
	if got := s.offset(); got != 0 {
		t.Errorf("after the clock was set: %s", got)
	}
}
