package rotation

// Observe updates the state and the record by what a read showed. first: nothing was observed before (right after an import or
// adoption), so that there is nothing to compare with. The recorded time advances only where a deadline has passed.
func Observe(traits Traits, set Settings, st State, rec Record, facts Facts, first bool) (State, Record) {
	rec = rec.MarkLost(first)
	rec.Unsupported = facts.Unsupported
	if rec.Known.IsZero() {
		rec.Known = facts.At
	}
	if traits.ManySecrets {
		st, rec = observeList(st, rec, facts)
	} else {
		st, rec = observeSlots(traits, st, rec, facts, first)
	}
	if st.Drift == "" {
		rec.Evidence = ""
	}
	return st, rec.Advance(facts.At, Deadlines(set, st, rec)...)
}

// Checked takes over what the token endpoint said of the secret in state during a refresh. accepted and refused are its clear
// answers; neither changes nothing.
func Checked(traits Traits, st State, rec Record, accepted, refused bool, evidence string) (State, Record) {
	switch {
	case refused:
		if st.Drift != Dead {
			if st.Drift != "" {
				rec.Behind = &Sign{st.Drift, rec.Evidence}
			}
			st.Drift, rec.Evidence, rec.Refused = Dead, evidence, true
		}
	case accepted && (rec.Refused || st.Drift == Dead && !traits.ManySecrets):
		behind := rec.Behind
		st.Drift, rec.Evidence, rec.Refused, rec.Behind = "", "", false, nil
		if behind != nil && behind.Drift != Dead && (st.HasPrevious || !traits.ShowsPrevious) {
			st.Drift, rec.Evidence = behind.Drift, behind.Evidence
		}
	case accepted && st.Drift == Possible && traits.ShowsPrevious && !st.HasPrevious:
		// Only one secret works, and it is this one.
		st.Drift, rec.Evidence = "", ""
	}
	return st, rec
}

const lostRecord = "What the provider keeps beside this object was lost: a run ended in the middle of a change"

const answerLost = "A rotation from here was carried out, and its answer with the new secret was lost"

// Displaced takes over that a rotation from here made a secret whose value is lost: the one in state is the previous one now.
func Displaced(st State, rec Record) (State, Record) {
	st.Drift, st.HasPrevious = Rotated, true
	rec.ForeignPrevious, rec.Refused = true, false
	rec.Evidence = answerLost
	return st, rec
}
