package session

import (
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Open remembers, for this process, what states said about open rotations. A replacement plans and makes an object without its
// predecessor's state; this is how it still learns that a previous secret is valid. It also remembers which previous secrets
// this process left behind itself, which a vendor may not show yet.
type Open struct {
	mu   sync.Mutex
	of   map[rotation.Client]OpenRotation
	left map[rotation.Client]time.Time
}

// Left records that a rotation of a client with two slots, answered at at, left a previous secret behind.
func (o *Open) Left(c rotation.Client, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left == nil {
		o.left = map[rotation.Client]time.Time{}
	}
	o.left[c] = at
}

// Ended records that it is gone.
func (o *Open) Ended(c rotation.Client) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.left, c)
}

// Behind are the facts about a client whose previous secret this process left behind; they have no time (At is zero) when it
// did not. A look at the vendor could only show the time before that.
func (o *Open) Behind(c rotation.Client) (facts rotation.Facts) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.left[c]; ok {
		left := true
		facts.At, facts.HasPrevious = at, &left
	}
	return facts
}

// OpenRotation is what a state says of a rotation.
type OpenRotation struct {
	// Live: a previous secret is valid, until EndsAt as far as that is known.
	Live   bool
	EndsAt *time.Time
	// Doubtful: it may be another one than the one that the state's object left behind.
	Doubtful bool
	// Stays: the destruction of the state's object does not end it.
	Stays bool
}

// Saw records what the newest state of a client says.
func (o *Open) Saw(c rotation.Client, says OpenRotation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[rotation.Client]OpenRotation{}
	}
	o.of[c] = says
}

// Seen is what was last recorded of a client.
func (o *Open) Seen(c rotation.Client) OpenRotation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[c]
}

// Newest knows, for this process, what tells the newest secret of each client. A deposed object (the old half of a
// create_before_destroy) is told by it from the object that holds the secret in use.
type Newest struct {
	mu sync.Mutex
	of map[rotation.Client]string
}

// Made records that the secret with this mark is now the client's newest.
func (n *Newest) Made(c rotation.Client, mark string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil {
		n.of = map[rotation.Client]string{}
	}
	n.of[c] = mark
}

// Replaced tells whether this process made a newer secret than the one with this mark.
func (n *Newest) Replaced(c rotation.Client, mark string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	newest, known := n.of[c]
	return known && newest != mark
}
