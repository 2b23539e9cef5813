package rotation_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// seen is the external change that was noted, in short: "" for none.
func checkExternal(t *testing.T, noted rotation.Noted, want string, dead bool) {
	t.Helper()
	switch e := noted.External; {
	case e == nil && want != "":
		t.Errorf("nothing external was noted, want %q", want)
	case e != nil && (want == "" || !strings.Contains(e.Seen, want) || e.Dead != dead):
		t.Errorf("noted %+v, want %q, dead %t", *e, want, dead)
	}
}

func TestObserve_Slots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		had, foreign, first bool
		noticed             bool // an external change stands already
		now                 *bool
		has, isForeign      bool
		external            string
		dead                bool
	}{
		"still none":                        {now: ptr(false)},
		"still ours":                        {had: true, now: ptr(true), has: true},
		"ours is gone":                      {had: true, now: ptr(false)},
		"somebody rotated":                  {now: ptr(true), has: true, isForeign: true, external: "somebody else rotated"},
		"still theirs":                      {had: true, foreign: true, noticed: true, now: ptr(true), has: true, isForeign: true, external: "noticed"},
		"theirs, and then the previous":     {had: true, foreign: true, noticed: true, now: ptr(false), external: "then deleted the previous one", dead: true},
		"found at the adoption":             {first: true, now: ptr(true), has: true, isForeign: true},
		"found at the adoption, since gone": {had: true, foreign: true, now: ptr(false)},
		"nothing at the adoption":           {first: true, now: ptr(false)},
		"the vendor does not say":           {had: true, has: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := rotation.State{Version: 1, HasPrevious: c.had, PreviousEndsAt: at(day)}
			noted := rotation.Noted{ForeignPrevious: c.foreign}
			if c.noticed {
				noted.External = &rotation.External{Seen: "noticed"}
			}
			facts := rotation.Facts{At: t0.Add(time.Hour), HasPrevious: c.now}
			st, noted = rotation.Observe(cloudflare, st, noted, facts, c.first)
			if st.HasPrevious != c.has || noted.ForeignPrevious != c.isForeign || !noted.At.Equal(facts.At) {
				t.Errorf("has %t, foreign %t, at %s", st.HasPrevious, noted.ForeignPrevious, noted.At)
			}
			if !c.has && st.PreviousEndsAt != nil {
				t.Error("a previous secret that is not there has an end")
			}
			checkExternal(t, noted, c.external, c.dead)
			// Looking twice shows the same.
			again, twice := rotation.Observe(cloudflare, st, noted, facts, false)
			if !reflect.DeepEqual(again, st) || !reflect.DeepEqual(twice, noted) {
				t.Errorf("a second look shows %+v %+v, the first %+v %+v", again, twice, st, noted)
			}
		})
	}
}

func TestObserve_OverlapEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now time.Duration
		has bool
	}{"before": {2*day - time.Second, true}, "within the second that its end was cut to": {2 * day, true}, "a second later": {2*day + time.Second, false}, "after": {3 * day, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := rotation.Observe(csp, rotation.State{Version: 1, HasPrevious: true, PreviousEndsAt: at(2 * day)}, rotation.Noted{}, rotation.Facts{At: t0.Add(c.now)}, false)
			if st.HasPrevious != c.has || (st.PreviousEndsAt != nil) != c.has {
				t.Errorf("has %t until %v", st.HasPrevious, st.PreviousEndsAt)
			}
		})
	}
}

func TestObserve_SecretAge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, now *float64
		external    string
		keeps       *float64
	}{
		"not said":       {nil, nil, "", nil},
		"first time":     {nil, ptr(5.0), "", ptr(5.0)},
		"older":          {ptr(5.0), ptr(6.0), "", ptr(6.0)},
		"the same":       {ptr(5.0), ptr(5.0), "", ptr(5.0)},
		"younger":        {ptr(5.0), ptr(4.0), "went down from 5 to 4", ptr(4.0)},
		"not said again": {ptr(5.0), nil, "", ptr(5.0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, noted := rotation.Observe(csp, rotation.State{Version: 1}, rotation.Noted{SecretAge: c.before}, rotation.Facts{At: t0, SecretAge: c.now}, false)
			checkExternal(t, noted, c.external, false)
			if !reflect.DeepEqual(noted.SecretAge, c.keeps) {
				t.Errorf("age %v, want %v", noted.SecretAge, c.keeps)
			}
		})
	}
}

func TestObserve_List(t *testing.T) {
	t.Parallel()
	entry := func(id string, expires *time.Time, deleted bool) rotation.Entry {
		return rotation.Entry{ID: id, ExpiresAt: expires, Deleted: deleted}
	}
	alive := entry("NEW", nil, false) // ids are compared without regard to case
	for name, c := range map[string]struct {
		entries     []rotation.Entry
		external    string
		expires     *time.Time
		previous    bool
		previousEnd *time.Time
	}{
		"alive":             {[]rotation.Entry{alive}, "", nil, false, nil},
		"expires later":     {[]rotation.Entry{entry("new", at(9*day), false)}, "", at(9 * day), false, nil},
		"missing":           {[]rotation.Entry{entry("other", nil, false)}, "no longer listed", at(5 * day), false, nil},
		"missing, empty":    {nil, "no longer listed", at(5 * day), false, nil},
		"deleted":           {[]rotation.Entry{entry("new", nil, true)}, "was deleted", nil, false, nil},
		"expired":           {[]rotation.Entry{entry("new", at(day), false)}, "expired at 2026-03-02T12:00:00Z", at(day), false, nil},
		"previous":          {[]rotation.Entry{alive, entry("old", at(3*day), false)}, "", nil, true, at(3 * day)},
		"previous deleted":  {[]rotation.Entry{alive, entry("old", nil, true)}, "", nil, false, nil},
		"previous expired":  {[]rotation.Entry{alive, entry("old", at(day), false)}, "", nil, false, nil},
		"previous is alone": {[]rotation.Entry{entry("old", nil, false)}, "no longer listed", at(5 * day), true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := rotation.State{Version: 2, SecretID: "new", PreviousSecretID: "old", HasPrevious: true, ExpiresAt: at(5 * day)}
			before := rotation.Noted{External: &rotation.External{Seen: "stale"}}
			st, noted := rotation.Observe(listed, st, before, rotation.Facts{At: t0.Add(day), Secrets: c.entries}, false)
			checkExternal(t, noted, c.external, true)
			if noted.External != nil && !noted.External.Listed {
				t.Error("it is not noted as an entry of a list")
			}
			sameTime(t, "expires", st.ExpiresAt, c.expires)
			sameTime(t, "previous ends", st.PreviousEndsAt, c.previousEnd)
			sameTime(t, "previous expires", noted.PreviousExpiresAt, c.previousEnd)
			if st.HasPrevious != c.previous || (st.PreviousSecretID == "old") != c.previous {
				t.Errorf("has previous %t, id %q", st.HasPrevious, st.PreviousSecretID)
			}
		})
	}
}

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
	got = rotation.Noted{At: t0.Add(day), Sighted: got.Known(list()), Recent: got.Recent}
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
func TestNoted_Known(t *testing.T) {
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
		if got, want := c.noted.Known(list("new", "old", "named", "late")), rotation.SightingOf(c.want); *got != *want {
			t.Errorf("%s: not %v", name, c.want.Secrets)
		}
	}
}

// A change of the client is not taken note of by a look that does not show whether there is a previous secret.
func TestObserve_WithoutTheFlag(t *testing.T) {
	t.Parallel()
	live := true
	st := rotation.State{Version: 1, RotatedAt: at(0), HasPrevious: true}
	noted := rotation.Noted{At: t0, Rotated: &rotation.Frame{Before: t0.Add(-time.Hour), Answered: t0}}
	facts := rotation.Facts{At: t0.Add(time.Hour), ChangedAt: at(time.Minute)}
	st, noted = rotation.Observe(cloudflare, st, noted, facts, false)
	if facts.HasPrevious = &live; noted.ForeignPrevious || !st.HasPrevious {
		t.Errorf("%+v, %+v", st, noted)
	}
	if _, noted = rotation.Observe(cloudflare, st, noted, facts, false); !noted.ForeignPrevious {
		t.Error("the rotation by somebody else went unseen")
	}
}

// Notes are lost when there are none beside what was observed or made.
func TestNoted_Recalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		noted rotation.Noted
		first bool
		want  bool
	}{
		"just imported":     {rotation.Noted{}, true, false},
		"observed, or made": {rotation.Noted{}, false, true},
		"noted":             {rotation.Noted{At: t0}, false, false},
		"said before":       {rotation.Noted{At: t0, Interrupted: true}, false, true},
	} {
		if got := c.noted.Recalled(c.first).Interrupted; got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Without notes, a client that was changed after the last rotation may have been rotated by somebody else; with notes, what
// they have seen counts.
func TestNoted_Framed(t *testing.T) {
	t.Parallel()
	live := true
	rotated := rotation.State{Version: 1, RotatedAt: at(0), HasPrevious: true}
	for name, c := range map[string]struct {
		noted   rotation.Noted
		st      rotation.State
		changed time.Duration
		want    bool
	}{
		"by the rotation":           {rotation.Noted{}, rotated, time.Second, false},
		"after it":                  {rotation.Noted{}, rotated, time.Minute, true},
		"after it, and was noted":   {rotation.Noted{At: t0.Add(time.Hour), Changed: at(time.Minute)}, rotated, time.Minute, false},
		"never rotated from here":   {rotation.Noted{}, rotation.State{HasPrevious: true}, time.Minute, false},
		"after it, and after notes": {rotation.Noted{At: t0.Add(time.Hour), Changed: at(time.Minute)}, rotated, 2 * time.Hour, true},
	} {
		facts := rotation.Facts{At: t0.Add(day), HasPrevious: &live, ChangedAt: at(c.changed)}
		if got := c.noted.Framed(c.st).ChangedSince(c.st, facts); got != c.want {
			t.Errorf("%s: %t", name, got)
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

func TestObserve_ListWithoutIDs(t *testing.T) {
	t.Parallel()
	st, noted := rotation.Observe(listed, rotation.State{Version: 1, HasPrevious: true, PreviousEndsAt: at(0)}, rotation.Noted{}, rotation.Facts{At: t0}, false)
	if noted.External != nil || st.HasPrevious || st.PreviousEndsAt != nil {
		t.Errorf("a secret without an id shows %+v %+v", st, noted)
	}
}

func TestObserve_OlderSecretsThatLive(t *testing.T) {
	t.Parallel()
	noted := rotation.Noted{Older: []rotation.Older{{ID: "a", RetireAt: at(day)}, {ID: "b"}, {ID: "c"}, {ID: "d"}}}
	facts := rotation.Facts{At: t0.Add(day), Secrets: []rotation.Entry{{ID: "A"}, {ID: "b", Deleted: true}, {ID: "d", ExpiresAt: at(day)}}}
	_, noted = rotation.Observe(listed, rotation.State{}, noted, facts, false)
	if len(noted.Older) != 1 || noted.Older[0].ID != "a" || noted.Older[0].RetireAt == nil {
		t.Errorf("older: %+v, want only the live one", noted.Older)
	}
	noted.Ended("a", t0)
	if len(noted.Older) != 0 {
		t.Errorf("older: %+v after Forget", noted.Older)
	}
}

func TestLastLive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entries []rotation.Entry
		want    bool
	}{
		"alone":             {[]rotation.Entry{{ID: "A"}}, true},
		"beside dead ones":  {[]rotation.Entry{{ID: "a"}, {ID: "b", Deleted: true}, {ID: "c", ExpiresAt: at(0)}}, true},
		"beside a live one": {[]rotation.Entry{{ID: "a"}, {ID: "b"}}, false},
		"another one is":    {[]rotation.Entry{{ID: "b"}}, false},
		"dead itself":       {[]rotation.Entry{{ID: "a", Deleted: true}, {ID: "b"}}, false},
		"nothing is":        {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := rotation.LastLive(rotation.Facts{At: t0, Secrets: c.entries}, "a"); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// rotatedAt0 are the notes of a rotation at t0 of a client that was last changed an hour before.
func rotatedAt0() rotation.Noted {
	return rotation.Noted{At: t0, Rotated: rotation.FrameOf(rotation.Facts{ChangedAt: at(-time.Hour)}, t0)}
}

func TestNoted_ChangedSince(t *testing.T) {
	t.Parallel()
	st := rotation.State{Version: 1, HasPrevious: true, RotatedAt: at(0)}
	for name, c := range map[string]struct {
		last, now *time.Duration // when the client changed, as the last read and as a new one show it
		read      time.Duration  // the last read
		noFrame   bool
		want      bool
	}{
		"nothing is shown":                         {},
		"not shown any more":                       {last: ptr(time.Duration(0))},
		"the first look, our own change":           {now: ptr(-time.Second)},
		"the first look, dated by another clock":   {now: ptr(15 * time.Second)},
		"the first look, changed since":            {now: ptr(16 * time.Second), want: true},
		"the first look, from before the rotation": {now: ptr(-time.Hour)},
		"the same as before":                       {last: ptr(day), now: ptr(day), read: day},
		"another one":                              {last: ptr(-time.Second), now: ptr(time.Second), want: true},
		"the last look was too early":              {last: ptr(-time.Hour), now: ptr(-time.Second), read: time.Minute},
		"a vendor that does not date rotations":    {last: ptr(-time.Hour), now: ptr(time.Minute), read: time.Hour, want: true},
		"no frame, soon":                           {last: ptr(-time.Hour), now: ptr(time.Second), read: time.Minute, noFrame: true},
		"no frame, later":                          {last: ptr(time.Second), now: ptr(time.Hour), read: 30 * time.Minute, noFrame: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := rotatedAt0()
			noted.At = t0.Add(c.read)
			if c.noFrame {
				noted.Rotated = nil
			}
			facts := rotation.Facts{At: t0.Add(2 * day), HasPrevious: ptr(true)}
			if c.last != nil {
				noted.Changed = at(*c.last)
			}
			if c.now != nil {
				facts.ChangedAt = at(*c.now)
			}
			if got := noted.ChangedSince(st, facts); got != c.want {
				t.Errorf("got %t", got)
			}
			if _, observed := rotation.Observe(cloudflare, st, noted, facts, false); observed.ForeignPrevious != c.want {
				t.Errorf("a read makes the previous secret foreign: %t", observed.ForeignPrevious)
			}
		})
	}
}

// A previous secret that was ended from here may still be shown for a while.
func TestNoted_Lags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left, never bool
		flag        *bool
		changed     *time.Time
		looked      time.Duration
		want        bool
	}{
		"still shown":                   {flag: ptr(true), changed: at(-time.Second), want: true},
		"still shown, not dated":        {flag: ptr(true), want: true},
		"five minutes later":            {flag: ptr(true), looked: 5*time.Minute + 1},
		"changed since":                 {flag: ptr(true), changed: at(time.Second)},
		"not shown":                     {flag: ptr(false)},
		"not said":                      {},
		"there is one, as far as known": {left: true, flag: ptr(true)},
		"nothing was ended":             {never: true, flag: ptr(true)},
	} {
		noted := rotation.Noted{At: t0}
		if !c.never {
			noted.Ended("", t0)
		}
		if got := noted.Lags(c.left, rotation.Facts{At: t0.Add(c.looked), HasPrevious: c.flag, ChangedAt: c.changed}); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// The age that was seen before a secret was ended from here says nothing any more.
func TestNoted_EndedForgetsTheAge(t *testing.T) {
	t.Parallel()
	noted := rotation.Noted{At: t0, SecretAge: ptr(5000.0)}
	noted.Ended("", t0)
	if _, got := rotation.Observe(csp, rotation.State{Version: 1}, noted, rotation.Facts{At: t0, SecretAge: ptr(5.0)}, false); got.External != nil {
		t.Errorf("an own deletion is taken for somebody else's: %+v", got.External)
	}
}

func TestNoted_Stale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		had, noFrame bool
		flag         *bool
		changed      *time.Time
		looked       time.Duration
		want         bool
	}{
		"the view before the rotation": {had: true, flag: ptr(false), changed: at(-time.Hour), want: true},
		"five minutes later":           {had: true, flag: ptr(false), changed: at(-time.Hour), looked: 5*time.Minute + 1},
		"changed since":                {had: true, flag: ptr(false), changed: at(time.Second)},
		"not said when":                {had: true, flag: ptr(false)},
		"the previous secret is there": {had: true, flag: ptr(true), changed: at(-time.Hour)},
		"the flag is not there":        {had: true, changed: at(-time.Hour)},
		"none was left":                {flag: ptr(false), changed: at(-time.Hour)},
		"no frame":                     {had: true, noFrame: true, flag: ptr(false), changed: at(-time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := rotatedAt0()
			if c.noFrame {
				noted.Rotated = nil
			}
			facts := rotation.Facts{At: t0.Add(c.looked), HasPrevious: c.flag, ChangedAt: c.changed}
			if got := noted.Stale(c.had, facts); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// A look that came too early is no change by somebody else: the client's last change is our own rotation.
func TestObserve_AfterAnEarlyLook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changed  *time.Time
		external string
	}{
		"our own":                {at(-time.Second), ""},
		"at the very answer":     {at(0), ""},
		"after it":               {at(time.Second), "somebody else rotated"},
		"the view before it":     {at(-time.Hour), "somebody else rotated"},
		"the vendor is silent":   {nil, "somebody else rotated"},
		"older than that before": {at(-2 * time.Hour), "somebody else rotated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, noted := rotation.Observe(cloudflare, rotation.State{Version: 1}, rotatedAt0(), rotation.Facts{At: t0.Add(time.Minute), HasPrevious: ptr(true), ChangedAt: c.changed}, false)
			checkExternal(t, noted, c.external, false)
			if !st.HasPrevious || noted.ForeignPrevious != (c.external != "") {
				t.Errorf("has %t, foreign %t", st.HasPrevious, noted.ForeignPrevious)
			}
		})
	}
}
