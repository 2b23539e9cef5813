package simulator

import (
	"slices"
	"strings"
	"time"
)

// IdentityServiceState is the state of the Identity Service: tenants with
// applications.
type IdentityServiceState struct {
	// Switches are read at every request; change them with Set.
	Switches IdentityServiceSwitches

	sim  *Simulator
	apps map[pair]*application
}

type application struct {
	tenant, id string
	secrets    ledger
	grants     []string
	method     string // The only way to authenticate; empty means both.
	manage     bool
	removed    bool
}

func newIdentityServiceState(s *Simulator) *IdentityServiceState {
	v := &IdentityServiceState{
		Switches: defaultIdentityServiceSwitches(), sim: s, apps: map[pair]*application{},
	}
	v.addApplication(IdentityServiceLoginTenant, IdentityServiceLoginClientID, IdentityServiceLoginClientSecret)
	v.GrantRole(IdentityServiceLoginTenant, IdentityServiceLoginClientID)
	return v
}

// AddApplication registers an application, and its tenant, and returns its
// registration secret. An existing application of this id is replaced.
func (v *IdentityServiceState) AddApplication(tenant, clientID string) string {
	return v.addApplication(tenant, clientID, "")
}

func (v *IdentityServiceState) addApplication(tenant, clientID, value string) string {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	x := &application{tenant: tenant, id: clientID, grants: []string{"client_credentials", "authorization_code"}}
	v.apps[pair{tenant, clientID}] = x
	if value == "" {
		value = v.sim.issue("fake-ids-secret")
	}
	v.sim.remember(value)
	return v.addSecret(x, value, OriginInitial, nil, v.sim.now(), 0).value
}

// GrantRole lets tokens of an application manage every tenant.
func (v *IdentityServiceState) GrantRole(tenant, clientID string) bool {
	return v.with(tenant, clientID, func(x *application, _ time.Time) { x.manage = true })
}

// SetGrantTypes changes what an application may use at the token endpoint.
func (v *IdentityServiceState) SetGrantTypes(tenant, clientID string, grants ...string) bool {
	return v.with(tenant, clientID, func(x *application, _ time.Time) { x.grants = slices.Clone(grants) })
}

// SetAuthMethod registers an application for one way to authenticate; empty
// means both.
func (v *IdentityServiceState) SetAuthMethod(tenant, clientID, method string) bool {
	return v.with(tenant, clientID, func(x *application, _ time.Time) { x.method = method })
}

// AddSecretElsewhere adds a secret as another administrator would; exp nil
// means without expiry. Both results are empty for an unknown application.
func (v *IdentityServiceState) AddSecretElsewhere(tenant, clientID string, exp *time.Time) (id, secret string) {
	v.with(tenant, clientID, func(x *application, now time.Time) {
		s := v.addSecret(x, v.sim.issue("fake-ids-secret"), OriginElsewhere, clonePtr(exp), now, v.Switches.PropagationDelay)
		id, secret = s.id, s.value
	})
	return id, secret
}

// DeleteSecretElsewhere soft-deletes a secret by its id. It returns false for
// an unknown id.
func (v *IdentityServiceState) DeleteSecretElsewhere(id string) bool {
	return v.withSecret(id, func(s *secret, now time.Time) { s.softDelete(now, v.Switches.PropagationDelay) })
}

// PurgeSecret ends a secret and removes its entry from every list. The history
// keeps it.
func (v *IdentityServiceState) PurgeSecret(id string) bool {
	return v.withSecret(id, func(s *secret, now time.Time) {
		s.softDelete(now, v.Switches.PropagationDelay)
		s.purged = true
	})
}

// RemoveApplication removes an application with its secrets. The history
// stays available.
func (v *IdentityServiceState) RemoveApplication(tenant, clientID string) bool {
	return v.with(tenant, clientID, func(x *application, now time.Time) {
		x.removed = true
		x.secrets.endAll(now, 0)
	})
}

// Accepts tells whether a secret is valid now, whatever has propagated.
func (v *IdentityServiceState) Accepts(tenant, clientID, secret string) bool {
	ok := false
	v.with(tenant, clientID, func(x *application, now time.Time) { ok = x.secrets.accepts(secret, now) })
	return ok
}

// Secrets returns the history of an application, oldest first, also after the
// application was removed.
func (v *IdentityServiceState) Secrets(tenant, clientID string) []SecretRecord {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	if x := v.apps[pair{tenant, clientID}]; x != nil {
		return x.secrets.records(v.sim.now())
	}
	return nil
}

func (v *IdentityServiceState) with(tenant, id string, do func(*application, time.Time)) bool {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	x := v.find(tenant, id)
	if x == nil {
		return false
	}
	do(x, v.sim.now())
	return true
}

func (v *IdentityServiceState) withSecret(id string, do func(*secret, time.Time)) bool {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	for _, x := range v.apps {
		if s := x.secret(id); s != nil {
			do(s, v.sim.now())
			return true
		}
	}
	return false
}

func (v *IdentityServiceState) find(tenant, id string) *application {
	if x := v.apps[pair{tenant, id}]; x != nil && !x.removed {
		return x
	}
	return nil
}

func (v *IdentityServiceState) addSecret(
	x *application, value, origin string, exp *time.Time, now time.Time, delay time.Duration,
) *secret {
	s := x.secrets.add(value, origin, now, delay)
	s.id = v.sim.uuid("ids.secret")
	s.expires = exp
	return s
}

// secret finds an entry by id, whose case does not matter.
func (x *application) secret(id string) *secret {
	for _, s := range x.secrets {
		if strings.EqualFold(s.id, id) && !s.purged {
			return s
		}
	}
	return nil
}

// softDelete flags an entry; one that has already expired ended by its date.
func (x *secret) softDelete(now time.Time, delay time.Duration) {
	x.end(now, delay)
	x.deleted = true
}

// listed returns the entries a list shows, in an order that says nothing about
// their age, and counts the read.
func (v *IdentityServiceState) listed(x *application, now time.Time) []*secret {
	var out []*secret
	for _, s := range x.secrets {
		hidden := s.purged ||
			v.Switches.HideDeleted && s.deleted ||
			v.Switches.HideExpired && s.expired(now) ||
			v.Switches.HideRegistrationSecret && s.origin == OriginInitial ||
			now.Before(s.hiddenUntil)
		if s.hiddenReads > 0 {
			s.hiddenReads--
			hidden = true
		}
		if !hidden {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *secret) int { return strings.Compare(a.id, b.id) })
	return out
}
