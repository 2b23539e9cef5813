package rotation_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Notes are lost when there are none beside what was observed or made.
func TestNoted_Recalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		noted rotation.Noted
		first bool
		want  bool
	}{
		"just imported":     {rotation.Noted{}, true, false},
		"observed, or made": {rotation.Noted{}, false, true},
		"noted":             {rotation.Noted{At: t0}, false, false},
		"said before":       {rotation.Noted{At: t0, Interrupted: true}, false, true},
	} {
		if got := c.noted.Recalled(c.first).Interrupted; got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Without notes, a client that was changed after the last rotation may have been rotated by somebody else; with notes, what
// they have seen counts.
func TestNoted_Framed(t *testing.T) {
	t.Parallel()
	live := true
	rotated := rotation.State{Version: 1, RotatedAt: at(0), HasPrevious: true}
	for name, c := range map[string]struct {
		noted   rotation.Noted
		st      rotation.State
		changed time.Duration
		want    bool
	}{
		"by the rotation":           {rotation.Noted{}, rotated, time.Second, false},
		"after it":                  {rotation.Noted{}, rotated, time.Minute, true},
		"after it, and was noted":   {rotation.Noted{At: t0.Add(time.Hour), Changed: at(time.Minute)}, rotated, time.Minute, false},
		"never rotated from here":   {rotation.Noted{}, rotation.State{HasPrevious: true}, time.Minute, false},
		"after it, and after notes": {rotation.Noted{At: t0.Add(time.Hour), Changed: at(time.Minute)}, rotated, 2 * time.Hour, true},
	} {
		facts := rotation.Facts{At: t0.Add(day), HasPrevious: &live, ChangedAt: at(c.changed)}
		if got := c.noted.Framed(c.st).ChangedSince(c.st, facts); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// rotatedAt0 are the notes of a rotation at t0 of a client that was last changed an hour before.
func rotatedAt0() rotation.Noted {
	return rotation.Noted{At: t0, Rotated: rotation.FrameOf(rotation.Facts{ChangedAt: at(-time.Hour)}, t0)}
}

func TestNoted_ChangedSince(t *testing.T) {
	t.Parallel()
	st := rotation.State{Version: 1, HasPrevious: true, RotatedAt: at(0)}
	for name, c := range map[string]struct {
		last, now *time.Duration // when the client changed, as the last read and as a new one show it
		read      time.Duration  // the last read
		noFrame   bool
		want      bool
	}{
		"nothing is shown":                         {},
		"not shown any more":                       {last: ptr(time.Duration(0))},
		"the first look, our own change":           {now: ptr(-time.Second)},
		"the first look, dated by another clock":   {now: ptr(15 * time.Second)},
		"the first look, changed since":            {now: ptr(16 * time.Second), want: true},
		"the first look, from before the rotation": {now: ptr(-time.Hour)},
		"the same as before":                       {last: ptr(day), now: ptr(day), read: day},
		"another one":                              {last: ptr(-time.Second), now: ptr(time.Second), want: true},
		"the last look was too early":              {last: ptr(-time.Hour), now: ptr(-time.Second), read: time.Minute},
		"a vendor that does not date rotations":    {last: ptr(-time.Hour), now: ptr(time.Minute), read: time.Hour, want: true},
		"no frame, soon":                           {last: ptr(-time.Hour), now: ptr(time.Second), read: time.Minute, noFrame: true},
		"no frame, later":                          {last: ptr(time.Second), now: ptr(time.Hour), read: 30 * time.Minute, noFrame: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := rotatedAt0()
			noted.At = t0.Add(c.read)
			if c.noFrame {
				noted.Rotated = nil
			}
			facts := rotation.Facts{At: t0.Add(2 * day), HasPrevious: ptr(true)}
			if c.last != nil {
				noted.Changed = at(*c.last)
			}
			if c.now != nil {
				facts.ChangedAt = at(*c.now)
			}
			if got := noted.ChangedSince(st, facts); got != c.want {
				t.Errorf("got %t", got)
			}
			if _, observed := rotation.Observe(cloudflare, st, noted, facts, false); observed.ForeignPrevious != c.want {
				t.Errorf("a read makes the previous secret foreign: %t", observed.ForeignPrevious)
			}
		})
	}
}

// A previous secret that was ended from here may still be shown for a while.
func TestNoted_Lags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left, never bool
		flag        *bool
		changed     *time.Time
		looked      time.Duration
		want        bool
	}{
		"still shown":                   {flag: ptr(true), changed: at(-time.Second), want: true},
		"still shown, not dated":        {flag: ptr(true), want: true},
		"five minutes later":            {flag: ptr(true), looked: 5*time.Minute + 1},
		"changed since":                 {flag: ptr(true), changed: at(time.Second)},
		"not shown":                     {flag: ptr(false)},
		"not said":                      {},
		"there is one, as far as known": {left: true, flag: ptr(true)},
		"nothing was ended":             {never: true, flag: ptr(true)},
	} {
		noted := rotation.Noted{At: t0}
		if !c.never {
			noted.Ended("", t0)
		}
		if got := noted.Lags(c.left, rotation.Facts{At: t0.Add(c.looked), HasPrevious: c.flag, ChangedAt: c.changed}); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// The age that was seen before a secret was ended from here says nothing any more.
func TestNoted_EndedForgetsTheAge(t *testing.T) {
	t.Parallel()
	noted := rotation.Noted{At: t0, SecretAge: ptr(5000.0)}
	noted.Ended("", t0)
	if _, got := rotation.Observe(csp, rotation.State{Version: 1}, noted, rotation.Facts{At: t0, SecretAge: ptr(5.0)}, false); got.External != nil {
		t.Errorf("an own deletion is taken for somebody else's: %+v", got.External)
	}
}

func TestNoted_Stale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		had, noFrame bool
		flag         *bool
		changed      *time.Time
		looked       time.Duration
		want         bool
	}{
		"the view before the rotation": {had: true, flag: ptr(false), changed: at(-time.Hour), want: true},
		"five minutes later":           {had: true, flag: ptr(false), changed: at(-time.Hour), looked: 5*time.Minute + 1},
		"changed since":                {had: true, flag: ptr(false), changed: at(time.Second)},
		"not said when":                {had: true, flag: ptr(false)},
		"the previous secret is there": {had: true, flag: ptr(true), changed: at(-time.Hour)},
		"the flag is not there":        {had: true, changed: at(-time.Hour)},
		"none was left":                {flag: ptr(false), changed: at(-time.Hour)},
		"no frame":                     {had: true, noFrame: true, flag: ptr(false), changed: at(-time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := rotatedAt0()
			if c.noFrame {
				noted.Rotated = nil
			}
			facts := rotation.Facts{At: t0.Add(c.looked), HasPrevious: c.flag, ChangedAt: c.changed}
			if got := noted.Stale(c.had, facts); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
