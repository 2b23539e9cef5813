package api

import (
	"slices"
	"sync"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// known collects every secret that this client has sent or received, so that a vendor that echoes one in a message
// cannot bring it into an error.
type known struct {
	others func() []string // those of the caller; may be nil

	mu   sync.Mutex
	seen map[string]struct{}
}

func newKnown(others func() []string) *known {
	return &known{others: others, seen: map[string]struct{}{}}
}

// remember adds values; empty ones are left out.
func (k *known) remember(values ...secret.Value) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, value := range values {
		if !value.Empty() {
			k.seen[value.Reveal()] = struct{}{}
		}
	}
}

// texts is httpapi.Options.Secrets: what must never leave in a message.
func (k *known) texts() []string {
	var texts []string
	if k.others != nil {
		texts = slices.Clone(k.others())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for text := range k.seen {
		texts = append(texts, text)
	}
	return texts
}
