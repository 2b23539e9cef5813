package rotation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// A stray is a live entry that appeared since the last look and is not this state's; with the notes lost, every live entry
// that is not.
func TestObserve_Strays(t *testing.T) {
	t.Parallel()
	list := func(ids ...string) rotation.Facts {
		facts := rotation.Facts{At: t0.Add(day)}
		for _, id := range ids {
			facts.Secrets = append(facts.Secrets, rotation.Entry{ID: id})
		}
		return facts
	}
	gone := list("new", "gone", "late")
	gone.Secrets[1].Deleted, gone.Secrets[2].ExpiresAt = true, at(day)
	noted := func(ids ...string) rotation.Noted {
		return rotation.Noted{At: t0, Sighted: rotation.SightingOf(list(ids...))}
	}
	for name, c := range map[string]struct {
		noted rotation.Noted
		facts rotation.Facts
		want  []string
	}{
		"nobody else":                   {noted("new"), list("new"), nil},
		"known from before":             {noted("new", "theirs"), list("theirs", "new"), nil},
		"another spelling":              {noted("new", "theirs"), list("THEIRS", "NEW"), nil},
		"our own, not seen before":      {noted(), list("new", "old", "older"), nil},
		"appeared":                      {noted("new"), list("new", "theirs", "more"), []string{"theirs", "more"}},
		"appeared where nothing was":    {noted(), list("theirs"), []string{"theirs"}},
		"appeared, but does not live":   {noted("new"), gone, nil},
		"the first look":                {rotation.Noted{At: t0}, list("new", "theirs"), nil},
		"the notes are lost":            {rotation.Noted{}, list("new", "old", "theirs"), []string{"theirs"}},
		"what was noted is no sighting": {rotation.Noted{At: t0, Sighted: ptr(rotation.Sighting("?"))}, list("new", "theirs"), []string{"theirs"}},
	} {
		c.noted.Older = []rotation.Older{{ID: "older"}}
		_, got := rotation.Observe(listed, rotation.State{Version: 2, SecretID: "new", PreviousSecretID: "old"}, c.noted, c.facts, false)
		if !slices.Equal(got.Strays, c.want) {
			t.Errorf("%s: got %v, want %v", name, got.Strays, c.want)
		}
		// It is one for a day, and then once more: the first look showed them all.
		st, facts := rotation.State{Version: 2, SecretID: "new", PreviousSecretID: "old"}, c.facts
		for _, look := range []struct {
			after time.Duration
			want  []string
		}{{0, c.want}, {day, c.want}, {day, nil}} {
			facts.At = c.facts.At.Add(look.after)
			if _, got = rotation.Observe(listed, st, got, facts, false); !slices.Equal(got.Strays, look.want) {
				t.Errorf("%s: got %v after %s, want %v", name, got.Strays, look.after, look.want)
			}
		}
		if got.Recent != nil {
			t.Errorf("%s: the look with strays is kept for ever", name)
		}
	}
	// What appears later is one for a day of its own, also beside a rotation from here.
	_, got := rotation.Observe(listed, rotation.State{Version: 1, SecretID: "new"}, noted("new"), list("new", "theirs"), false)
	got = rotation.Noted{At: t0.Add(day), Sighted: got.SightedBefore(list()), Recent: got.Recent}
	facts := list("new", "newer", "theirs", "more")
	for _, look := range []struct {
		after time.Duration
		want  []string
	}{{day - time.Hour, []string{"theirs", "more"}}, {day, []string{"theirs", "more"}}, {day, []string{"more"}}, {2 * day, []string{"more"}}, {2 * day, nil}} {
		facts.At = t0.Add(day + look.after)
		st := rotation.State{Version: 2, SecretID: "newer", PreviousSecretID: "new"}
		if _, got = rotation.Observe(listed, st, got, facts, false); !slices.Equal(got.Strays, look.want) {
			t.Errorf("got %v after %s, want %v", got.Strays, look.after, look.want)
		}
	}
	// A thousand entries are 8 kB, whatever their order, and none of them is a stray afterwards.
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprintf("7d444840-9dc0-11d1-b245-%012x", i))
	}
	one := rotation.SightingOf(list(ids...))
	slices.Reverse(ids)
	if two := rotation.SightingOf(list(ids...)); *one != *two || len(*one) != 8000 {
		t.Errorf("%d characters, alike %t", len(*one), *one == *two)
	}
	_, got = rotation.Observe(listed, rotation.State{Version: 1, SecretID: ids[0]}, rotation.Noted{At: t0, Sighted: one}, list(append(ids, "theirs")...), false)
	if !slices.Equal(got.Strays, []string{"theirs"}) {
		t.Errorf("of a thousand: %v", got.Strays)
	}
}

// What appeared since the last look stays a stray after a rotation; so does all of it where the notes were lost.
func TestNoted_SightedBefore(t *testing.T) {
	t.Parallel()
	list := func(ids ...string) rotation.Facts {
		facts := rotation.Facts{At: t0}
		for _, id := range ids {
			facts.Secrets = append(facts.Secrets, rotation.Entry{ID: id})
		}
		return facts
	}
	for name, c := range map[string]struct {
		noted rotation.Noted
		want  rotation.Facts
	}{
		"a first secret":           {rotation.Noted{}, list("new", "old", "named", "late")},
		"an earlier look":          {rotation.Noted{At: t0, Sighted: rotation.SightingOf(list("new", "old"))}, list("new", "old")},
		"an adopted one, not read": {rotation.Noted{}.Recalled(true), list("new", "old", "named", "late")},
		"lost notes":               {rotation.Noted{}.Recalled(false), list()},
	} {
		if got, want := c.noted.SightedBefore(list("new", "old", "named", "late")), rotation.SightingOf(c.want); *got != *want {
			t.Errorf("%s: not %v", name, c.want.Secrets)
		}
	}
}

// The entry of a secret whose id is not known is found by its date, or as the only one that the first look shows.
func TestRecognise(t *testing.T) {
	t.Parallel()
	facts := rotation.Facts{Secrets: []rotation.Entry{
		{ID: "theirs"}, {ID: "plain"}, {ID: "dated", ExpiresAt: at(30*day + 300*time.Millisecond)}, {ID: "gone", Deleted: true},
	}}
	plain, dated := rotation.State{Version: 1, RotatedAt: at(0)}, rotation.State{Version: 1, RotatedAt: at(0), ExpiresAt: at(30 * day)}
	for name, c := range map[string]struct {
		st         rotation.State
		at         time.Duration
		looked     time.Time
		candidates []string
		want       string
	}{
		"the only one":                       {plain, time.Hour, t0, []string{"plain"}, "plain"},
		"the only one that lives":            {plain, time.Hour, t0, []string{"gone", "plain"}, "plain"},
		"listed late":                        {plain, time.Hour, t0.Add(rotation.Settled), []string{"plain"}, "plain"},
		"too late":                           {plain, time.Hour + time.Second, t0, []string{"plain"}, ""},
		"one of two":                         {plain, time.Hour, t0, []string{"plain", "theirs"}, ""},
		"none":                               {plain, time.Hour, t0, nil, ""},
		"after a look that did not show it":  {plain, time.Hour, t0.Add(rotation.Settled + time.Second), []string{"theirs"}, ""},
		"the notes are lost":                 {plain, time.Hour, time.Time{}, []string{"theirs"}, ""},
		"by the date":                        {dated, time.Hour, t0, []string{"plain", "dated"}, "dated"},
		"by the date, at any time":           {dated, 21 * day, t0.Add(20 * day), []string{"plain", "dated"}, "dated"},
		"the only one, with others who seek": {plain, time.Hour, t0, []string{"plain"}, ""},
		"by the date, with others who seek":  {dated, time.Hour, t0, []string{"plain", "dated"}, "dated"},
		"without the date":                   {dated, time.Hour, t0, []string{"plain"}, ""},
	} {
		facts.At = t0.Add(c.at)
		if got, ok := rotation.Recognise(c.st, c.looked, facts, c.candidates, !strings.Contains(name, "with others")); got.ID != c.want || ok != (c.want != "") {
			t.Errorf("%s: got %q, %t", name, got.ID, ok)
		}
	}
}
