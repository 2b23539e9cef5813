package rotation

import (
	"maps"
	"slices"
)

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

// Change is what happened to the triggers between two objects.
type Change struct {
	// Answer tells whether the value of a key that was already present differs. Setting the map for the first time, adding or
	// removing a key, and removing the map are no change.
	Answer Answer
	// Keys are those whose value differs, sorted.
	Keys []string
	// Open are the keys that were present and whose value is not known yet, sorted; all that were present while the map is unknown.
	Open []string
	// Replaced: keys went and others came.
	Replaced bool
}

// Changed compares two maps of triggers.
func Changed(before, after Triggers) (c Change) {
	if after.Unknown {
		if len(before.Values) > 0 {
			c.Answer, c.Open = Maybe, slices.Sorted(maps.Keys(before.Values))
		}
		return c
	}
	gone := false
	for _, key := range slices.Sorted(maps.Keys(before.Values)) {
		switch now, present := after.Values[key]; {
		case !present:
			gone = true
		case now.Unknown:
			c.Open = append(c.Open, key)
		case now.Value != before.Values[key].Value:
			c.Keys = append(c.Keys, key)
		}
	}
	for key := range after.Values {
		if _, present := before.Values[key]; !present && gone {
			c.Replaced = true
		}
	}
	switch {
	case len(c.Keys) > 0:
		c.Answer = Yes
	case len(c.Open) > 0:
		c.Answer = Maybe
	}
	return c
}
