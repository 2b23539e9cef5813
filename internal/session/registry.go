package session

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Registry is what one process has seen of each client and done to it. Terraform shows a provider one object at a time; where
// several objects meet at one client, this is how one learns of the others. It knows nothing of other processes: two aliases
// and two states do not see each other.
type Registry struct {
	mu      sync.Mutex
	clients map[rotation.Client]*client
}

// Fate is what a plan makes of an object.
type Fate int

const (
	// Seen: the object was read; what becomes of it is not known yet.
	Seen Fate = iota
	// Stays: the object stays, changed or not.
	Stays
	// Goes: the object is destroyed, replaced or forgotten.
	Goes
)

// Object is one object of a client.
type Object struct {
	rotation.View
	Fate Fate
	// EndsPrevious: when it goes, its previous secret goes with it.
	EndsPrevious bool
	// Revokes: when it goes, every secret of the client goes with it.
	Revokes bool
	// OnDestroy is what its destruction is set to do.
	OnDestroy string
	// DestroyPlanned: this process planned its destruction. Where the same process also destroys it, the object is a deposed one:
	// Terraform plans the destruction of those again while it applies, and of no others.
	DestroyPlanned bool
}

type client struct {
	id rotation.Client
	// stopped tells that a planned creation that replaces no known object is stopped by an open rotation.
	stopped   bool
	objects   map[string]Object
	creations int
	// adopted: one of the creations makes no secret.
	adopted bool
	// makes: this plan surely makes a new secret; mayMake: what is not known yet decides.
	makes, mayMake bool
	// newest is the fingerprint of the last secret that this process made; rotated tells that it made one.
	newest  string
	rotated bool
	// changing: the gate of the client was opened, so this process applies.
	changing bool
	// unsettled: a rotation was sent in this process, and nobody knows what became of it.
	unsettled bool
	facts     *rotation.Facts
	told      map[string]bool
}

func (r *Registry) of(c rotation.Client) *client {
	if r.clients == nil {
		r.clients = map[rotation.Client]*client{}
	}
	known := r.clients[c.Key()]
	if known == nil {
		known = &client{id: c, objects: map[string]Object{}, told: map[string]bool{}}
		r.clients[c.Key()] = known
	}
	return known
}

// Saw records an object and the facts that came with it. What was decided about its fate stands.
func (r *Registry) Saw(c rotation.Client, o Object, facts *rotation.Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	before := known.objects[o.Object]
	if o.Fate == Seen {
		o.Fate = before.Fate
	}
	o.DestroyPlanned = before.DestroyPlanned
	known.objects[o.Object] = o
	if facts != nil {
		known.facts = facts
	}
}

// MayRotate records that this plan makes a new secret where something that is not known yet turns out so.
func (r *Registry) MayRotate(c rotation.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(c).mayMake = true
}

// Rotates records that this plan surely makes a new secret for an object; object is "" for one that is created.
func (r *Registry) Rotates(c rotation.Client, object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	known.makes = true
	if o, ok := known.objects[object]; ok {
		o.View.Rotates = true
		known.objects[object] = o
	}
}

// Makes tells whether this plan makes a new secret for c: surely, or depending on what is not known yet.
func (r *Registry) Makes(c rotation.Client) (surely, maybe bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	return known.makes, known.mayMake && !known.makes
}

// Forget takes back that an object is one of this client: it turned out to be gone.
func (r *Registry) Forget(c rotation.Client, object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of(c).objects, object)
}

// Create records that a plan creates an object for c. replaces is the mark of the object that it takes the place of; "" where
// none is known.
func (r *Registry) Create(c rotation.Client, replaces string, adopts bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	known.creations++
	known.adopted = known.adopted || adopts
	if o, ok := known.objects[replaces]; ok && replaces != "" {
		o.Fate = Goes
		known.objects[replaces] = o
	}
}

// Creates tells whether a plan creates an object for c.
func (r *Registry) Creates(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).creations > 0
}

// Adopts tells whether a plan creates an object for c that makes no secret.
func (r *Registry) Adopts(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).adopted
}

// Crowded says that more than one object of a plan would own a client of a vendor with two slots; "" when not.
func (r *Registry) Crowded(c rotation.Client) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, stay := r.of(c), 0
	for _, o := range known.objects {
		if o.Fate == Stays {
			stay++
		}
	}
	switch {
	case known.creations > 1:
		return fmt.Sprintf("%d resources of this plan are created for the client.", known.creations)
	case stay > 1:
		return fmt.Sprintf("%d resources of this configuration manage the secret of the client.", stay)
	case stay > 0 && known.creations > 0:
		return "A resource of this configuration manages the secret of the client already, and another one is created for it."
	}
	return ""
}

// PlanDestroy records that the destruction of an object is planned.
func (r *Registry) PlanDestroy(c rotation.Client, object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	if o, ok := known.objects[object]; ok {
		o.DestroyPlanned = true
		known.objects[object] = o
	}
}

// DestroyPlanned tells whether this process planned the destruction of an object.
func (r *Registry) DestroyPlanned(c rotation.Client, object string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).objects[object].DestroyPlanned
}

// StopsAtOpen records that a planned creation that replaces no known object is stopped by an open rotation.
func (r *Registry) StopsAtOpen(c rotation.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(c).stopped = true
}

// Stopped tells whether a planned creation that has not been carried out is stopped by an open rotation.
func (r *Registry) Stopped(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).stopped && !r.of(c).rotated
}

// Others are the objects of a client but one, as far as this process has seen; without those that go.
func (r *Registry) Others(c rotation.Client, but string) (views []rotation.View) {
	for _, o := range r.Objects(c) {
		if o.Object != but && o.Fate != Goes {
			views = append(views, o.View)
		}
	}
	return views
}

// Objects are the objects of a client, in the order of their marks.
func (r *Registry) Objects(c rotation.Client) (objects []Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.of(c).objects {
		objects = append(objects, o)
	}
	slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.Object, b.Object) })
	return objects
}

// Unplanned are the objects of all clients that were read and of which no plan came yet, by their clients.
func (r *Registry) Unplanned() map[rotation.Client][]Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[rotation.Client][]Object{}
	for _, known := range r.clients {
		for _, o := range known.objects {
			if o.Fate == Seen {
				found[known.id] = append(found[known.id], o)
			}
		}
	}
	return found
}

// Held tells whether an object is known to hold the secret with this id.
func (r *Registry) Held(c rotation.Client, id string) bool {
	return slices.ContainsFunc(r.Objects(c), func(o Object) bool { return o.Holds(id) })
}

// Facts are those of the last read of a client in this process; nil before one.
func (r *Registry) Facts(c rotation.Client) *rotation.Facts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).facts
}

// opened records that the gate of a client was opened.
func (r *Registry) opened(c rotation.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(c).changing = true
}

// Changing tells whether this process has begun to change a client: then it applies, and the plan is made already.
func (r *Registry) Changing(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).changing
}

// Replaced tells whether this process made a newer secret than the one with this fingerprint.
func (r *Registry) Replaced(c rotation.Client, fingerprint string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	return known.rotated && known.newest != fingerprint
}

// Version is the smallest version that a new secret of a client may have: larger than that of every object that went in this
// process. Siblings count for themselves.
func (r *Registry) Version(c rotation.Client, least int64) int64 {
	for _, o := range r.Objects(c) {
		if o.Fate == Goes {
			least = max(least, o.State.Version+1)
		}
	}
	return least
}

// Tell tells whether something about a client is said for the first time in this process.
func (r *Registry) Tell(c rotation.Client, what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	told := r.of(c).told
	first := !told[what]
	told[what] = true
	return first
}

// made records a new secret.
func (r *Registry) made(c rotation.Client, fingerprint string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	known.newest, known.rotated, known.unsettled, known.facts = fingerprint, true, false, nil
}

// lost records that a rotation was sent and that nobody knows what became of it.
func (r *Registry) lost(c rotation.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(c).unsettled = true
	r.of(c).facts = nil
}

// open tells whether a rotation of this process is not settled.
func (r *Registry) open(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).unsettled
}

// madeOne tells whether this process made a secret of c already.
func (r *Registry) madeOne(c rotation.Client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(c).rotated
}

// ended records that a previous secret, or the one with that id, is gone.
func (r *Registry) ended(c rotation.Client, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.of(c)
	known.facts = nil
	for mark, o := range known.objects {
		if id == "" || (rotation.Entry{ID: o.State.PreviousSecretID}).Is(id) {
			o.State.HasPrevious = false
			known.objects[mark] = o
		}
	}
}
