package pace

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads Retry-After: seconds, or a date in any of the three forms of HTTP, taken relative to the Date header
// when there is one (both come from the same clock) and to now otherwise. Of several lines the longest counts. A time in the
// past is zero, and nothing is longer than a year.
func RetryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	for _, line := range header.Values("Retry-After") {
		if until, err := http.ParseTime(strings.TrimSpace(line)); err == nil {
			wait, ok = max(wait, min(until.Sub(now), longestAsked)), true
			continue
		}
		for part := range strings.SplitSeq(line, ",") { // lines that a proxy joined
			part = strings.TrimSpace(part)
			if seconds, err := strconv.ParseFloat(part, 64); (err == nil || errors.Is(err, strconv.ErrRange)) && strings.Trim(part, "-0123456789.") == "" {
				wait, ok = max(wait, saturated(seconds)), true
			}
		}
	}
	return wait, ok
}

// longestAsked bounds what a vendor can ask for, so that it can be told and added.
const longestAsked = 365 * 24 * time.Hour

// saturated rounds up to whole seconds; what is no number is zero.
func saturated(seconds float64) time.Duration {
	if !(seconds > 0) {
		return 0
	}
	return time.Duration(math.Ceil(min(seconds, longestAsked.Seconds()))) * time.Second
}

// announcement is what one rate limit header says.
type announcement struct {
	remaining int           // requests until the reset
	reset     time.Duration // time until the reset
}

// longestReset bounds what is taken for a duration: some vendors send a time instead.
const longestReset = time.Hour

// announced reads the fields of draft-ietf-httpapi-ratelimit-headers (Ratelimit: "default";r=50;t=30) and of its older versions
// (RateLimit-Remaining and RateLimit-Reset), each in any number of lines.
func announced(header http.Header) (all []announcement) {
	for _, item := range items(header, "Ratelimit") {
		parameters := parameters(item)
		remaining, hasRemaining := parameters["r"]
		reset, hasReset := parameters["t"]
		if hasRemaining && hasReset {
			all = append(all, announcement{remaining, saturated(float64(reset))})
		}
	}
	remaining, resets := items(header, "Ratelimit-Remaining"), items(header, "Ratelimit-Reset")
	for i := range min(len(remaining), len(resets)) {
		left, hasLeft := count(remaining[i])
		reset, hasReset := count(resets[i])
		if hasLeft && hasReset {
			all = append(all, announcement{left, saturated(float64(reset))})
		}
	}
	usable := all[:0]
	for _, a := range all {
		if a.reset > 0 && a.reset <= longestReset {
			usable = append(usable, a)
		}
	}
	return usable
}

// items are the members of all lines of a list field.
func items(header http.Header, name string) []string {
	joined := strings.Join(header.Values(name), ",")
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// parameters reads one item of a structured field for its numeric parameters.
func parameters(item string) map[string]int {
	values := map[string]int{}
	for _, part := range strings.Split(item, ";")[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, ok := count(value); ok {
			values[key] = n
		}
	}
	return values
}

func count(text string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int(n), err == nil
}
