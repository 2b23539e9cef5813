package simulator

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Vendor names one of the imitated services.
type Vendor string

// The vendors.
const (
	Cloudflare      Vendor = "cloudflare"
	CSP             Vendor = "csp"
	IdentityService Vendor = "identity_service"
)

// Options of a simulator. The zero value is usable.
type Options struct {
	// Now is the clock that decides every expiry, every limit and the Date
	// header. Nil means time.Now.
	Now func() time.Time
	// Sleep waits for Fault.Delay. Nil means a timer that ends with ctx.
	Sleep func(ctx context.Context, d time.Duration) error
	// SecretSuffix is appended to every secret the simulator makes, to find
	// consumers that forget to escape, for example +/"&<\.
	SecretSuffix string
}

// Simulator is the three services together. All its methods, those of its
// vendor fields included, may be used concurrently; one mutex guards the state
// and is never held while a hook runs or a request waits.
type Simulator struct {
	// The state of each vendor, with the mutators for what somebody else does.
	Cloudflare      *CloudflareState
	CSP             *CSPState
	IdentityService *IdentityServiceState

	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration) error

	mu       sync.Mutex
	suffix   string
	counters map[string]int
	issued   []string
	tokens   map[string]*accessToken
	journal  []*Entry
	seq      int
	faults   []*Fault
	limits   map[Vendor]*bucket
	before   []func(Entry)
	after    []func(Entry)
}

// New returns a simulator that holds only the credentials that exist from the
// start and the two applications that may log in.
func New(o Options) *Simulator {
	s := &Simulator{
		now:      o.Now,
		sleep:    o.Sleep,
		suffix:   o.SecretSuffix,
		counters: map[string]int{},
		tokens:   map[string]*accessToken{},
		limits:   map[Vendor]*bucket{},
		issued: []string{
			CloudflareAPIToken, CloudflareAPIKey, CSPAPIToken, CSPReadyAccessToken, IdentityServiceAccessToken,
		},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.sleep == nil {
		s.sleep = sleepWithTimer
	}
	s.tokens[CSPReadyAccessToken] = &accessToken{vendor: CSP, manage: true}
	s.tokens[IdentityServiceAccessToken] = &accessToken{vendor: IdentityService, manage: true}
	s.Cloudflare = newCloudflareState(s)
	s.CSP = newCSPState(s)
	s.IdentityService = newIdentityServiceState(s)
	return s
}

func sleepWithTimer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// SetSecretSuffix changes Options.SecretSuffix for the secrets made from now on.
func (s *Simulator) SetSecretSuffix(suffix string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suffix = suffix
}

// AllIssued returns every value that must not leak: each secret ever made or
// accepted, each access token ever issued, and the credentials that exist from
// the start. The order is that of their first use, without repetitions.
func (s *Simulator) AllIssued() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issued)
}

// remember adds a value to AllIssued.
func (s *Simulator) remember(value string) {
	if value != "" && !slices.Contains(s.issued, value) {
		s.issued = append(s.issued, value)
	}
}

func (s *Simulator) next(counter string) int {
	s.counters[counter]++
	return s.counters[counter]
}

// issue makes a secret that nobody can mistake for a real one.
func (s *Simulator) issue(prefix string) string {
	value := fmt.Sprintf("%s-%04d%s", prefix, s.next(prefix), s.suffix)
	s.remember(value)
	return value
}

// opaque returns 32 hexadecimal digits that depend only on the counter and
// whose order says nothing about their age.
func (s *Simulator) opaque(counter string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s-%d", counter, s.next(counter)))
	return fmt.Sprintf("%x", sum[:16])
}

// uuid is opaque in the form of a random UUID.
func (s *Simulator) uuid(counter string) string {
	h := s.opaque(counter)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}
