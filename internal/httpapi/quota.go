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
