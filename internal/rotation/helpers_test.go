package rotation

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// t0 is when the secret in a test was rotated.
var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *time.Time { t := t0.Add(d); return &t }

func ptr[T any](v T) *T { return &v }

// The three kinds of vendors that there are, and one that is none of them: no rule may know more of a vendor than its traits.
var (
	flagged = Traits{ShowsPrevious: true, Name: "Cloudflare"}
	blind   = Traits{EndsOverlap: true, DefaultOverlap: 48 * time.Hour, CallerChooses: true, LogsIn: true, Regenerates: true, Name: "VMware Cloud Services"}
	many    = Traits{ManySecrets: true, LogsIn: true, Name: "the Identity Service"}
	realms  = Traits{ShowsPrevious: true, EndsOverlap: true, DefaultOverlap: day, Regenerates: true, Name: "Another Vendor"}
)

// inputs are those of one decision. The second secret of an object was made at t0, and a deadline was recorded a day later.
type inputs struct {
	traits Traits
	set    Settings
	st     State
	rec    Record
	self   bool
}

func (in inputs) decide() Decision { return Decide(in.traits, in.set, in.st, in.rec, in.self) }

func base(traits Traits, changes ...func(*inputs)) inputs {
	in := inputs{
		traits: traits,
		set:    Settings{OnExternal: ExternalWarn, OnPending: PendingFail, Mode: Overlap},
		st:     State{Version: 2, RotatedAt: at(0)},
		rec:    NewRecord("object", t0.Add(day)),
	}
	if traits.ManySecrets {
		in.st.SecretID, in.st.PreviousSecretID = "new", "old"
	}
	in.rec.PreviousVersion = 1
	for _, change := range changes {
		change(&in)
	}
	return in
}

func triggered(in *inputs) { in.st.Triggers, in.set.Triggers = known("q", "1"), known("q", "2") }

func maybe(in *inputs) { in.st.Triggers, in.set.Triggers = known("q", "1"), unknownAt(known(), "q") }

func withPrevious(in *inputs) { in.st.HasPrevious = true }

func retireFirst(in *inputs) { in.set.OnPending = PendingRetireFirst }

func regenerate(in *inputs) { in.set.Mode = Regenerate }

func lost(in *inputs) { in.rec = Record{}.MarkLost(false) }

func scheduled(after time.Duration) func(*inputs) {
	return func(in *inputs) { in.set.RotateAfter, in.st.RotateAfter = after, after }
}

func retiring(after time.Duration) func(*inputs) {
	return func(in *inputs) { in.st.HasPrevious, in.set.RetireAfter, in.st.RetireAfter = true, &after, &after }
}

func drifted(drift, policy string) func(*inputs) {
	return func(in *inputs) {
		in.st.Drift, in.rec.Evidence, in.set.OnExternal = drift, "Something was seen", policy
	}
}

func chosen(before, now *int64) func(*inputs) {
	return func(in *inputs) { in.set.Chosen, in.set.ChosenVersion, in.st.ChosenVersion = now != nil, now, before }
}

// unproven: nothing may be ended before the current secret is verified; readable tells whether that can be done.
func unproven(readable bool) func(*inputs) {
	return func(in *inputs) { in.set.Verified, in.set.Unverifiable = true, !readable }
}

func known(pairs ...string) Triggers {
	values := map[string]Trigger{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = Trigger{Value: pairs[i+1]}
	}
	return Triggers{Values: values}
}

func unknownAt(t Triggers, keys ...string) Triggers {
	for _, key := range keys {
		t.Values[key] = Trigger{Unknown: true}
	}
	return t
}

// says checks that a message holds the words, and not those that begin with "!".
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if not, ok := strings.CutPrefix(w, "!"); ok == strings.Contains(text, not) {
			t.Errorf("%q: want %q", text, w)
		}
	}
}

// refuses checks a refusal; no words want none.
func refuses(t *testing.T, got *RefusedError, words ...string) {
	t.Helper()
	switch {
	case got == nil && len(words) > 0:
		t.Errorf("not refused, want %q", words)
	case got != nil && len(words) == 0:
		t.Errorf("refused: %s", got)
	case got != nil:
		says(t, got.Error(), words...)
		if got.Reason == "" || got.Remedy == "" {
			t.Errorf("%q has no reason or no way out", got)
		}
	}
}

func texts(messages []Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Title+": "+m.Detail)
	}
	return all
}

// hasTitles checks the titles of messages, in their order.
func hasTitles(t *testing.T, got []Message, want ...string) {
	t.Helper()
	var have []string
	for _, m := range got {
		have = append(have, m.Title)
		if m.Detail == "" || m.Title != strings.ToLower(m.Title[:1])+m.Title[1:] || strings.HasSuffix(m.Title, ".") {
			t.Errorf("%q: a title continues the name of the client, and needs a detail", m)
		}
	}
	if !slices.Equal(have, want) {
		t.Errorf("titles %q, want %q", have, want)
	}
}

func jsonOf(t *testing.T, rec Record) string {
	t.Helper()
	raw, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// observes checks that a later look at the same client changes nothing more, and gives what the first look made of it.
func observes(t *testing.T, traits Traits, set Settings, st State, rec Record, facts Facts, first bool) (State, Record) {
	t.Helper()
	st, rec = Observe(traits, set, st, rec, facts, first)
	for _, later := range []time.Duration{0, time.Second, time.Minute} {
		again := facts
		again.At = facts.At.Add(later)
		if facts.SecretAge != nil { // which grows, in seconds
			again.SecretAge = ptr(*facts.SecretAge + later.Seconds())
		}
		st2, rec2 := Observe(traits, set, st, rec, again, false)
		if !reflect.DeepEqual(st, st2) {
			t.Errorf("%s later:\n%+v\nbecame\n%+v", later, st, st2)
		}
		if a, b := jsonOf(t, rec), jsonOf(t, rec2); a != b {
			t.Errorf("%s later:\n%s\nbecame\n%s", later, a, b)
		}
	}
	return st, rec
}
