package rotation

import (
	"testing"
	"time"
)

// A completion that no object speaks for ends a previous secret only where the client's last change is one that its plan saw, or
// one from before the time up to which changes are known.
func TestMayEnd_CompletionAlone(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	yes := true
	seen := func(changed time.Time, none bool) Ending {
		return Ending{Seen: &Seen{Changed: changed, None: none}, Since: made}
	}
	for _, traits := range []Traits{{ShowsPrevious: true}, {EndsOverlap: true}} {
		for name, c := range map[string]struct {
			ending  Ending
			changed time.Duration
			want    string
		}{
			"untouched since":                     {Ending{Since: made}, 300 * time.Millisecond, "ends"},
			"changed before":                      {Ending{Since: made}, -time.Hour, "ends"},
			"changed since":                       {Ending{Since: made}, 3 * time.Second, "nobody looked"},
			"as the plan saw it":                  {seen(made.Add(time.Hour), false), time.Hour, "ends"},
			"changed since the plan":              {seen(made.Add(time.Hour), false), time.Hour + time.Millisecond, "changed"},
			"the resource knows of no previous":   {seen(made.Add(time.Hour), true), time.Hour, "none"},
			"the same, and somebody rotated then": {seen(made.Add(time.Hour), true), 2 * time.Hour, "changed"},
		} {
			changed := made.Add(c.changed)
			facts := Facts{At: made, ChangedAt: &changed}
			want := c.want
			if traits.ShowsPrevious {
				facts.HasPrevious = &yes
				if want == "none" { // the vendor knows better
					want = "ends"
				}
			}
			ok, refused := MayEnd(traits, c.ending, facts, nil)
			got := "none"
			switch {
			case ok:
				got = "ends"
			case refused != nil && refused.NotLookedAt:
				got = "nobody looked"
			case refused != nil:
				got = "changed"
			}
			if got != want {
				t.Errorf("%+v, %s: %s, want %s", traits, name, got, want)
			}
		}
	}
}

// A vendor that shows no flag, but when a client was changed last, shows a change during the overlap.
func TestObserve_ChangedDuringAnOverlap(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	ends := made.Add(48 * time.Hour)
	st := State{Version: made.Unix(), RotatedAt: &made, HasPrevious: true, PreviousEndsAt: &ends}
	traits := Traits{EndsOverlap: true}
	look := func(after time.Duration, changed time.Time) string {
		got, _ := Observe(traits, Settings{}, st, NewRecord("a", made), Facts{At: made.Add(after), ChangedAt: &changed}, false)
		return got.Drift
	}
	if d := look(time.Hour, made.Add(time.Second)); d != "" {
		t.Errorf("our own rotation is drift %q", d)
	}
	if d := look(time.Hour, made.Add(7*time.Second)); d != "" {
		t.Errorf("a change seven seconds later, which may be our completion, is drift %q", d)
	}
	if d := look(time.Hour, made.Add(16*time.Minute)); d != Possible {
		t.Errorf("a change sixteen minutes later is drift %q", d)
	}
	if d := look(49*time.Hour, made.Add(24*time.Hour)); d != "" {
		t.Errorf("a change whose overlap is over is drift %q", d)
	}
}
