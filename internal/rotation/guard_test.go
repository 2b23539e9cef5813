package rotation

import (
	"strings"
	"testing"
	"time"
)

// viewOf is an object of a client with two slots that was rotated at t0.
func viewOf(changes ...func(*State, *Record)) View {
	v := View{Object: "object", State: State{Version: 2, RotatedAt: at(0), HasPrevious: true}, Record: NewRecord("object", t0)}
	v.Record.Window, v.Record.PreviousVersion = &Window{Before: *at(-time.Hour), Answered: t0}, 1
	for _, change := range changes {
		change(&v.State, &v.Record)
	}
	return v
}

func hasNone(st *State, _ *Record) { st.HasPrevious = false }

func tainted(_ *State, rec *Record) { *rec = Record{} }

func conflicted(_ *State, rec *Record) { rec.Conflict = true }

func undated(_ *State, rec *Record) { rec.Window = nil }

// shows is what a vendor with a flag shows a day after the rotation.
func shows(has bool, changed *time.Time) Facts {
	return Facts{At: t0.Add(day), HasPrevious: &has, ChangedAt: changed}
}

func TestMayEnd_Flagged(t *testing.T) {
	t.Parallel()
	ours, before, later := at(-time.Second), at(-time.Hour), at(time.Hour)
	soon := Facts{At: t0.Add(time.Minute), HasPrevious: ptr(false), ChangedAt: before}
	const elsewhere, changed, inUse = "somebody else may have rotated", "since it was read for the plan", "be the one in use"
	for name, c := range map[string]struct {
		own     *View
		seen    *time.Time // when the plan saw the client changed last
		facts   Facts
		others  []View
		ok      bool
		refused string
	}{
		"its own":                    {own: ptr(viewOf()), facts: shows(true, ours), ok: true},
		"its own, not dated":         {own: ptr(viewOf()), facts: shows(true, nil), ok: true},
		"its own, dates say nothing": {own: ptr(viewOf()), facts: shows(true, before), ok: true},
		"none is there":              {own: ptr(viewOf()), facts: shows(false, ours)},
		"none, and changed":          {own: ptr(viewOf()), facts: shows(false, later)},
		"it may lag":                 {own: ptr(viewOf()), facts: soon, refused: "still shows the client as it was before the rotation"},
		"nothing is said":            {own: ptr(viewOf()), facts: Facts{At: t0.Add(day), ChangedAt: ours}, refused: "does not say whether"},
		"changed since":              {own: ptr(viewOf()), facts: shows(true, later), refused: elsewhere},
		"changed, as is known":       {own: ptr(viewOf(func(_ *State, rec *Record) { rec.Changed, rec.ForeignPrevious = later, true })), facts: shows(true, later), ok: true},
		"changed again":              {own: ptr(viewOf(func(_ *State, rec *Record) { rec.Changed, rec.ForeignPrevious = later, true })), facts: shows(true, at(2*time.Hour)), refused: changed},
		"changed within the seconds after, by the answer": {own: ptr(viewOf(exactly)), facts: shows(true, at(time.Second)), refused: changed},
		"by the answer":          {own: ptr(viewOf(exactly)), facts: shows(true, ours), ok: true},
		"tainted":                {own: ptr(viewOf(tainted)), facts: shows(true, ours), ok: true},
		"tainted, changed since": {own: ptr(viewOf(tainted)), facts: shows(true, later), refused: "If the resource is tainted, untaint it"},
		"one that was not there": {own: ptr(viewOf(hasNone)), facts: shows(true, nil), refused: elsewhere},
		"one that was not there, and dates say nothing": {own: ptr(viewOf(hasNone)), facts: shows(true, before), refused: elsewhere},
		"one that an early look did not show":           {own: ptr(viewOf(hasNone)), facts: shows(true, ours), ok: true},
		"adopted":                                       {own: ptr(viewOf(adopted, foreign)), facts: shows(true, before), ok: true},
		"an ending beside another object":               {own: ptr(viewOf()), facts: shows(true, ours), others: []View{viewOf(drifting(Rotated))}, ok: true},

		"completion":                                   {facts: shows(true, ours), others: []View{viewOf()}, ok: true},
		"ended a moment ago, and still shown":          {facts: Facts{At: t0.Add(time.Minute), HasPrevious: ptr(true), ChangedAt: ours}, others: []View{viewOf(hasNone, endedAt(time.Second))}},
		"ended long ago, and shown":                    {facts: shows(true, ours), others: []View{viewOf(hasNone, endedAt(time.Second))}, refused: elsewhere},
		"ended an earlier one a moment ago":            {own: ptr(viewOf(endedAt(time.Second))), facts: Facts{At: t0.Add(time.Minute), HasPrevious: ptr(true), ChangedAt: ours}, ok: true},
		"completion, nothing there":                    {facts: shows(false, ours), others: []View{viewOf()}},
		"completion, nobody is known":                  {facts: shows(true, later), ok: true},
		"completion, as it was seen":                   {seen: later, facts: shows(true, later), ok: true},
		"completion, changed since":                    {seen: ours, facts: shows(true, later), refused: changed},
		"completion, not dated":                        {seen: ours, facts: shows(true, nil), ok: true},
		"completion, it may lag":                       {facts: soon, others: []View{viewOf()}, refused: "still shows the client as it was before the rotation"},
		"completion, not said":                         {facts: Facts{At: t0.Add(day)}, others: []View{viewOf()}, refused: "does not say whether"},
		"completion, changed":                          {facts: shows(true, later), others: []View{viewOf()}, refused: changed},
		"completion, rotated elsewhere":                {facts: shows(true, later), others: []View{viewOf(foreign, drifting(Rotated), undated)}, refused: changed},
		"completion, rotated, known":                   {facts: shows(true, later), others: []View{viewOf(foreign, drifting(Rotated), func(_ *State, rec *Record) { rec.Changed = later })}, refused: inUse},
		"completion, perhaps":                          {facts: shows(true, ours), others: []View{viewOf(foreign, drifting(Possible))}, refused: inUse},
		"completion, dead":                             {facts: shows(true, ours), others: []View{viewOf(drifting(Dead))}, refused: inUse},
		"completion, foreign":                          {facts: shows(true, ours), others: []View{viewOf(foreign)}, refused: inUse},
		"completion, lost":                             {facts: shows(true, ours), others: []View{viewOf(func(_ *State, rec *Record) { rec.Lost = true })}, refused: inUse},
		"completion, one that was not there":           {facts: shows(true, nil), others: []View{viewOf(hasNone)}, refused: elsewhere},
		"completion, dead, and one that was not there": {facts: shows(true, nil), others: []View{viewOf(hasNone, drifting(Dead))}, refused: elsewhere},
		"completion, the second of two objects":        {facts: shows(true, ours), others: []View{viewOf(), viewOf(foreign)}, refused: inUse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := Ending{View: c.own, Since: t0.Add(day)}
			if c.seen != nil {
				e.Seen = &Seen{Changed: *c.seen}
			}
			ok, refused := MayEnd(flagged, e, c.facts, c.others)
			if ok != c.ok {
				t.Errorf("%t (%v)", ok, refused)
			}
			if c.refused == "" {
				refuses(t, refused)
			} else {
				refuses(t, refused, c.refused)
			}
		})
	}
}

// A vendor that shows nothing of a previous secret.
func TestMayEnd_Blind(t *testing.T) {
	t.Parallel()
	over := func(st *State, _ *Record) { st.HasPrevious = false }
	aged := func(seconds float64) Facts {
		return Facts{At: t0.Add(30 * day), SecretAge: &seconds, CreatedAt: at(-400 * day)}
	}
	old, young := aged((30 * day).Seconds()), aged(day.Seconds())
	for name, c := range map[string]struct {
		own     *View
		facts   Facts
		others  []View
		ok      bool
		refused string
	}{
		"its own":                        {own: ptr(viewOf(undated)), facts: Facts{At: t0.Add(day)}, ok: true},
		"its own, of its age":            {own: ptr(viewOf(undated)), facts: old, ok: true},
		"a younger one is there":         {own: ptr(viewOf(undated)), facts: young, refused: "since it was read for the plan"},
		"younger, as the plan said":      {own: ptr(viewOf(undated, drifting(Rotated))), facts: young, ok: true},
		"completion":                     {facts: old, others: []View{viewOf(undated)}, ok: true},
		"completion, by time it is over": {facts: old, others: []View{viewOf(undated, over)}, ok: true},
		"completion, younger":            {facts: young, others: []View{viewOf(undated)}, refused: "since it was read for the plan"},
		"completion, rotated elsewhere":  {facts: young, others: []View{viewOf(undated, over, drifting(Rotated))}, refused: "may therefore be the one in use"},
		"completion, perhaps":            {facts: old, others: []View{viewOf(undated, over, drifting(Possible))}, refused: "may therefore be the one in use"},
		"completion, nobody is known":    {facts: old, ok: true},
		// The vendor refused our rotation: another one is open, and its previous secret is the one in state.
		"completion, another rotation is open": {facts: old, others: []View{viewOf(undated, over, conflicted)}, refused: "may be the one in use"},
		"completion, the record is lost":       {facts: old, others: []View{viewOf(undated, over, func(_ *State, rec *Record) { rec.Lost = true })}, refused: "may be the one in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, refused := MayEnd(blind, Ending{View: c.own}, c.facts, c.others)
			if ok != c.ok {
				t.Errorf("%t (%v)", ok, refused)
			}
			if c.refused == "" {
				refuses(t, refused)
			} else {
				refuses(t, refused, c.refused)
			}
		})
	}
}

func TestMayEnd_Many(t *testing.T) {
	t.Parallel()
	own := View{Object: "object", State: State{Version: 2, SecretID: "new", PreviousSecretID: "old", HasPrevious: true}, Record: NewRecord("object", t0)}
	own.Record.Older = []Older{{ID: "older"}}
	sibling := View{Object: "sibling", State: State{Version: 1, SecretID: "theirs", PreviousSecretID: "before"}}
	const notHeld, current, last = "is none of this resource's", "is the current secret of a resource", "the only one of this client that is still valid"
	for name, c := range map[string]struct {
		own     *View
		id      string
		facts   Facts
		others  []View
		ok      bool
		refused string
	}{
		"its previous one":                 {own: &own, id: "old", ok: true},
		"its current one":                  {own: &own, id: "new", ok: true},
		"an earlier one":                   {own: &own, id: "OLDER", ok: true},
		"one that it does not hold":        {own: &own, id: "strange", refused: notHeld},
		"the current one of another":       {own: &own, id: "theirs", others: []View{sibling}, refused: current},
		"completion":                       {id: "old", facts: ids("new", "old"), ok: true},
		"completion, another spelling":     {id: "OLD", facts: ids("new", "old"), ok: true},
		"completion, not listed":           {id: "old", facts: ids("new")},
		"completion, deleted":              {id: "old", facts: list(Entry{ID: "new"}, Entry{ID: "old", Deleted: true})},
		"completion, expired":              {id: "old", facts: list(Entry{ID: "new"}, Entry{ID: "old", ExpiresAt: at(0)}), ok: true},
		"completion, the last":             {id: "old", facts: ids("old"), refused: last},
		"completion, the last that lives":  {id: "old", facts: list(Entry{ID: "old"}, Entry{ID: "new", Deleted: true}), refused: last},
		"completion, a current one":        {id: "theirs", facts: ids("theirs", "new"), others: []View{sibling}, refused: current},
		"completion, spelled otherwise":    {id: "Theirs", facts: ids("theirs", "new"), others: []View{sibling}, refused: current},
		"completion, a previous of others": {id: "before", facts: ids("theirs", "before"), others: []View{sibling}, ok: true},
		"completion, one that seeks":       {id: "old", facts: ids("new", "old"), others: []View{{Object: "seeks", State: State{Version: 1}}}, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, refused := MayEnd(many, Ending{SecretID: c.id, View: c.own}, c.facts, c.others)
			if ok != c.ok {
				t.Errorf("%t (%v)", ok, refused)
			}
			if c.refused == "" {
				refuses(t, refused)
			} else {
				refuses(t, refused, c.refused)
			}
		})
	}
}

func TestMayPlanCompletion(t *testing.T) {
	t.Parallel()
	own := View{Object: "object", State: State{Version: 2, SecretID: "new", PreviousSecretID: "old", HasPrevious: true}, Record: NewRecord("object", t0)}
	over := func(st *State, _ *Record) { st.HasPrevious = false }
	rotating := own
	rotating.Rotates = true
	for name, c := range map[string]struct {
		traits  Traits
		id      string
		v       View
		rotates bool
		refused string
	}{
		"flagged":                        {flagged, "", viewOf(), false, ""},
		"flagged, rotated elsewhere":     {flagged, "", viewOf(foreign, drifting(Rotated)), false, "Something was seen. The previous secret may therefore be the one in use"},
		"flagged, perhaps":               {flagged, "", viewOf(foreign, drifting(Possible)), false, "may therefore be the one in use"},
		"flagged, dead":                  {flagged, "", viewOf(drifting(Dead)), false, "may therefore be the one in use"},
		"flagged, foreign":               {flagged, "", viewOf(foreign), false, "The previous secret may be the one in use"},
		"flagged, foreign, rotates":      {flagged, "", viewOf(foreign), true, ""},
		"flagged, dead, nothing there":   {flagged, "", viewOf(hasNone, drifting(Dead)), false, ""},
		"blind":                          {blind, "", viewOf(undated), false, ""},
		"blind, over":                    {blind, "", viewOf(undated, over), false, ""},
		"blind, rotated, over":           {blind, "", viewOf(undated, over, drifting(Rotated)), false, "may therefore be the one in use"},
		"blind, rotated, rotates":        {blind, "", viewOf(undated, over, drifting(Rotated)), true, ""},
		"blind, another rotation open":   {blind, "", viewOf(undated, over, conflicted), false, "may be the one in use"},
		"many":                           {many, "old", own, false, ""},
		"many, nothing to do":            {many, "", own, false, ""},
		"many, the current one":          {many, "NEW", own, false, "is the current secret of a resource"},
		"many, none of that object's":    {many, "strange", own, false, ""},
		"many, the current one, rotates": {many, "new", rotating, false, ""},
		"many, another version":          {many, "new", own, true, "is the current secret of a resource"}, // of a sibling, perhaps
		"flagged, foreign, planned":      {flagged, "", View{Object: "object", State: viewOf(foreign).State, Record: viewOf(foreign).Record, Rotates: true}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := MayPlanCompletion(c.traits, c.id, c.v, c.rotates); c.refused == "" {
				refuses(t, got)
			} else {
				refuses(t, got, c.refused)
			}
		})
	}
}

// What an action ends is known to be the previous secret of somebody, or nothing is sent.
func TestMayPlanAction(t *testing.T) {
	t.Parallel()
	own := View{Object: "object", State: State{Version: 2, SecretID: "new", PreviousSecretID: "old"}, Record: Record{Older: []Older{{ID: "older"}}}}
	rotating := own
	rotating.Rotates = true
	other := View{Object: "other", State: State{Version: 7, SecretID: "theirs"}}
	for name, c := range map[string]struct {
		traits  Traits
		id      string
		views   []View
		refused string
	}{
		"slots":                     {flagged, "", nil, ""},
		"nothing to do":             {many, "", nil, ""},
		"the previous one":          {many, "OLD", []View{other, own}, ""},
		"an earlier one":            {many, "older", []View{own}, ""},
		"the current one":           {many, "New", []View{other, own}, "is the current secret of a resource"},
		"the current one, rotates":  {many, "new", []View{other, rotating}, ""},
		"a sibling's, one rotates":  {many, "theirs", []View{other, rotating}, "is the current secret of a resource"},
		"nobody's":                  {many, "strange", []View{own, other}, "may be one that is in use"},
		"nothing was looked at":     {many, "old", nil, "may be one that is in use"},
		"slots, nothing was looked": {blind, "", nil, ""},
	} {
		if got := MayPlanAction(c.traits, c.id, c.views); c.refused == "" {
			refuses(t, got)
		} else {
			t.Log(name)
			refuses(t, got, c.refused)
		}
	}
}

func TestCompletionMessage(t *testing.T) {
	t.Parallel()
	own := View{State: State{Version: 2, SecretID: "new", PreviousSecretID: "old"}, Record: Record{PreviousVersion: 1}}
	other := View{State: State{Version: 7, SecretID: "theirs", PreviousSecretID: "before"}}
	rotating := own
	rotating.Rotates = true
	elsewhere := func(drift string) View {
		v := viewOf()
		v.State.Drift = drift
		return v
	}
	for name, c := range map[string]struct {
		traits  Traits
		id      string
		views   []View
		rotates bool
		says    []string
	}{
		"nobody is known":                      {flagged, "", nil, false, []string{"ends the previous secret,", "The current secret stays."}},
		"flagged":                              {flagged, "", []View{viewOf()}, false, []string{"the previous secret (version 1)", "The current secret (version 2) stays."}},
		"flagged, rotates":                     {flagged, "", []View{viewOf()}, true, []string{"the current secret (version 2), which this apply replaces", "The new secret stays."}},
		"flagged, rotates after somebody else": {flagged, "", []View{elsewhere(Rotated)}, true, []string{"the secret that somebody else made, which this apply replaces"}},
		"blind, rotates after a change":        {blind, "", []View{elsewhere(Possible)}, true, []string{"the current secret (version 2), or a newer one that somebody else made, which this apply replaces"}},
		"many, nobody is known":                {many, "old", nil, false, []string{"ends secret old,"}},
		"many":                                 {many, "OLD", []View{other, own}, false, []string{"secret old (the previous one, version 1)", "Secret new (the current one, version 2) stays.", "!7"}},
		"many, the earlier one":                {many, "old", []View{rotating}, true, []string{"secret old (the previous one, version 1)"}},
		"many, rotates":                        {many, "new", []View{rotating, other}, false, []string{"secret new (the current one, version 2), which this apply replaces", "!theirs"}},
	} {
		got := CompletionMessage(c.traits, c.id, c.views, c.rotates, false, false)
		title := "the completion deletes the previous secret"
		if strings.Contains(got.Detail, "which this apply replaces") {
			title = "the completion ends the secret in use now"
		}
		hasTitles(t, []Message{got}, title)
		t.Log(name)
		says(t, got.Detail, c.says...)
	}
	// While it is not known whether the object is rotated, both secrets that may end are named.
	own.State.HasPrevious = true
	open := CompletionMessage(many, "", []View{own}, false, true, false)
	hasTitles(t, []Message{open}, "the completion may delete the previous secret")
	says(t, open.Detail, "secret new (the current one, version 2), if it is replaced", "secret old (the previous one, version 1), if it is not")
	hasTitles(t, []Message{RotatedAfterCompletion()}, "somebody else rotated the secret")
}

// The way out of a refusal fits the vendor.
func TestMayBeInUse(t *testing.T) {
	t.Parallel()
	refuses(t, MayBeInUse(flagged, State{}, Record{}), "may be the one in use", `on_pending_rotation = "retire_first"`)
	refuses(t, MayBeInUse(many, State{}, Record{Evidence: "Something was seen"}), "Something was seen. ", "rotate from here.", `!retire_first`)
}
