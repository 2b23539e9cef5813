package rotation

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", time.Minute: "1m", 90 * time.Second: "1m30s", 30 * time.Minute: "30m", time.Hour: "1h", 10 * time.Hour: "10h",
		90 * time.Minute: "1h30m", 70 * time.Minute: "1h10m", 48 * time.Hour: "48h", 720 * time.Hour: "720h", time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := Span(d); got != want {
			t.Errorf("%s: %q", d, got)
		}
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	if got := Stamp(t0.Add(900 * time.Millisecond).In(time.FixedZone("x", 3600))); got != "2026-03-01T12:00:00Z" {
		t.Error(got)
	}
}

func TestDueAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  Settings
		st   State
		now  time.Time
		want *time.Time
	}{
		"no schedule":              {Settings{}, State{RotatedAt: at(0)}, t0, nil},
		"from the rotation":        {Settings{RotateAfter: day}, State{RotatedAt: at(0)}, t0.Add(9 * day), at(day)},
		"chosen":                   {Settings{RotateAfter: day, Chosen: true}, State{RotatedAt: at(0)}, t0, nil},
		"adopted, from now":        {Settings{RotateAfter: day}, State{}, t0, at(day)},
		"adopted, nobody knows":    {Settings{RotateAfter: day}, State{}, time.Time{}, nil},
		"adopted, as it was set":   {Settings{RotateAfter: day}, State{RotateAfter: day, DueAt: at(day)}, t0.Add(9 * day), at(day)},
		"adopted, another one":     {Settings{RotateAfter: 3 * day}, State{RotateAfter: day, DueAt: at(day)}, t0.Add(9 * day), at(3 * day)},
		"adopted, set again later": {Settings{RotateAfter: day}, State{DueAt: at(day)}, t0.Add(9 * day), at(10 * day)},
	} {
		if got := DueAt(c.set, c.st, c.now); (got == nil) != (c.want == nil) || got != nil && !got.Equal(*c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRetireAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after   *time.Duration
		rotated *time.Time
		want    *time.Time
	}{
		"never": {nil, at(0), nil}, "at once": {ptr(time.Duration(0)), at(0), at(0)}, "later": {ptr(day), at(0), at(day)}, "never rotated": {ptr(day), nil, nil},
	} {
		if got := RetireAt(Settings{RetireAfter: c.after}, State{RotatedAt: c.rotated}); (got == nil) != (c.want == nil) || got != nil && !got.Equal(*c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPreviousIsOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   inputs
		want bool
	}{
		"flagged":          {base(flagged, withPrevious), true},
		"flagged, adopted": {base(flagged, withPrevious, func(in *inputs) { in.st.Version = 0 }), false},
		"flagged, foreign": {base(flagged, withPrevious, func(in *inputs) { in.rec.ForeignPrevious = true }), false},
		"flagged, drift":   {base(flagged, withPrevious, drifted(Possible, ExternalIgnore)), false},
		"flagged, tainted": {base(flagged, withPrevious, func(in *inputs) { in.rec = Record{} }), true},
		"flagged, lost":    {base(flagged, withPrevious, lost), false},
		"many":             {base(many, withPrevious), true},
		"many, drift":      {base(many, withPrevious, drifted(Dead, ExternalIgnore)), true},
		"many, imported":   {base(many, withPrevious, func(in *inputs) { in.rec.PreviousVersion = 0 }), false},
		"many, lost":       {base(many, withPrevious, lost), false},
		"many, none":       {base(many, func(in *inputs) { in.st.PreviousSecretID = "" }), false},
	} {
		if got := PreviousIsOurs(c.in.traits, c.in.st, c.in.rec); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestPreviousEndsAt(t *testing.T) {
	t.Parallel()
	state := func(t *time.Time) func(*inputs) { return func(in *inputs) { in.st.PreviousEndsAt = t } }
	entry := func(t *time.Time) func(*inputs) {
		return func(in *inputs) { in.st.PreviousEndsAt, in.rec.PreviousExpiresAt = t, t }
	}
	foreign := func(in *inputs) { in.rec.ForeignPrevious = true }
	imported := func(in *inputs) { in.rec.PreviousVersion = 0 }
	removed := func(in *inputs) { in.set.RetireAfter = nil }
	for name, c := range map[string]struct {
		in   inputs
		want *time.Time
	}{
		"none":                             {base(flagged, retiring(day), func(in *inputs) { in.st.HasPrevious = false }), nil},
		"flagged, never":                   {base(flagged, withPrevious), nil},
		"flagged, by the setting":          {base(flagged, retiring(day)), at(day)},
		"flagged, the setting changed":     {base(flagged, retiring(day), state(at(9*day))), at(day)},
		"flagged, the setting was removed": {base(flagged, retiring(day), state(at(day)), removed), nil},
		"flagged, foreign":                 {base(flagged, retiring(day), foreign), nil},
		"blind, by the vendor":             {base(blind, withPrevious, state(at(2*day))), at(2 * day)},
		"blind, whatever the setting":      {base(blind, retiring(day), state(at(2*day))), at(2 * day)},
		"many, never":                      {base(many, withPrevious), nil},
		"many, it expires":                 {base(many, withPrevious, entry(at(5*day))), at(5 * day)},
		"many, by the setting":             {base(many, retiring(day)), at(day)},
		"many, by the setting first":       {base(many, retiring(day), entry(at(5*day))), at(day)},
		"many, it expires first":           {base(many, retiring(9*day), entry(at(5*day))), at(5 * day)},
		"many, imported":                   {base(many, retiring(day), entry(at(5*day)), imported), at(5 * day)},
		"many, the setting was removed":    {base(many, retiring(day), state(at(day)), removed), nil},
		"many, record lost":                {base(many, retiring(day), state(at(5*day)), lost), at(5 * day)},
	} {
		got := PreviousEndsAt(c.in.traits, c.in.set, c.in.st, c.in.rec)
		if (got == nil) != (c.want == nil) || got != nil && !got.Equal(*c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The values of previous_secret_ends are part of the contract.
func TestPreviousEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits Traits
		after  *time.Duration
		mode   Mode
		first  bool
		want   string
	}{
		"flagged":              {flagged, nil, Overlap, false, "when a completion or somebody deletes it"},
		"flagged, first":       {flagged, nil, Overlap, true, "when a completion or somebody deletes it"},
		"flagged, later":       {flagged, ptr(day), Overlap, false, "at the first apply 24h after the rotation"},
		"flagged, at once":     {flagged, ptr(time.Duration(0)), Overlap, true, "at the rotation"},
		"blind":                {blind, nil, Overlap, true, "48h after the rotation, by VMware Cloud Services"},
		"blind, later":         {blind, ptr(90 * time.Minute), Overlap, false, "1h30m after the rotation, by VMware Cloud Services"},
		"blind, at once":       {blind, ptr(time.Duration(0)), Overlap, false, "at the rotation"},
		"blind, regenerated":   {blind, ptr(day), Regenerate, false, "at the rotation"},
		"many":                 {many, nil, Overlap, false, "when a completion or somebody deletes it"},
		"many, later":          {many, ptr(day), Overlap, false, "at the first apply 24h after the rotation"},
		"many, at once":        {many, ptr(time.Duration(0)), Overlap, false, "at the rotation"},
		"many, nothing before": {many, ptr(day), Overlap, true, ""},
		"another vendor":       {realms, nil, Overlap, false, "24h after the rotation, by Another Vendor"},
	} {
		if got := PreviousEnds(c.traits, Settings{RetireAfter: c.after, Mode: c.mode}, c.first); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestEntry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e    Entry
		live bool
	}{
		"endless": {Entry{ID: "a"}, true}, "deleted": {Entry{ID: "a", Deleted: true}, false}, "ahead": {Entry{ID: "a", ExpiresAt: at(1)}, true}, "to the moment": {Entry{ID: "a", ExpiresAt: at(0)}, false},
	} {
		if got := c.e.Live(t0); got != c.live || !c.e.Is("A") || c.e.Is("b") || c.e.Is("") {
			t.Errorf("%s: %t", name, got)
		}
	}
	if one, two := (Client{"Org", "App"}), (Client{"ORG", "aPP"}); one.Key() != two.Key() || one.String() != "Org/App" {
		t.Error("two spellings are two clients")
	}
}
