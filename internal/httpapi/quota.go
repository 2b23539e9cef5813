package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// quota is what the vendor announces in its rate limit headers.
type quota struct {
	remaining float64       // requests until the reset
	reset     time.Duration // time until the reset
	limit     float64       // requests per window; 0 when unknown
}

// parseQuota reads the fields of draft-ietf-httpapi-ratelimit-headers-10 (Ratelimit: "default";r=50;t=30 with
// Ratelimit-Policy: "default";q=100;w=60) and the three of its older versions. ok is false without usable ones.
func parseQuota(header http.Header) (q quota, ok bool) {
	if current := header.Get("Ratelimit"); current != "" {
		return parsePolicyQuota(current, header.Get("Ratelimit-Policy"))
	}
	remaining, hasRemaining := parseCount(header.Get("Ratelimit-Remaining"))
	reset, hasReset := parseCount(header.Get("Ratelimit-Reset"))
	// An older draft appends policies to the limit: "100, 100;w=60".
	first, _, _ := strings.Cut(header.Get("Ratelimit-Limit"), ",")
	limit, _ := parseCount(first)
	return quota{remaining, saturatedSeconds(int64(reset)), limit}, hasRemaining && hasReset
}

// parsePolicyQuota takes the tightest of the listed limits.
func parsePolicyQuota(current, policies string) (tightest quota, ok bool) {
	limits := map[string]float64{}
	for _, item := range strings.Split(policies, ",") {
		name, parameters := parseItem(item)
		limits[name] = parameters["q"]
	}
	for _, item := range strings.Split(current, ",") {
		name, parameters := parseItem(item)
		remaining, hasRemaining := parameters["r"]
		reset, hasReset := parameters["t"]
		if !hasRemaining || !hasReset {
			continue
		}
		q := quota{remaining, saturatedSeconds(int64(reset)), limits[name]}
		if !ok || q.remaining < tightest.remaining {
			tightest, ok = q, true
		}
	}
	return tightest, ok
}

// parseItem reads one structured field item with numeric parameters.
func parseItem(item string) (name string, parameters map[string]float64) {
	parts := strings.Split(item, ";")
	parameters = map[string]float64{}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if count, ok := parseCount(value); ok {
			parameters[key] = count
		}
	}
	return strings.TrimSpace(parts[0]), parameters
}

func parseCount(text string) (float64, bool) {
	count, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	return float64(count), err == nil
}

const (
	quotaReserve = 10        // requests left to other users of the same credential
	quotaLow     = 0.1       // share of the limit below which the rest is spread over the window
	longestReset = time.Hour // a later reset is not a duration: some vendors send a time
)

// usable tells a quota until some moment from now.
func (q quota) usable() bool { return q.reset > 0 && q.reset <= longestReset }

// spread is the rate at which what is left lasts until the reset. It is zero when nothing may be sent before, and ok is
// false when there is no need to save.
func (q quota) spread() (rate float64, ok bool) {
	if !q.usable() {
		return 0, false
	}
	low, reserve := float64(quotaReserve), 0.0
	if q.limit > 0 {
		low, reserve = q.limit*quotaLow, min(quotaReserve, q.limit*quotaLow/2)
	}
	if q.remaining >= low {
		return 0, false
	}
	return max(0, q.remaining-reserve) / q.reset.Seconds(), true
}

// quotaPace is a bound on the rate until the vendor's window ends.
type quotaPace struct {
	rate float64
	end  time.Time
}

// apply bounds rate and burst.
func (q quotaPace) apply(now time.Time, rate, burst float64) (float64, float64) {
	if now.Before(q.end) {
		return min(rate, q.rate), 1
	}
	return rate, burst
}
