package rotation

import (
	"testing"
	"time"
)

// A completion that is created in an apply that did not touch the client secret ends a previous secret only where the version
// dates the rotation that it completes.
func TestMayEnd_CreatedCompletion(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	yes := true
	for name, c := range map[string]struct {
		version int64
		changed time.Duration
		want    bool
	}{
		"the first version, untouched since": {made.Unix(), 300 * time.Millisecond, true},
		"somebody changed the client since":  {made.Unix(), 3 * time.Second, false},
		"a later version, which dates nothing": {
			made.Unix() - 86400 + 1, 0, false,
		},
		"an update, whose plan looked": {0, time.Hour, true},
	} {
		changed := made.Add(c.changed)
		ok, refused := MayEnd(Traits{ShowsPrevious: true}, Ending{Version: c.version}, Facts{At: made, HasPrevious: &yes, ChangedAt: &changed}, nil)
		if ok != c.want || (refused == nil) != c.want {
			t.Errorf("%s: %t, %v", name, ok, refused)
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
	if d := look(time.Hour, made.Add(7*time.Second)); d != Possible {
		t.Errorf("a change seven seconds later is drift %q", d)
	}
	if d := look(49*time.Hour, made.Add(24*time.Hour)); d != "" {
		t.Errorf("a change whose overlap is over is drift %q", d)
	}
}
