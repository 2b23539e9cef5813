package rotation

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
)

// Fingerprints remember which entries a list had, as base64 of a mark for each. State keeps some beside every secret of an
// application; with the ids themselves it would be five times as long.
type Fingerprints string

// mark tells ids apart by 48 bits: beside ten thousand known ids, a new one is taken for one of them in 1 of 2^34 cases.
type mark uint64

const markBytes = 6

func markOf(id string) mark {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.ToLower(id)))
	return mark(h.Sum64() >> (64 - 8*markBytes))
}

// FingerprintsOf remembers the live entries.
func FingerprintsOf(facts Facts) *Fingerprints {
	marks := make([]mark, 0, len(facts.Secrets))
	for _, e := range facts.Secrets {
		if e.Live(facts.At) {
			marks = append(marks, markOf(e.ID))
		}
	}
	slices.Sort(marks) // vendors promise no order
	raw := make([]byte, 0, len(marks)*markBytes)
	for _, m := range marks {
		raw = append(raw, binary.BigEndian.AppendUint64(nil, uint64(m))[8-markBytes:]...)
	}
	s := Fingerprints(base64.RawURLEncoding.EncodeToString(raw))
	return &s
}

// marks are those of the remembered entries; none before the first look, or of what are no Fingerprints.
func (s *Fingerprints) marks() map[mark]bool {
	if s == nil {
		return map[mark]bool{}
	}
	raw, _ := base64.RawURLEncoding.DecodeString(string(*s))
	known := make(map[mark]bool, len(raw)/markBytes+2)
	for chunk := range slices.Chunk(raw, markBytes) {
		m := mark(0)
		for _, b := range chunk {
			m = m<<8 | mark(b)
		}
		known[m] = true
	}
	return known
}

// Unclaimed are the live entries that were not there when the object was last applied and that no object of this run is known
// to hold. Other resources, states and people may hold them.
func Unclaimed(st State, rec Record, facts Facts, held func(id string) bool) (ids []string) {
	if rec.Listed == nil && !rec.Lost {
		return nil
	}
	known := rec.Listed.marks()
	known[markOf(st.SecretID)], known[markOf(st.PreviousSecretID)] = true, true
	for _, o := range rec.Older {
		known[markOf(o.ID)] = true
	}
	for _, e := range facts.Secrets {
		if e.Live(facts.At) && !known[markOf(e.ID)] && !held(e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}
