package session

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Claims knows, for this process, the ids of secrets that some object of the configuration holds, so that one resource does
// not take its sibling's secret for a stray; and the strays that objects have noticed.
//
// Terraform reads a few resources at a time, in no order, and a resource is read and planned before the next takes its
// place: when the first one is planned, most siblings are still to come. So one plan waits for all, while the others go
// through, and names what nobody holds when no sibling comes any more.
type Claims struct {
	Clock clock.Clock

	mu      sync.Mutex
	clients map[rotation.Client]*holdings
	reading int  // reads on their way, without those that wait here
	heard   int  // how often anything was heard of an object
	waiting bool // a plan waits to name the strays
}

// holdings are what is known of one client.
type holdings struct {
	held    idSet // what some object holds
	current idSet // what stays the current secret of some object
	read    idSet // the current secrets of the objects that were read in this walk
	seeking idSet // the fingerprints of current secrets whose id no object knows
	noticed idSet // what some object did not know when it was read
	named   idSet // those of noticed that were named in this walk
	// strays are to be named unless somebody turns out to hold them.
	strays rotation.Strays
}

// idSet is a set of ids, of which case does not matter: as they were written, by lower case.
type idSet map[string]string

func (s idSet) add(id string) {
	if id != "" {
		s[strings.ToLower(id)] = id
	}
}

func (s idSet) has(id string) bool {
	_, ok := s[strings.ToLower(id)]
	return ok
}

// unclaimed are those of ids that nobody holds.
func (h *holdings) unclaimed(ids []string) []string {
	var strays []string
	for _, id := range ids {
		if !h.held.has(id) {
			strays = append(strays, id)
		}
	}
	return strays
}

// A walk has become quiet when nothing is heard for this many pauses and no read is on its way.
const (
	pause      = 25 * time.Millisecond
	pausesLong = 20
)

// of is what is known of c. The caller holds the lock.
func (l *Claims) of(c rotation.Client) *holdings {
	if l.clients == nil {
		l.clients = map[rotation.Client]*holdings{}
	}
	h := l.clients[c]
	if h == nil {
		h = &holdings{read: idSet{}, held: idSet{}, current: idSet{}, seeking: idSet{}, noticed: idSet{}, named: idSet{}}
		l.clients[c] = h
	}
	return h
}

// Read records that the object with this current secret, "" for none, is being read. The caller calls done after it.
// An object that is read once more begins another walk, in which what was said before is said again.
func (l *Claims) Read(c rotation.Client, current string) (done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.of(c)
	if h.read.has(current) {
		clear(h.read)
		clear(h.named)
		clear(h.seeking)
	}
	h.read.add(current)
	l.reading++
	l.heard++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.reading--
		l.heard++
	}
}

// Claim records ids of a client's secrets; empty ones do not count.
func (l *Claims) Claim(c rotation.Client, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard++
	for _, id := range ids {
		l.of(c).held.add(id)
	}
}

// Seek records that an object of a client does not know the id of its current secret, which has this fingerprint. An object
// that seeks once more begins another walk.
func (l *Claims) Seek(c rotation.Client, fingerprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.of(c)
	if h.seeking.has(fingerprint) {
		clear(h.seeking)
	}
	h.seeking.add(fingerprint)
}

// Use records that the current secret of an object is the one with id now, and was the one with replaced before; either
// may be empty.
func (l *Claims) Use(c rotation.Client, id, replaced string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.of(c)
	delete(h.current, strings.ToLower(replaced))
	h.current.add(id)
}

// InUse tells whether a secret is the current one of an object, as far as this process has seen.
func (l *Claims) InUse(c rotation.Client, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(c).current.has(id)
}

// Notice records ids of a client that appeared since an object of it was applied.
func (l *Claims) Notice(c rotation.Client, ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		l.of(c).noticed.add(id)
	}
}

// Noticed are the ids of a client that were noticed, sorted.
func (l *Claims) Noticed(c rotation.Client) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Values(l.of(c).noticed))
}

// Unclaimed are those of ids that nobody holds, once the siblings had time to speak; none when ctx ends before. alone: no
// other object seeks its own among them. It is for use within a read.
func (l *Claims) Unclaimed(ctx context.Context, c rotation.Client, ids []string) (unclaimed []string, alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading-- // this one waits for the others
	defer func() { l.reading++ }()
	if !l.settle(ctx, func() bool { return len(l.of(c).unclaimed(ids)) == 0 }) {
		return nil, false
	}
	return l.of(c).unclaimed(ids), len(l.of(c).seeking) < 2
}

// Named are strays and the client that they belong to.
type Named struct {
	Client rotation.Client
	rotation.Strays
}

// Name takes what the plan of an object knows of strays. One of the plans that want to name some waits until the siblings
// had time to speak and gets all that is to be said, of every client; the others go on with nothing to say. What no read of
// this process noticed is left out: the plan that is carried out now named it.
func (l *Claims) Name(ctx context.Context, c rotation.Client, s rotation.Strays) []Named {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard++
	h := l.of(c)
	for _, id := range s.IDs {
		if h.noticed.has(id) && !h.named.has(id) && !slices.Contains(h.strays.IDs, id) {
			h.strays.IDs = append(h.strays.IDs, id)
		}
	}
	h.strays.Unrecognised = h.strays.Unrecognised || s.Unrecognised
	h.strays.Interrupted = h.strays.Interrupted || s.Interrupted
	if l.waiting || l.silent() {
		return nil
	}
	l.waiting = true
	defer func() { l.waiting = false }()
	if !l.settle(ctx, l.silent) {
		return nil
	}
	return l.strays()
}

// silent tells whether there is nothing to name. The caller holds the lock.
func (l *Claims) silent() bool {
	silent := true
	for _, h := range l.clients {
		if h.strays.IDs = h.unclaimed(h.strays.IDs); len(h.strays.IDs) == 0 {
			h.strays = rotation.Strays{}
		}
		silent = silent && len(h.strays.IDs) == 0
	}
	return silent
}

// strays takes what is to be named. The caller holds the lock.
func (l *Claims) strays() []Named {
	if l.silent() {
		return nil
	}
	var all []Named
	for c, h := range l.clients {
		for _, id := range h.strays.IDs {
			h.named.add(id)
		}
		if len(h.strays.IDs) > 0 {
			all = append(all, Named{c, h.strays})
			h.strays = rotation.Strays{}
		}
	}
	slices.SortFunc(all, func(a, b Named) int {
		return cmp.Or(cmp.Compare(a.Client.Scope, b.Client.Scope), cmp.Compare(a.Client.ID, b.Client.ID))
	})
	return all
}

// settle waits until done or until the walk is quiet; it is false when ctx ends before. The caller holds the lock, which is
// free while it waits.
func (l *Claims) settle(ctx context.Context, done func() bool) bool {
	for quiet, heard := 0, l.heard; quiet < pausesLong && !done(); {
		l.mu.Unlock()
		err := l.Clock.Sleep(ctx, pause)
		l.mu.Lock()
		if err != nil {
			return false
		}
		if quiet++; l.reading > 0 || l.heard != heard {
			quiet, heard = 0, l.heard
		}
	}
	return true
}
