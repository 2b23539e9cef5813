package rotation

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDestroy(t *testing.T) {
	t.Parallel()
	one := []View{{Object: "other"}}
	older := func(in *inputs) { in.rec.Older = []Older{{ID: "x"}, {ID: "y"}} }
	imported := func(in *inputs) { in.st.Version, in.rec.PreviousVersion = 0, 0 }
	nameless := func(in *inputs) { in.st.SecretID = "" }
	tainted := func(in *inputs) { in.rec = Record{} }
	counted := func(rotations int64) func(*inputs) { // the version of an object whose last rotation was an hour after the first
		return func(in *inputs) {
			in.st.Version = in.st.RotatedAt.Unix()
			if rotations > 0 {
				in.st.Version += rotations - 3600
			}
		}
	}
	for name, c := range map[string]struct {
		in     inputs
		action string
		others []View
		want   Destruction
	}{
		"not set":                        {base(flagged, withPrevious), "", nil, Destruction{}},
		"keep":                           {base(blind, withPrevious), DestroyKeep, nil, Destruction{}},
		"keep, many":                     {base(many, withPrevious, older), DestroyKeep, nil, Destruction{}},
		"revoke":                         {base(blind), DestroyRevoke, nil, Destruction{Revoke: true}},
		"revoke, drift":                  {base(blind, drifted(Rotated, ExternalWarn)), DestroyRevoke, nil, Destruction{Revoke: true}},
		"revoke beside another":          {base(blind), DestroyRevoke, one, Destruction{}},
		"retire":                         {base(flagged, withPrevious), DestroyRetirePrevious, nil, Destruction{Previous: true}},
		"retire, none":                   {base(flagged), DestroyRetirePrevious, nil, Destruction{}},
		"retire, adopted":                {base(flagged, withPrevious, imported), DestroyRetirePrevious, nil, Destruction{}},
		"retire, foreign":                {base(flagged, withPrevious, func(in *inputs) { in.rec.ForeignPrevious = true }), DestroyRetirePrevious, nil, Destruction{}},
		"retire, rotated elsewhere":      {base(flagged, withPrevious, drifted(Rotated, ExternalWarn)), DestroyRetirePrevious, nil, Destruction{}},
		"retire, record lost":            {base(flagged, withPrevious, lost), DestroyRetirePrevious, nil, Destruction{}},
		"retire, tainted":                {base(flagged, withPrevious, tainted), DestroyRetirePrevious, nil, Destruction{Previous: true}},
		"retire beside another":          {base(flagged, withPrevious), DestroyRetirePrevious, one, Destruction{}},
		"retire, blind":                  {base(blind, withPrevious), DestroyRetirePrevious, nil, Destruction{Previous: true}},
		"delete":                         {base(many, withPrevious), DestroyDelete, nil, Destruction{IDs: []string{"new", "old"}}},
		"delete, no previous one":        {base(many), DestroyDelete, nil, Destruction{IDs: []string{"new"}}},
		"delete, earlier ones":           {base(many, withPrevious, older), DestroyDelete, nil, Destruction{IDs: []string{"new", "old", "x", "y"}}},
		"delete, the previous imported":  {base(many, withPrevious, func(in *inputs) { in.rec.PreviousVersion = 0 }), DestroyDelete, nil, Destruction{IDs: []string{"new"}}},
		"delete, imported":               {base(many, imported), DestroyDelete, nil, Destruction{}},
		"delete, tainted":                {base(many, withPrevious, tainted), DestroyDelete, nil, Destruction{IDs: []string{"new"}, Unknown: []string{"old"}}},
		"delete, tainted, counted":       {base(many, withPrevious, tainted, counted(1)), DestroyDelete, nil, Destruction{IDs: []string{"new", "old"}}},
		"delete, tainted, first":         {base(many, withPrevious, tainted, counted(0)), DestroyDelete, nil, Destruction{IDs: []string{"new"}, Unknown: []string{"old"}}},
		"delete, lost, counted":          {base(many, withPrevious, lost, counted(1)), DestroyDelete, nil, Destruction{IDs: []string{"new", "old"}}},
		"delete, imported, counted":      {base(many, withPrevious, counted(1), func(in *inputs) { in.rec.PreviousVersion = 0 }), DestroyDelete, nil, Destruction{IDs: []string{"new"}}},
		"delete, record lost":            {base(many, withPrevious, lost), DestroyDelete, nil, Destruction{IDs: []string{"new"}, Unknown: []string{"old"}}},
		"delete, id not known":           {base(many, nameless), DestroyDelete, nil, Destruction{Nameless: true}},
		"delete, id not known, previous": {base(many, withPrevious, nameless), DestroyDelete, nil, Destruction{Nameless: true, IDs: []string{"old"}}},
		"delete, nothing is known":       {base(many, withPrevious, nameless, tainted), DestroyDelete, nil, Destruction{Nameless: true, Unknown: []string{"old"}}},
		"delete, dead":                   {base(many, drifted(Dead, ExternalWarn)), DestroyDelete, nil, Destruction{IDs: []string{"new"}}},
	} {
		got := Destroy(c.in.traits, c.action, c.in.st, c.in.rec, c.others)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got.Ends() != (got.Revoke || got.Previous || len(got.IDs) > 0) {
			t.Errorf("%s: ends %t", name, got.Ends())
		}
	}
}

func TestDestroyMessages(t *testing.T) {
	t.Parallel()
	one := []View{{Object: "other"}}
	older := func(in *inputs) { in.rec.Older = []Older{{ID: "x"}} }
	imported := func(in *inputs) { in.st.Version, in.rec.PreviousVersion = 0, 0 }
	nameless := func(in *inputs) { in.st.SecretID = "" }
	tainted := func(in *inputs) { in.rec = Record{} }
	ending := func(in *inputs) { in.st.PreviousEndsAt = at(2 * day) }
	const survives, replaced = "a live secret survives the destroy", "a live secret survives the replacement"
	for name, c := range map[string]struct {
		in       inputs
		action   string
		others   []View
		replaced bool
		titles   []string
		says     []string
	}{
		"keep":                       {base(flagged, withPrevious), DestroyKeep, nil, false, []string{survives}, []string{`on_destroy is "keep"`, "The current secret (version 2) stays valid", "So does the previous secret (version 1)."}},
		"not set":                    {base(flagged), "", nil, false, []string{survives}, []string{"on_destroy is not set", "!So does"}},
		"keep, with a date":          {base(blind, withPrevious, ending), DestroyKeep, nil, false, []string{survives}, []string{"So does the previous secret (version 1), until 2026-03-03T12:00:00Z."}},
		"keep, replaced":             {base(flagged), DestroyKeep, nil, true, []string{replaced}, []string{"The current secret (version 2) becomes the previous secret of the new object, and ends when a completion or somebody deletes it"}},
		"keep, many":                 {base(many), DestroyKeep, nil, false, []string{survives}, []string{"Secret new (the current one, version 2) stays valid"}},
		"revoke":                     {base(blind), DestroyRevoke, nil, false, []string{"this destroy ends every secret"}, []string{"the current secret (version 2) among them", "!create_before_destroy"}},
		"revoke, adopted":            {base(blind, imported), DestroyRevoke, nil, false, []string{"this destroy ends every secret"}, []string{"the secret in use now among them"}},
		"revoke, replaced":           {base(blind), DestroyRevoke, nil, true, []string{"this replacement ends every secret, unless create_before_destroy is set"}, []string{"create_before_destroy"}},
		"revoke beside another":      {base(blind), DestroyRevoke, one, false, []string{"this destroy keeps every secret"}, []string{"nothing is ended", "the current secret (version 2)"}},
		"retire":                     {base(flagged, withPrevious), DestroyRetirePrevious, nil, false, []string{"this destroy deletes the previous secret"}, []string{"the previous secret (version 1) is deleted now", "The current secret (version 2) stays valid"}},
		"retire, replaced":           {base(flagged, withPrevious), DestroyRetirePrevious, nil, true, []string{"this replacement deletes the previous secret"}, []string{"(version 1) is deleted now"}},
		"retire, none":               {base(flagged), DestroyRetirePrevious, nil, false, []string{survives}, []string{"The current secret (version 2) stays valid"}},
		"retire, none, replaced":     {base(flagged), DestroyRetirePrevious, nil, true, []string{replaced}, []string{"The current secret (version 2) becomes the previous secret of the new object, and ends when a completion or somebody deletes it"}},
		"retire, in doubt":           {base(flagged, withPrevious, drifted(Rotated, ExternalWarn)), DestroyRetirePrevious, nil, false, []string{survives}, []string{"The previous secret (version 2, the one in this state) and the secret that somebody else made stay valid", "!So does"}},
		"retire beside another":      {base(flagged, withPrevious), DestroyRetirePrevious, one, false, []string{"this destroy keeps every secret"}, nil},
		"delete":                     {base(many), DestroyDelete, nil, false, []string{"this destroy deletes a secret"}, []string{"secret new stops working at once", "did not make stay"}},
		"delete two":                 {base(many, withPrevious), DestroyDelete, nil, false, []string{"this destroy deletes 2 secrets"}, []string{"secrets new, old stop working at once"}},
		"delete, replaced":           {base(many, withPrevious, older), DestroyDelete, nil, true, []string{"this replacement deletes 3 secrets"}, []string{"before the new secret is made", "rotate_when_changed"}},
		"delete, imported":           {base(many, imported), DestroyDelete, nil, false, []string{survives}, []string{"The secret was imported", "Secret new (the current one) stays valid"}},
		"delete, imported, replaced": {base(many, imported), DestroyDelete, nil, true, []string{replaced}, []string{"The secret was imported"}},
		"delete, tainted":            {base(many, withPrevious, tainted), DestroyDelete, nil, false, []string{"this destroy deletes a secret", "a live secret may be left behind"}, []string{"secret new stops", "made these secrets: old."}},
		"delete, id not known":       {base(many, nameless), DestroyDelete, nil, false, []string{"a live secret is left behind"}, []string{"!imported", "id of the current secret was never found"}},
		"delete, nothing is known":   {base(many, withPrevious, nameless, tainted), DestroyDelete, nil, false, []string{"a live secret is left behind", "a live secret may be left behind"}, []string{"!imported", "made these secrets: old."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var by *Replacement
			if c.replaced {
				by = &Replacement{Settings: c.in.set}
			}
			got := DestroyMessages(c.in.traits, c.action, c.in.st, c.in.rec, c.others, by)
			hasTitles(t, got, c.titles...)
			says(t, strings.Join(texts(got), "\n"), c.says...)
			// What a destruction ends, the plan names.
			d := Destroy(c.in.traits, c.action, c.in.st, c.in.rec, c.others)
			for _, id := range append(slices.Clone(d.IDs), d.Unknown...) {
				says(t, strings.Join(texts(got), "\n"), id)
			}
		})
	}
}

// What a destruction was set to end and leaves alive is named after it: nothing else will.
func TestSurvivorMessages(t *testing.T) {
	t.Parallel()
	one := []View{{Object: "other"}}
	nameless := func(in *inputs) { in.st.SecretID = "" }
	tainted := func(in *inputs) { in.rec = Record{} }
	for name, c := range map[string]struct {
		in     inputs
		action string
		others []View
		titles []string
		says   []string
	}{
		"revoked":                     {base(blind), DestroyRevoke, nil, nil, nil},
		"not revoked":                 {base(blind), DestroyRevoke, one, []string{"nothing was revoked"}, []string{"The current secret (version 2) of this object"}},
		"retired":                     {base(flagged, withPrevious), DestroyRetirePrevious, nil, nil, nil},
		"none to retire":              {base(flagged), DestroyRetirePrevious, nil, nil, nil},
		"not retired":                 {base(flagged, withPrevious, drifted(Rotated, ExternalWarn)), DestroyRetirePrevious, nil, []string{"the previous secret was not deleted"}, []string{"The previous secret (version 2, the one in this state) may be the one in use"}},
		"not retired, beside another": {base(flagged, withPrevious), DestroyRetirePrevious, one, []string{"the previous secret was not deleted"}, []string{"another object manages the client"}},
		"deleted":                     {base(many, withPrevious), DestroyDelete, nil, nil, nil},
		"deleted, tainted":            {base(many, withPrevious, tainted), DestroyDelete, nil, []string{"a live secret may be left behind"}, []string{": old."}},
		"id not known":                {base(many, nameless), DestroyDelete, nil, []string{"a live secret is left behind"}, nil},
		"nothing is known":            {base(many, withPrevious, nameless, tainted), DestroyDelete, nil, []string{"a live secret is left behind", "a live secret may be left behind"}, []string{": old."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Destroy(c.in.traits, c.action, c.in.st, c.in.rec, c.others)
			got := SurvivorMessages(c.in.traits, c.action, c.in.st, c.in.rec, d)
			hasTitles(t, got, c.titles...)
			says(t, strings.Join(texts(got), "\n"), c.says...)
		})
	}
}

// A creation beside nothing: what it ends by itself.
func TestCreationEndings(t *testing.T) {
	t.Parallel()
	set := base(blind).set
	hasTitles(t, CreationEndings(blind, set, State{}))
	set.RetireAfter = ptr(day)
	hasTitles(t, CreationEndings(flagged, set, State{}))
	set.RetireAfter = ptr(0 * day)
	hasTitles(t, CreationEndings(flagged, set, State{}), ends)
	hasTitles(t, CreationEndings(many, set, State{}))
	set.Mode = Regenerate
	hasTitles(t, CreationEndings(blind, set, State{}), endsAll)
	set.Mode, set.Unknown.Mode = "", true
	hasTitles(t, CreationEndings(blind, set, State{}), "this apply may end every secret at once", ends)
	says(t, CreationRoom(View{}, true).Detail, "nothing here left it behind")
	says(t, CreationRoom(View{}, false).Detail, "!nothing here")
}

// Sentences about drift: what was seen, what it means for the secret in state, and what to do.
func TestDriftWarning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in                inputs
		rotating, refused bool
		title             string
		says              []string
	}{
		"dead":              {base(flagged, drifted(Dead, ExternalWarn)), false, false, isDead, []string{"Something was seen. The secret in this state does not work any more.", "set on_external_rotation"}},
		"dead, rotating":    {base(flagged, drifted(Dead, ExternalWarn)), true, false, isDead, []string{"The next apply rotates", "!silences"}},
		"refused":           {base(flagged, drifted(Rotated, ExternalRotate)), true, true, displaced, []string{"!The next apply rotates", "!silences"}},
		"rotated":           {base(flagged, drifted(Rotated, ExternalWarn)), false, false, displaced, []string{"is not the current one. It works as long as nobody ends it", `on_pending_rotation = "retire_first"`}},
		"rotated, blind":    {base(blind, drifted(Rotated, ExternalWarn)), false, false, displaced, []string{"works at most until the overlap of that rotation is over"}},
		"possible":          {base(flagged, drifted(Possible, ExternalWarn)), false, false, perhaps, []string{"If that was a rotation, the secret in this state is the previous one now", "on_refresh = true"}},
		"chosen":            {base(blind, drifted(Dead, ExternalWarn), chosen(ptr[int64](1), ptr[int64](1))), false, false, isDead, []string{"give client_secret_wo a new value"}},
		"adopted":           {base(flagged, drifted(Rotated, ExternalWarn), func(in *inputs) { in.st.Version = 0 }), false, false, displaced, []string{"The secret that was in use when the client was adopted or imported is not"}},
		"evidence was lost": {base(flagged, drifted(Rotated, ExternalWarn), func(in *inputs) { in.rec.Evidence = "" }), false, false, displaced, []string{"It was seen at an earlier refresh. "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := DriftWarning(c.in.traits, c.in.set, c.in.st, c.in.rec, c.rotating, c.refused)
			hasTitles(t, []Message{got}, c.title)
			says(t, got.Detail, c.says...)
		})
	}
}

func TestUnclaimedMessage(t *testing.T) {
	t.Parallel()
	for title, in := range map[string]inputs{
		"the id of the current secret is not known": base(many, func(in *inputs) { in.st.SecretID = "" }),
		"a run ended in the middle of a change":     base(many, lost),
	} {
		got := UnclaimedMessage(in.st, in.rec, []string{"a", "b"})
		hasTitles(t, []Message{got}, title)
		says(t, got.Detail, "a, b. ", "not all were looked at here", "Nothing is deleted here")
	}
	added := AddedMessage(3)
	hasTitles(t, []Message{added}, "secrets were added since the last apply")
	says(t, added.Detail, "3 of the client's live secrets", "was not looked at", "Nothing is deleted here")
}
