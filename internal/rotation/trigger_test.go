package rotation

import (
	"reflect"
	"testing"
)

func TestChanged(t *testing.T) {
	t.Parallel()
	unset, unknown := Triggers{}, Triggers{Unknown: true}
	for name, c := range map[string]struct {
		before, after Triggers
		want          Change
	}{
		"never set":                       {unset, unset, Change{}},
		"set for the first time":          {unset, known("a", "1"), Change{}},
		"set for the first time, unknown": {unset, unknown, Change{}},
		"first value unknown":             {unset, unknownAt(known(), "a"), Change{}},
		"from empty":                      {known(), known("a", "1"), Change{}},
		"from empty, unknown":             {known(), unknown, Change{}},
		"equal":                           {known("a", "1"), known("a", "1"), Change{}},
		"key added":                       {known("a", "1"), known("a", "1", "b", "1"), Change{}},
		"key added, unknown":              {known("a", "1"), unknownAt(known("a", "1"), "b"), Change{}},
		"key removed":                     {known("a", "1", "b", "1"), known("a", "1"), Change{}},
		"key renamed":                     {known("a", "1"), known("b", "2"), Change{Replaced: true}},
		"key renamed, same value":         {known("a", "1"), known("b", "1"), Change{Replaced: true}},
		"key renamed, unknown":            {known("a", "1"), unknownAt(known(), "b"), Change{Replaced: true}},
		"one of two renamed":              {known("a", "1", "b", "1"), known("a", "1", "c", "1"), Change{Replaced: true}},
		"map removed":                     {known("a", "1"), unset, Change{}},
		"map emptied":                     {known("a", "1"), known(), Change{}},
		"value changed":                   {known("a", "1"), known("a", "2"), Change{Answer: Yes, Keys: []string{"a"}}},
		"value emptied":                   {known("a", "1"), known("a", ""), Change{Answer: Yes, Keys: []string{"a"}}},
		"case changed":                    {known("a", "x"), known("a", "X"), Change{Answer: Yes, Keys: []string{"a"}}},
		"one of two changed":              {known("a", "1", "b", "1"), known("a", "1", "b", "2"), Change{Answer: Yes, Keys: []string{"b"}}},
		"several changed":                 {known("c", "1", "a", "1", "b", "1"), known("c", "2", "a", "2", "b", "1"), Change{Answer: Yes, Keys: []string{"a", "c"}}},
		"changed while others come":       {known("a", "1"), known("a", "2", "b", "1"), Change{Answer: Yes, Keys: []string{"a"}}},
		"changed while others are replaced": {
			known("a", "1", "b", "1"), known("a", "2", "c", "1"), Change{Answer: Yes, Keys: []string{"a"}, Replaced: true},
		},
		"value unknown":             {known("a", "1"), unknownAt(known(), "a"), Change{Answer: Maybe, Open: []string{"a"}}},
		"several unknown":           {known("b", "1", "a", "1"), unknownAt(known(), "b", "a"), Change{Answer: Maybe, Open: []string{"a", "b"}}},
		"one unknown, one changed":  {known("a", "1", "b", "1"), unknownAt(known("b", "2"), "a"), Change{Answer: Yes, Keys: []string{"b"}, Open: []string{"a"}}},
		"one unknown, one equal":    {known("a", "1", "b", "1"), unknownAt(known("b", "1"), "a"), Change{Answer: Maybe, Open: []string{"a"}}},
		"one unknown, one replaced": {known("a", "1", "b", "1"), unknownAt(known("c", "1"), "a"), Change{Answer: Maybe, Open: []string{"a"}, Replaced: true}},
		"map unknown":               {known("b", "1", "a", "1"), unknown, Change{Answer: Maybe, Open: []string{"a", "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 { // the order of a map must not matter
				if got := Changed(c.before, c.after); !reflect.DeepEqual(got, c.want) {
					t.Fatalf("got %+v, want %+v", got, c.want)
				}
			}
		})
	}
}
