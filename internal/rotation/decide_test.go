package rotation

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// outcome is a decision in short.
type outcome struct {
	rotate       Answer
	reason       string // rotation_reason
	open         bool
	room, retire bool
	retireOpen   bool
	older        []string
	refused      string   // words of the refusal
	titles       []string // of the warnings, in their order
}

func (want outcome) check(t *testing.T, got Decision) {
	t.Helper()
	if got.Rotate != want.rotate || got.Reason.String() != want.reason || got.ReasonOpen != want.open {
		t.Errorf("rotate %d because %q (open %t), want %d because %q (%t)", got.Rotate, got.Reason, got.ReasonOpen, want.rotate, want.reason, want.open)
	}
	if got.RetireOpen != want.retireOpen {
		t.Errorf("retirement open %t", got.RetireOpen)
	}
	if got.Retire != want.retire || got.Room != want.room || !slices.Equal(got.RetireOlder, want.older) {
		t.Errorf("retire %t, room %t, older %v; want %t, %t, %v", got.Retire, got.Room, got.RetireOlder, want.retire, want.room, want.older)
	}
	if want.refused == "" {
		refuses(t, got.Refused)
	} else {
		refuses(t, got.Refused, want.refused)
	}
	hasTitles(t, got.Warnings, want.titles...)
}

type decisions map[string]struct {
	in   inputs
	want outcome
}

func (cases decisions) run(t *testing.T) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.check(t, c.in.decide())
		})
	}
}

const (
	byTrigger   = "rotate_when_changed: q"
	bySchedule  = "rotate_after"
	stillValid  = "A previous secret is still valid"
	putOff      = "the scheduled rotation is put off"
	mayRefuse   = "the apply may refuse to rotate"
	makesRoom   = "this apply deletes the previous secret before the rotation"
	mayMakeRoom = "this apply may delete the previous secret before a rotation"
	deletes     = "this apply deletes the previous secret"
	deletesMore = "this apply deletes earlier secrets"
	keeps       = "the previous secret is not deleted"
	ends        = "this apply ends the secret in use now"
	mayEnd      = "this apply may end the secret in use now"
	endsAll     = "this apply ends every secret at once"
	mayEndAll   = "this apply may end every secret at once"
	displaced   = "somebody else rotated the secret"
	isDead      = "the secret in state does not work"
	perhaps     = "the client was changed elsewhere"
	collision   = "the schedule collides with the overlap"
)

func TestDecide_Plain(t *testing.T) {
	t.Parallel()
	decisions{
		"nothing to do":         {base(flagged), outcome{}},
		"an open rotation":      {base(flagged, withPrevious), outcome{}},
		"a trigger":             {base(flagged, triggered), outcome{rotate: Yes, reason: byTrigger}},
		"an unknown trigger":    {base(flagged, maybe), outcome{rotate: Maybe, reason: byTrigger, open: true}},
		"a key was replaced":    {base(flagged, func(in *inputs) { in.st.Triggers, in.set.Triggers = known("a", "1"), known("b", "1") }), outcome{titles: []string{"nothing rotates, although keys of rotate_when_changed were replaced"}}},
		"replaced, and rotates": {base(flagged, scheduled(day), func(in *inputs) { in.st.Triggers, in.set.Triggers = known("a", "1"), known("b", "1") }), outcome{rotate: Yes, reason: bySchedule}},
		"due, a trigger open":   {base(flagged, scheduled(day), maybe), outcome{rotate: Yes, reason: bySchedule, open: true}},
		"a public client":       {base(flagged, triggered, func(in *inputs) { in.rec.Unsupported = "it is a public client" }), outcome{rotate: Yes, reason: byTrigger, refused: "it is a public client"}},
		"a public client, idle": {base(flagged, func(in *inputs) { in.rec.Unsupported = "it is a public client" }), outcome{}},
		"pending, and an open rotation": {
			base(blind, withPrevious, func(in *inputs) { in.rec.Pending = &Pending{Reason: "created"} }), outcome{rotate: Yes, reason: "created", titles: []string{"an earlier rotation is settled first"}},
		},
	}.run(t)
}

// Settings that are known only at apply change nothing where they cannot cause a rotation.
func TestDecide_Unknown(t *testing.T) {
	t.Parallel()
	all := func(in *inputs) {
		in.set.Unknown = Unknown{RetireAfter: true, OnExternal: true, OnPending: true, Mode: true, AllowSelf: true, Verify: true}
		in.set.OnExternal, in.set.OnPending, in.set.Mode, in.set.RetireAfter = "", "", "", nil
	}
	public := func(in *inputs) { in.rec.Unsupported = "it is a public client" }
	decisions{
		"flagged":                   {base(flagged, all), outcome{}},
		"blind":                     {base(blind, all), outcome{}},
		"many":                      {base(many, all), outcome{}},
		"drift that nobody acts on": {base(flagged, all, withPrevious, func(in *inputs) { in.st.Drift = Possible }), outcome{titles: []string{perhaps}}},
		"a trigger":                 {base(flagged, all, triggered), outcome{rotate: Yes, reason: byTrigger, titles: []string{mayEnd}}},
		"a trigger, mode":           {base(blind, all, triggered), outcome{rotate: Yes, reason: byTrigger, titles: []string{mayEndAll, mayEnd}}},
		"a trigger, open":           {base(flagged, all, triggered, withPrevious), outcome{rotate: Yes, reason: byTrigger, titles: []string{"this apply may delete the previous secret before the rotation", mayEnd}}},
		"a trigger, self":           {base(blind, all, triggered, func(in *inputs) { in.self = true }), outcome{rotate: Yes, reason: byTrigger, titles: []string{mayEndAll, mayEnd}}},
		"a trigger, public":         {base(flagged, all, triggered, public), outcome{rotate: Yes, reason: byTrigger, refused: "it is a public client"}},
		// The setting may turn out to be "0s".
		"a previous one":        {base(flagged, all, withPrevious), outcome{retireOpen: true, titles: []string{"this apply may delete the previous secret"}}},
		"many, a previous one":  {base(many, all, withPrevious), outcome{retireOpen: true, titles: []string{"this apply may delete the previous secret"}}},
		"many, an imported one": {base(many, all, withPrevious, func(in *inputs) { in.rec.PreviousVersion = 0 }), outcome{}},
		"many, an earlier one":  {base(many, all, func(in *inputs) { in.rec.Older = []Older{{ID: "due", RetireAt: at(day)}} }), outcome{retireOpen: true, titles: []string{"this apply may delete the previous secret"}}},
		"a foreign one":         {base(flagged, all, withPrevious, func(in *inputs) { in.rec.ForeignPrevious = true }), outcome{}},
		"refused where no setting can help": {
			base(flagged, withPrevious, triggered, func(in *inputs) { in.set.Unknown.Mode, in.set.Unknown.AllowSelf = true, true }),
			outcome{rotate: Yes, reason: byTrigger, refused: stillValid},
		},
		// Whether the schedule is put off depends on the setting.
		"a schedule, open":         {base(flagged, all, scheduled(day), withPrevious), outcome{rotate: Maybe, reason: bySchedule, retireOpen: true, titles: []string{"this apply may delete the previous secret before the rotation", mayEnd}}},
		"a schedule, nothing open": {base(flagged, all, scheduled(day)), outcome{rotate: Yes, reason: bySchedule, titles: []string{mayEnd}}},
	}.run(t)
}

func TestDecide_External(t *testing.T) {
	t.Parallel()
	decisions{
		"rotated, warn":                 {base(flagged, withPrevious, drifted(Rotated, ExternalWarn)), outcome{titles: []string{displaced}}},
		"rotated, ignore":               {base(flagged, withPrevious, drifted(Rotated, ExternalIgnore)), outcome{}},
		"rotated, rotate":               {base(flagged, withPrevious, drifted(Rotated, ExternalRotate)), outcome{rotate: Yes, reason: "drift: rotated", refused: "the only one that is known to work", titles: []string{displaced}}},
		"rotated, rotate, retire_first": {base(flagged, withPrevious, retireFirst, drifted(Rotated, ExternalRotate)), outcome{rotate: Yes, reason: "drift: rotated", refused: "the only one that is known to work here", titles: []string{displaced}}},
		"rotated, a trigger":            {base(flagged, withPrevious, triggered, drifted(Rotated, ExternalWarn)), outcome{rotate: Yes, reason: byTrigger, refused: stillValid, titles: []string{displaced}}},
		"rotated, asked for in so many words": {
			base(flagged, withPrevious, triggered, retireFirst, drifted(Rotated, ExternalWarn)),
			outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom, displaced}},
		},
		"blind, rotated, rotate":               {base(blind, drifted(Rotated, ExternalRotate)), outcome{rotate: Yes, reason: "drift: rotated", refused: "the only one that is known to work", titles: []string{displaced}}},
		"blind, rotated, rotate, retire_first": {base(blind, retireFirst, drifted(Rotated, ExternalRotate)), outcome{rotate: Yes, reason: "drift: rotated", refused: "the only one that is known to work here", titles: []string{displaced}}},
		"dead, warn":                           {base(flagged, drifted(Dead, ExternalWarn)), outcome{titles: []string{isDead}}},
		"dead, ignore":                         {base(flagged, drifted(Dead, ExternalIgnore)), outcome{}},
		"dead, rotate":                         {base(flagged, drifted(Dead, ExternalRotate)), outcome{rotate: Yes, reason: "drift: dead", titles: []string{isDead}}},
		"dead, rotate, beside a previous one":  {base(flagged, withPrevious, drifted(Dead, ExternalRotate)), outcome{rotate: Yes, reason: "drift: dead", refused: "may be the only one that works", titles: []string{isDead}}},
		// The secret in state is dead, so the previous one is the only one that may work.
		"dead, rotate, retire_first":        {base(flagged, withPrevious, retireFirst, drifted(Dead, ExternalRotate)), outcome{rotate: Yes, reason: "drift: dead", refused: "The previous secret may be the only one that works", titles: []string{isDead}}},
		"blind, dead, rotate":               {base(blind, drifted(Dead, ExternalRotate)), outcome{rotate: Yes, reason: "drift: dead", titles: []string{isDead}}},
		"many, dead, warn":                  {base(many, drifted(Dead, ExternalWarn)), outcome{rotate: Yes, reason: "drift: dead", titles: []string{isDead}}},
		"many, dead, rotate":                {base(many, drifted(Dead, ExternalRotate)), outcome{rotate: Yes, reason: "drift: dead", titles: []string{isDead}}},
		"many, dead, ignore":                {base(many, drifted(Dead, ExternalIgnore)), outcome{}},
		"many, refused, warn":               {base(many, drifted(Dead, ExternalWarn), func(in *inputs) { in.rec.Refused = true }), outcome{titles: []string{isDead}}},
		"possible, warn":                    {base(flagged, withPrevious, drifted(Possible, ExternalWarn)), outcome{titles: []string{perhaps}}},
		"possible, rotate":                  {base(flagged, withPrevious, drifted(Possible, ExternalRotate)), outcome{titles: []string{perhaps}}},
		"possible, rotate, retire_first":    {base(flagged, withPrevious, retireFirst, drifted(Possible, ExternalRotate)), outcome{titles: []string{perhaps}}},
		"possible, a trigger":               {base(flagged, withPrevious, triggered, drifted(Possible, ExternalWarn)), outcome{rotate: Yes, reason: byTrigger, refused: "this resource may not have left it behind", titles: []string{perhaps}}},
		"possible, a trigger, retire_first": {base(flagged, withPrevious, triggered, retireFirst, drifted(Possible, ExternalWarn)), outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom, perhaps}}},
	}.run(t)
}

func TestDecide_Schedule(t *testing.T) {
	t.Parallel()
	unlost := func(in *inputs) { in.rec.Conflict = true }
	decisions{
		"due":                               {base(flagged, scheduled(day)), outcome{rotate: Yes, reason: bySchedule}},
		"put off":                           {base(flagged, scheduled(day), withPrevious), outcome{titles: []string{putOff}}},
		"put off, drifted":                  {base(flagged, scheduled(day), withPrevious, drifted(Rotated, ExternalWarn)), outcome{titles: []string{putOff, displaced}}},
		"put off, a trigger not known":      {base(flagged, scheduled(day), withPrevious, maybe), outcome{rotate: Maybe, reason: byTrigger, open: true, titles: []string{putOff, mayRefuse}}},
		"put off, drift that is acted on":   {base(flagged, scheduled(day), withPrevious, drifted(Rotated, ExternalRotate)), outcome{rotate: Yes, reason: "drift: rotated", refused: "the only one that is known to work", titles: []string{putOff, displaced}}},
		"put off, possible":                 {base(flagged, scheduled(day), withPrevious, drifted(Possible, ExternalWarn)), outcome{titles: []string{putOff, perhaps}}},
		"put off, blind":                    {base(blind, scheduled(3*day), withPrevious, func(in *inputs) { in.rec.Known = t0.Add(3 * day) }), outcome{titles: []string{putOff}}},
		"put off, another rotation is open": {base(blind, scheduled(3*day), unlost, func(in *inputs) { in.rec.Known = t0.Add(3 * day) }), outcome{titles: []string{putOff, "another rotation is open"}}},
		"put off, self":                     {base(blind, scheduled(3*day), withPrevious, func(in *inputs) { in.rec.Known, in.self = t0.Add(3*day), true }), outcome{titles: []string{putOff}}},
		"makes room":                        {base(flagged, scheduled(day), withPrevious, retireFirst), outcome{rotate: Yes, reason: bySchedule, room: true, titles: []string{makesRoom}}},
		"makes room for what is over":       {base(flagged, scheduled(day), retiring(time.Hour)), outcome{rotate: Yes, reason: bySchedule, room: true, titles: []string{makesRoom}}},
		"not proven, so it is put off":      {base(flagged, scheduled(day), retiring(time.Hour), unproven(false)), outcome{titles: []string{putOff, keeps}}},
		"regenerates":                       {base(blind, scheduled(day), withPrevious, regenerate), outcome{rotate: Yes, reason: bySchedule, titles: []string{endsAll}}},
		"many":                              {base(many, scheduled(day), withPrevious), outcome{rotate: Yes, reason: bySchedule}},
		"a trigger is refused where it is":  {base(flagged, scheduled(day), withPrevious, triggered), outcome{rotate: Yes, reason: byTrigger, refused: stillValid}},
		"a public client":                   {base(flagged, scheduled(day), func(in *inputs) { in.rec.Unsupported = "it is a public client" }), outcome{titles: []string{putOff}}},
	}.run(t)
	says(t, base(flagged, scheduled(day), withPrevious).decide().Warnings[0].Detail, "due since 2026-03-02T12:00:00Z", "cannot begin", stillValid, "first apply that finds nothing in its way")
	says(t, base(flagged, scheduled(day), func(in *inputs) { in.rec.Unsupported = "it is a public client" }).decide().Warnings[0].Detail, "it is a public client", "!nothing is needed")
}

func TestDecide_Collides(t *testing.T) {
	t.Parallel()
	set := func(traits Traits, rotate time.Duration, retire *time.Duration, changes ...func(*inputs)) inputs {
		return base(traits, append(changes, func(in *inputs) { in.set.RotateAfter, in.set.RetireAfter = rotate, retire })...)
	}
	unknown := func(change func(*Unknown)) func(*inputs) { return func(in *inputs) { change(&in.set.Unknown) } }
	for name, c := range map[string]struct {
		in   inputs
		want bool
	}{
		"the vendor's overlap is longer": {set(blind, day, nil), true},
		"as long":                        {set(blind, 48*time.Hour, nil), true},
		"shorter":                        {set(blind, 48*time.Hour+time.Second, nil), false},
		"longer, by the setting":         {set(flagged, day, ptr(30*day)), true},
		"as long, by the setting":        {set(flagged, day, ptr(day)), true},
		"shorter, by the setting":        {set(blind, day, ptr(day-time.Second)), false},
		"at once":                        {set(blind, day, ptr(time.Duration(0))), false},
		"nothing ends it by time":        {set(flagged, day, nil), false},
		"no schedule":                    {set(blind, 0, nil), false},
		"many":                           {set(many, day, ptr(30*day)), false},
		"retire first":                   {set(blind, day, nil, retireFirst), false},
		"regenerate":                     {set(blind, day, nil, regenerate), false},
		"chosen":                         {set(blind, day, nil, chosen(ptr[int64](1), ptr[int64](1))), false},
		"overlap not known":              {set(blind, day, nil, unknown(func(u *Unknown) { u.RetireAfter = true })), false},
		"mode not known":                 {set(blind, day, nil, unknown(func(u *Unknown) { u.Mode = true })), false},
		"pending policy not known":       {set(blind, day, nil, unknown(func(u *Unknown) { u.OnPending = true })), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in.rec.Known = t0
			want := []string(nil)
			if c.want {
				want = []string{collision}
			}
			hasTitles(t, c.in.decide().Warnings, want...)
			if got := Collides(c.in.traits, c.in.set); (got != nil) != c.want {
				t.Errorf("%v", got)
			}
		})
	}
	says(t, Collides(blind, set(blind, day, nil).set).Detail, "rotate_after (24h) is not longer than the vendor's overlap (48h)")
	says(t, Collides(flagged, set(flagged, day, ptr(30*day)).set).Detail, "retire_previous_after (720h)")
}

func TestDecide_Retire(t *testing.T) {
	t.Parallel()
	foreign := func(in *inputs) { in.rec.ForeignPrevious = true }
	imported := func(in *inputs) { in.rec.PreviousVersion = 0 }
	due := retiring(day)
	decisions{
		"never":                    {base(many, withPrevious), outcome{}},
		"not due":                  {base(many, retiring(day+time.Second)), outcome{}},
		"due":                      {base(many, due), outcome{retire: true, titles: []string{deletes}}},
		"at once":                  {base(many, retiring(0)), outcome{retire: true, titles: []string{deletes}}},
		"nothing there":            {base(many, due, func(in *inputs) { in.st.HasPrevious = false }), outcome{}},
		"due, record lost":         {base(many, due, lost), outcome{}},
		"due, imported":            {base(many, due, imported), outcome{titles: []string{keeps}}},
		"due, not proven":          {base(many, due, unproven(true)), outcome{retire: true, titles: []string{deletes}}},
		"due, not provable":        {base(many, due, unproven(false)), outcome{titles: []string{keeps}}},
		"not due, not provable":    {base(many, retiring(day+time.Second), unproven(false)), outcome{}},
		"due beside a rotation":    {base(many, due, triggered), outcome{rotate: Yes, reason: byTrigger, older: []string{"old"}, titles: []string{deletesMore}}},
		"imported, and a rotation": {base(many, due, imported, triggered), outcome{rotate: Yes, reason: byTrigger, titles: []string{keeps}}},
		// It ends whether the apply rotates or not, and the plan says so.
		"due, rotation not known": {base(many, due, maybe), outcome{rotate: Maybe, reason: byTrigger, open: true, retire: true, titles: []string{deletes}}},
		"the current one is gone": {base(many, due, drifted(Dead, ExternalIgnore)), outcome{titles: []string{keeps}}},
		"gone, and rotates":       {base(many, due, drifted(Dead, ExternalWarn)), outcome{rotate: Yes, reason: "drift: dead", older: []string{"old"}, titles: []string{deletesMore, isDead}}},

		"flagged, due":                      {base(flagged, due), outcome{retire: true, titles: []string{deletes}}},
		"flagged, foreign":                  {base(flagged, due, foreign), outcome{titles: []string{keeps}}},
		"flagged, rotated elsewhere":        {base(flagged, due, drifted(Rotated, ExternalWarn)), outcome{titles: []string{keeps, displaced}}},
		"flagged, rotated elsewhere, quiet": {base(flagged, due, drifted(Rotated, ExternalIgnore)), outcome{titles: []string{keeps}}},
		"flagged, perhaps changed":          {base(flagged, due, drifted(Possible, ExternalWarn)), outcome{titles: []string{keeps, perhaps}}},
		"flagged, refused":                  {base(flagged, due, drifted(Dead, ExternalWarn)), outcome{titles: []string{keeps, isDead}}},
		"flagged, adopted":                  {base(flagged, due, func(in *inputs) { in.st.Version = 0 }), outcome{titles: []string{keeps}}},
		"flagged, record lost":              {base(flagged, due, lost), outcome{titles: []string{"a run ended in the middle of a change"}}},
		"flagged, record lost, drift":       {base(flagged, due, lost, func(in *inputs) { in.st.Drift = Possible }), outcome{titles: []string{perhaps}}},
		"flagged, not provable":             {base(flagged, due, unproven(false)), outcome{titles: []string{keeps}}},
		"flagged, and rotating":             {base(flagged, due, triggered), outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom}}},
		"flagged, not due and rotating":     {base(flagged, retiring(2*day), triggered), outcome{rotate: Yes, reason: byTrigger, refused: stillValid}},
		"flagged, rotation not known":       {base(flagged, due, maybe), outcome{rotate: Maybe, reason: byTrigger, open: true, retire: true, room: true, titles: []string{deletes}}},
	}.run(t)
	says(t, base(many, due, drifted(Dead, ExternalIgnore)).decide().Warnings[0].Detail, "!was not created by this resource", "does not work")
	says(t, base(many, due).decide().Warnings[0].Detail, "retire_previous_after (24h) is over since 2026-03-02T12:00:00Z", "Secret old (the previous one, version 1) works until this apply", "Secret new (the current one, version 2) stays")
	says(t, base(flagged, due).decide().Warnings[0].Detail, "The previous secret (version 1)", "The current secret (version 2) stays")
}

func TestDecide_Older(t *testing.T) {
	t.Parallel()
	older := func(in *inputs) {
		in.rec.Older = []Older{{ID: "never", Expires: true}, {ID: "due", RetireAt: at(day)}, {ID: "later", RetireAt: at(day + time.Second)}}
	}
	endless := func(in *inputs) { in.rec.Older = []Older{{ID: "endless"}, {ID: "ends", Expires: true}} }
	decisions{
		"due":               {base(many, retiring(2*day), older), outcome{older: []string{"due"}, titles: []string{deletesMore}}},
		"beside a rotation": {base(many, retiring(day), older, triggered), outcome{rotate: Yes, reason: byTrigger, older: []string{"due", "old"}, titles: []string{deletesMore}}},
		"beside retirement": {base(many, retiring(day), older), outcome{retire: true, older: []string{"due"}, titles: []string{deletes, deletesMore}}},
		"not provable":      {base(many, retiring(2*day), older, unproven(false)), outcome{titles: []string{keeps}}},
		"not asked for":     {base(many, withPrevious, older), outcome{}},
		"record lost":       {base(many, retiring(day), older, lost), outcome{}},
		"current one gone":  {base(many, retiring(2*day), older, drifted(Dead, ExternalIgnore)), outcome{titles: []string{keeps}}},
		"nothing ends it":   {base(many, endless), outcome{titles: []string{"earlier secrets are still valid"}}},
	}.run(t)
	says(t, base(many, endless).decide().Warnings[0].Detail, "nothing ends them: endless.")
	// A previous secret of unknown origin leaves the state with the next rotation, and not in silence.
	left := base(many, withPrevious, lost, triggered).decide()
	hasTitles(t, left.Warnings, "a live secret is left behind")
	says(t, left.Warnings[0].Detail, "secret old ", "Delete it there")
}

func TestDecide_Room(t *testing.T) {
	t.Parallel()
	conflict := func(in *inputs) { in.rec.Conflict = true }
	decisions{
		"fail":                     {base(flagged, withPrevious, triggered), outcome{rotate: Yes, reason: byTrigger, refused: stillValid}},
		"retire first":             {base(blind, withPrevious, triggered, retireFirst), outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom}}},
		"retire first, not known":  {base(blind, withPrevious, maybe, retireFirst), outcome{rotate: Maybe, reason: byTrigger, open: true, room: true, titles: []string{mayMakeRoom}}},
		"fail, not known":          {base(blind, withPrevious, maybe), outcome{rotate: Maybe, reason: byTrigger, open: true, titles: []string{mayRefuse}}},
		"no rotation":              {base(blind, withPrevious, retireFirst), outcome{}},
		"nothing open":             {base(blind, triggered, retireFirst), outcome{rotate: Yes, reason: byTrigger}},
		"regenerate ends both":     {base(blind, withPrevious, triggered, regenerate), outcome{rotate: Yes, reason: byTrigger, titles: []string{endsAll}}},
		"regenerate, not known":    {base(blind, withPrevious, maybe, regenerate), outcome{rotate: Maybe, reason: byTrigger, open: true, titles: []string{mayEndAll}}},
		"many need none":           {base(many, withPrevious, triggered), outcome{rotate: Yes, reason: byTrigger}},
		"a conflict":               {base(blind, triggered, conflict), outcome{rotate: Yes, reason: byTrigger, titles: []string{"another rotation is open"}}},
		"a conflict, retire first": {base(blind, triggered, conflict, retireFirst), outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom, "another rotation is open"}}},
		"adopted, one is there": {
			base(flagged, withPrevious, triggered, func(in *inputs) { in.st.Version, in.rec.ForeignPrevious = 0, true }),
			outcome{rotate: Yes, reason: byTrigger, refused: "this resource may not have left it behind"},
		},
		// The previous one may be the only one that works.
		"retire first, provable":     {base(flagged, withPrevious, triggered, retireFirst, unproven(true)), outcome{rotate: Yes, reason: byTrigger, room: true, titles: []string{makesRoom}}},
		"retire first, not provable": {base(flagged, withPrevious, triggered, retireFirst, unproven(false)), outcome{rotate: Yes, reason: byTrigger, refused: "is not verified and cannot be verified from here"}},
		"over, not provable":         {base(flagged, retiring(day), triggered, unproven(false)), outcome{rotate: Yes, reason: byTrigger, refused: "is not verified and cannot be verified from here"}},
		"proof asked for, drifted":   {base(flagged, withPrevious, triggered, retireFirst, unproven(true), drifted(Rotated, ExternalWarn)), outcome{rotate: Yes, reason: byTrigger, refused: "is not verified", titles: []string{displaced}}},
	}.run(t)
	refuses(t, base(flagged, withPrevious, triggered).decide().Refused, stillValid, "or a rotation completion", `on_pending_rotation = "retire_first"`)
	refuses(t, base(blind, withPrevious, triggered, func(in *inputs) { in.st.PreviousEndsAt = at(2 * day) }).decide().Refused, "until 2026-03-03T12:00:00Z", "the setting to use beside a rotation completion")
	refuses(t, base(flagged, retiring(2*day), triggered, func(in *inputs) { in.st.PreviousEndsAt = at(2 * day) }).decide().Refused, "at the first apply after 2026-03-03T12:00:00Z")
	says(t, strings.Join(texts(base(flagged, withPrevious, triggered, retireFirst).decide().Warnings), "\n"),
		"A rotation is due (rotate_when_changed: the value of q changed)", "The previous secret (version 1) is deleted right before", "!may be the secret in use")
	says(t, strings.Join(texts(base(flagged, withPrevious, triggered, retireFirst, drifted(Rotated, ExternalIgnore)).decide().Warnings), "\n"),
		"(version 2, the one in this state) is deleted right before the new one is made; whatever still uses it fails then. Its consumers use it: somebody else rotated")
	says(t, strings.Join(texts(base(flagged, withPrevious, triggered, retireFirst, func(in *inputs) { in.rec.ForeignPrevious = true }).decide().Warnings), "\n"),
		"It may be the secret in use")
	says(t, strings.Join(texts(base(flagged, withPrevious, maybe, retireFirst).decide().Warnings), "\n"), "If the value of q in rotate_when_changed turns out to differ, the apply rotates", "the previous secret (version 1) is deleted right before")
}

func TestDecide_EndsAtRotation(t *testing.T) {
	t.Parallel()
	atOnce := func(in *inputs) { in.set.RetireAfter = ptr(time.Duration(0)) }
	notKnown := func(in *inputs) { in.set.Unknown.RetireAfter = true }
	decisions{
		"flagged":            {base(flagged, triggered, atOnce), outcome{rotate: Yes, reason: byTrigger, titles: []string{ends}}},
		"blind":              {base(blind, triggered, atOnce), outcome{rotate: Yes, reason: byTrigger, titles: []string{ends}}},
		"many":               {base(many, triggered, atOnce), outcome{rotate: Yes, reason: byTrigger, titles: []string{ends}}},
		"many, imported":     {base(many, triggered, atOnce, func(in *inputs) { in.st.Version = 0 }), outcome{rotate: Yes, reason: byTrigger, titles: []string{"the secret in use now is not deleted by retire_previous_after"}}},
		"many, gone already": {base(many, triggered, atOnce, drifted(Dead, ExternalIgnore)), outcome{rotate: Yes, reason: byTrigger}},
		"flagged, dead":      {base(flagged, triggered, atOnce, drifted(Dead, ExternalIgnore)), outcome{rotate: Yes, reason: byTrigger, titles: []string{ends}}},
		"flagged, rotated":   {base(flagged, triggered, atOnce, drifted(Rotated, ExternalIgnore)), outcome{rotate: Yes, reason: byTrigger, titles: []string{ends}}},
		"trigger not known":  {base(flagged, maybe, atOnce), outcome{rotate: Maybe, reason: byTrigger, open: true, titles: []string{mayEnd}}},
		"setting not known":  {base(flagged, triggered, notKnown), outcome{rotate: Yes, reason: byTrigger, titles: []string{mayEnd}}},
		"no rotation":        {base(flagged, atOnce), outcome{}},
	}.run(t)
	says(t, base(many, triggered, atOnce).decide().Warnings[0].Detail, "secret new (the current one, version 2) is deleted in this apply", "the value of q changed")
	// What the vendor has as current is not always what this state holds.
	says(t, base(flagged, triggered, atOnce, drifted(Dead, ExternalIgnore)).decide().Warnings[0].Detail, "the secret that is current at the vendor is deleted")
	says(t, base(flagged, triggered, atOnce, drifted(Rotated, ExternalIgnore)).decide().Warnings[0].Detail, "the secret that somebody else made is deleted")
	says(t, base(blind, triggered, regenerate).decide().Warnings[0].Detail, "every secret of the client, the current secret (version 2) among them")
}

func TestDecide_Self(t *testing.T) {
	t.Parallel()
	self := func(in *inputs) { in.self = true }
	allowed := func(in *inputs) { in.set.AllowSelf = true }
	decisions{
		"rotate":             {base(blind, triggered, self), outcome{rotate: Yes, reason: byTrigger, refused: "logs in as this client"}},
		"rotate, allowed":    {base(blind, triggered, self, allowed), outcome{rotate: Yes, reason: byTrigger}},
		"rotate, not known":  {base(blind, triggered, self, func(in *inputs) { in.set.Unknown.AllowSelf = true }), outcome{rotate: Yes, reason: byTrigger}},
		"perhaps":            {base(blind, maybe, self), outcome{rotate: Maybe, reason: byTrigger, open: true}},
		"retire":             {base(many, retiring(day), self), outcome{retire: true, refused: "logs in as this client"}},
		"retire, allowed":    {base(many, retiring(day), self, allowed), outcome{retire: true, titles: []string{deletes}}},
		"older":              {base(many, retiring(2*day), self, func(in *inputs) { in.rec.Older = []Older{{ID: "due", RetireAt: at(day)}} }), outcome{older: []string{"due"}, refused: "logs in as this client"}},
		"nothing to do":      {base(blind, self), outcome{}},
		"before other rules": {base(blind, triggered, withPrevious, self), outcome{rotate: Yes, reason: byTrigger, refused: "logs in as this client"}},
	}.run(t)
}
