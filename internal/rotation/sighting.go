package rotation

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Sighting remembers which entries a list had, as base64 of a mark for each. State keeps one beside every secret of an
// application; with the ids themselves it would be five times as long.
type Sighting string

// Look is a list as it was at a time.
type Look struct {
	At      time.Time `json:"at"`
	Entries Sighting  `json:"entries"`
}

// mark tells ids apart by 48 bits: beside ten thousand known ids, a new one is taken for one of them in 1 of 2^34 cases.
type mark uint64

const markBytes = 6

func markOf(id string) mark {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.ToLower(id)))
	return mark(h.Sum64() >> (64 - 8*markBytes))
}

// SightingOf remembers the live entries.
func SightingOf(facts Facts) *Sighting {
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
	s := Sighting(base64.RawURLEncoding.EncodeToString(raw))
	return &s
}

// marks are those of the remembered entries; none before the first look, or of what is no Sighting.
func (s *Sighting) marks() map[mark]bool {
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
