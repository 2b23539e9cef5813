package rotation

// Trigger is one value of the rotate_when_changed map.
type Trigger struct {
	Value   string
	Unknown bool
}

// Triggers is the rotate_when_changed map.
type Triggers struct {
	// Unknown: the whole map is not known yet.
	Unknown bool
	Values  map[string]Trigger // nil: not set
}

// Answer to a question that may have to wait for apply.
type Answer int

const (
	// No is an answer that stands.
	No Answer = iota
	// Maybe depends on a value that is not known yet.
	Maybe
	// Yes is an answer that stands.
	Yes
)

// Changed tells whether the value of a key that was already present differs. Setting the map for the first time, adding
// or removing a key, and removing the map are no change.
func Changed(before, after Triggers) Answer {
	if after.Unknown {
		if len(before.Values) > 0 {
			return Maybe
		}
		return No
	}
	answer := No
	for key, old := range before.Values {
		now, present := after.Values[key]
		switch {
		case !present:
		case now.Unknown:
			answer = Maybe
		case now.Value != old.Value:
			return Yes
		}
	}
	return answer
}
