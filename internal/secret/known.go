package secret

import "sync"

// Known collects every secret that one provider process has read, sent or received, so that a vendor that echoes one
// cannot bring it into an error. The zero value is ready; it is safe for concurrent use.
type Known struct {
	mu     sync.Mutex
	values map[Value]struct{}
}

// Remember adds values; empty ones are left out.
func (k *Known) Remember(values ...Value) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, v := range values {
		if v.Empty() {
			continue
		}
		if k.values == nil {
			k.values = map[Value]struct{}{}
		}
		k.values[v] = struct{}{}
	}
}

// Texts are what must never leave in a message.
func (k *Known) Texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	texts := make([]string, 0, len(k.values))
	for v := range k.values {
		texts = append(texts, v.Reveal())
	}
	return texts
}
