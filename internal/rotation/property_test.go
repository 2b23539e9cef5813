package rotation

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// rounds is how many random cases each property sees. They are the same in every run.
const rounds = 5_000

// forAll runs a property over random cases; a failure names the round, which is its seed.
func forAll(t *testing.T, property func(t *testing.T, g gen) bool) {
	t.Helper()
	for round := range uint64(rounds) {
		if !property(t, gen{rand.New(rand.NewPCG(round, 18))}) {
			t.Fatalf("in round %d", round)
		}
	}
}

// gen makes random inputs out of few values, so that they meet.
type gen struct{ *rand.Rand }

func (g gen) flip() bool { return g.IntN(2) == 0 }

func (g gen) rarely() bool { return g.IntN(6) == 0 }

func pick[T any](g gen, values ...T) T { return values[g.IntN(len(values))] }

func (g gen) time() *time.Time {
	return at(pick(g, -time.Hour, -time.Second, 0, time.Second, time.Hour, day, day+time.Second, 2*day, 30*day))
}

func (g gen) maybeTime() *time.Time {
	if g.flip() {
		return nil
	}
	return g.time()
}

func (g gen) span() time.Duration { return pick(g, time.Second, time.Hour, day, 2*day, 30*day) }

func (g gen) maybeSpan() *time.Duration {
	return pick(g, nil, ptr(time.Duration(0)), ptr(g.span()), ptr(g.span()))
}

func (g gen) traits() Traits { return pick(g, flagged, blind, many, realms) }

func (g gen) triggers() Triggers {
	t := Triggers{Values: map[string]Trigger{}}
	for _, key := range []string{"a", "b"} {
		if g.flip() {
			t.Values[key] = Trigger{Value: pick(g, "1", "1", "1", "2")}
		}
	}
	if g.rarely() {
		return Triggers{}
	}
	return t
}

func (g gen) settings(traits Traits) Settings {
	set := Settings{
		Triggers: g.triggers(), OnExternal: pick(g, ExternalWarn, ExternalRotate, ExternalIgnore), OnPending: pick(g, PendingFail, PendingRetireFirst),
		Mode: Overlap, RetireAfter: g.maybeSpan(), AllowSelf: g.flip(), Verified: g.flip(), Unverifiable: g.flip(),
	}
	if g.flip() {
		set.RotateAfter = g.span()
	}
	if traits.Regenerates && g.rarely() {
		set.Mode = Regenerate
	}
	if traits.CallerChooses && g.rarely() {
		set.Chosen, set.ChosenVersion = true, ptr(int64(g.IntN(2)))
	}
	return set
}

func (g gen) state(traits Traits, set Settings) State {
	st := State{
		Triggers: set.Triggers, RotateAfter: set.RotateAfter, RetireAfter: set.RetireAfter, ChosenVersion: set.ChosenVersion,
		Version: int64(g.IntN(3)), HasPrevious: g.flip(), Drift: pick(g, "", "", "", Rotated, Dead, Possible), Verified: g.flip(),
	}
	if g.flip() {
		st.Triggers = g.triggers()
	}
	if g.rarely() {
		st.RotateAfter, st.RetireAfter = g.span(), g.maybeSpan()
	}
	if st.Version > 0 {
		st.RotatedAt = at(0)
	}
	if st.RotateAfter > 0 && g.flip() {
		st.DueAt = at(st.RotateAfter)
	}
	if st.HasPrevious {
		st.PreviousEndsAt = g.maybeTime()
	}
	if traits.ManySecrets {
		st.SecretID, st.ExpiresAt = pick(g, "", "new", "new", "new"), g.maybeTime()
		if st.HasPrevious {
			st.PreviousSecretID = "old"
		}
		if st.Drift != "" {
			st.Drift = Dead
		}
	}
	return st
}

func (g gen) record(traits Traits, st State) Record {
	if g.rarely() {
		return Record{}.MarkLost(g.flip())
	}
	rec := NewRecord("object", *g.time())
	rec.Lost, rec.Refused = g.rarely() && g.flip(), g.rarely()
	if st.Drift != "" {
		rec.Evidence = "Something was seen"
	}
	if st.HasPrevious {
		rec.PreviousVersion = max(st.Version-1, 0)
	}
	if traits.ManySecrets {
		for _, id := range []string{"x", "y"} {
			if g.rarely() {
				rec.Older = append(rec.Older, Older{ID: id, RetireAt: g.maybeTime(), Expires: g.flip()})
			}
		}
		if g.flip() {
			rec.Listed = FingerprintsOf(Facts{Secrets: []Entry{{ID: "new"}, {ID: "theirs"}}})
		}
		return rec
	}
	rec.ForeignPrevious, rec.Conflict = st.HasPrevious && g.rarely(), g.rarely()
	if g.flip() {
		rec.Window = &Window{Before: *at(-time.Hour), Answered: t0}
		if g.flip() {
			rec.Window.Exactly = at(-time.Second)
		}
	}
	if g.rarely() {
		rec.EndedAt = g.time()
	}
	if g.rarely() {
		rec.Changed = g.time()
	}
	if g.rarely() {
		rec.Age = &Age{At: *g.time(), Shown: float64(g.IntN(100))}
	}
	return rec
}

func (g gen) facts(traits Traits) Facts {
	facts := Facts{At: *g.time(), Unsupported: pick(g, "", "", "", "it is a public client")}
	if traits.ManySecrets {
		for _, id := range []string{"new", "old", "x", "y", "theirs"} {
			if g.flip() {
				facts.Secrets = append(facts.Secrets, Entry{ID: id, ExpiresAt: g.maybeTime(), Deleted: g.rarely()})
			}
		}
		return facts
	}
	if traits.ShowsPrevious {
		facts.HasPrevious, facts.ChangedAt = pick(g, nil, ptr(true), ptr(true), ptr(false)), g.maybeTime()
	} else {
		if g.flip() {
			facts.SecretAge = ptr(float64(pick(g, 0, 1, 50, 3600, 86_400, 3_000_000)))
		}
		facts.CreatedAt = pick(g, nil, at(-day), at(-400*day))
	}
	return facts
}

func (g gen) inputs() inputs {
	in := inputs{traits: g.traits(), self: g.rarely()}
	in.set = g.settings(in.traits)
	in.st = g.state(in.traits, in.set)
	in.rec = g.record(in.traits, in.st)
	if g.rarely() {
		in.rec.Unsupported = "it is a public client"
	}
	if g.rarely() {
		in.rec.Pending = &Pending{Reason: "created"}
	}
	return in
}

// unknown hides some of the settings, as a plan sees those that are known only at apply.
func (g gen) unknown(in inputs) inputs {
	set, hide := in.set, &in.set.Unknown
	if hide.RotateAfter = g.rarely(); hide.RotateAfter {
		set.RotateAfter = 0
	}
	if hide.RetireAfter = g.rarely(); hide.RetireAfter {
		set.RetireAfter = nil
	}
	if hide.OnExternal = g.rarely(); hide.OnExternal {
		set.OnExternal = ""
	}
	if hide.OnPending = g.rarely() && !in.traits.ManySecrets; hide.OnPending {
		set.OnPending = ""
	}
	if hide.Mode = g.rarely() && in.traits.Regenerates; hide.Mode {
		set.Mode = ""
	}
	if hide.AllowSelf = g.rarely(); hide.AllowSelf {
		set.AllowSelf = false
	}
	if hide.Verify = g.rarely(); hide.Verify {
		set.Verified = true // a block that is not null
	}
	if hide.ChosenVersion = g.rarely() && in.traits.CallerChooses; hide.ChosenVersion {
		set.Chosen, set.ChosenVersion = true, nil
	}
	set.Unknown = *hide
	set.Triggers = Triggers{Values: map[string]Trigger{}}
	for key, value := range in.set.Triggers.Values {
		set.Triggers.Values[key] = pick(g, value, value, Trigger{Unknown: true})
	}
	switch {
	case g.rarely():
		set.Triggers = Triggers{Unknown: true}
	case in.set.Triggers.Values == nil:
		set.Triggers.Values = nil
	}
	in.set = set
	return in
}

// A second look that shows the same changes nothing: neither what is known nor what is stored.
func TestObserve_Idempotent(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.inputs()
		in.rec.Pending = nil
		facts, first := g.facts(in.traits), g.rarely()
		if first {
			in.st, in.rec = State{SecretID: in.st.SecretID}, NewRecord("object", time.Time{})
		}
		st, rec := Observe(in.traits, in.set, in.st, in.rec, facts, first)
		st2, rec2 := Observe(in.traits, in.set, st, rec, facts, false)
		if !reflect.DeepEqual(st, st2) || jsonOf(t, rec) != jsonOf(t, rec2) {
			t.Errorf("%s\n%+v\n%+v\n%+v\nbecame\n%+v\n%s\nand then\n%+v\n%s", in.traits.Name, in.st, in.rec, facts, st, jsonOf(t, rec), st2, jsonOf(t, rec2))
			return false
		}
		return true
	})
}

// What is recorded does not move with the clock: between two deadlines, a later look is the same look.
func TestObserve_Later(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.inputs()
		in.rec.Pending = nil
		facts := g.facts(in.traits)
		facts.SecretAge = nil // it grows
		st, rec := Observe(in.traits, in.set, in.st, in.rec, facts, false)
		later := facts
		later.At = facts.At.Add(time.Duration(g.IntN(int(40 * day))))
		for _, deadline := range append(Deadlines(in.set, st, rec), st.PreviousEndsAt, st.ExpiresAt) {
			if deadline != nil && facts.At.Before(deadline.Add(rounding)) && !later.At.Before(*deadline) {
				return true
			}
		}
		for _, e := range facts.Secrets {
			if e.ExpiresAt != nil && facts.At.Before(*e.ExpiresAt) {
				return true
			}
		}
		// A vendor that may lag is believed after a while.
		if rec.LagsRotation(facts) != rec.LagsRotation(later) || rec.LagsEnd(facts) != rec.LagsEnd(later) {
			return true
		}
		st2, rec2 := Observe(in.traits, in.set, st, rec, later, false)
		if !reflect.DeepEqual(st, st2) || jsonOf(t, rec) != jsonOf(t, rec2) {
			t.Errorf("%s\n%+v\nbecame\n%+v\n%s\nand at %s\n%+v\n%s", in.traits.Name, facts, st, jsonOf(t, rec), later.At, st2, jsonOf(t, rec2))
			return false
		}
		return true
	})
}

// The same inputs give the same decision, and no input is changed.
func TestDecide_SameAgain(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.unknown(g.inputs())
		before := fmt.Sprintf("%+v", in)
		record := jsonOf(t, in.rec)
		one, two := in.decide(), in.decide()
		if !reflect.DeepEqual(one, two) {
			t.Errorf("%+v\nand\n%+v", one, two)
			return false
		}
		if in.rec.Pending == nil && fmt.Sprintf("%+v", in) != before || jsonOf(t, in.rec) != record {
			t.Errorf("%s\nbecame\n%+v", before, in)
			return false
		}
		return true
	})
}

// ending is a secret that a decision ends, by the name that messages give it.
func endingsOf(in inputs, d Decision) (names []string) {
	if d.Refused != nil {
		return nil
	}
	previous := previousName(in.st, in.rec)
	if d.Retire || d.Room {
		names = append(names, previous)
	}
	names = append(names, d.RetireOlder...)
	if d.Rotate != Yes {
		return names
	}
	ofOurs := !in.traits.ManySecrets || in.st.SecretID != "" && in.st.Version > 0 && in.st.Drift != Dead
	switch {
	case in.set.Mode == Regenerate:
		names = append(names, currentName(in.st))
	case in.set.RetireAfter != nil && *in.set.RetireAfter == 0 && ofOurs:
		names = append(names, replacedName(in.traits, in.st))
	}
	return names
}

// named tells whether a warning names a secret and says that it ends or may.
func named(warnings []Message, name string) bool {
	return slices.ContainsFunc(warnings, func(m Message) bool {
		ends := strings.Contains(m.Title, "delete") || strings.Contains(m.Title, "end")
		return ends && !strings.Contains(m.Title, "not deleted") && strings.Contains(strings.ToLower(m.Detail), strings.ToLower(name))
	})
}

// No decision ends a secret that its warnings do not name.
func TestDecide_NamesWhatEnds(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.inputs()
		d := in.decide()
		for _, name := range endingsOf(in, d) {
			if !named(d.Warnings, name) {
				t.Errorf("%s ends %s, and the plan says %q\n%+v", in.traits.Name, name, texts(d.Warnings), in)
				return false
			}
		}
		return true
	})
}

// What a plan saw with some settings unknown, the apply carries out with all of them known: it rotates only where the plan
// said so or left it open, and ends nothing that the plan did not name.
func TestDecide_PlanAndApplyAgree(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		apply := g.inputs()
		plan := g.unknown(apply)
		planned, done := plan.decide(), apply.decide()
		if planned.Refused != nil { // there is no apply
			return true
		}
		fail := func(text string) bool {
			t.Errorf("%s: %s\nplan  %+v\napply %+v\nunknown %+v\nof %+v", apply.traits.Name, text, planned, done, plan.set.Unknown, apply)
			return false
		}
		switch {
		case done.Refused != nil && planned.Rotate == No && done.Rotate == Yes && done.Reason.Kind == BecauseTriggers && planned.ReasonOpen: // said to be possible
			return true
		case done.Refused != nil:
			if planned.Rotate == No && !planned.Retire && !planned.RetireOpen && len(planned.RetireOlder) == 0 {
				return fail("nothing was planned, and the apply refuses")
			}
			return true
		case done.Rotate == Maybe:
			return fail("an apply knows everything")
		case planned.Rotate != Maybe && planned.Rotate != done.Rotate:
			return fail("the plan said something else")
		case planned.Rotate == Yes && !planned.ReasonOpen && planned.Reason.String() != done.Reason.String():
			return fail("another reason")
		case done.Retire && !planned.Retire && !planned.RetireOpen && planned.Rotate == No:
			return fail("the plan kept the previous secret")
		}
		for _, name := range endingsOf(apply, done) {
			if !named(planned.Warnings, name) && !planned.RetireOpen {
				return fail("the plan did not name " + name)
			}
		}
		return true
	})
}

// While the client may have been rotated elsewhere, time ends nothing.
func TestDecide_DriftKeepsThePrevious(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.inputs()
		if in.traits.ManySecrets {
			return true
		}
		in.st.Drift = pick(g, Rotated, Possible, Dead)
		d := in.decide()
		if d.Retire || d.Room && in.set.OnPending != PendingRetireFirst {
			t.Errorf("%+v\nof %+v", d, in)
			return false
		}
		if in.st.Drift == Possible && d.Reason.Kind == BecauseDrift {
			t.Errorf("rotates because of what is only possible: %+v", d)
			return false
		}
		return true
	})
}

// A schedule alone never refuses a plan.
func TestDecide_ScheduleNeverRefuses(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.unknown(g.inputs())
		in.self = false
		if d := in.decide(); d.Refused != nil && d.Reason.Kind == BecauseSchedule {
			t.Errorf("%+v\nof %+v", d, in)
			return false
		}
		return true
	})
}

// A rotation is never made where one is open unless a plan makes room: not by any kind of reason.
func TestDecide_NeverPushesOut(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g gen) bool {
		in := g.inputs()
		d := in.decide()
		if !in.traits.ManySecrets && d.Rotate == Yes && d.Refused == nil && in.st.HasPrevious && !d.Room && in.set.Mode != Regenerate && in.rec.Pending == nil {
			t.Errorf("%+v\nof %+v", d, in)
			return false
		}
		return true
	})
}
