package rotation

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// A record survives being stored, apart from what lies beside it.
func TestRecord_JSON(t *testing.T) {
	t.Parallel()
	rec := NewRecord("object", t0)
	rec.Evidence, rec.Refused, rec.ForeignPrevious, rec.PreviousVersion = "Seen", true, true, 3
	rec.PreviousExpiresAt, rec.Changed, rec.EndedAt = at(day), at(-day), at(time.Hour)
	rec.Window = &Window{Before: *at(-time.Hour), Answered: t0, Exactly: at(-time.Second)}
	rec.Age, rec.Older = &Age{At: t0, Shown: 1.5}, []Older{{ID: "x", RetireAt: at(day), Expires: true}}
	rec.Listed, rec.Behind = FingerprintsOf(ids("new")), &Sign{Rotated, "Seen"}
	rec.Unsupported, rec.Conflict, rec.Lost = "it is a public client", true, true
	var back Record
	if err := json.Unmarshal([]byte(jsonOf(t, rec)), &back); err != nil || !reflect.DeepEqual(rec, back) {
		t.Errorf("%v\n%+v\n%+v", err, rec, back)
	}
	rec.Pending = &Pending{Fingerprint: "f"}
	says(t, jsonOf(t, rec), "!ending\":{", "!Pending", "!fingerprint")
	if got := jsonOf(t, NewRecord("object", t0)); got != `{"form":2,"object":"object","known":"2026-03-01T12:00:00Z"}` {
		t.Errorf("a plain record is long: %s", got)
	}
}

func TestRecord_Valid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rec  Record
		want bool
	}{
		"new":                      {NewRecord("object", t0), true},
		"of before its first look": {NewRecord("object", time.Time{}), false},
		"none":                     {Record{}, false},
		"of another form":          {Record{Form: 1, Known: t0}, false},
		"of a later form":          {Record{Form: form + 1, Known: t0}, false},
	} {
		if got := c.rec.Valid(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		for _, first := range []bool{true, false} {
			c.rec.Pending = &Pending{}
			marked := c.rec.MarkLost(first)
			if marked.Pending == nil || marked.Lost != (!c.want && !first) || c.want && !reflect.DeepEqual(marked, c.rec) {
				t.Errorf("%s, first %t: %+v", name, first, marked)
			}
			if !c.want && (marked.Valid() || marked.Object != c.rec.Object) {
				t.Errorf("%s, first %t: %+v is taken for a record", name, first, marked)
			}
		}
	}
}

func TestWindowOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, answer *time.Time
		want           *Window
	}{
		"dates nothing":                     {nil, nil, nil},
		"dated before":                      {at(-time.Hour), nil, &Window{Before: *at(-time.Hour), Answered: t0}},
		"dated in the answer":               {nil, at(-time.Second), &Window{Answered: t0, Exactly: at(-time.Second)}},
		"both":                              {at(-time.Hour), at(-time.Second), &Window{Before: *at(-time.Hour), Answered: t0, Exactly: at(-time.Second)}},
		"the answer has the date of before": {at(-time.Hour), at(-time.Hour), &Window{Before: *at(-time.Hour), Answered: t0}},
	} {
		if got := WindowOf(Issued{At: t0, ChangedAt: c.answer, Before: Facts{ChangedAt: c.before}}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRecord_Ours(t *testing.T) {
	t.Parallel()
	window := Window{Before: *at(-time.Hour), Answered: t0}
	exact := window
	exact.Exactly = at(-time.Second)
	for name, c := range map[string]struct {
		window  *Window
		changed *time.Time
		want    bool
	}{
		"no window":                {nil, at(0), false},
		"not dated":                {&window, nil, false},
		"within":                   {&window, at(-time.Minute), true},
		"at the answer":            {&window, at(0), true},
		"a second after":           {&window, at(time.Second), true},
		"more than a second after": {&window, at(time.Second + 1), false},
		"as before":                {&window, at(-time.Hour), false},
		"earlier than before":      {&window, at(-2 * time.Hour), false},
		"exactly":                  {&exact, at(-time.Second), true},
		"not exactly":              {&exact, at(0), false},
		"exactly, another zone":    {&exact, ptr(at(-time.Second).In(time.FixedZone("x", 3600))), true},
	} {
		rec := NewRecord("object", t0)
		rec.Window = c.window
		if got := rec.Ours(Facts{ChangedAt: c.changed}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestRecord_ChangedSince(t *testing.T) {
	t.Parallel()
	window := Window{Before: *at(-time.Hour), Answered: t0}
	for name, c := range map[string]struct {
		window        *Window
		seen, changed *time.Time
		adopted, want bool
	}{
		"not dated":             {window: &window},
		"not dated any more":    {window: &window, seen: at(0)},
		"our own":               {window: &window, changed: at(-time.Second)},
		"as before":             {window: &window, changed: at(-time.Hour)},
		"later":                 {window: &window, changed: at(2 * time.Second), want: true},
		"as was seen":           {window: &window, seen: at(day), changed: at(day)},
		"later than was seen":   {window: &window, seen: at(day), changed: at(2 * day), want: true},
		"no window, ours":       {changed: at(2 * time.Second)},
		"no window, later":      {changed: at(2*time.Second + 1), want: true},
		"no window, before":     {changed: at(-day)},
		"adopted":               {changed: at(day), adopted: true},
		"adopted, as was seen":  {seen: at(day), changed: at(day), adopted: true},
		"adopted, later":        {seen: at(day), changed: at(2 * day), adopted: true, want: true},
		"adopted, back in time": {seen: at(day), changed: at(0), adopted: true, want: true},
	} {
		rec, rotated := NewRecord("object", t0), at(0)
		rec.Window, rec.Changed = c.window, c.seen
		if c.adopted {
			rotated = nil
		}
		if got := rec.ChangedSince(rotated, Facts{ChangedAt: c.changed}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestRecord_Lags(t *testing.T) {
	t.Parallel()
	yes, no := ptr(true), ptr(false)
	for name, c := range map[string]struct {
		flag     *bool
		changed  *time.Time
		looked   time.Duration
		ended    *time.Time
		from     *time.Time
		noWindow bool
		rotation bool // it may show the client as before the rotation
		end      bool // it may show it as before the end
	}{
		"as before the rotation":     {flag: no, changed: at(-time.Hour), rotation: true},
		"for five minutes":           {flag: no, changed: at(-time.Hour), looked: Lag, rotation: true},
		"longer":                     {flag: no, changed: at(-time.Hour), looked: Lag + 1},
		"changed since":              {flag: no, changed: at(time.Second)},
		"not dated":                  {flag: no},
		"shows the previous one":     {flag: yes, changed: at(-time.Hour)},
		"shows nothing":              {changed: at(-time.Hour)},
		"no window":                  {flag: no, changed: at(-time.Hour), noWindow: true},
		"ended since":                {flag: no, changed: at(-time.Hour), ended: at(0)},
		"as before the end":          {flag: yes, changed: at(-time.Second), ended: at(0), end: true},
		"dated with the end":         {flag: yes, changed: at(time.Second), ended: at(0), end: true},
		"changed after the end":      {flag: yes, changed: at(time.Second + 1), ended: at(0)},
		"as at the look before it":   {flag: yes, changed: at(-time.Second), ended: at(0), from: at(-time.Second), end: true},
		"another date than that":     {flag: yes, changed: at(0), ended: at(0), from: at(-time.Second)},
		"dated then, and not now":    {flag: yes, ended: at(0), from: at(-time.Second), end: true},
		"dated so, long after":       {flag: yes, changed: at(-time.Second), ended: at(0), from: at(-time.Second), looked: Lag + 1},
		"after the end, not dated":   {flag: yes, ended: at(0), looked: Lag, end: true},
		"long after the end":         {flag: yes, ended: at(0), looked: Lag + 1},
		"ended, and not shown":       {flag: no, ended: at(0)},
		"ended, and nothing is said": {ended: at(0)},
	} {
		rec := NewRecord("object", t0)
		rec.Window, rec.EndedAt, rec.EndedFrom = &Window{Before: *at(-time.Hour), Answered: t0}, c.ended, c.from
		if c.noWindow {
			rec.Window = nil
		}
		facts := Facts{At: t0.Add(c.looked), HasPrevious: c.flag, ChangedAt: c.changed}
		if got := rec.LagsRotation(facts); got != c.rotation {
			t.Errorf("%s: lags the rotation: %t", name, got)
		}
		if got := rec.LagsEnd(facts); got != c.end {
			t.Errorf("%s: lags the end: %t", name, got)
		}
	}
}

func TestRecord_Advance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now       time.Duration
		deadlines []*time.Time
		want      time.Duration
	}{
		"no deadline":          {day, nil, 0},
		"not set":              {day, []*time.Time{nil, nil}, 0},
		"ahead":                {day, []*time.Time{at(2 * day)}, 0},
		"to the second":        {day, []*time.Time{at(day)}, day},
		"over":                 {day, []*time.Time{at(time.Hour)}, day},
		"over since long ago":  {day, []*time.Time{at(-day)}, 0},
		"at the recorded":      {day, []*time.Time{at(0)}, 0},
		"one of several":       {day, []*time.Time{nil, at(-day), at(time.Hour), at(2 * day)}, day},
		"a clock that is slow": {-day, []*time.Time{at(time.Hour)}, 0},
	} {
		if got := NewRecord("object", t0).Advance(t0.Add(c.now), c.deadlines...); !got.Known.Equal(t0.Add(c.want)) {
			t.Errorf("%s: %s", name, got.Known)
		}
	}
}

// What is due under the settings is what the record waits for.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	in := base(many, scheduled(3*day), retiring(2*day))
	in.rec.Older = []Older{{ID: "x", RetireAt: at(day)}, {ID: "y"}}
	if got, want := Deadlines(in.set, in.st, in.rec), []*time.Time{at(3 * day), at(2 * day), at(day), nil}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := Deadlines(Settings{}, State{}, Record{}); !reflect.DeepEqual(got, []*time.Time{nil, nil}) {
		t.Errorf("%v", got)
	}
}

func TestRecord_Ended(t *testing.T) {
	t.Parallel()
	rec := NewRecord("object", t0)
	rec.Older, rec.ForeignPrevious = []Older{{ID: "x"}, {ID: "y"}}, true
	rec.Ended("X", t0.Add(day), nil)
	if len(rec.Older) != 1 || rec.Older[0].ID != "y" || !rec.EndedAt.Equal(t0.Add(day)) || rec.ForeignPrevious {
		t.Errorf("%+v", rec)
	}
	if rec.Ended("", t0.Add(2*day), nil); len(rec.Older) != 1 || !rec.EndedAt.Equal(t0.Add(2*day)) {
		t.Errorf("%+v", rec)
	}
}

func TestRecord_Doubtful(t *testing.T) {
	t.Parallel()
	plain := NewRecord("object", t0)
	change := func(f func(*Record)) Record { rec := plain; f(&rec); return rec }
	for name, c := range map[string]struct {
		rec   Record
		drift string
		want  bool
	}{
		"plain":    {plain, "", false},
		"foreign":  {change(func(r *Record) { r.ForeignPrevious = true }), "", true},
		"lost":     {change(func(r *Record) { r.Lost = true }), "", true},
		"conflict": {change(func(r *Record) { r.Conflict = true }), "", true},
		"rotated":  {plain, Rotated, true},
		"dead":     {plain, Dead, true},
		"possible": {plain, Possible, true},
	} {
		st := State{Version: 1, HasPrevious: true, Drift: c.drift}
		if got := c.rec.Doubtful(st); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if got := PreviousIsOurs(flagged, st, c.rec); got == c.want {
			t.Errorf("%s: ours %t", name, got)
		}
	}
}
