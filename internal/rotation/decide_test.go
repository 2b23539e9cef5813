package rotation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

const day = 24 * time.Hour

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *time.Time { t := t0.Add(d); return &t }

func ptr[T any](v T) *T { return &v }

// The three vendors.
var (
	listed     = rotation.Traits{Listed: true, LogsIn: true}
	cloudflare = rotation.Traits{ShowsPrevious: true}
	csp        = rotation.Traits{EndsOverlap: true, DefaultOverlap: 48 * time.Hour, CallerChooses: true, LogsIn: true, Regenerates: true}
)

// inputs are those of one decision. The secret was rotated at t0 and read a day later.
type inputs struct {
	traits rotation.Traits
	set    rotation.Settings
	st     rotation.State
	noted  rotation.Noted
	self   bool
}

func base(traits rotation.Traits) inputs {
	in := inputs{traits: traits}
	in.set = rotation.Settings{OnExternal: rotation.ExternalWarn, OnPending: rotation.PendingFail, Mode: rotation.Overlap}
	in.st = rotation.State{Version: t0.Unix() + 1, RotatedAt: at(0)}
	in.noted = rotation.Noted{At: t0.Add(day), PreviousMadeHere: true}
	if traits.Listed {
		in.st.SecretID, in.st.PreviousSecretID = "new", "old"
	}
	return in
}

func (in inputs) with(change func(*inputs)) inputs {
	change(&in)
	return in
}

func triggered(in *inputs) { in.st.Triggers, in.set.Triggers = known("q", "1"), known("q", "2") }

func maybe(in *inputs) { in.st.Triggers, in.set.Triggers = known("q", "1"), unknownAt(known(), "q") }

func withPrevious(in *inputs) { in.st.HasPrevious = true }

func retiring(after time.Duration) func(*inputs) {
	return func(in *inputs) { in.st.HasPrevious, in.set.RetireAfter = true, &after }
}

func several(changes ...func(*inputs)) func(*inputs) {
	return func(in *inputs) {
		for _, change := range changes {
			change(in)
		}
	}
}

// outcome is a decision in short.
type outcome struct {
	rotate              rotation.Answer
	why                 string // part of it
	retire, retireFirst bool
	older               []string
	refused             string // part of the reason
	warnings            []string
}

func (want outcome) check(t *testing.T, got rotation.Decision) {
	t.Helper()
	if got.Rotate != want.rotate || !strings.Contains(got.Why, want.why) || (want.why == "") != (got.Why == "") {
		t.Errorf("rotate %d because %q, want %d because %q", got.Rotate, got.Why, want.rotate, want.why)
	}
	if got.Retire != want.retire || got.RetireFirst != want.retireFirst || !slices.Equal(got.RetireOlder, want.older) {
		t.Errorf("retire %t, first %t, older %v; want %t, %t, %v", got.Retire, got.RetireFirst, got.RetireOlder, want.retire, want.retireFirst, want.older)
	}
	switch {
	case (got.Refused == nil) != (want.refused == ""):
		t.Errorf("refused %v, want %q", got.Refused, want.refused)
	case got.Refused != nil && (!strings.Contains(got.Refused.Reason, want.refused) || got.Refused.Remedy == ""):
		t.Errorf("refused %q, remedy %q; want %q and a remedy", got.Refused.Reason, got.Refused.Remedy, want.refused)
	}
	if len(got.Warnings) != len(want.warnings) {
		t.Fatalf("warnings %v, want %v", got.Warnings, want.warnings)
	}
	for i, w := range want.warnings {
		if !strings.Contains(got.Warnings[i].Summary+got.Warnings[i].Detail, w) {
			t.Errorf("warning %q, want %q", got.Warnings[i], w)
		}
	}
}

func run(t *testing.T, cases map[string]struct {
	in   inputs
	want outcome
},
) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.check(t, rotation.Decide(c.in.traits, c.in.set, c.in.st, c.in.noted, c.in.self))
		})
	}
}

type cases = map[string]struct {
	in   inputs
	want outcome
}

func TestDecide_Rotate(t *testing.T) {
	t.Parallel()
	scheduled := func(after time.Duration) func(*inputs) {
		return func(in *inputs) { in.set.RotateAfter, in.st.RotateAfter = after, after }
	}
	chosen := func(before, now *int64) func(*inputs) {
		return func(in *inputs) { in.set.Chosen, in.set.ChosenVersion, in.st.ChosenVersion = now != nil, now, before }
	}
	run(t, cases{
		"nothing to do":         {base(csp), outcome{}},
		"trigger":               {base(csp).with(triggered), outcome{rotate: rotation.Yes, why: "rotate_when_changed"}},
		"trigger unknown":       {base(csp).with(maybe), outcome{rotate: rotation.Maybe, why: "not known yet"}},
		"not due":               {base(csp).with(scheduled(day + time.Second)), outcome{}},
		"due to the second":     {base(csp).with(scheduled(day)), outcome{rotate: rotation.Yes, why: "2026-03-02T12:00:00Z"}},
		"three periods missed":  {base(csp).with(scheduled(6 * time.Hour)), outcome{rotate: rotation.Yes, why: "2026-03-01T18:00:00Z"}},
		"due beside an unknown": {base(csp).with(several(scheduled(day), maybe)), outcome{rotate: rotation.Yes, why: "rotate_after"}},
		"due, notes lost":       {base(csp).with(several(scheduled(day), func(in *inputs) { in.noted = rotation.Noted{} })), outcome{}},
		"trigger, notes lost":   {base(csp).with(several(triggered, func(in *inputs) { in.noted = rotation.Noted{} })), outcome{rotate: rotation.Yes, why: "rotate_when_changed"}},
		"never rotated here":    {base(csp).with(several(scheduled(day), func(in *inputs) { in.st.RotatedAt, in.st.Version = nil, 0 })), outcome{}},
		"imported, now due":     {base(csp).with(several(scheduled(day), func(in *inputs) { in.st.RotatedAt, in.st.Version, in.st.DueAt = nil, 0, at(day) })), outcome{rotate: rotation.Yes, why: "rotate_after"}},
		"unsettled":             {base(csp).with(several(triggered, func(in *inputs) { in.set.Unsettled = true })), outcome{rotate: rotation.Maybe, why: "not known yet"}},
		"pending":               {base(csp).with(func(in *inputs) { in.noted.Pending = &rotation.Pending{} }), outcome{rotate: rotation.Yes, why: "outcome is still unknown"}},
		"pending beside a previous secret is settled, not refused": {
			base(csp).with(several(withPrevious, func(in *inputs) { in.noted.Pending = &rotation.Pending{} })),
			outcome{rotate: rotation.Yes, why: "outcome is still unknown"},
		},
		"chosen, same version":  {base(csp).with(several(triggered, scheduled(time.Hour), chosen(ptr[int64](1), ptr[int64](1)))), outcome{}},
		"chosen, new version":   {base(csp).with(chosen(ptr[int64](1), ptr[int64](2))), outcome{rotate: rotation.Yes, why: "client_secret_wo_version"}},
		"chosen, lower version": {base(csp).with(chosen(ptr[int64](2), ptr[int64](1))), outcome{rotate: rotation.Yes, why: "client_secret_wo_version"}},
		"chosen for the first":  {base(csp).with(chosen(nil, ptr[int64](1))), outcome{rotate: rotation.Yes, why: "client_secret_wo_version"}},
		"not chosen any more":   {base(csp).with(chosen(ptr[int64](1), nil)), outcome{}},
		"chosen, external ignored": {base(csp).with(several(chosen(ptr[int64](1), ptr[int64](1)), func(in *inputs) {
			in.set.OnExternal = rotation.ExternalIgnore
			in.noted.External = &rotation.External{Seen: "x"}
		})), outcome{}},
	})
}

func TestDecide_External(t *testing.T) {
	t.Parallel()
	seen := func(policy string, e rotation.External) func(*inputs) {
		e.Seen = "Somebody was here"
		return func(in *inputs) { in.set.OnExternal, in.noted.External = policy, &e }
	}
	dead := rotation.External{Dead: true, Listed: true}
	run(t, cases{
		"warn":                {base(csp).with(seen("warn", rotation.External{})), outcome{warnings: []string{`Somebody was here. The secret in this state may have stopped working. To make a new one here`}}},
		"rotate":              {base(csp).with(seen("rotate", rotation.External{})), outcome{rotate: rotation.Yes, why: "changed outside Terraform", warnings: []string{"This plan rotates"}}},
		"ignore":              {base(csp).with(seen("ignore", rotation.External{})), outcome{}},
		"listed, warn":        {base(listed).with(seen("warn", dead)), outcome{rotate: rotation.Yes, why: "changed outside Terraform", warnings: []string{"does not work any more. This plan rotates"}}},
		"listed, rotate":      {base(listed).with(seen("rotate", dead)), outcome{rotate: rotation.Yes, why: "changed outside Terraform", warnings: []string{"This plan rotates"}}},
		"listed, ignore":      {base(listed).with(seen("ignore", dead)), outcome{}},
		"ignore, but trigger": {base(listed).with(several(triggered, seen("ignore", dead))), outcome{rotate: rotation.Yes, why: "rotate_when_changed"}},
		"foreign previous, warn": {
			base(cloudflare).with(several(withPrevious, func(in *inputs) { in.noted.ForeignPrevious = true }, seen("warn", rotation.External{}))),
			outcome{warnings: []string{"still works, as the previous secret"}},
		},
		"foreign previous, rotate, fail": {
			base(cloudflare).with(several(withPrevious, func(in *inputs) { in.noted.ForeignPrevious = true }, seen("rotate", rotation.External{}))),
			outcome{rotate: rotation.Yes, why: "changed outside Terraform", refused: "A previous secret is still valid", warnings: []string{"a second rotation would end it too."}},
		},
		"foreign previous, rotate, retire_first": {
			base(cloudflare).with(several(withPrevious, func(in *inputs) {
				in.noted.ForeignPrevious = true
				in.set.OnPending = rotation.PendingRetireFirst
			}, seen("rotate", rotation.External{}))),
			outcome{rotate: rotation.Yes, why: "changed outside Terraform", retireFirst: true, warnings: []string{"This plan rotates"}},
		},
	})
}

func TestDecide_Retire(t *testing.T) {
	t.Parallel()
	foreign := func(in *inputs) { in.noted.ForeignPrevious = true }
	imported := func(in *inputs) { in.st.Version, in.noted.PreviousMadeHere = t0.Unix(), false }
	// The note is lost, and the object alone tells: it rotated five times from its first second on.
	later := func(in *inputs) { in.st.Version, in.noted.PreviousMadeHere = t0.Add(-day).Unix()+5, false }
	lost := func(in *inputs) { in.noted = rotation.Noted{} }
	unprovable := func(in *inputs) { in.set.Unprovable = true }
	run(t, cases{
		"never":                      {base(listed).with(withPrevious), outcome{}},
		"not due":                    {base(listed).with(retiring(day + time.Second)), outcome{}},
		"due":                        {base(listed).with(retiring(day)), outcome{retire: true}},
		"at once":                    {base(listed).with(retiring(0)), outcome{retire: true}},
		"due, unprovable":            {base(listed).with(several(retiring(day), unprovable)), outcome{warnings: []string{"cannot be proven from here"}}},
		"not due, unprovable":        {base(listed).with(several(retiring(day+time.Second), unprovable)), outcome{}},
		"rotating, unprovable":       {base(listed).with(several(retiring(day), unprovable, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", older: []string{"old"}}},
		"slot, due, unprovable":      {base(cloudflare).with(several(retiring(day), unprovable)), outcome{warnings: []string{"cannot be proven from here"}}},
		"due, notes lost":            {base(listed).with(several(retiring(day), lost)), outcome{}},
		"due, imported":              {base(listed).with(several(retiring(day), imported)), outcome{warnings: []string{"secret old is not known to have been made by this resource"}}},
		"due, by the object alone":   {base(listed).with(several(retiring(day), later)), outcome{retire: true}},
		"due, nothing there":         {base(listed).with(several(retiring(day), func(in *inputs) { in.st.HasPrevious = false })), outcome{}},
		"due beside a rotation":      {base(listed).with(several(retiring(day), triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", older: []string{"old"}}},
		"imported, rotation":         {base(listed).with(several(retiring(day), imported, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", warnings: []string{"not known to have been made"}}},
		"due, rotation not known":    {base(listed).with(several(retiring(day), maybe)), outcome{rotate: rotation.Maybe, why: "not known"}},
		"slot, due":                  {base(cloudflare).with(retiring(day)), outcome{retire: true}},
		"slot, due, foreign":         {base(cloudflare).with(several(retiring(day), foreign)), outcome{warnings: []string{"may be the one in use"}}},
		"slot, due, foreign, lost":   {base(cloudflare).with(several(retiring(day), foreign, lost)), outcome{}},
		"slot, due, adopted":         {base(cloudflare).with(several(retiring(day), func(in *inputs) { in.st.Version = 0 })), outcome{warnings: []string{"may be the one in use"}}},
		"slot, due and rotating":     {base(cloudflare).with(several(retiring(day), triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", retireFirst: true}},
		"slot, not due and rotating": {base(cloudflare).with(several(retiring(2*day), triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", refused: "A previous secret is still valid"}},
	})
}

func TestDecide_Older(t *testing.T) {
	t.Parallel()
	older := func(in *inputs) {
		in.noted.Older = []rotation.Older{{ID: "never", Expires: true}, {ID: "due", RetireAt: at(day)}, {ID: "later", RetireAt: at(day + time.Second)}}
	}
	run(t, cases{
		"due":                {base(listed).with(several(retiring(2*day), older)), outcome{older: []string{"due"}}},
		"beside a rotation":  {base(listed).with(several(retiring(day), older, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", older: []string{"due", "old"}}},
		"beside retirement":  {base(listed).with(several(retiring(day), older)), outcome{retire: true, older: []string{"due"}}},
		"unprovable":         {base(listed).with(several(retiring(2*day), older, func(in *inputs) { in.set.Unprovable = true })), outcome{warnings: []string{"cannot be proven from here"}}},
		"not asked for":      {base(listed).with(several(withPrevious, older)), outcome{}},
		"nothing ends it":    {base(listed).with(func(in *inputs) { in.noted.Older = []rotation.Older{{ID: "endless"}, {ID: "ends", Expires: true}} }), outcome{warnings: []string{"nothing ends them: endless."}}},
		"notes without time": {base(listed).with(several(retiring(day), older, func(in *inputs) { in.noted.At = time.Time{} })), outcome{}},
	})
}

func TestDecide_Pending(t *testing.T) {
	t.Parallel()
	retireFirst := func(in *inputs) { in.set.OnPending = rotation.PendingRetireFirst }
	regenerate := func(in *inputs) { in.set.Mode = rotation.Regenerate }
	const why = "rotate_when_changed"
	run(t, cases{
		"fail":                     {base(cloudflare).with(several(withPrevious, triggered)), outcome{rotate: rotation.Yes, why: why, refused: "A previous secret is still valid"}},
		"fail, csp names the date": {base(csp).with(several(withPrevious, triggered, func(in *inputs) { in.st.PreviousEndsAt = at(2 * day) })), outcome{rotate: rotation.Yes, why: why, refused: "until 2026-03-03T12:00:00Z"}},
		"retire first":             {base(csp).with(several(withPrevious, triggered, retireFirst)), outcome{rotate: rotation.Yes, why: why, retireFirst: true}},
		"retire first, unknown":    {base(csp).with(several(withPrevious, maybe, retireFirst)), outcome{rotate: rotation.Maybe, why: "not known", retireFirst: true}},
		"fail, unknown":            {base(csp).with(several(withPrevious, maybe)), outcome{rotate: rotation.Maybe, why: "not known"}},
		"no rotation":              {base(csp).with(several(withPrevious, retireFirst)), outcome{}},
		"no previous":              {base(csp).with(several(triggered, retireFirst)), outcome{rotate: rotation.Yes, why: why}},
		"regenerate ends both":     {base(csp).with(several(withPrevious, triggered, regenerate)), outcome{rotate: rotation.Yes, why: why}},
		"a list has room":          {base(listed).with(several(withPrevious, triggered)), outcome{rotate: rotation.Yes, why: why}},
		"both remedies are named":  {base(cloudflare).with(several(withPrevious, triggered)), outcome{rotate: rotation.Yes, why: why, refused: "previous"}},
	})
	refusal := rotation.PendingRefusal(cloudflare, nil)
	for _, word := range []string{"retire_previous_after", "rotation completion", `on_pending_rotation = "retire_first"`} {
		if !strings.Contains(refusal.Remedy, word) {
			t.Errorf("the remedy does not name %s", word)
		}
	}
}

func TestDecide_Self(t *testing.T) {
	t.Parallel()
	self := func(in *inputs) { in.self = true }
	allowed := func(in *inputs) { in.self, in.set.AllowSelf = true, true }
	const reason = "logs in as this client"
	run(t, cases{
		"nothing to do":  {base(listed).with(self), outcome{}},
		"rotation":       {base(listed).with(several(self, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", refused: reason}},
		"allowed":        {base(listed).with(several(allowed, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed"}},
		"retirement":     {base(listed).with(several(self, retiring(day))), outcome{retire: true, refused: reason}},
		"older":          {base(listed).with(several(self, retiring(9*day), func(in *inputs) { in.noted.Older = []rotation.Older{{ID: "due", RetireAt: at(0)}} })), outcome{older: []string{"due"}, refused: reason}},
		"not known yet":  {base(listed).with(several(self, maybe)), outcome{rotate: rotation.Maybe, why: "not known"}},
		"slot, rotation": {base(csp).with(several(self, triggered)), outcome{rotate: rotation.Yes, why: "rotate_when_changed", refused: reason}},
	})
}

func TestDueAt(t *testing.T) {
	t.Parallel()
	now := t0.Add(10 * day)
	for name, c := range map[string]struct {
		set  rotation.Settings
		st   rotation.State
		now  time.Time
		want *time.Time
	}{
		"no schedule":                {rotation.Settings{}, rotation.State{RotatedAt: at(0)}, now, nil},
		"chosen values have none":    {rotation.Settings{RotateAfter: day, Chosen: true}, rotation.State{RotatedAt: at(0)}, now, nil},
		"from the rotation":          {rotation.Settings{RotateAfter: day}, rotation.State{RotatedAt: at(0)}, now, at(day)},
		"whatever stood there":       {rotation.Settings{RotateAfter: day}, rotation.State{RotatedAt: at(0), RotateAfter: 5 * day, DueAt: at(5 * day)}, now, at(day)},
		"never rotated, first time":  {rotation.Settings{RotateAfter: day}, rotation.State{}, now, at(11 * day)},
		"never rotated, stays":       {rotation.Settings{RotateAfter: day}, rotation.State{RotateAfter: day, DueAt: at(3 * day)}, now, at(3 * day)},
		"never rotated, now longer":  {rotation.Settings{RotateAfter: 4 * day}, rotation.State{RotateAfter: day, DueAt: at(3 * day)}, now, at(6 * day)},
		"never rotated, no read yet": {rotation.Settings{RotateAfter: day}, rotation.State{}, time.Time{}, nil},
		"never rotated, notes lost":  {rotation.Settings{RotateAfter: day}, rotation.State{RotateAfter: day, DueAt: at(3 * day)}, time.Time{}, at(3 * day)},
		"rotated, notes lost":        {rotation.Settings{RotateAfter: day}, rotation.State{RotatedAt: at(0)}, time.Time{}, at(day)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameTime(t, "due", rotation.DueAt(c.set, c.st, c.now), c.want)
		})
	}
}

func TestPreviousEndsAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   inputs
		want *time.Time
	}{
		"none":                    {base(cloudflare).with(func(in *inputs) { in.set.RetireAfter = ptr(day) }), nil},
		"never":                   {base(cloudflare).with(withPrevious), nil},
		"as configured":           {base(cloudflare).with(retiring(5 * day)), at(5 * day)},
		"setting removed":         {base(cloudflare).with(several(withPrevious, func(in *inputs) { in.st.RetireAfter, in.st.PreviousEndsAt = ptr(day), at(day) })), nil},
		"foreign":                 {base(cloudflare).with(several(retiring(day), func(in *inputs) { in.noted.ForeignPrevious = true })), nil},
		"the vendor enforces":     {base(csp).with(several(retiring(day), func(in *inputs) { in.st.PreviousEndsAt = at(2 * day) })), at(2 * day)},
		"listed, own expiry":      {base(listed).with(several(withPrevious, func(in *inputs) { in.noted.PreviousExpiresAt = at(7 * day) })), at(7 * day)},
		"listed, retired earlier": {base(listed).with(several(retiring(5*day), func(in *inputs) { in.noted.PreviousExpiresAt = at(7 * day) })), at(5 * day)},
		"listed, expires earlier": {base(listed).with(several(retiring(9*day), func(in *inputs) { in.noted.PreviousExpiresAt = at(7 * day) })), at(7 * day)},
		"listed, removed": {base(listed).with(several(withPrevious, func(in *inputs) {
			in.st.RetireAfter, in.st.PreviousEndsAt = ptr(day), at(day)
			in.noted.PreviousExpiresAt = at(7 * day)
		})), at(7 * day)},
		"listed, imported":   {base(listed).with(several(retiring(5*day), func(in *inputs) { in.st.Version, in.noted.PreviousMadeHere = t0.Unix(), false })), nil},
		"listed, notes lost": {base(listed).with(several(withPrevious, func(in *inputs) { in.noted, in.st.PreviousEndsAt = rotation.Noted{}, at(day) })), at(day)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameTime(t, "ends", rotation.PreviousEndsAt(c.in.traits, c.in.set, c.in.st, c.in.noted), c.want)
		})
	}
}

func sameTime(t *testing.T, what string, got, want *time.Time) {
	t.Helper()
	if (got == nil) != (want == nil) || got != nil && !got.Equal(*want) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

// A rotation that was refused because of one that nothing shows: the next plan ends that first when it is asked to, and
// tries again otherwise.
func TestDecide_Conflict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change      func(*inputs)
		retireFirst bool
	}{
		"fail":                     {triggered, false},
		"retire_first":             {func(in *inputs) { triggered(in); in.set.OnPending = rotation.PendingRetireFirst }, true},
		"retire_first, no trigger": {func(in *inputs) { in.set.OnPending = rotation.PendingRetireFirst }, false},
		"retire_first, regenerate": {func(in *inputs) {
			triggered(in)
			in.set.OnPending, in.set.Mode = rotation.PendingRetireFirst, rotation.Regenerate
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := base(csp).with(func(in *inputs) { in.noted.Conflict = true }).with(c.change)
			d := rotation.Decide(in.traits, in.set, in.st, in.noted, in.self)
			if d.RetireFirst != c.retireFirst || d.Refused != nil {
				t.Errorf("retire first %t, refused %v", d.RetireFirst, d.Refused)
			}
			if !slices.ContainsFunc(d.Warnings, func(w rotation.Warning) bool { return w.Summary == "Another rotation is open" }) {
				t.Errorf("warnings %v", d.Warnings)
			}
		})
	}
}
