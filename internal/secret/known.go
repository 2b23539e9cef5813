package secret

import (
	"maps"
	"slices"
	"sync"
)

// Known collects every secret that one provider process has read, sent or received, so that a vendor that echoes one
// cannot bring it into an error. The zero value is ready; it is safe for concurrent use.
type Known struct {
	mu    sync.Mutex
	texts map[string]struct{}
}

// Remember adds values; empty ones are left out.
func (k *Known) Remember(values ...Value) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, v := range values {
		if v.Empty() {
			continue
		}
		if k.texts == nil {
			k.texts = map[string]struct{}{}
		}
		k.texts[v.text] = struct{}{}
	}
}

// Texts are what must never leave in a message.
func (k *Known) Texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Keys(k.texts))
}
