package simulator

import (
	"slices"
	"strings"
	"time"
)

// ClientHistory is every secret a client ever had.
type ClientHistory struct {
	Vendor  Vendor         `json:"vendor"`
	Parent  string         `json:"parent"` // Account, organization or tenant.
	Target  string         `json:"target"` // Client id.
	Removed bool           `json:"removed"`
	Secrets []SecretRecord `json:"secrets"`
}

// Timeline returns the history of every client, removed ones included, in the
// order of vendor, parent and client id.
func (s *Simulator) Timeline() []ClientHistory {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var out []ClientHistory
	add := func(v Vendor, k pair, removed bool, l ledger) {
		out = append(out, ClientHistory{Vendor: v, Parent: k.parent, Target: k.id, Removed: removed, Secrets: l.records(now)})
	}
	for k, x := range s.Cloudflare.clients {
		add(Cloudflare, k, x.deleted, x.secrets)
	}
	for k, x := range s.CSP.apps {
		add(CSP, k, x.deleted, x.secrets)
	}
	for k, x := range s.IdentityService.apps {
		add(IdentityService, k, x.removed, x.secrets)
	}
	slices.SortFunc(out, func(a, b ClientHistory) int {
		key := func(h ClientHistory) string { return string(h.Vendor) + "\n" + h.Parent + "\n" + h.Target }
		return strings.Compare(key(a), key(b))
	})
	return out
}

// Now returns the time of the simulator's clock.
func (s *Simulator) Now() time.Time {
	return s.now()
}
