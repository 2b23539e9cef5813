package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetLimit(simulator.Cloudflare, simulator.Limit{
		PerSecond: 0.5, Burst: 2, RetryAfter: simulator.RetryAfterSeconds, RatelimitHeaders: true,
	})
	get := func(status int) answer { t.Helper(); return w.call(status, "GET", cfClient, "") }
	a := get(200)
	equal(t, "left", a.header.Get("Ratelimit"), `"default";r=1;t=0`)
	equal(t, "policy", a.header.Get("Ratelimit-Policy"), `"default";q=2;w=4`)
	get(200)
	a = get(429)
	equal(t, "wait", a.header.Get("Retry-After"), "2")
	equal(t, "shape", a.body["success"], any(false))
	w.call(200, "GET", cspApps, "") // Another vendor has its own limit.
	w.clock.Advance(2 * time.Second)
	get(200)
	get(429)
	equal(t, "rejected", w.Rejected(simulator.Cloudflare), 2)
	equal(t, "journal", w.Journal()[2].Fault, "limit")
	w.SetLimit(simulator.Cloudflare, simulator.Limit{})
	get(200)
	equal(t, "rejected", w.Rejected(simulator.Cloudflare), 2)
	equal(t, "others", w.Rejected(simulator.CSP), 0)
}

func TestLimitBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetLimit(simulator.CSP, simulator.Limit{
		PerSecond: 10, Burst: 1, RetryAfter: simulator.RetryAfterDate, Block: 5 * time.Minute,
	})
	w.call(200, "GET", cspApps, "")
	a := w.call(429, "POST", cspSecret, `{"newClientSecret":"Example_new.secret_1"}`)
	at, err := http.ParseTime(a.header.Get("Retry-After"))
	equal(t, "date", err == nil && at.Equal(w.clock.Now().Add(5*time.Minute)), true)
	equal(t, "code", a.body["statusCode"], any(429.0))
	w.clock.Advance(5*time.Minute - time.Second)
	w.call(429, "GET", cspApps, "")
	w.clock.Advance(time.Second)
	w.call(200, "GET", cspApps, "")
	equal(t, "effects", len(w.Effects()), 0)
}

func TestLimitWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetLimit(simulator.IdentityService, simulator.Limit{PerSecond: 1})
	w.call(200, "GET", idsList, "")
	equal(t, "header", w.call(429, "GET", idsList, "").header.Get("Retry-After"), "")
}
