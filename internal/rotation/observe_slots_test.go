package rotation

import (
	"testing"
	"time"
)

// flagLook is one look at a client whose vendor tells whether a previous secret is valid. The secret was rotated at t0; the
// client had been changed an hour before that.
type flagLook struct {
	traits  Traits
	had     bool           // as state has it
	has     bool           // as the vendor shows it
	changed *time.Duration // when the client was changed last, from t0
	after   time.Duration  // when the look was
	change  func(*State, *Record)
}

// hour stands for the time of the last change before our own.
var (
	hour    = ptr(-time.Hour)
	ourTime = ptr(-time.Second)
)

func exactly(_ *State, rec *Record) { rec.Window.Exactly = at(-time.Second) }

func and(changes ...func(*State, *Record)) func(*State, *Record) {
	return func(st *State, rec *Record) {
		for _, change := range changes {
			change(st, rec)
		}
	}
}

func endedAt(d time.Duration) func(*State, *Record) {
	return func(_ *State, rec *Record) { rec.Ended("", t0.Add(d), nil) }
}

func noRecord(_ *State, rec *Record) { *rec = Record{} }

func drifting(drift string) func(*State, *Record) {
	return func(st *State, rec *Record) { st.Drift, rec.Evidence = drift, "Something was seen" }
}

func unanswered(_ *State, rec *Record) { rec.Unanswered = true }

func foreign(_ *State, rec *Record) { rec.ForeignPrevious = true }

func adopted(st *State, rec *Record) {
	*st = State{HasPrevious: st.HasPrevious}
	rec.Window, rec.PreviousVersion = nil, 0
}

func TestObserve_Flag(t *testing.T) {
	t.Parallel()
	month := 30 * day
	for name, c := range map[string]struct {
		look    flagLook
		has     bool
		foreign bool
		drift   string
		says    string
	}{
		"ours is still there":                      {flagLook{had: true, has: true, changed: ourTime, after: month}, true, false, "", ""},
		"ours, by the answer":                      {flagLook{had: true, has: true, changed: ourTime, after: month, change: exactly}, true, false, "", ""},
		"ours, dated up to a second later":         {flagLook{had: true, has: true, changed: ptr(time.Second), after: month}, true, false, "", ""},
		"changed two seconds later":                {flagLook{had: true, has: true, changed: ptr(2 * time.Second), after: month}, true, true, Possible, "Somebody changed the client at 2026-03-01T12:00:02Z"},
		"changed within a second, by the answer":   {flagLook{had: true, has: true, changed: ptr(time.Second), after: month, change: exactly}, true, true, Possible, "Somebody changed the client"},
		"changed right before ours, by the answer": {flagLook{had: true, has: true, changed: ptr(-2 * time.Second), after: month, change: exactly}, true, true, Possible, "Somebody changed the client"},
		"changed a day later":                      {flagLook{had: true, has: true, changed: ptr(day), after: month}, true, true, Possible, "the vendor does not tell whether that was a rotation"},
		"not dated":                                {flagLook{had: true, has: true, after: month}, true, false, "", ""},
		"the vendor does not date rotations":       {flagLook{had: true, has: true, changed: hour, after: month}, true, false, "", ""},
		"does not date, changed later":             {flagLook{had: true, has: true, changed: ptr(day), after: month}, true, true, Possible, "Somebody changed"},
		"changed again, known as rotated":          {flagLook{had: true, has: true, changed: ptr(day), after: month, change: drifting(Rotated)}, true, true, Rotated, "Something was seen"},
		"changed again, known as dead":             {flagLook{had: true, has: true, changed: ptr(day), after: month, change: drifting(Dead)}, true, true, Dead, "Something was seen"},

		"a completion ended it":                  {flagLook{had: true, changed: ptr(time.Minute), after: month}, false, false, "", ""},
		"a completion ended it, not dated":       {flagLook{had: true, changed: ourTime, after: month}, false, false, "", ""},
		"right after the rotation, the old view": {flagLook{had: true, changed: hour, after: time.Minute}, true, false, "", ""},
		"up to five minutes":                     {flagLook{had: true, changed: hour, after: Lag - 2*time.Minute}, true, false, "", ""},
		"later it is believed":                   {flagLook{had: true, changed: hour, after: Lag + time.Second}, false, false, "", ""},
		"right after, but changed":               {flagLook{had: true, changed: ptr(time.Minute), after: 2 * time.Minute}, false, false, "", ""},
		"none before and none now":               {flagLook{changed: ptr(time.Minute), after: month}, false, false, "", ""},
		"none, and changed":                      {flagLook{changed: ptr(day), after: month}, false, false, "", ""},

		"an earlier look was too early":        {flagLook{has: true, changed: ourTime, after: time.Hour}, true, false, "", ""},
		"too early, by the answer":             {flagLook{has: true, changed: ourTime, after: time.Hour, change: exactly}, true, false, "", ""},
		"a rotation without an answer":         {flagLook{has: true, changed: ourTime, after: time.Hour, change: unanswered}, true, true, Rotated, "its answer with the new secret was lost, or somebody else rotated"},
		"without an answer, it did not happen": {flagLook{changed: ourTime, after: time.Hour, change: unanswered}, false, false, "", ""},
		"rotated elsewhere":                    {flagLook{has: true, changed: ptr(day), after: month}, true, true, Rotated, "did not leave behind: somebody else rotated"},
		"rotated elsewhere, by the answer":     {flagLook{has: true, changed: ptr(time.Second), after: month, change: exactly}, true, true, Rotated, "somebody else rotated"},
		"rotated elsewhere, not dated":         {flagLook{has: true, after: month}, true, true, Rotated, "somebody else rotated"},
		"rotated elsewhere, dates say nothing": {flagLook{has: true, changed: hour, after: month}, true, true, Rotated, "somebody else rotated"},
		"rotated after our end":                {flagLook{has: true, changed: ptr(day), after: month, change: endedAt(time.Hour)}, true, true, Rotated, "somebody else rotated"},
		"rotated after our end, not dated":     {flagLook{has: true, changed: ourTime, after: month, change: endedAt(time.Hour)}, true, true, Rotated, "somebody else rotated"},
		"rotated soon after our end":           {flagLook{has: true, changed: ptr(time.Hour + 2*time.Second), after: time.Hour + time.Minute, change: endedAt(time.Hour)}, true, true, Rotated, "somebody else rotated"},
		"right after our end, the old view":    {flagLook{has: true, changed: ourTime, after: time.Hour + time.Minute, change: endedAt(time.Hour)}, false, false, "", ""},
		"right after our end, dated with it":   {flagLook{has: true, changed: ptr(time.Hour + time.Second), after: time.Hour + time.Minute, change: endedAt(time.Hour)}, false, false, "", ""},
		"right after our end, not dated":       {flagLook{has: true, after: time.Hour + Lag - 2*time.Minute, change: endedAt(time.Hour)}, false, false, "", ""},
		"rotated in the first minutes":         {flagLook{had: true, has: true, changed: ptr(time.Minute), after: 2 * time.Minute}, true, true, Possible, "Somebody changed"},

		"rotated and ended, as was seen":      {flagLook{had: true, changed: ptr(2 * day), after: month, change: and(foreign, drifting(Rotated))}, false, false, Dead, "deleted the previous secret, which this state holds"},
		"perhaps rotated, and ended":          {flagLook{had: true, changed: ptr(2 * day), after: month, change: and(foreign, drifting(Possible))}, false, false, Possible, "Something was seen"},
		"refused, and the previous one ended": {flagLook{had: true, changed: ptr(2 * day), after: month, change: and(foreign, drifting(Dead))}, false, false, Dead, "Something was seen"},
		"rotated, still there":                {flagLook{had: true, has: true, changed: ptr(2 * day), after: month, change: and(foreign, drifting(Rotated))}, true, true, Rotated, "Something was seen"},

		"record lost, none":             {flagLook{changed: ptr(day), after: month, change: noRecord}, false, false, "", ""},
		"record lost, none any more":    {flagLook{had: true, changed: ptr(day), after: month, change: noRecord}, false, false, "", ""},
		"record lost, ours by its date": {flagLook{had: true, has: true, changed: ptr(time.Second), after: month, change: noRecord}, true, false, Possible, "was lost"},
		"record lost, changed since":    {flagLook{had: true, has: true, changed: ptr(day), after: month, change: noRecord}, true, true, Possible, "Somebody changed the client"},
		"record lost, one appeared":     {flagLook{has: true, changed: ptr(day), after: month, change: noRecord}, true, true, Rotated, "somebody else rotated"},
		"record lost, known as rotated": {flagLook{had: true, has: true, changed: ptr(day), after: month, change: and(drifting(Rotated), noRecord)}, true, true, Rotated, ""},

		"adopted, none":                     {flagLook{changed: hour, after: month, change: adopted}, false, false, "", ""},
		"adopted, one appeared":             {flagLook{has: true, changed: ptr(day), after: month, change: adopted}, true, true, Rotated, "somebody else rotated"},
		"another vendor, ours":              {flagLook{traits: realms, had: true, has: true, changed: ourTime, after: time.Hour}, true, false, "", ""},
		"another vendor, rotated elsewhere": {flagLook{traits: realms, has: true, changed: ptr(day), after: month}, true, true, Rotated, "somebody else rotated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traits := flagged
			if c.look.traits.Name != "" {
				traits = c.look.traits
			}
			st, rec := State{Version: 2, RotatedAt: at(0), HasPrevious: c.look.had}, NewRecord("object", t0)
			rec.Window, rec.PreviousVersion = &Window{Before: *at(-time.Hour), Answered: t0}, 1
			if c.look.change != nil {
				c.look.change(&st, &rec)
			}
			facts := Facts{At: t0.Add(c.look.after), HasPrevious: ptr(c.look.has)}
			if c.look.changed != nil {
				facts.ChangedAt = at(*c.look.changed)
			}
			gotSt, gotRec := observes(t, traits, Settings{}, st, rec, facts, false)
			if gotSt.HasPrevious != c.has || gotRec.ForeignPrevious != c.foreign || gotSt.Drift != c.drift {
				t.Errorf("has %t, foreign %t, drift %q; want %t, %t, %q", gotSt.HasPrevious, gotRec.ForeignPrevious, gotSt.Drift, c.has, c.foreign, c.drift)
			}
			says(t, gotRec.Evidence, c.says)
			if c.drift == "" && gotRec.Evidence != "" || !c.has && gotRec.PreviousVersion != 0 {
				t.Errorf("evidence %q, previous version %d", gotRec.Evidence, gotRec.PreviousVersion)
			}
		})
	}
}

// A vendor whose client keeps its date although it is rotated shows that date in the answer too. It says nothing then, and must
// not make somebody else's rotation ours.
func TestObserve_FlagOfAVendorThatDatesNothing(t *testing.T) {
	t.Parallel()
	dated := at(-time.Hour)
	rec := NewRecord("object", t0)
	rec.Window = WindowOf(Issued{At: t0, ChangedAt: dated, Before: Facts{ChangedAt: dated}})
	st, rec := observes(t, flagged, Settings{}, State{Version: 2, RotatedAt: at(0)}, rec, Facts{At: t0.Add(day), HasPrevious: ptr(true), ChangedAt: dated}, false)
	if st.Drift != Rotated || !rec.ForeignPrevious {
		t.Errorf("drift %q, foreign %t", st.Drift, rec.ForeignPrevious)
	}
}

// What happened at a client in several steps, looked at after each.
func TestObserve_Histories(t *testing.T) {
	t.Parallel()
	type step struct {
		after   time.Duration
		has     bool
		changed time.Duration
		drift   string
		foreign bool
	}
	for name, steps := range map[string][]step{
		"rotated once":             {{time.Hour, true, -time.Second, "", false}, {2 * day, false, day, "", false}, {4 * day, true, 3 * day, Rotated, true}, {5 * day, true, 3 * day, Rotated, true}},
		"rotated twice":            {{2 * day, false, day, "", false}, {4 * day, true, 3 * day, Rotated, true}, {6 * day, true, 5 * day, Rotated, true}},
		"rotated and ended":        {{2 * day, false, day, "", false}, {4 * day, true, 3 * day, Rotated, true}, {6 * day, false, 5 * day, Dead, false}, {7 * day, false, 5 * day, Dead, false}},
		"rotated, ended, rotated":  {{2 * day, false, day, "", false}, {4 * day, true, 3 * day, Rotated, true}, {6 * day, false, 5 * day, Dead, false}, {8 * day, true, 7 * day, Dead, true}},
		"perhaps rotated":          {{time.Hour, true, -time.Second, "", false}, {2 * day, true, day, Possible, true}, {3 * day, true, day, Possible, true}, {4 * day, true, 3 * day, Possible, true}},
		"perhaps, and ended":       {{time.Hour, true, -time.Second, "", false}, {2 * day, true, day, Possible, true}, {3 * day, false, 3 * day, Possible, false}, {5 * day, true, 4 * day, Rotated, true}},
		"lagged, then as it is":    {{time.Minute, false, -time.Hour, "", false}, {time.Hour, true, -time.Second, "", false}},
		"lagged too long":          {{time.Hour, false, -time.Hour, "", false}, {2 * time.Hour, true, -time.Second, "", false}},
		"an edit after completion": {{2 * day, false, day, "", false}, {3 * day, false, 2 * day, "", false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, rec := State{Version: 2, RotatedAt: at(0), HasPrevious: true}, NewRecord("object", t0)
			rec.Window, rec.PreviousVersion = &Window{Before: *at(-time.Hour), Answered: t0}, 1
			for i, s := range steps {
				st, rec = observes(t, flagged, Settings{}, st, rec, Facts{At: t0.Add(s.after), HasPrevious: ptr(s.has), ChangedAt: at(s.changed)}, false)
				wantHas := s.has
				if name == "lagged, then as it is" && i == 0 {
					wantHas = true // as it was known
				}
				if st.Drift != s.drift {
					t.Errorf("step %d: drift %q, want %q", i, st.Drift, s.drift)
				}
				if st.HasPrevious != wantHas || rec.ForeignPrevious != s.foreign {
					t.Errorf("step %d: has %t, foreign %t", i, st.HasPrevious, rec.ForeignPrevious)
				}
			}
		})
	}
}

// The first look has nothing to compare with: a previous secret is nobody's, and no drift.
func TestObserve_FlagFirst(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{false, true} {
		st, rec := observes(t, flagged, Settings{}, State{}, NewRecord("object", time.Time{}), Facts{At: t0, HasPrevious: ptr(has), ChangedAt: hourAgo()}, true)
		if st.HasPrevious != has || rec.ForeignPrevious != has || st.Drift != "" || rec.Lost || !rec.Known.Equal(t0) {
			t.Errorf("%t: %+v %+v", has, st, rec)
		}
		if PreviousIsOurs(flagged, st, rec) {
			t.Errorf("%t: the previous secret of an adopted client is ours", has)
		}
		// Changed later, while one is there.
		later := Facts{At: t0.Add(2 * day), HasPrevious: ptr(has), ChangedAt: at(day)}
		if st, _ = observes(t, flagged, Settings{}, st, rec, later, false); (st.Drift == Possible) != has {
			t.Errorf("%t: drift %q after a change", has, st.Drift)
		}
	}
}

func hourAgo() *time.Time { return at(-time.Hour) }

// A vendor that shows nothing of a previous secret: it counts as alive until the overlap is over.
func TestObserve_Overlap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		had   bool
		ends  *time.Time
		after time.Duration
		lost  bool
		has   bool
		drift string
	}{
		"within":             {true, at(2 * day), day, false, true, ""},
		"at the last second": {true, at(2 * day), 2*day - 2*time.Minute, false, true, ""},
		"a second later":     {true, at(2 * day), 2*day + time.Second, false, false, ""},
		"nobody knows until": {true, nil, 30 * day, false, true, ""},
		"none":               {false, nil, day, false, false, ""},
		"record lost":        {true, at(2 * day), day, true, true, Possible},
		"record lost, over":  {true, at(2 * day), 3 * day, true, false, Possible},
		"record lost, none":  {false, nil, day, true, false, Possible},
	} {
		st, rec := State{Version: 2, RotatedAt: at(0), HasPrevious: c.had, PreviousEndsAt: c.ends}, NewRecord("object", t0)
		if c.lost {
			rec = Record{}
		}
		st, rec = observes(t, blind, Settings{}, st, rec, Facts{At: t0.Add(c.after)}, false)
		if st.HasPrevious != c.has || st.Drift != c.drift || !c.has && st.PreviousEndsAt != nil {
			t.Errorf("%s: %+v", name, st)
		}
		if c.drift != "" {
			says(t, rec.Evidence, "a run ended in the middle of a change")
		}
	}
}
