package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// What verify.on_refresh costs, and what it makes of a token endpoint that refuses, hangs or is down.
func TestOnRefresh(t *testing.T) {
	t.Parallel()
	const clients, outage = 12, 12 * time.Second // RefreshTimeout, and a little
	token := func(v vendor) string { return v.name + ".token" }
	dies := func(w *world) {
		for client := range w.held {
			switch w.vendor.id {
			case simulator.Cloudflare:
				w.Cloudflare.RotateAndDeleteElsewhere(w.vendor.parent, client)
			case simulator.CSP:
				w.CSP.RegenerateElsewhere(w.vendor.parent, client)
			}
		}
	}
	for name, c := range map[string]struct {
		before func(*world, string)
		// drift is that of every client; most is how many requests for tokens are sent at most, within how long.
		drift string
		most  int
		takes time.Duration
	}{
		"accepted": {func(*world, string) {}, "", clients, time.Second},
		"refused":  {func(w *world, _ string) { dies(w) }, "dead", 3*clients + 1, clients * outage},
		"refused once": {func(w *world, operation string) {
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: 401, Body: `{"error":"invalid_client"}`})
		}, "", clients + 2, outage},
		"hangs": {func(w *world, operation string) {
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Timeout, Times: -1})
		}, "", 1, outage},
		"is down": {func(w *world, operation string) {
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Refuse, Times: -1})
		}, "", 8, outage}, // a refused connection is tried again, for the first client only
		"hangs, and the secrets are dead": {func(w *world, operation string) {
			dies(w)
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Timeout, Times: -1})
		}, "", 1, outage},
		"answers with pages": {func(w *world, operation string) {
			w.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Status: 403, Times: -1})
		}, "", 3 * clients, clients * outage},
	} {
		for _, v := range []vendor{cloudflare, csp} {
			t.Run(v.name+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var names []string
					for n := range clients {
						names = append(names, fmt.Sprintf("app-%d", n+1))
					}
					w := newWorld(t, v, names...)
					var cfg config
					for _, client := range names {
						cfg = append(cfg, w.secretBlock(client, with(clean, settings{"verify": settings{"on_refresh": true}})))
					}
					w.must(cfg)
					time.Sleep(hour)
					c.before(w, token(v))
					w.ResetJournal()
					began := time.Now()
					if r := w.tf.refreshOnly(context.Background()); r.failed() {
						t.Fatalf("the refresh fails: %s", r.text())
					}
					if took := time.Since(began); took > c.takes {
						t.Errorf("the refresh took %s, want at most %s", took, c.takes)
					}
					tries := 0
					for _, e := range w.Journal() {
						if e.Operation == token(v) {
							tries++
						}
						if e.Effect && !strings.HasSuffix(e.Operation, ".token") {
							t.Errorf("a refresh sent %s", e.Operation)
						}
					}
					if tries > c.most || tries < 1 {
						t.Errorf("%d requests for tokens, want 1 to %d", tries, c.most)
					}
					for _, client := range names {
						if drift, _ := attr(w.tf.state["secret."+client].value, "drift").(string); drift != c.drift {
							t.Errorf("drift of %s is %q, want %q", client, drift, c.drift)
						}
					}
				})
			})
		}
	}
}

// A key that does not open what is encrypted is said once for each client, and changes nothing.
func TestOnRefresh_WrongKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, cloudflare)
		cfg := w.config(with(settings{"encryption_recipients": []string{newKey(w).Recipient().String()}}, settings{"verify": settings{"on_refresh": true}}))
		w.must(cfg)
		w.env["OAUTHSECRET_DECRYPTION_IDENTITY"] = newKey(w).String()
		w.tf.refreshOnly(context.Background())
		before := w.tf.backup()[theSecret]
		w.ResetJournal()
		r := w.plan(context.Background(), cfg)
		said := 0
		for _, d := range r.diags {
			if strings.Contains(d.summary, "does not open") {
				said++
			}
		}
		if said != 1 || len(r.changes) > 0 {
			t.Errorf("said %d times, with changes %v: %s", said, r.changes, r.text())
		}
		w.tf.refreshOnly(context.Background())
		if after := w.tf.state[theSecret]; !after.value.Equal(before.value) || string(after.private) != string(before.private) {
			t.Error("a key that does not open changes the object")
		}
		for _, e := range w.Journal() {
			if e.Operation == "cloudflare.token" {
				t.Error("a secret was tried that cannot be read")
			}
		}
	})
}

// What is not read is not claimed: nothing new is said of a client that a plan does not look at.
func TestDrift_NotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, cloudflare, "app-1", "app-2")
		cfg := config{w.secretBlock("app-1", clean), w.secretBlock("app-2", clean)}
		w.must(cfg)
		time.Sleep(hour)
		for client := range w.held {
			w.Cloudflare.RotateElsewhere(w.vendor.parent, client)
		}
		w.tf.skipRefresh = true
		w.ResetJournal()
		if r := w.plan(context.Background(), cfg); len(r.diags)+len(r.changes) > 0 || len(w.Journal()) > 0 {
			t.Errorf("with -refresh=false: %d requests, changes %v: %s", len(w.Journal()), r.changes, r.text())
		}
		w.tf.skipRefresh = false
		w.tf.targets = func(addr string) bool { return addr == "secret.app-2" }
		r := w.plan(context.Background(), cfg)
		for _, d := range r.diags {
			if d.addr != "secret.app-2" || strings.Contains(d.text(), "app-1") {
				t.Errorf("with -target of another one: %s", d)
			}
		}
		if len(r.diags) == 0 {
			t.Error("the target itself was read, and nothing is said")
		}
	})
}
