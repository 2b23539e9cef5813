package rotation

// Decision is what an apply will do. A plan shows it and the apply carries it out; both come from here.
type Decision struct {
	// Rotate makes a new secret.
	Rotate Answer
	Reason Reason
	// ReasonOpen: what is not known yet may add to the reason, or be one that comes before it.
	ReasonOpen bool
	// Room ends the previous secret before the new one is made.
	Room bool
	// Retire ends the previous secret of the last rotation, whose time has come; while Rotate is Maybe, it ends either way.
	Retire bool
	// RetireOpen: whether the time of a previous or earlier secret has come depends on a setting that is not known yet.
	RetireOpen bool
	// RetireOlder are ids of still earlier secrets, at a vendor with many, whose time has come.
	RetireOlder []string
	// Warnings are remarks for the plan, those about what ends among them.
	Warnings []Message
	// Refused stops the plan.
	Refused *RefusedError
}

// Message is a remark with a heading; the client is put before the heading where it is shown.
type Message struct{ Title, Detail string }

// Decide plans one update. Its only clock is rec.Known. self tells that the provider logs in as this very client.
func Decide(traits Traits, set Settings, st State, rec Record, self bool) Decision {
	d := Decision{}
	d.rotation(traits, set, st, rec)
	d.ReasonOpen = d.Rotate != No && openTriggers(set, st) || d.Reason.Kind == BecauseDrift && openSchedule(set, st, rec)
	d.retirement(traits, set, st, rec)
	if self && !set.AllowSelf && !set.Unknown.AllowSelf && (d.Rotate == Yes || d.Retire || len(d.RetireOlder) > 0) {
		d.Refused = SelfRefusal()
	}
	d.warn(traits, set, st, rec)
	return d
}

func openTriggers(set Settings, st State) bool {
	return set.Triggers.Unknown && len(st.Triggers.Values) > 0 || len(Changed(st.Triggers, set.Triggers).Open) > 0
}

// rotation decides whether a rotation is due, and what stands in its way.
func (d *Decision) rotation(traits Traits, set Settings, st State, rec Record) {
	d.Room = false
	d.Rotate, d.Reason = due(traits, set, st, rec)
	if d.Rotate == No {
		return
	}
	var refused *RefusedError
	depends := false
	if !traits.ManySecrets {
		d.Room, refused = room(traits, set, st, rec, d.Reason)
		depends = roomDepends(traits, set, st, rec, d.Reason)
	}
	if rec.Unsupported != "" {
		refused, depends = UnsupportedRefusal(rec.Unsupported), false
	}
	switch {
	case depends && d.Reason.Kind == BecauseSchedule: // the apply may put it off
		d.Rotate = Maybe
	case depends, refused == nil: // the apply knows
	case d.Rotate == Maybe: // the apply refuses, if it comes to that
		d.Warnings = append(d.Warnings, mayBeRefused(d.Reason, refused))
	case d.Reason.Kind == BecauseSchedule:
		d.Warnings = append(d.Warnings, postponed(d.Reason, refused))
		set.RotateAfter = 0 // there may be another reason
		d.rotation(traits, set, st, rec)
	default:
		d.Refused = refused
	}
}

// retirement decides which secrets are ended because their time has come. Without a rotation the previous one stays while the
// current one is in doubt.
func (d *Decision) retirement(traits Traits, set Settings, st State, rec Record) {
	ours, due, older := PreviousIsOurs(traits, st, rec), st.HasPrevious && rec.passed(retireAt(set, st)), rec.olderDue()
	if set.RetireAfter == nil {
		older = nil
	}
	if due && !ours {
		due = false
		if traits.ManySecrets || d.Rotate == No {
			d.Warnings = append(d.Warnings, notOurs(traits, st))
		}
	}
	var obstacle *Message
	switch {
	case st.Drift != "":
		obstacle = currentInDoubt()
	case set.Verified && !set.Unknown.Verify && set.Unverifiable:
		obstacle = unverifiableWarning()
	}
	if set.Unknown.RetireAfter && (d.Rotate != Yes && obstacle == nil || d.Rotate != No && traits.ManySecrets) {
		d.RetireOpen = st.HasPrevious && ours || len(rec.olderDue()) > 0
	}
	switch {
	case !due && len(older) == 0:
	case d.Rotate == Yes:
		d.RetireOlder = older
		if due && traits.ManySecrets {
			d.RetireOlder = append(older, st.PreviousSecretID)
		}
	case obstacle == nil: // also where it is not known whether the apply rotates: they end either way
		d.Retire, d.RetireOlder = due, older
	case d.Rotate == No:
		d.Warnings = append(d.Warnings, *obstacle)
	case traits.ManySecrets: // they end after the new one is verified, if there is a new one
		if due {
			older = append(older, st.PreviousSecretID)
		}
		d.Warnings = append(d.Warnings, mayRetire(older))
	}
}

// warn says what ends and what is wrong.
func (d *Decision) warn(traits Traits, set Settings, st State, rec Record) {
	if d.Refused == nil {
		d.Warnings = append(d.Warnings, endings(traits, set, st, rec, *d)...)
	}
	if d.Refused == nil && d.Rotate != No && traits.ManySecrets && st.HasPrevious && rec.PreviousVersion == 0 && !rec.passed(retireAt(set, st)) {
		d.Warnings = append(d.Warnings, leftBehind(st))
	}
	if endless := rec.endless(); len(endless) > 0 {
		d.Warnings = append(d.Warnings, endlessWarning(endless))
	}
	if d.Rotate == No && !set.Chosen && Changed(st.Triggers, set.Triggers).Replaced {
		d.Warnings = append(d.Warnings, replacedTriggers())
	}
	if rec.Lost && !traits.ManySecrets && (st.Drift == "" || set.OnExternal == ExternalIgnore) { // otherwise it is the evidence for the drift
		d.Warnings = append(d.Warnings, lostWarning(traits, st))
	}
	if rec.Conflict {
		d.Warnings = append(d.Warnings, conflictWarning())
	}
	if st.Drift != "" && set.OnExternal != ExternalIgnore {
		d.Warnings = append(d.Warnings, DriftWarning(traits, set, st, rec, d.Rotate == Yes, d.Refused != nil))
	}
	if clash := Collides(traits, set); clash != nil {
		d.Warnings = append(d.Warnings, *clash)
	}
}
