package rotation_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

func known(pairs ...string) rotation.Triggers {
	values := map[string]rotation.Trigger{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = rotation.Trigger{Value: pairs[i+1]}
	}
	return rotation.Triggers{Values: values}
}

func unknownAt(t rotation.Triggers, key string) rotation.Triggers {
	t.Values[key] = rotation.Trigger{Unknown: true}
	return t
}

func TestChanged(t *testing.T) {
	t.Parallel()
	unset, unknown := rotation.Triggers{}, rotation.Triggers{Unknown: true}
	for name, c := range map[string]struct {
		before, after rotation.Triggers
		want          rotation.Answer
	}{
		"never set":                       {unset, unset, rotation.No},
		"set for the first time":          {unset, known("a", "1"), rotation.No},
		"set for the first time, unknown": {unset, unknown, rotation.No},
		"first value unknown":             {unset, unknownAt(known(), "a"), rotation.No},
		"from empty, unknown":             {known(), unknown, rotation.No},
		"equal":                           {known("a", "1"), known("a", "1"), rotation.No},
		"key added":                       {known("a", "1"), known("a", "1", "b", "1"), rotation.No},
		"key added, unknown":              {known("a", "1"), unknownAt(known("a", "1"), "b"), rotation.No},
		"key removed":                     {known("a", "1", "b", "1"), known("a", "1"), rotation.No},
		"key renamed":                     {known("a", "1"), known("b", "2"), rotation.No},
		"map removed":                     {known("a", "1"), unset, rotation.No},
		"map emptied":                     {known("a", "1"), known(), rotation.No},
		"value changed":                   {known("a", "1"), known("a", "2"), rotation.Yes},
		"value emptied":                   {known("a", "1"), known("a", ""), rotation.Yes},
		"one of two changed":              {known("a", "1", "b", "1"), known("a", "1", "b", "2"), rotation.Yes},
		"changed while others come":       {known("a", "1"), known("a", "2", "b", "1"), rotation.Yes},
		"value unknown":                   {known("a", "1"), unknownAt(known(), "a"), rotation.Maybe},
		"one unknown, one changed":        {known("a", "1", "b", "1"), unknownAt(known("b", "2"), "a"), rotation.Yes},
		"one unknown, one equal":          {known("a", "1", "b", "1"), unknownAt(known("b", "1"), "a"), rotation.Maybe},
		"map unknown":                     {known("a", "1"), unknown, rotation.Maybe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 { // the order of a map must not matter
				if got := rotation.Changed(c.before, c.after); got != c.want {
					t.Fatalf("got %d, want %d", got, c.want)
				}
			}
		})
	}
}
