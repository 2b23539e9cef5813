package session

import (
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// Versions knows, for this process, the highest version that any object of a client had. A creation that follows the
// destruction of an object has no prior object, and must not give its number to another secret.
type Versions struct {
	mu sync.Mutex
	of map[rotation.Client]int64
}

// Saw records the version of an object.
func (v *Versions) Saw(c rotation.Client, version int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.saw(c, version)
}

func (v *Versions) saw(c rotation.Client, version int64) {
	if v.of == nil {
		v.of = map[rotation.Client]int64{}
	}
	v.of[c] = max(v.of[c], version)
}

// Next is the version of a secret that was made at at, by an object whose version was prior: one more, or, for the first
// secret made here (prior is 0), the Unix second of that moment, unless an object of the client had that number or a higher one.
func (v *Versions) Next(c rotation.Client, prior int64, at time.Time) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	version := prior + 1
	if prior == 0 {
		version = max(at.Unix(), v.of[c]+1)
	}
	v.saw(c, version)
	return version
}
