// Package duration reads durations as people write them: Go's units, and days and weeks besides.
package duration

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

// Units names the units in messages.
const Units = "Units are w (weeks), d (days of 24 hours), h, m and s."

// days are the hours of the units that Go does not have.
var days = map[string]time.Duration{"d": 24, "w": 7 * 24}

// part is a number with its unit.
var part = regexp.MustCompile(`^([0-9.]+)([a-zµμ]+)`)

// Parse reads a duration such as "90d", "2w", "1d12h" or "1h30m". A day has 24 hours, a week seven days.
func Parse(text string) (time.Duration, error) {
	if !strings.ContainsAny(text, "dw") {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, invalid(text)
		}
		return d, nil
	}
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(text, "+")
	}
	var sum time.Duration
	for rest != "" {
		found := part.FindStringSubmatch(rest)
		if found == nil {
			return 0, invalid(text)
		}
		number, unit, times := found[1], found[2], time.Duration(1)
		if hours, ok := days[unit]; ok {
			unit, times = "h", hours
		}
		d, err := time.ParseDuration(number + unit)
		if err != nil || d > (math.MaxInt64-sum)/times {
			return 0, invalid(text)
		}
		sum += d * times //nolint:durationcheck // times is a count
		rest = rest[len(found[0]):]
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

func invalid(text string) error {
	return fmt.Errorf("%q is not a duration, such as \"90d\", \"2w\", \"1d12h\" or \"30m\", or it is too long. %s", text, Units)
}
