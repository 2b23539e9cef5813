package vendors

import (
	"slices"
	"strings"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Claims knows, for this process, the ids of secrets that some object of the configuration holds, so that one resource does
// not take its sibling's secret for a stray.
type Claims struct {
	mu sync.Mutex
	of map[rotation.Client][]string
}

// Claim records ids of a client's secrets; empty ones do not count.
func (l *Claims) Claim(c rotation.Client, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[rotation.Client][]string{}
	}
	for _, id := range ids {
		if id != "" {
			l.of[c] = append(l.of[c], strings.ToLower(id))
		}
	}
}

// Unclaimed are those of ids that nobody holds.
func (l *Claims) Unclaimed(c rotation.Client, ids []string) (strays []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if !slices.Contains(l.of[c], strings.ToLower(id)) {
			strays = append(strays, id)
		}
	}
	return strays
}
