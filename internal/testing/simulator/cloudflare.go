package simulator

import (
	"slices"
	"time"
)

// Authentication methods of a Cloudflare client.
const (
	AuthMethodNone  = "none"
	AuthMethodBasic = "client_secret_basic"
	AuthMethodPost  = "client_secret_post"
)

// CloudflareState is the state of Cloudflare: accounts with OAuth clients.
type CloudflareState struct {
	// Switches are read at every request; change them with Set.
	Switches CloudflareSwitches

	sim      *Simulator
	accounts map[string]bool
	clients  map[pair]*cloudflareClient
}

// pair addresses a client within its account, organization or tenant.
type pair struct{ parent, id string }

// CloudflareClientSpec describes a client to add. Empty fields get the values
// of the documented sample.
type CloudflareClientSpec struct {
	Name          string
	Visibility    string
	AuthMethod    string
	GrantTypes    []string
	ResponseTypes []string
	RedirectURIs  []string
	Scopes        []string
}

type cloudflareClient struct {
	CloudflareClientSpec
	account, id string
	created     time.Time
	updated     time.Time
	secrets     ledger
	deleted     bool

	// What readers see while a change propagates.
	stale      cloudflareView
	staleReads int
	staleUntil time.Time
	// What the list shows while it lags behind.
	listed      cloudflareView
	listedUntil time.Time

	rotated time.Time // When the latest rotation was, whoever did it.
}

// cloudflareView is the part of a client that a rotation changes.
type cloudflareView struct {
	rotated bool
	updated time.Time
}

func newCloudflareState(s *Simulator) *CloudflareState {
	return &CloudflareState{
		Switches: defaultCloudflareSwitches(), sim: s,
		accounts: map[string]bool{}, clients: map[pair]*cloudflareClient{},
	}
}

// AddAccount makes an account known, so that clients can be created in it.
func (v *CloudflareState) AddAccount(account string) {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	v.accounts[account] = true
}

// AddClient adds a client, and its account, and returns its initial secret,
// which is empty for the authentication method "none". An existing client of
// this id is replaced.
func (v *CloudflareState) AddClient(account, clientID string, spec ...CloudflareClientSpec) string {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	v.accounts[account] = true
	var s CloudflareClientSpec
	if len(spec) > 0 {
		s = spec[0]
	}
	_, secret := v.add(account, clientID, s, OriginInitial)
	return secret
}

func (v *CloudflareState) add(account, id string, spec CloudflareClientSpec, origin string) (*cloudflareClient, string) {
	now := v.sim.now()
	x := &cloudflareClient{CloudflareClientSpec: spec.withDefaults(), account: account, id: id, created: now, updated: now}
	v.clients[pair{account, id}] = x
	if x.AuthMethod == AuthMethodNone {
		return x, ""
	}
	return x, x.secrets.add(v.sim.issue("fake-cf-secret"), origin, now, 0).value
}

func (s CloudflareClientSpec) withDefaults() CloudflareClientSpec {
	text := func(p *string, value string) {
		if *p == "" {
			*p = value
		}
	}
	list := func(p *[]string, value string) {
		if *p == nil {
			*p = []string{value}
		}
		*p = slices.Clone(*p)
	}
	text(&s.Name, "Cloudflare OAuth Client")
	text(&s.Visibility, "private")
	text(&s.AuthMethod, AuthMethodBasic)
	list(&s.GrantTypes, "authorization_code")
	list(&s.ResponseTypes, "code")
	list(&s.RedirectURIs, "https://example.com/oauth/callback")
	list(&s.Scopes, "workers-platform.read")
	return s
}

// RotateElsewhere starts a rotation as somebody in the dashboard would and
// returns the new secret. The oldest of more than two secrets goes, or of more
// than OldSecrets with keeps_old. It returns "" for an unknown client.
func (v *CloudflareState) RotateElsewhere(account, clientID string) string {
	secret := ""
	v.with(account, clientID, func(x *cloudflareClient, now time.Time) {
		secret = v.rotate(x, OriginElsewhere, v.keep(), now)
	})
	return secret
}

// DeleteRotatedElsewhere removes the old secret. It tells whether there was one.
func (v *CloudflareState) DeleteRotatedElsewhere(account, clientID string) bool {
	done := false
	v.with(account, clientID, func(x *cloudflareClient, now time.Time) {
		done = v.deleteRotated(x, now)
	})
	return done
}

// RotateAndDeleteElsewhere replaces the secret so that only the moved
// updated_at shows it, and returns the new one.
func (v *CloudflareState) RotateAndDeleteElsewhere(account, clientID string) string {
	secret := v.RotateElsewhere(account, clientID)
	v.DeleteRotatedElsewhere(account, clientID)
	return secret
}

// DeleteClient removes a client. Its history stays available.
func (v *CloudflareState) DeleteClient(account, clientID string) bool {
	return v.with(account, clientID, v.remove)
}

// SetAuthMethod changes how a client authenticates. With "none" its secrets
// end; changing back does not bring a secret.
func (v *CloudflareState) SetAuthMethod(account, clientID, method string) bool {
	return v.with(account, clientID, func(x *cloudflareClient, now time.Time) {
		v.setAuthMethod(x, method, now)
		x.touch(now)
	})
}

// Accepts tells whether a secret is valid now, whatever has propagated.
func (v *CloudflareState) Accepts(account, clientID, secret string) bool {
	ok := false
	v.with(account, clientID, func(x *cloudflareClient, now time.Time) {
		ok = x.secrets.accepts(secret, now)
	})
	return ok
}

// Secrets returns the history of a client, oldest first, also after the client
// was removed.
func (v *CloudflareState) Secrets(account, clientID string) []SecretRecord {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	if x := v.clients[pair{account, clientID}]; x != nil {
		return x.secrets.records(v.sim.now())
	}
	return nil
}

// with runs do on an existing client and tells whether there is one.
func (v *CloudflareState) with(account, id string, do func(*cloudflareClient, time.Time)) bool {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	x := v.find(account, id)
	if x == nil {
		return false
	}
	do(x, v.sim.now())
	return true
}

func (v *CloudflareState) find(account, id string) *cloudflareClient {
	if x := v.clients[pair{account, id}]; x != nil && !x.deleted {
		return x
	}
	return nil
}

// keep is how many secrets a client has after a rotation at most.
func (v *CloudflareState) keep() int {
	if v.Switches.RotateWhenRotated == RotateKeepsOld {
		return 1 + v.Switches.OldSecrets
	}
	return 2
}

// rotate adds a secret and ends the oldest ones beyond keep.
func (v *CloudflareState) rotate(x *cloudflareClient, origin string, keep int, now time.Time) string {
	v.snapshot(x, now)
	delay := v.Switches.PropagationDelay
	value := x.secrets.add(v.sim.issue("fake-cf-secret"), origin, now, delay).value
	for live := x.secrets.live(now); len(live) > keep; live = live[1:] {
		live[0].end(now, delay)
	}
	x.rotated = now
	v.touchRotated(x, now)
	return value
}

func (v *CloudflareState) deleteRotated(x *cloudflareClient, now time.Time) bool {
	live := x.secrets.live(now)
	if len(live) < 2 {
		if v.Switches.UpdatedAt == UpdatedAtMovesAlways {
			x.touch(now)
		}
		return false
	}
	v.snapshot(x, now)
	for _, old := range live[:len(live)-1] {
		old.end(now, v.Switches.PropagationDelay)
	}
	v.touchRotated(x, now)
	return true
}

func (v *CloudflareState) remove(x *cloudflareClient, now time.Time) {
	x.deleted = true
	x.secrets.endAll(now, 0)
}

func (v *CloudflareState) setAuthMethod(x *cloudflareClient, method string, now time.Time) {
	x.AuthMethod = method
	if method == AuthMethodNone {
		x.secrets.endAll(now, v.Switches.PropagationDelay)
	}
}

// snapshot keeps what readers see until the coming change has propagated.
func (v *CloudflareState) snapshot(x *cloudflareClient, now time.Time) {
	sw := v.Switches
	if sw.ListDelay > 0 {
		if !now.Before(x.listedUntil) {
			x.listed = x.view(now)
		}
		x.listedUntil = now.Add(sw.ListDelay)
	}
	if sw.PropagationReads == 0 && sw.PropagationDelay == 0 {
		return
	}
	if x.staleReads == 0 && !now.Before(x.staleUntil) {
		x.stale = x.view(now)
	}
	x.staleReads, x.staleUntil = sw.PropagationReads, now.Add(sw.PropagationDelay)
}

func (x *cloudflareClient) view(now time.Time) cloudflareView {
	return cloudflareView{rotated: len(x.secrets.live(now)) > 1, updated: x.updated}
}

// read is view as a request sees it.
func (x *cloudflareClient) read(now time.Time, inList bool) cloudflareView {
	if inList && now.Before(x.listedUntil) {
		return x.listed
	}
	if x.staleReads > 0 {
		x.staleReads--
		return x.stale
	}
	if now.Before(x.staleUntil) {
		return x.stale
	}
	return x.view(now)
}

func (v *CloudflareState) touchRotated(x *cloudflareClient, now time.Time) {
	if v.Switches.UpdatedAt != UpdatedAtStays {
		x.touch(now)
	}
}

// touch moves updated_at, by a little if the clock stands still.
func (x *cloudflareClient) touch(now time.Time) {
	if !now.After(x.updated) {
		now = x.updated.Add(time.Microsecond)
	}
	x.updated = now
}
