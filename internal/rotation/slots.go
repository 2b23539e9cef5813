package rotation

import (
	"fmt"
	"time"
)

// The rules of vendors with two slots: the current secret and the previous one.

// observeSlots takes over what a read showed. first: nothing was observed before (right after an import or adoption), so that
// there is nothing to compare with.
func observeSlots(traits Traits, st State, rec Record, facts Facts, first bool) (State, Record) {
	if facts.HasPrevious == nil {
		if traits.EndsOverlap && st.HasPrevious && st.PreviousEndsAt != nil && facts.At.Sub(*st.PreviousEndsAt) >= rounding {
			st.HasPrevious = false
		}
		if st.HasPrevious && !first && !rec.Lost && rec.ChangedSince(st.RotatedAt, facts) {
			rec.ForeignPrevious, rec.Changed = true, facts.ChangedAt
			if st.Drift == "" && !completing(st, facts) {
				st.Drift, rec.Evidence = Possible, changedElsewhere(facts)
			}
		}
		if !st.HasPrevious && !traits.ShowsPrevious && traits.EndsOverlap && !first {
			rec.ForeignPrevious = false // there is none left to doubt
		}
	} else if first {
		if st.HasPrevious, rec.ForeignPrevious = *facts.HasPrevious, *facts.HasPrevious; st.HasPrevious {
			rec.Changed = facts.ChangedAt
		}
	} else if !rec.LagsRotation(facts) && !rec.LagsEnd(facts) {
		st, rec = comparePrevious(st, rec, facts)
	}
	if !st.HasPrevious {
		st.PreviousEndsAt, rec.PreviousVersion = nil, 0
	}
	st, rec = observeAge(st, rec, facts, first)
	if facts.NoSecret && st.Drift != Dead {
		st.Drift, rec.Evidence = Dead, "Somebody changed the client: "+facts.Unsupported
	}
	if rec.Lost && st.Drift == "" && (st.HasPrevious || !traits.ShowsPrevious) {
		st.Drift, rec.Evidence = Possible, lostRecord
	}
	return st, rec
}

// completing tells a change that may be the end of the overlap by our own completion, in the apply of the rotation: no object tells
// this one of it. The record doubts whose the previous secret is all the same.
func completing(st State, facts Facts) bool {
	return st.RotatedAt != nil && facts.ChangedAt.Sub(*st.RotatedAt) <= longestApply
}

// longestApply is for how long after a rotation its consumers are usually updated before it is completed.
const longestApply = 15 * time.Minute

// comparePrevious compares what a vendor shows of the previous secret with what is known of it.
func comparePrevious(st State, rec Record, facts Facts) (State, Record) {
	now := *facts.HasPrevious
	changed := rec.ChangedSince(st.RotatedAt, facts)
	seen := rec.sign(st)
	switch {
	case now && !st.HasPrevious && rec.Ours(facts) && rec.EndedAt == nil && !rec.Unanswered: // an earlier look was too early
	case now && !st.HasPrevious:
		rec.ForeignPrevious = true
		if seen.Drift != Dead { // which a further rotation does not mend
			seen = Sign{Rotated, "The client has a previous secret that this resource did not leave behind: somebody else rotated"}
			if rec.Unanswered {
				seen.Evidence = answerLost + ", or somebody else rotated"
			}
		}
	case now && changed:
		rec.ForeignPrevious = true
		if seen.Drift == "" {
			seen = Sign{Possible, changedElsewhere(facts)}
		}
	case !now && st.HasPrevious:
		rec.ForeignPrevious = false
		if rec.Window != nil && facts.ChangedAt != nil && !facts.ChangedAt.Equal(rec.Window.Before) { // a look from after the rotation
			rec.Ended("", facts.At, facts.ChangedAt)
		}
		if seen.Drift == Rotated {
			seen = Sign{Dead, "Somebody else rotated and then deleted the previous secret, " + heldHere}
		}
	}
	st, rec = rec.signed(st, seen)
	rec.Unanswered = false
	st.HasPrevious, rec.Changed = now, nil
	if now && !rec.Ours(facts) && (rec.Window == nil || facts.ChangedAt != nil && !facts.ChangedAt.Equal(rec.Window.Before)) {
		rec.Changed = facts.ChangedAt // what the record does not explain by itself
	}
	return st, rec
}

// heldHere stands in evidence for the secret of this state, which nobody here made where the client was adopted or imported.
const heldHere = "which this state holds"

func changedElsewhere(facts Facts) string {
	return fmt.Sprintf("Somebody changed the client at %s, while a previous secret is valid; the vendor does not tell whether that was a rotation", Stamp(*facts.ChangedAt))
}

// sign is the drift that is known from looks at the client, apart from what the token endpoint said.
func (r Record) sign(st State) Sign {
	switch {
	case !r.Refused:
		return Sign{st.Drift, r.Evidence}
	case r.Behind != nil:
		return *r.Behind
	}
	return Sign{}
}

// signed records it: as the drift, or behind the refusal that is the drift now.
func (r Record) signed(st State, seen Sign) (State, Record) {
	switch {
	case !r.Refused:
		st.Drift, r.Evidence = seen.Drift, seen.Evidence
	case seen.Drift != "":
		r.Behind = &seen
	}
	return st, r
}

// observeAge reads the age of the secret, where a vendor shows one. Its unit is not documented, and it may be an age of
// something else. So it says that somebody rotated only where it does in every unit that it can have.
func observeAge(st State, rec Record, facts Facts, first bool) (State, Record) {
	if facts.SecretAge == nil {
		return st, rec
	}
	age := *facts.SecretAge
	since := st.RotatedAt
	switch {
	case since != nil:
	case first || rec.Age == nil:
		rec.Age = &Age{At: facts.At, Shown: age}
		return st, rec
	default:
		since = &rec.Age.At
	}
	// An age that fell below the one that was noted is smaller in any unit.
	if fell := st.RotatedAt == nil && age < rec.Age.Shown; st.Drift == "" && (fell || younger(facts, since, rec.Age)) {
		st.Drift = Rotated
		rec.Evidence = fmt.Sprintf("The vendor shows a secret of age %g, which was made after %s: somebody else changed the secret", age, Stamp(*since))
	}
	return st, rec
}

// units are those that an age can have.
var units = []time.Duration{time.Millisecond, time.Second, 24 * time.Hour}

// oldest bounds the age of a client whose date of creation is not known.
const oldest = 30 * 365 * 24 * time.Hour

// younger tells whether an age proves that its secret was made after since. No secret is older than its client, which rules
// some units out.
func younger(facts Facts, since *time.Time, noted *Age) bool {
	client := oldest
	if facts.CreatedAt != nil {
		client = facts.At.Sub(*facts.CreatedAt)
	}
	elapsed := facts.At.Sub(*since)
	possible := false
	for _, unit := range units {
		age := *facts.SecretAge * float64(unit)
		slack := float64(unit + time.Minute) // an age in whole units, and clocks that differ
		if age > float64(client)+slack || tooOld(noted, facts.CreatedAt, unit) {
			continue
		}
		possible = true
		if age+slack >= float64(elapsed) {
			return false
		}
	}
	return possible
}

// tooOld tells whether an age that was noted earlier would have been older than its client in that unit.
func tooOld(noted *Age, created *time.Time, unit time.Duration) bool {
	if noted == nil {
		return false
	}
	client := oldest
	if created != nil {
		client = noted.At.Sub(*created)
	}
	return noted.Shown*float64(unit) > float64(client)+float64(unit+time.Minute)
}

// openRotation tells whether a rotation counts as open, which a second one would collide with.
func openRotation(traits Traits, st State, rec Record) bool {
	return st.HasPrevious || rec.Conflict || !traits.ShowsPrevious && st.Drift == Rotated
}

// room decides what happens to an open rotation before another one begins.
func room(traits Traits, set Settings, st State, rec Record, reason Reason) (first bool, refused *RefusedError) {
	if reason.Kind == BecauseDrift && st.Drift == Rotated && set.Mode == Regenerate {
		return false, lastWorkingRefusal(set, st)
	}
	if set.Mode == Regenerate || rec.Pending != nil || !openRotation(traits, st, rec) {
		return false, nil
	}
	ours := PreviousIsOurs(traits, st, rec)
	mayEnd := ours && rec.passed(retireAt(set, st)) || set.OnPending == PendingRetireFirst
	switch {
	case reason.Kind == BecauseDrift && st.Drift == Rotated:
		return false, lastWorkingRefusal(set, st)
	case reason.Kind == BecauseDrift && st.HasPrevious && traits.ShowsPrevious:
		return false, onlyPreviousRefusal(set, st)
	case !mayEnd && rec.Conflict && !st.HasPrevious && st.Drift == "" && reason.Kind != BecauseSchedule:
		return false, nil // it may be over by now; if it is not, the vendor refuses again
	case !mayEnd && ours:
		return false, PendingRefusal(traits, st.PreviousEndsAt)
	case !mayEnd:
		return false, DoubtfulRefusal(traits)
	case set.Verified && (set.Unverifiable || st.Drift != "") && !set.Unknown.Verify:
		return false, unverifiedRefusal()
	}
	return true, nil
}

// roomDepends tells whether a setting that is not known yet decides if an open rotation stands in the way, or ends first.
func roomDepends(traits Traits, set Settings, st State, rec Record, reason Reason) bool {
	possible := []Settings{set}
	either := func(unknown bool, change func(*Settings, bool)) {
		if !unknown {
			return
		}
		for i := range possible {
			other := possible[i]
			change(&possible[i], false)
			change(&other, true)
			possible = append(possible, other)
		}
	}
	u, now := set.Unknown, time.Duration(0)
	either(u.OnPending, func(s *Settings, yes bool) {
		if s.OnPending = PendingFail; yes {
			s.OnPending = PendingRetireFirst
		}
	})
	either(u.Mode && traits.Regenerates, func(s *Settings, yes bool) {
		if s.Mode = Overlap; yes {
			s.Mode = Regenerate
		}
	})
	either(u.RetireAfter, func(s *Settings, yes bool) {
		if s.RetireAfter = nil; yes {
			s.RetireAfter = &now
		}
	})
	either(u.Verify, func(s *Settings, yes bool) { s.Verified, s.Unknown.Verify = yes, false })
	refused, first := 0, 0
	for _, s := range possible {
		ends, no := room(traits, s, st, rec, reason)
		switch {
		case no != nil:
			refused++
		case ends:
			first++
		}
	}
	return refused > 0 && refused < len(possible) || first > 0 && first < len(possible)
}
