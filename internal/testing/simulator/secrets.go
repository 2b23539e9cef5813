package simulator

import "time"

// Origins of a secret.
const (
	OriginInitial   = "initial"   // It existed when the client was added.
	OriginAPI       = "api"       // It was made or set by a request.
	OriginElsewhere = "elsewhere" // It was made by a mutator.
)

// SecretRecord is one secret in the history of a client. A record outlives its
// secret, so that a timeline can be drawn.
type SecretRecord struct {
	ID        string     `json:"id,omitempty"` // Only the Identity Service has ids.
	Value     string     `json:"value"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	// EndedAt is when the secret stopped working, by expiry or otherwise.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// Deleted means that the secret was ended on purpose and not by its date.
	Deleted bool `json:"deleted"`
	// Current marks the newest secret that works.
	Current bool   `json:"current"`
	Origin  string `json:"origin"`
}

// secret is one value a client may authenticate with.
type secret struct {
	id, value, origin string
	created           time.Time
	expires           *time.Time
	ended             *time.Time
	deleted           bool
	// The times at which the authenticating endpoints notice the beginning and
	// the end; they differ from the truth while a change propagates.
	seenFrom  time.Time
	seenUntil time.Time
	// purged entries stay in the history but no list shows them.
	purged bool
	// hiddenReads is how many lists still leave this secret out.
	hiddenReads int
	// hiddenUntil is until when lists leave it out.
	hiddenUntil time.Time
}

func (x *secret) expired(now time.Time) bool {
	return x.expires != nil && !now.Before(*x.expires)
}

func (x *secret) live(now time.Time) bool {
	return x.ended == nil && !x.expired(now)
}

// end stops the secret now and for good.
func (x *secret) end(now time.Time, delay time.Duration) {
	if !x.live(now) {
		return
	}
	x.ended = &now
	x.deleted = true
	x.seenUntil = now.Add(delay)
}

// ledger is the history of a client's secrets, oldest first.
type ledger []*secret

func (l *ledger) add(value, origin string, now time.Time, delay time.Duration) *secret {
	x := &secret{value: value, origin: origin, created: now, seenFrom: now.Add(delay)}
	*l = append(*l, x)
	return x
}

// live returns the secrets that work, oldest first.
func (l ledger) live(now time.Time) []*secret {
	var out []*secret
	for _, x := range l {
		if x.live(now) {
			out = append(out, x)
		}
	}
	return out
}

// accepts is the truth about a value, without propagation.
func (l ledger) accepts(value string, now time.Time) bool {
	for _, x := range l {
		if x.value == value && x.live(now) {
			return true
		}
	}
	return false
}

// authenticates is what the endpoints answer: a new secret counts once its
// beginning has propagated, an ended one until its end has.
func (l ledger) authenticates(value string, now time.Time) bool {
	for _, x := range l {
		if x.value != value || now.Before(x.seenFrom) || x.expired(now) {
			continue
		}
		if x.ended == nil || now.Before(x.seenUntil) {
			return true
		}
	}
	return false
}

func (l ledger) endAll(now time.Time, delay time.Duration) {
	for _, x := range l {
		x.end(now, delay)
	}
}

func (l ledger) records(now time.Time) []SecretRecord {
	out := make([]SecretRecord, 0, len(l))
	current := -1
	for i, x := range l {
		r := SecretRecord{
			ID: x.id, Value: x.value, CreatedAt: x.created, ExpiresAt: clonePtr(x.expires),
			EndedAt: clonePtr(x.ended), Deleted: x.deleted, Origin: x.origin,
		}
		if r.EndedAt == nil && x.expired(now) {
			r.EndedAt = clonePtr(x.expires)
		}
		if x.live(now) {
			current = i
		}
		out = append(out, r)
	}
	if current >= 0 {
		out[current].Current = true
	}
	return out
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
