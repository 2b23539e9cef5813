package rotation_test

import (
	"reflect"
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
