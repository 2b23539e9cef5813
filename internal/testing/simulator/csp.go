package simulator

import (
	"slices"
	"time"
)

// CSPState is the state of CSP: organizations with OAuth apps.
type CSPState struct {
	// Switches are read at every request; change them with Set.
	Switches CSPSwitches

	sim  *Simulator
	orgs map[string]bool
	apps map[pair]*cspApp
}

// AppSpec describes an app to add.
type AppSpec struct {
	DisplayName string
	Description string
	// Secret is the initial secret; empty means one made by the simulator.
	Secret string
	// GrantTypes is client_credentials if nil.
	GrantTypes []string
	// Overlap is the app's configured lifetime of an old secret.
	Overlap time.Duration
	// CanManage lets tokens of this app manage the apps of its organization.
	CanManage bool
	// Age is how long ago the app and its initial secret were made.
	Age       time.Duration
	Public    bool
	Immutable bool
	OwnerOnly bool
}

type cspApp struct {
	AppSpec
	org, id   string
	secrets   ledger
	current   *secret
	old       *secret // The secret that a rotation still lets live, or nil.
	created   time.Time
	updated   time.Time
	updatedBy string
	deleted   bool
	// When the secret last changed at all, and other than by a POST.
	changed, replaced time.Time
}

func newCSPState(s *Simulator) *CSPState {
	v := &CSPState{
		Switches: defaultCSPSwitches(), sim: s,
		orgs: map[string]bool{}, apps: map[pair]*cspApp{},
	}
	v.AddApp(CSPLoginOrgID, CSPLoginClientID, AppSpec{
		DisplayName: "Login app", Secret: CSPLoginClientSecret, CanManage: true,
	})
	return v
}

// AddApp adds an app, and its organization, and returns its initial secret,
// which is empty for a public app. An existing app of this id is replaced.
func (v *CSPState) AddApp(org, id string, spec AppSpec) string {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	now := v.sim.now()
	if spec.GrantTypes == nil {
		spec.GrantTypes = []string{"client_credentials"}
	}
	spec.GrantTypes = slices.Clone(spec.GrantTypes)
	if spec.DisplayName == "" {
		spec.DisplayName = "App " + id
	}
	made := now.Add(-spec.Age)
	x := &cspApp{
		AppSpec: spec, org: org, id: id, created: made, updated: made, changed: made, replaced: made,
		updatedBy: "owner@example.invalid",
	}
	v.orgs[org] = true
	v.apps[pair{org, id}] = x
	if spec.Public {
		return ""
	}
	if spec.Secret == "" {
		spec.Secret = v.sim.issue("fake-csp-secret")
	}
	v.sim.remember(spec.Secret)
	x.current = x.secrets.add(spec.Secret, OriginInitial, now, 0)
	return spec.Secret
}

// RotateElsewhere starts a rotation to newSecret as the application itself or
// another administrator would; overlap 0 means the app's default. A rotation
// that is already open shifts. It returns false for an unknown app.
func (v *CSPState) RotateElsewhere(org, id, newSecret string, overlap time.Duration) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		if overlap == 0 {
			overlap = v.overlapOf(x)
		}
		v.rotate(x, newSecret, OriginElsewhere, now.Add(overlap), now)
		x.touch(now, "somebody.else@example.invalid")
	})
}

// PatchSecretElsewhere replaces the secret by a chosen one, at once.
func (v *CSPState) PatchSecretElsewhere(org, id, newSecret string) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		v.replace(x, newSecret, OriginElsewhere, now)
		x.touch(now, "somebody.else@example.invalid")
	})
}

// RegenerateElsewhere replaces the secret by one the server makes, at once,
// and returns it; "" for an unknown app.
func (v *CSPState) RegenerateElsewhere(org, id string) string {
	value := ""
	v.with(org, id, func(x *cspApp, now time.Time) {
		value = v.sim.issue("fake-csp-secret")
		v.replace(x, value, OriginElsewhere, now)
		x.touch(now, "somebody.else@example.invalid")
	})
	return value
}

// EndRotationElsewhere ends an open rotation. It tells whether there was one.
func (v *CSPState) EndRotationElsewhere(org, id string) bool {
	done := false
	v.with(org, id, func(x *cspApp, now time.Time) {
		if done = x.rotating(now); done {
			v.endRotation(x, now)
			x.touch(now, "somebody.else@example.invalid")
		}
	})
	return done
}

// DeleteApp removes an app. Its history stays available.
func (v *CSPState) DeleteApp(org, id string) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		x.deleted = true
		x.secrets.endAll(now, 0)
	})
}

// MakePublic turns an app into a public client, whose secrets end.
func (v *CSPState) MakePublic(org, id string) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		x.Public = true
		x.current, x.old = nil, nil
		x.secrets.endAll(now, 0)
		x.touch(now, "somebody.else@example.invalid")
	})
}

// SetOwnerOnly sets ownerOnlySecretRotation.
func (v *CSPState) SetOwnerOnly(org, id string, only bool) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		x.OwnerOnly = only
		x.touch(now, "somebody.else@example.invalid")
	})
}

// SetGrantTypes changes what an app may use at the token endpoint.
func (v *CSPState) SetGrantTypes(org, id string, grants ...string) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) {
		x.GrantTypes = slices.Clone(grants)
		x.touch(now, "somebody.else@example.invalid")
	})
}

// Touch moves lastUpdatedAt and nothing else.
func (v *CSPState) Touch(org, id string) bool {
	return v.with(org, id, func(x *cspApp, now time.Time) { x.touch(now, "somebody.else@example.invalid") })
}

// Accepts tells whether a secret is valid now, whatever has propagated.
func (v *CSPState) Accepts(org, id, secret string) bool {
	ok := false
	v.with(org, id, func(x *cspApp, now time.Time) { ok = x.secrets.accepts(secret, now) })
	return ok
}

// Secrets returns the history of an app, oldest first, also after the app was
// removed.
func (v *CSPState) Secrets(org, id string) []SecretRecord {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	if x := v.apps[pair{org, id}]; x != nil {
		return x.secrets.records(v.sim.now())
	}
	return nil
}

func (v *CSPState) with(org, id string, do func(*cspApp, time.Time)) bool {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	x := v.find(org, id)
	if x == nil {
		return false
	}
	do(x, v.sim.now())
	return true
}

func (v *CSPState) find(org, id string) *cspApp {
	if x := v.apps[pair{org, id}]; x != nil && !x.deleted {
		return x
	}
	return nil
}

func (v *CSPState) overlapOf(x *cspApp) time.Duration {
	if x.Overlap > 0 {
		return x.Overlap
	}
	return v.Switches.DefaultOverlap
}

func (x *cspApp) rotating(now time.Time) bool {
	return x.old != nil && x.old.live(now)
}

// rotate makes value the current secret and lets the one before live until.
func (v *CSPState) rotate(x *cspApp, value, origin string, until, now time.Time) {
	delay := v.Switches.PropagationDelay
	if x.rotating(now) {
		x.old.end(now, delay)
	}
	x.old = x.current
	if x.old != nil {
		x.old.expires = &until
	}
	v.sim.remember(value)
	x.current = x.secrets.add(value, origin, now, delay)
	x.changed = now
}

// replaceNew replaces the new secret of an open rotation.
func (v *CSPState) replaceNew(x *cspApp, value string, until, now time.Time) {
	delay := v.Switches.PropagationDelay
	x.current.end(now, delay)
	x.old.expires = &until
	v.sim.remember(value)
	x.current = x.secrets.add(value, OriginAPI, now, delay)
	x.changed = now
}

// replace makes value the only secret.
func (v *CSPState) replace(x *cspApp, value, origin string, now time.Time) {
	delay := v.Switches.PropagationDelay
	x.secrets.endAll(now, delay)
	v.sim.remember(value)
	x.old, x.current = nil, x.secrets.add(value, origin, now, delay)
	x.changed, x.replaced = now, now
}

func (v *CSPState) endRotation(x *cspApp, now time.Time) {
	x.old.end(now, v.Switches.PropagationDelay)
	x.old = nil
}

func (x *cspApp) touch(now time.Time, by string) {
	x.updated, x.updatedBy = now, by
}
