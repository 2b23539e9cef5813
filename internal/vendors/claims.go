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
// not take its sibling's secret for a stray.
type Claims struct {
	Clock clock.Clock

	mu     sync.Mutex
	of     map[rotation.Client][]string
	latest map[rotation.Client]time.Time
}

// quiet is how long nobody may have claimed a secret of a client before what is unclaimed counts as nobody's. Terraform
// reads resources side by side, in no order, so a sibling may be read a moment later. waits bounds how often that starts anew.
const (
	quiet = 500 * time.Millisecond
	waits = 5
)

// Claim records ids of a client's secrets; empty ones do not count.
func (l *Claims) Claim(c rotation.Client, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of, l.latest = map[rotation.Client][]string{}, map[rotation.Client]time.Time{}
	}
	l.latest[c] = l.Clock.Now()
	for _, id := range ids {
		if id != "" {
			l.of[c] = append(l.of[c], strings.ToLower(id))
		}
	}
}

// Unclaimed are those of ids that nobody holds. Where there are any, it waits until the siblings had their say.
func (l *Claims) Unclaimed(ctx context.Context, c rotation.Client, ids []string) []string {
	strays, pause := l.unclaimed(c, ids)
	for range waits {
		if len(strays) == 0 || pause <= 0 || l.Clock.Sleep(ctx, min(pause, quiet)) != nil {
			break
		}
		strays, pause = l.unclaimed(c, ids)
	}
	return strays
}

func (l *Claims) unclaimed(c rotation.Client, ids []string) (strays []string, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if !slices.Contains(l.of[c], strings.ToLower(id)) {
			strays = append(strays, id)
		}
	}
	return strays, quiet - l.Clock.Now().Sub(l.latest[c])
}
