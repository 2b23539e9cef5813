package rotation

import (
	"testing"
	"time"
)

// A client that authenticates without a secret has no secret that works, whatever was known before.
func TestObserve_NoSecret(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for name, traits := range map[string]Traits{"a vendor that shows a previous secret": {ShowsPrevious: true}, "one that does not": {EndsOverlap: true}} {
		none := false
		facts := Facts{At: at.Add(time.Hour), HasPrevious: &none, Unsupported: "it is a public client", NoSecret: true}
		st, rec := Observe(traits, Settings{}, State{Version: 5, RotatedAt: &at}, NewRecord("a", at), facts, false)
		if st.Drift != Dead || rec.Evidence == "" {
			t.Errorf("%s: drift is %q by %q", name, st.Drift, rec.Evidence)
		}
	}
}
