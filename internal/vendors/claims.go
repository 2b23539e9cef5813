package vendors

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Claims knows, for this process, the ids of secrets that some object of the configuration holds, so that one resource does
// not take its sibling's secret for a stray; and the strays that objects have noticed, for the plan of what replaces one.
type Claims struct {
	Clock clock.Clock

	mu    sync.Mutex
	of    map[rotation.Client]map[string]bool // ids in lower case
	first map[rotation.Client]time.Time
	// current are the ids, in lower case, of secrets that are the current one of some object.
	current map[rotation.Client]map[string]bool
	// noticed are ids that objects of the client did not know.
	noticed map[rotation.Client][]string
}

// assembly is how long after the first claim of a client's secrets what is unclaimed counts as nobody's. Terraform reads
// resources side by side, in no order, so a sibling may be read a moment later.
const assembly = 500 * time.Millisecond

// Claim records ids of a client's secrets; empty ones do not count.
func (l *Claims) Claim(c rotation.Client, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of, l.first = map[rotation.Client]map[string]bool{}, map[rotation.Client]time.Time{}
	}
	if _, known := l.first[c]; !known {
		l.of[c], l.first[c] = map[string]bool{}, l.Clock.Now()
	}
	for _, id := range ids {
		if id != "" {
			l.of[c][strings.ToLower(id)] = true
		}
	}
}

// Use records that the current secret of an object is the one with id now, and was the one with replaced before; either
// may be empty.
func (l *Claims) Use(c rotation.Client, id, replaced string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == nil {
		l.current = map[rotation.Client]map[string]bool{}
	}
	if l.current[c] == nil {
		l.current[c] = map[string]bool{}
	}
	delete(l.current[c], strings.ToLower(replaced))
	if id != "" {
		l.current[c][strings.ToLower(id)] = true
	}
}

// InUse tells whether a secret is the current one of an object, as far as this process has seen.
func (l *Claims) InUse(c rotation.Client, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current[c][strings.ToLower(id)]
}

// Notice records ids of a client that appeared since an object of it was applied.
func (l *Claims) Notice(c rotation.Client, ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.noticed == nil {
		l.noticed = map[rotation.Client][]string{}
	}
	for _, id := range ids {
		if !slices.Contains(l.noticed[c], id) {
			l.noticed[c] = append(l.noticed[c], id)
		}
	}
}

// Noticed are the ids that were noticed and that nobody holds.
func (l *Claims) Noticed(ctx context.Context, c rotation.Client) []string {
	l.mu.Lock()
	ids := slices.Clone(l.noticed[c])
	l.mu.Unlock()
	return l.Unclaimed(ctx, c, ids)
}

// Unclaimed are those of ids that nobody holds. Where there are any, it waits until the siblings had time to speak; a
// process waits once for each client, however many secrets that has.
func (l *Claims) Unclaimed(ctx context.Context, c rotation.Client, ids []string) []string {
	strays, pause := l.unclaimed(c, ids)
	if len(strays) > 0 && pause > 0 && l.Clock.Sleep(ctx, min(pause, assembly)) == nil {
		strays, _ = l.unclaimed(c, ids)
	}
	return strays
}

func (l *Claims) unclaimed(c rotation.Client, ids []string) (strays []string, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if !l.of[c][strings.ToLower(id)] {
			strays = append(strays, id)
		}
	}
	return strays, assembly - l.Clock.Now().Sub(l.first[c])
}
