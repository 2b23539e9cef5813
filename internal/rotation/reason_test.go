package rotation

import (
	"reflect"
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	t.Parallel()
	one, two := ptr[int64](1), ptr[int64](2)
	triggers := Reason{Kind: BecauseTriggers, Keys: []string{"q"}}
	byTime := func(d time.Duration) Reason { return Reason{Kind: BecauseSchedule, DueAt: at(d)} }
	because := func(drift string) Reason { return Reason{Kind: BecauseDrift, Drift: drift} }
	chose := Reason{Kind: BecauseChosen}
	pending := func(in *inputs) { in.rec.Pending = &Pending{Reason: "rotate_after"} }
	unrotated := func(in *inputs) { in.st.RotatedAt, in.st.Version = nil, 0 }
	refused := func(in *inputs) { in.rec.Refused = true }
	unknown := func(change func(*Unknown)) func(*inputs) { return func(in *inputs) { change(&in.set.Unknown) } }
	unknownSchedule := unknown(func(u *Unknown) { u.RotateAfter = true })
	unknownPolicy := func(in *inputs) { in.set.OnExternal, in.set.Unknown.OnExternal = "", true }
	for name, c := range map[string]struct {
		in     inputs
		answer Answer
		reason Reason
	}{
		"nothing":                       {base(blind), No, Reason{}},
		"a trigger":                     {base(blind, triggered), Yes, triggers},
		"a trigger, record lost":        {base(blind, triggered, lost), Yes, triggers},
		"a trigger, not known":          {base(blind, maybe), Maybe, triggers},
		"not due":                       {base(blind, scheduled(day+time.Second)), No, Reason{}},
		"due to the second":             {base(blind, scheduled(day)), Yes, byTime(day)},
		"three periods missed":          {base(blind, scheduled(6*time.Hour)), Yes, byTime(6 * time.Hour)},
		"due, record lost":              {base(blind, scheduled(day), lost), No, Reason{}},
		"due beside an unknown trigger": {base(blind, scheduled(day), maybe), Yes, byTime(day)},
		"due beside a trigger":          {base(blind, scheduled(day), triggered), Yes, triggers},
		"imported, no date yet":         {base(blind, scheduled(day), unrotated), No, Reason{}},
		"imported, now due":             {base(blind, scheduled(day), unrotated, func(in *inputs) { in.st.DueAt = at(day) }), Yes, byTime(day)},
		"schedule removed":              {base(blind, func(in *inputs) { in.st.RotateAfter = day }), No, Reason{}},
		"pending":                       {base(blind, pending), Yes, Reason{Kind: BecausePending, Earlier: "rotate_after"}},
		"pending before all else":       {base(blind, pending, triggered, chosen(one, two)), Yes, Reason{Kind: BecausePending, Earlier: "rotate_after"}},
		"pending, record lost":          {base(blind, lost, pending), Yes, Reason{Kind: BecausePending, Earlier: "rotate_after"}},

		"chosen, same version":       {base(blind, triggered, scheduled(time.Hour), chosen(one, one)), No, Reason{}},
		"chosen, same, drift":        {base(blind, chosen(one, one), drifted(Dead, ExternalRotate)), No, Reason{}},
		"chosen, new version":        {base(blind, chosen(one, two)), Yes, chose},
		"chosen, lower version":      {base(blind, chosen(two, one)), Yes, chose},
		"chosen for the first time":  {base(blind, chosen(nil, one)), Yes, chose},
		"chosen no more":             {base(blind, chosen(one, nil)), No, Reason{}},
		"chosen, version not known":  {base(blind, func(in *inputs) { in.set.Chosen, in.set.Unknown.ChosenVersion = true, true }), Maybe, chose},
		"schedule not known":         {base(blind, unknownSchedule), Maybe, byTime(day)},
		"schedule not known, chosen": {base(blind, unknownSchedule, chosen(one, one)), No, Reason{}},
		// Nothing was recorded since the rotation: no schedule can be over, whatever it turns out to be.
		"schedule not known, just rotated":         {base(blind, unknownSchedule, func(in *inputs) { in.rec.Known = t0 }), No, Reason{}},
		"schedule not known, record lost":          {base(blind, unknownSchedule, lost), No, Reason{}},
		"schedule not known, imported":             {base(blind, unknownSchedule, unrotated), No, Reason{}},
		"schedule not known, imported with one":    {base(blind, unknownSchedule, unrotated, func(in *inputs) { in.st.DueAt, in.st.RotateAfter = at(day), day }), Maybe, byTime(day)},
		"schedule not known, imported, just begun": {base(blind, unknownSchedule, unrotated, func(in *inputs) { in.st.DueAt, in.st.RotateAfter = at(2*day), day }), No, Reason{}},

		"drift rotated, warn":            {base(flagged, drifted(Rotated, ExternalWarn)), No, Reason{}},
		"drift rotated, rotate":          {base(flagged, drifted(Rotated, ExternalRotate)), Yes, because(Rotated)},
		"drift rotated, ignore":          {base(flagged, drifted(Rotated, ExternalIgnore)), No, Reason{}},
		"drift rotated, not known":       {base(flagged, drifted(Rotated, ""), unknownPolicy), Maybe, because(Rotated)},
		"drift dead, warn":               {base(flagged, drifted(Dead, ExternalWarn)), No, Reason{}},
		"drift dead, rotate":             {base(flagged, drifted(Dead, ExternalRotate)), Yes, because(Dead)},
		"drift dead, not known":          {base(flagged, drifted(Dead, ""), unknownPolicy), Maybe, because(Dead)},
		"drift possible, warn":           {base(flagged, drifted(Possible, ExternalWarn)), No, Reason{}},
		"drift possible, rotate":         {base(flagged, drifted(Possible, ExternalRotate)), No, Reason{}},
		"drift possible, not known":      {base(flagged, drifted(Possible, ""), unknownPolicy), No, Reason{}},
		"no drift, not known":            {base(flagged, unknownPolicy), No, Reason{}},
		"listed as gone, warn":           {base(many, drifted(Dead, ExternalWarn)), Yes, because(Dead)},
		"listed as gone, rotate":         {base(many, drifted(Dead, ExternalRotate)), Yes, because(Dead)},
		"listed as gone, ignore":         {base(many, drifted(Dead, ExternalIgnore)), No, Reason{}},
		"listed, but refused, warn":      {base(many, drifted(Dead, ExternalWarn), refused), No, Reason{}},
		"listed, but refused, rotate":    {base(many, drifted(Dead, ExternalRotate), refused), Yes, because(Dead)},
		"drift beside a trigger":         {base(many, drifted(Dead, ExternalWarn), triggered), Yes, triggers},
		"drift beside an unknown one":    {base(many, drifted(Dead, ExternalWarn), maybe), Yes, because(Dead)},
		"ignored drift beside a trigger": {base(many, drifted(Dead, ExternalIgnore), triggered), Yes, triggers},
		"mode not known":                 {base(blind, unknown(func(u *Unknown) { u.Mode = true })), No, Reason{}},
		"pending policy not known":       {base(blind, unknown(func(u *Unknown) { u.OnPending = true })), No, Reason{}},
		"retirement not known":           {base(blind, unknown(func(u *Unknown) { u.RetireAfter = true })), No, Reason{}},
		"self rotation not known":        {base(blind, unknown(func(u *Unknown) { u.AllowSelf = true })), No, Reason{}},
		"verification not known":         {base(blind, unknown(func(u *Unknown) { u.Verify = true })), No, Reason{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, reason := due(c.in.traits, c.in.set, c.in.st, c.in.rec)
			if answer != c.answer || !reflect.DeepEqual(reason, c.reason) {
				t.Errorf("%d because %+v, want %d because %+v", answer, reason, c.answer, c.reason)
			}
		})
	}
}

// The values of rotation_reason are part of the contract.
func TestReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason    Reason
		text, why string
	}{
		{Reason{}, "", "the resource is created"},
		{Reason{Kind: BecauseCreated}, "created", "the resource is created"},
		{Reason{Kind: BecausePending, Earlier: "rotate_after"}, "rotate_after", "an earlier rotation was sent and its outcome is not known"},
		{Reason{Kind: BecauseChosen}, "client_secret_wo_version", "client_secret_wo_version changed"},
		{Reason{Kind: BecauseTriggers, Keys: []string{"a", "b"}}, "rotate_when_changed: a, b", "rotate_when_changed: the value of a, b changed"},
		{Reason{Kind: BecauseSchedule, DueAt: at(0)}, "rotate_after", "rotate_after: it was due at 2026-03-01T12:00:00Z"},
		{Reason{Kind: BecauseDrift, Drift: Dead}, "drift: dead", `on_external_rotation: drift is "dead"`},
		{Reason{Kind: BecauseDrift, Drift: Rotated}, "drift: rotated", `on_external_rotation: drift is "rotated"`},
	} {
		if got := c.reason.String(); got != c.text {
			t.Errorf("got %q, want %q", got, c.text)
		}
		if got := c.reason.Why(); got != c.why {
			t.Errorf("got %q, want %q", got, c.why)
		}
	}
}
