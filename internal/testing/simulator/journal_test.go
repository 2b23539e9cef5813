package simulator_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestJournalEntry(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.call(200, "POST", cspSecret, `{"newClientSecret":"Example_new.secret_1","secretRotationExpirationInSeconds":60}`,
			"User-Agent", "ua/1")
		w.call(200, "GET", cspApps+"?pageLimit=5", "")
		e := w.Journal()[0]
		equal(t, "seq", e.Seq, 1)
		equal(t, "time", e.Time, w.clock.Now())
		equal(t, "vendor", e.Vendor, simulator.CSP)
		equal(t, "operation", e.Operation, "csp.rotate")
		equal(t, "method", e.Method, "POST")
		equal(t, "path", e.Path, cspSecret)
		equal(t, "body", e.HasBody && e.Effect && e.Sent, true)
		equal(t, "fields", strings.Join(e.Fields, " "), "newClientSecret secretRotationExpirationInSeconds")
		equal(t, "headers", slices.Contains(e.HeaderNames, "Authorization"), true)
		equal(t, "status", e.Status, 200)
		equal(t, "target", e.Target, appID)
		equal(t, "agent", e.UserAgent, "ua/1")
		equal(t, "query", w.Journal()[1].Query.Get("pageLimit"), "5")
		equal(t, "no body", w.Journal()[1].HasBody, false)
		equal(t, "count", w.Count("csp.*"), 2)
		w.ResetJournal()
		equal(t, "reset", len(w.Journal()), 0)
		w.call(200, "GET", cspApps, "")
		equal(t, "seq", w.Journal()[0].Seq, 3)
	})
}

// The hook may act as somebody else, since no lock is held.
func TestBeforeRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.BeforeRequest(func(e simulator.Entry) {
		if e.Operation == "cloudflare.rotate" {
			w.Cloudflare.RotateElsewhere(account, cfID)
		}
		equal(t, "recorded before", len(w.Journal()) > 0, true)
	})
	w.call(400, "POST", cfClient+"/rotate_secret", "")
	equal(t, "origin", w.Cloudflare.Secrets(account, cfID)[1].Origin, simulator.OriginElsewhere)
	w.BeforeRequest(nil)
	w.Cloudflare.DeleteRotatedElsewhere(account, cfID)
	w.call(200, "POST", cfClient+"/rotate_secret", "")
}

func TestAllIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetSecretSuffix(`+/"&<\`)
	w.call(200, "POST", cspSecret, `{"newClientSecret":"Example_new.secret_1"}`)
	a := w.call(200, "POST", cfClient+"/rotate_secret", "")
	all := w.AllIssued()
	secret, _ := a.result(t)["client_secret"].(string)
	equal(t, "suffix", strings.HasSuffix(secret, `+/"&<\`), true)
	for _, value := range []string{
		"Example_new.secret_1", secret, w.cfFirst, w.cspFirst, w.idsOne, simulator.CloudflareAPIToken,
		simulator.CSPAPIToken, simulator.CSPLoginClientSecret, simulator.IdentityServiceLoginClientSecret,
	} {
		equal(t, value, slices.Contains(all, value), true)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.RotateWhenRotated = simulator.RotateDropsOldest })
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				w.call(200, "POST", cfClient+"/rotate_secret", "")
				w.call(200, "POST", idsList, "{}")
				w.CSP.RegenerateElsewhere(org, appID)
				w.Journal()
				w.Timeline()
				w.AllIssued()
			})
		}
		group.Wait()
		equal(t, "secrets", len(w.Cloudflare.Secrets(account, cfID)), 9)
		equal(t, "effects", len(w.Effects()), 16)
	})
}
