package rotation

import (
	"testing"
)

// What the token endpoint says of the secret in state during a refresh.
func TestChecked(t *testing.T) {
	t.Parallel()
	const accepted, refused, silent = 'a', 'r', 's'
	for name, c := range map[string]struct {
		traits  Traits
		before  string // drift
		refused bool   // as the record has it
		has     bool
		answer  rune
		drift   string
		still   bool // the record says refused
		says    string
	}{
		"works":                           {flagged, "", false, true, accepted, "", false, ""},
		"no clear answer":                 {flagged, "", false, true, silent, "", false, ""},
		"no clear answer, dead":           {flagged, Dead, true, true, silent, Dead, true, "Something was seen"},
		"no clear answer, rotated":        {flagged, Rotated, false, true, silent, Rotated, false, "Something was seen"},
		"refused":                         {flagged, "", false, false, refused, Dead, true, "It was refused"},
		"refused, as before":              {flagged, Dead, true, false, refused, Dead, true, "Something was seen"},
		"refused, known to be ended":      {flagged, Dead, false, false, refused, Dead, false, "Something was seen"},
		"refused, rotated":                {flagged, Rotated, false, true, refused, Dead, true, "It was refused"},
		"refused, possible":               {flagged, Possible, false, true, refused, Dead, true, "It was refused"},
		"works again":                     {flagged, Dead, true, false, accepted, "", false, ""},
		"works, though taken for ended":   {flagged, Dead, false, false, accepted, "", false, ""},
		"works, but is not the current":   {flagged, Rotated, false, true, accepted, Rotated, false, "Something was seen"},
		"works, beside a previous one":    {flagged, Possible, false, true, accepted, Possible, false, "Something was seen"},
		"the only one, and it works":      {flagged, Possible, false, false, accepted, "", false, ""},
		"blind, works, perhaps displaced": {blind, Possible, false, false, accepted, Possible, false, "Something was seen"},
		"blind, refused":                  {blind, Possible, false, true, refused, Dead, true, "It was refused"},
		"blind, works again":              {blind, Dead, true, true, accepted, "", false, ""},
		"many, refused":                   {many, "", false, true, refused, Dead, true, "It was refused"},
		"many, works again":               {many, Dead, true, true, accepted, "", false, ""},
		"many, listed as gone":            {many, Dead, false, true, accepted, Dead, false, "Something was seen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := base(c.traits)
			in.st.HasPrevious, in.st.Drift, in.rec.Refused = c.has, c.before, c.refused
			if c.before != "" {
				in.rec.Evidence = "Something was seen"
			}
			for range 2 { // asked again, it says the same
				in.st, in.rec = Checked(c.traits, in.st, in.rec, c.answer == accepted, c.answer == refused, "It was refused")
				if in.st.Drift != c.drift || in.rec.Refused != c.still || (c.says == "") != (in.rec.Evidence == "") {
					t.Errorf("drift %q, refused %t, %q", in.st.Drift, in.rec.Refused, in.rec.Evidence)
				}
				says(t, in.rec.Evidence, c.says)
			}
		})
	}
}

// A token endpoint that refuses for a while does not hide what else is known of a client.
func TestChecked_RefusesForAWhile(t *testing.T) {
	t.Parallel()
	rotatedElsewhere := Facts{At: t0.Add(2 * day), HasPrevious: ptr(true), ChangedAt: at(day)}
	alone := Facts{At: t0.Add(4 * day), HasPrevious: ptr(false), ChangedAt: at(3 * day)}
	refuse := func(st State, rec Record) (State, Record) {
		return Checked(flagged, st, rec, false, true, "It was refused")
	}
	accept := func(st State, rec Record) (State, Record) { return Checked(flagged, st, rec, true, false, "") }
	look := func(facts Facts) func(State, Record) (State, Record) {
		return func(st State, rec Record) (State, Record) {
			return observes(t, flagged, Settings{}, st, rec, facts, false)
		}
	}
	type steps []func(State, Record) (State, Record)
	for name, c := range map[string]struct {
		had bool
		do  steps
		// between is the drift before the last step, after the one that stands in the end.
		between, after string
	}{
		"rotated before it refuses":           {false, steps{look(rotatedElsewhere), refuse, look(rotatedElsewhere), accept}, Dead, Rotated},
		"rotated while it refuses":            {false, steps{refuse, look(rotatedElsewhere), accept}, Dead, Rotated},
		"perhaps rotated before it refuses":   {true, steps{look(rotatedElsewhere), refuse, accept}, Dead, Possible},
		"perhaps rotated while it refuses":    {true, steps{refuse, look(rotatedElsewhere), accept}, Dead, Possible},
		"rotated, refused, the only one left": {false, steps{look(rotatedElsewhere), refuse, look(alone), accept}, Dead, ""},
		"nothing else happened":               {true, steps{refuse, accept}, Dead, ""},
		"twice":                               {false, steps{look(rotatedElsewhere), refuse, accept, refuse, accept}, Dead, Rotated},
	} {
		st, rec := State{Version: 2, RotatedAt: at(0), HasPrevious: c.had}, NewRecord("object", t0)
		rec.Window = &Window{Before: *at(-1), Answered: t0, Exactly: at(0)}
		last := len(c.do) - 1
		for _, step := range c.do[:last] {
			st, rec = step(st, rec)
		}
		between := st.Drift
		if st, rec = c.do[last](st, rec); between != c.between || st.Drift != c.after || (st.Drift == "") != (rec.Evidence == "") {
			t.Errorf("%s: drift %q and then %q (%s), want %q and %q", name, between, st.Drift, rec.Evidence, c.between, c.after)
		}
	}
}
