package api

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// lenientNumber is a number or a string that holds one. It is a hint and decides nothing, so what is not one counts as
// absent.
type lenientNumber struct{ number *float64 }

// UnmarshalJSON never fails.
func (l *lenientNumber) UnmarshalJSON(b []byte) error {
	l.number = nil
	text := string(b)
	var quoted string
	if json.Unmarshal(b, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		l.number = &n
	}
	return nil
}

// whole is the number without its fraction; nil when absent or out of range.
func (l lenientNumber) whole() *int64 {
	if l.number == nil || math.Abs(*l.number) > 1<<53 {
		return nil
	}
	n := int64(*l.number)
	return &n
}

// time reads a timestamp whose unit the vendor does not document: 13 digits are milliseconds, 10 digits are seconds, and
// anything else is no date.
func (l lenientNumber) time() *time.Time {
	n := l.whole()
	if n == nil {
		return nil
	}
	var at time.Time
	switch {
	case *n >= 1e12 && *n < 1e13:
		at = time.UnixMilli(*n).UTC()
	case *n >= 1e9 && *n < 1e10:
		at = time.Unix(*n, 0).UTC()
	default:
		return nil
	}
	return &at
}
