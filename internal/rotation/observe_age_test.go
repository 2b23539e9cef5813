package rotation

import (
	"testing"
	"time"
)

// TestObserve_Age reads ages in every unit that they can have. The secret was made here at t0, the client a year before.
func TestObserve_Age(t *testing.T) {
	t.Parallel()
	year := 365 * day
	for name, c := range map[string]struct {
		after    time.Duration // when the look was
		age      time.Duration // what the vendor means
		client   time.Duration // how old the client was at t0; 0: not shown
		ms, s, d bool          // whether it is seen that somebody rotated, where the unit is that
	}{
		// Nobody did anything.
		"our rotation resets it":         {after: 30 * day, age: 30 * day, client: year},
		"it does not reset":              {after: 30 * day, age: 30*day + year, client: year},
		"reset by something before":      {after: 30 * day, age: 60 * day, client: year},
		"right after":                    {after: time.Minute, age: time.Minute, client: year},
		"right after, it does not reset": {after: time.Minute, age: year, client: year},
		"a young client":                 {after: 30 * day, age: 30 * day, client: time.Hour},
		"a client of unknown age":        {after: 30 * day, age: 30 * day},
		"an old client of unknown age":   {after: 30 * day, age: 10 * year},
		"clocks differ by half a minute": {after: 30 * day, age: 30*day - 30*time.Second, client: year},
		"a day after, in whole days":     {after: 25 * time.Hour, age: 25 * time.Hour, client: year},
		// Somebody rotated. Silent is what would be old enough in another unit that the client allows.
		"rotated yesterday":              {after: 30 * day, age: day, client: year, ms: true, s: true, d: true},
		"rotated an hour ago":            {after: 30 * day, age: time.Hour, client: year, s: true, d: true},
		"rotated yesterday, unknown age": {after: 30 * day, age: day, s: true, d: true},
		"rotated right now":              {after: 30 * day, age: 0, client: year, ms: true, s: true, d: true},
		"rotated within the first hours": {after: 3 * time.Hour, age: time.Hour, client: year, s: true},
		"within the slack of the clocks": {after: 90 * time.Second, age: time.Second * 45, client: year},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for unit, want := range map[time.Duration]bool{time.Millisecond: c.ms, time.Second: c.s, day: c.d} {
				st, rec := State{Version: 2, RotatedAt: at(0)}, NewRecord("object", t0)
				facts := Facts{At: t0.Add(c.after), SecretAge: ptr(float64(c.age / unit))}
				if c.client != 0 {
					facts.CreatedAt = at(-c.client)
				}
				st, rec = Observe(blind, Settings{}, st, rec, facts, false)
				if (st.Drift == Rotated) != want || (rec.Evidence != "") != want || rec.Age != nil {
					t.Errorf("in units of %s: drift %q, want %t", unit, st.Drift, want)
				}
				if want {
					says(t, rec.Evidence, "made after 2026-03-01T12:00:00Z")
				}
				// What grows is not noted: a later look stores the same.
				later := facts
				later.At, later.SecretAge = facts.At.Add(time.Minute), ptr(float64((c.age+time.Minute)/unit))
				if st2, rec2 := Observe(blind, Settings{}, st, rec, later, false); st2.Drift != st.Drift || jsonOf(t, rec) != jsonOf(t, rec2) {
					t.Errorf("in units of %s: %s became %s", unit, jsonOf(t, rec), jsonOf(t, rec2))
				}
			}
		})
	}
}

// An adopted or imported client has no rotation of ours to compare with, but an age that was seen first.
func TestObserve_AgeOfAnAdoptedClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, then float64
		after       time.Duration
		want        bool
	}{
		"grew in seconds":      {1000, 1000 + 86_400, day, false},
		"grew in milliseconds": {1e6, 1e6 + 86_400_000, day, false},
		"grew in days":         {3, 4, day, false},
		"stands still":         {1000, 1000, day, true}, // in no unit is that old enough
		"days stand still":     {3, 3, time.Hour, false},
		"fell":                 {1000, 999, time.Second, true},
		"fell to nothing":      {3, 0, day, true},
		"grew by less":         {1000, 2000, 30 * day, true},
	} {
		st, rec := observes(t, blind, Settings{}, State{}, NewRecord("object", time.Time{}), Facts{At: t0, SecretAge: &c.first}, true)
		if rec.Age == nil || rec.Age.Shown != c.first || !rec.Age.At.Equal(t0) || st.Drift != "" {
			t.Fatalf("%s: %+v %+v", name, st, rec.Age)
		}
		facts := Facts{At: t0.Add(c.after), SecretAge: &c.then, CreatedAt: at(-400 * day)}
		if st, _ = Observe(blind, Settings{}, st, rec, facts, false); (st.Drift == Rotated) != c.want {
			t.Errorf("%s: drift %q", name, st.Drift)
		}
	}
	// A record that was lost notes the age anew, and says what it is.
	st, rec := observes(t, blind, Settings{}, State{}, Record{}, Facts{At: t0, SecretAge: ptr(5.0)}, false)
	if rec.Age == nil || st.Drift != Possible {
		t.Errorf("%+v %+v", st, rec)
	}
}

// An age that was noted once tells the unit: one that would have been older than the client is none.
func TestObserve_AgeInAKnownUnit(t *testing.T) {
	t.Parallel()
	year := 365 * day
	for name, c := range map[string]struct {
		noted, age float64
		want       bool
	}{
		"milliseconds, rotated an hour ago":    {float64((60 * day).Milliseconds()), float64(time.Hour.Milliseconds()), true},
		"milliseconds, rotated yesterday":      {float64((60 * day).Milliseconds()), float64(day.Milliseconds()), true},
		"milliseconds, ours":                   {float64((60 * day).Milliseconds()), float64((30 * day).Milliseconds()), false},
		"milliseconds, it does not reset":      {float64((60 * day).Milliseconds()), float64((90 * day).Milliseconds()), false},
		"seconds, rotated an hour ago":         {(60 * day).Seconds(), time.Hour.Seconds(), true},
		"seconds, ours":                        {(60 * day).Seconds(), (30 * day).Seconds(), false},
		"days, ours":                           {60, 30, false},
		"days, rotated the day before":         {60, 1, true},
		"nothing that any unit allows is said": {1e30, 1, false},
	} {
		st, rec := State{Version: 2, RotatedAt: at(0)}, NewRecord("object", t0)
		rec.Age = &Age{At: t0, Shown: c.noted}
		st, rec = observes(t, blind, Settings{}, st, rec, Facts{At: t0.Add(30 * day), SecretAge: &c.age, CreatedAt: at(-year)}, false)
		if (st.Drift == Rotated) != c.want {
			t.Errorf("%s: drift %q", name, st.Drift)
		}
		if rec.Age.Shown != c.noted || !rec.Age.At.Equal(t0) {
			t.Errorf("%s: noted anew: %+v", name, rec.Age)
		}
	}
}

// What is known already is not replaced by what an age says.
func TestObserve_AgeBesideDrift(t *testing.T) {
	t.Parallel()
	for _, drift := range []string{Dead, Possible} {
		st, rec := State{Version: 2, RotatedAt: at(0), Drift: drift}, NewRecord("object", t0)
		rec.Evidence = "Something was seen"
		if st, rec = Observe(blind, Settings{}, st, rec, Facts{At: t0.Add(30 * day), SecretAge: ptr(5.0)}, false); st.Drift != drift || rec.Evidence != "Something was seen" {
			t.Errorf("%q became %q: %s", drift, st.Drift, rec.Evidence)
		}
	}
}
