package rotation

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func list(entries ...Entry) Facts { return Facts{At: t0.Add(day), Secrets: entries} }

func ids(names ...string) Facts {
	var entries []Entry
	for _, name := range names {
		entries = append(entries, Entry{ID: name})
	}
	return list(entries...)
}

func TestObserve_List(t *testing.T) {
	t.Parallel()
	over := at(day)
	for name, c := range map[string]struct {
		facts    Facts
		before   string // drift
		refused  bool
		drift    string
		says     string
		previous bool
	}{
		"both live":            {facts: ids("old", "new"), previous: true},
		"another spelling":     {facts: ids("OLD", "NEW"), previous: true},
		"the previous is gone": {facts: ids("new")},
		"the previous deleted": {facts: list(Entry{ID: "new"}, Entry{ID: "old", Deleted: true})},
		"the previous expired": {facts: list(Entry{ID: "new"}, Entry{ID: "old", ExpiresAt: over})},
		"the previous expires": {facts: list(Entry{ID: "new"}, Entry{ID: "old", ExpiresAt: at(2 * day)}), previous: true},
		"missing":              {facts: ids("old"), drift: Dead, says: "Secret new is no longer listed", previous: true},
		"nothing is listed":    {facts: ids(), drift: Dead, says: "no longer listed"},
		"deleted":              {facts: list(Entry{ID: "new", Deleted: true}), drift: Dead, says: "Secret new was deleted"},
		"expired":              {facts: list(Entry{ID: "new", ExpiresAt: over}), drift: Dead, says: "Secret new expired at 2026-03-02T12:00:00Z"},
		"about to expire":      {facts: list(Entry{ID: "new", ExpiresAt: at(3 * day)})},
		"back again":           {facts: ids("new"), before: Dead},
		"refused, and listed":  {facts: ids("new"), before: Dead, refused: true, drift: Dead, says: "Something was seen"},
		"refused, and missing": {facts: ids(), before: Dead, refused: true, drift: Dead, says: "no longer listed"},
		"still missing":        {facts: ids(), before: Dead, drift: Dead, says: "no longer listed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := base(many, withPrevious)
			in.rec.Known = t0
			if c.before != "" {
				in.st.Drift, in.rec.Evidence, in.rec.Refused = c.before, "Something was seen", c.refused
			}
			st, rec := observes(t, many, Settings{}, in.st, in.rec, c.facts, false)
			if st.Drift != c.drift || st.HasPrevious != c.previous || (st.PreviousSecretID != "") != c.previous {
				t.Errorf("%+v", st)
			}
			says(t, rec.Evidence, c.says)
			if (c.says == "") != (rec.Evidence == "") || rec.Refused != (c.refused && c.says == "Something was seen") || !c.previous && rec.PreviousVersion != 0 {
				t.Errorf("%+v", rec)
			}
			if e, ok := find(c.facts.Secrets, "old"); c.previous && ok && (rec.PreviousExpiresAt == nil) != (e.ExpiresAt == nil) {
				t.Errorf("the previous one ends at %v", rec.PreviousExpiresAt)
			}
		})
	}
	// A secret whose id is not known is not missing.
	if st, _ := observes(t, many, Settings{}, State{Version: 1, RotatedAt: at(0)}, NewRecord("object", t0), ids("theirs"), false); st.Drift != "" || st.HasPrevious {
		t.Errorf("%+v", st)
	}
	// State keeps whole seconds, and so does the record: reading back what was stored changes nothing.
	_, rec := observes(t, many, Settings{}, base(many, withPrevious).st, NewRecord("object", t0), list(Entry{ID: "new"}, Entry{ID: "old", ExpiresAt: at(2*day + 300*time.Millisecond)}), false)
	if !rec.PreviousExpiresAt.Equal(t0.Add(2 * day)) {
		t.Errorf("%s", rec.PreviousExpiresAt)
	}
}

func TestObserve_ListOlder(t *testing.T) {
	t.Parallel()
	in := base(many, withPrevious)
	in.rec.Known = t0
	in.rec.Older = []Older{{ID: "gone"}, {ID: "deleted"}, {ID: "over"}, {ID: "lives", RetireAt: at(5 * day)}, {ID: "expires"}}
	facts := list(Entry{ID: "new"}, Entry{ID: "deleted", Deleted: true}, Entry{ID: "over", ExpiresAt: at(day)}, Entry{ID: "LIVES"}, Entry{ID: "expires", ExpiresAt: at(9 * day)})
	_, rec := observes(t, many, Settings{}, in.st, in.rec, facts, false)
	if !slices.EqualFunc(rec.Older, []Older{{ID: "lives", RetireAt: at(5 * day)}, {ID: "expires", Expires: true}}, func(a, b Older) bool {
		return a.ID == b.ID && a.Expires == b.Expires && (a.RetireAt == nil) == (b.RetireAt == nil)
	}) {
		t.Errorf("%+v", rec.Older)
	}
	// Their dates are deadlines.
	if !rec.Known.Equal(t0) {
		t.Errorf("known %s", rec.Known)
	}
	facts.At = t0.Add(5 * day)
	if _, rec = observes(t, many, Settings{}, in.st, in.rec, facts, false); !rec.Known.Equal(facts.At) {
		t.Errorf("known %s", rec.Known)
	}
}

func TestOlderAfter(t *testing.T) {
	t.Parallel()
	prior := State{Version: 2, RotatedAt: at(0), HasPrevious: true, PreviousSecretID: "old", RetireAfter: ptr(2 * day)}
	for name, c := range map[string]struct {
		change func(*State, *Record)
		want   []Older
	}{
		"with a date":   {func(*State, *Record) {}, []Older{{ID: "x"}, {ID: "old", RetireAt: at(2 * day)}}},
		"without one":   {func(st *State, _ *Record) { st.RetireAfter = nil }, []Older{{ID: "x"}, {ID: "old"}}},
		"it expires":    {func(_ *State, rec *Record) { rec.PreviousExpiresAt = at(9 * day) }, []Older{{ID: "x"}, {ID: "old", RetireAt: at(2 * day), Expires: true}}},
		"not made here": {func(_ *State, rec *Record) { rec.PreviousVersion = 0 }, []Older{{ID: "x"}}},
		"none":          {func(st *State, _ *Record) { st.HasPrevious, st.PreviousSecretID = false, "" }, []Older{{ID: "x"}}},
		"gone by now":   {func(st *State, _ *Record) { st.HasPrevious = false }, []Older{{ID: "x"}}},
	} {
		st, rec := prior, NewRecord("object", t0)
		rec.PreviousVersion, rec.Older = 1, []Older{{ID: "x"}}
		c.change(&st, &rec)
		if got := OlderAfter(st, rec); fmt.Sprint(jsonOf(t, Record{Older: got})) != jsonOf(t, Record{Older: c.want}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestLastLive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts Facts
		want  bool
	}{
		"alone":             {ids("a"), true},
		"another spelling":  {ids("A"), true},
		"beside another":    {ids("a", "b"), false},
		"beside a dead one": {list(Entry{ID: "a"}, Entry{ID: "b", Deleted: true}, Entry{ID: "c", ExpiresAt: at(day)}), true},
		"dead itself":       {list(Entry{ID: "a", Deleted: true}, Entry{ID: "b"}), false},
		"expired itself":    {list(Entry{ID: "a", ExpiresAt: at(day)}), false},
		"not there":         {ids("b"), false},
		"nothing":           {ids(), false},
	} {
		if got := LastLive(c.facts, "a"); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// The entry of a secret whose id is not known is found by its date, or as the only one that a look soon after shows.
func TestIdentify(t *testing.T) {
	t.Parallel()
	plain, dated := State{Version: 1, RotatedAt: at(0)}, State{Version: 1, RotatedAt: at(0), ExpiresAt: at(30 * day)}
	facts := Facts{Secrets: []Entry{
		{ID: "theirs"}, {ID: "plain"}, {ID: "dated", ExpiresAt: at(30*day + 300*time.Millisecond)}, {ID: "twin", ExpiresAt: at(30 * day)}, {ID: "gone", Deleted: true},
	}}
	for name, c := range map[string]struct {
		st         State
		looked     time.Duration
		candidates []string
		want       string
	}{
		"without a date":           {plain, 0, []string{"plain"}, ""}, // of another object that seeks its own, perhaps
		"by the date":              {dated, time.Hour, []string{"plain", "dated"}, "dated"},
		"by the date, at any time": {dated, 21 * day, []string{"plain", "dated"}, "dated"},
		"two with the date":        {dated, time.Hour, []string{"twin", "dated"}, ""},
		"without the date":         {dated, time.Hour, []string{"plain"}, ""},
		"after it expired":         {dated, 31 * day, []string{"dated"}, ""},
		"none":                     {dated, time.Hour, nil, ""},
		"imported":                 {State{}, time.Hour, []string{"plain"}, ""},
		"not listed":               {dated, time.Hour, []string{"nowhere"}, ""},
	} {
		facts.At = t0.Add(c.looked)
		if got, ok := Identify(c.st, facts, c.candidates); got.ID != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %t", name, got.ID, ok)
		}
	}
}

// Unclaimed are live entries that appeared since the object was applied and that nobody is known to hold.
func TestUnclaimed(t *testing.T) {
	t.Parallel()
	applied := func(names ...string) Record {
		rec := NewRecord("object", t0)
		rec.Listed = FingerprintsOf(ids(names...))
		return rec
	}
	gone := list(Entry{ID: "new"}, Entry{ID: "gone", Deleted: true}, Entry{ID: "late", ExpiresAt: at(day)})
	broken := NewRecord("object", t0)
	broken.Listed = ptr(Fingerprints("?"))
	for name, c := range map[string]struct {
		rec   Record
		facts Facts
		want  []string
	}{
		"nobody else":                 {applied("new"), ids("new"), nil},
		"known from before":           {applied("new", "theirs"), ids("theirs", "new"), nil},
		"another spelling":            {applied("new", "theirs"), ids("THEIRS", "NEW"), nil},
		"our own, not seen before":    {applied(), ids("new", "old", "older"), nil},
		"appeared":                    {applied("new"), ids("new", "theirs", "more"), []string{"theirs", "more"}},
		"appeared where nothing was":  {applied(), ids("theirs"), []string{"theirs"}},
		"somebody of this run has it": {applied("new"), ids("new", "held"), nil},
		"appeared, but does not live": {applied("new"), gone, nil},
		"never applied":               {NewRecord("object", t0), ids("new", "theirs"), nil},
		"the record is lost":          {Record{}.MarkLost(false), ids("new", "old", "theirs"), []string{"theirs"}},
		"what stands there is none":   {broken, ids("new", "theirs"), []string{"theirs"}},
	} {
		c.rec.Older = []Older{{ID: "older"}}
		held := func(id string) bool { return id == "held" }
		if got := Unclaimed(State{Version: 2, SecretID: "new", PreviousSecretID: "old"}, c.rec, c.facts, held); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	// A thousand entries are 8 kB, whatever their order.
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("7d444840-9dc0-11d1-b245-%012x", i))
	}
	one := FingerprintsOf(ids(names...))
	slices.Reverse(names)
	if two := FingerprintsOf(ids(names...)); *one != *two || len(*one) != 8000 {
		t.Errorf("%d characters, alike %t", len(*one), *one == *two)
	}
	rec := NewRecord("object", t0)
	rec.Listed = one
	if got := Unclaimed(State{}, rec, ids(append(names, "theirs")...), func(string) bool { return false }); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("of a thousand: %v", got)
	}
	if got := (*Fingerprints)(nil).marks(); len(got) != 0 {
		t.Errorf("nothing remembers %v", got)
	}
}
