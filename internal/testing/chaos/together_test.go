package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Ten secrets on one application, made and rotated at once: each state holds its own id and value, whatever finishes first.
func TestTenSecretsOnOneClient(t *testing.T) {
	t.Parallel()
	for _, expires := range []string{"", "2160h"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, identityService)
			w.tf.parallel = true
			cfg := func(n string) config {
				var all config
				for i := range 10 {
					extra := trigger(n)
					if expires != "" {
						extra["expires_after"] = expires
					}
					b := w.secretBlock(theClient, extra)
					b.addr = fmt.Sprintf("secret.%s#%d", theClient, i)
					all = append(all, b)
				}
				return all
			}
			for _, n := range []string{"1", "2", "3"} {
				if r := w.apply(context.Background(), cfg(n)); r.failed() {
					t.Fatal(r.text())
				}
				if len(w.tf.bugs) > 0 {
					t.Fatal(w.tf.bugs)
				}
				ids := map[string]bool{}
				for addr, o := range w.tf.state {
					id, _ := attr(o.value, "secret_id").(string)
					value, _ := attr(o.value, "client_secret").(string)
					ids[id] = true
					if !slices.ContainsFunc(w.records(theClient), func(r simulator.SecretRecord) bool { return r.ID == id && r.Value == value }) {
						t.Errorf("%s has the id of another secret", addr)
					}
				}
				if len(ids) != 10 {
					t.Errorf("%d ids for ten secrets", len(ids))
				}
				r := w.plan(context.Background(), cfg(n))
				if r.failed() || len(r.changes) > 0 {
					t.Errorf("the plan after the apply: %v %s", r.changes, r.text())
				}
				for _, d := range r.diags {
					if !strings.Contains(d.summary, ": earlier secrets are still valid (") { // that of each itself: nothing ends them here
						t.Errorf("siblings warn of each other: %s", d)
					}
				}
			}
			if n := len(w.deaths(theClient, nil)); n > 0 {
				t.Errorf("%d secrets were ended", n)
			}
		})
	}
	told(t, "ten", "Ten secrets on one application, made once and rotated twice, all at once: no wrong id, no warning of a sibling, nothing ended.")
}

// Two resources on one client with two slots are refused by the plan, and nothing is sent.
func TestTwoResourcesOnOneSlot(t *testing.T) {
	t.Parallel()
	for _, v := range []vendor{cloudflare, csp} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, v)
			w.tf.parallel = true
			first, second := w.secretBlock(theClient, nil), w.secretBlock(theClient, nil)
			second.addr += "#2"
			r := w.apply(context.Background(), config{first, second})
			if !plansFail(r) || len(w.tf.state) != 0 || len(w.Effects()) != 0 {
				t.Errorf("%s: %d objects and %d changes: %s", v.name, len(w.tf.state), len(w.Effects()), r.text())
			}
			if !w.accepts(theClient, w.held[theClient]) || len(w.deaths(theClient, nil)) > 0 {
				t.Errorf("%s: a secret was evicted", v.name)
			}
		})
	}
	told(t, "two", "Two resources on one client with two slots, created at once: the plan refuses them, nothing is sent.")
}

// Somebody in the console changes the client between the look and the change.
func TestConsoleAtTheSameMoment(t *testing.T) {
	t.Parallel()
	runs := 0
	for _, v := range vendors {
		for _, moment := range []string{"rotate", "add", "delete_rotated", "end_rotation", "delete"} {
			runs++
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, v)
				completed(w)
				var acted atomic.Bool
				w.BeforeRequest(func(e simulator.Entry) {
					if !strings.HasSuffix(e.Operation, "."+moment) || acted.Swap(true) {
						return
					}
					switch v.id {
					case simulator.Cloudflare:
						w.Cloudflare.RotateElsewhere(v.parent, theClient)
					case simulator.CSP:
						w.CSP.RotateElsewhere(v.parent, theClient, "Somebody~elses.1", 0)
					default:
						w.IdentityService.AddSecretElsewhere(v.parent, theClient, nil)
					}
				})
				extra := trigger("2")
				if strings.Contains(moment, "delete") || moment == "end_rotation" {
					extra["retire_previous_after"] = "0s"
				}
				r := w.apply(context.Background(), w.config(extra))
				w.calm()
				for _, record := range w.records(theClient) {
					if record.Deleted && record.Origin == simulator.OriginElsewhere {
						t.Errorf("%s, %s: somebody else's secret was ended", v.name, moment)
					}
				}
				// On a list nothing of anybody else is touched; on slots a change in the same instant cannot be seen.
				if v.listed && r.failed() && !strings.Contains(r.text(), "cannot be told apart") {
					t.Errorf("%s, %s: %s", v.name, moment, r.text())
				}
				if moment == "rotate" && !v.listed && (!r.failed() || !w.accepts(theClient, w.held[theClient])) {
					t.Errorf("%s, %s: failed %v", v.name, moment, r.failed())
				}
				w.silent(t.Errorf)
			})
		}
	}
	told(t, "console", "Somebody rotates in the console in the instant before a changing call, %d runs: nothing of theirs is ended, no live secret goes unnamed.", runs)
}

// Eventual consistency: what was just made is not shown for a while. Nothing is dropped, rotated again or ended early.
func TestEventualConsistency(t *testing.T) {
	t.Parallel()
	runs := 0
	for _, v := range vendors {
		for _, reads := range []int{0, 1, 2, 3} {
			for _, delay := range []time.Duration{0, time.Second, 4 * time.Second, 18 * time.Second, 100 * time.Second} {
				for _, extra := range []settings{{}, {"verify": settings{}}, {"retire_previous_after": "0s"}, {"retire_previous_after": "0s", "verify": settings{"required": true}}} {
					if delay == 0 && reads == 0 || delay > time.Minute && reads > 0 {
						continue
					}
					runs++
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, v)
						completed(w)
						time.Sleep(hour)
						w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationReads, s.PropagationDelay = reads, delay })
						w.CSP.Set(func(s *simulator.CSPSwitches) { s.PropagationDelay = delay })
						w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads, s.PropagationDelay = reads, delay })
						old := w.held[theClient]
						cfg := w.config(settingsOf(trigger("2")).with(extra))
						name := fmt.Sprintf("%s, %d reads, %s, %v", v.name, reads, delay, extra)
						made := len(w.records(theClient))
						retired := extra["retire_previous_after"] != nil
						for try := range 5 {
							r := w.apply(context.Background(), cfg)
							value := w.attr("client_secret")
							if value == "" || !w.accepts(theClient, value) {
								t.Fatalf("%s: the new secret was dropped: %s", name, r.text())
							}
							// The old one goes only when the new one is accepted, where that is asked.
							if extra["verify"] != nil && !w.accepts(theClient, old) && w.attr("verified") != "true" && fmt.Sprint(w.verified()) != "true" {
								t.Errorf("%s: the old secret was ended before the new one was proven", name)
							}
							if !retired && !w.accepts(theClient, old) {
								t.Errorf("%s: the old secret was ended", name)
							}
							if !r.failed() && len(r.changes) == 0 && try > 0 {
								break
							}
							time.Sleep(time.Minute)
						}
						if n := len(w.records(theClient)) - made; n != 1 {
							t.Errorf("%s: %d secrets were made for one rotation: %s", name, n, w.saidText())
						}
						time.Sleep(10 * time.Minute)
						if delay > time.Minute {
							w.apply(context.Background(), cfg) // what the applies before saw was older than their pause
							time.Sleep(10 * time.Minute)
						}
						r := w.plan(context.Background(), cfg)
						if r.failed() || len(r.changes) > 0 {
							t.Errorf("%s: the plan does not get empty: %v %s", name, r.changes, r.text())
						}
						for _, d := range w.said {
							if strings.Contains(d.summary, "outside Terraform") || strings.Contains(d.summary, "does not know") {
								t.Errorf("%s: a false alarm: %s", name, d)
							}
						}
					})
				}
			}
		}
	}
	told(t, "consistency", "Reads and logins that lag behind a change by up to three requests or 100 s, %d runs: one secret for one rotation, none dropped, none ended before its successor is proven, and the plan gets empty.", runs)
}

func (w *world) verified() any { return attr(w.tf.state[theSecret].value, "verified") }

func (w *world) saidText() string { return result{diags: w.said}.text() }

// skewed is a clock that is wrong by a fixed time, or shows another zone.
type skewed struct {
	ahead time.Duration
	zone  *time.Location
}

func (c skewed) Now() time.Time { return time.Now().Add(c.ahead).In(c.zone) }

func (c skewed) Sleep(ctx context.Context, d time.Duration) error { return clock.System.Sleep(ctx, d) }

// A wrong local clock, another zone with its change of daylight saving time, or the year 2038 plan the same.
func TestClocks(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	starts := map[string]time.Time{
		"2000":            time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		"into summer":     time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC),
		"into winter":     time.Date(2027, 10, 30, 20, 0, 0, 0, time.UTC),
		"2038":            time.Date(2038, 1, 18, 20, 0, 0, 0, time.UTC),
		"a leap day":      time.Date(2028, 2, 28, 20, 0, 0, 0, time.UTC),
		"the end of year": time.Date(2099, 12, 31, 20, 0, 0, 0, time.UTC),
	}
	ahead := []time.Duration{-26 * hour, -time.Minute, time.Minute, 26 * hour}
	lives := 0
	for _, v := range vendors {
		for name, start := range starts {
			want := ""
			for _, skew := range ahead {
				lives++
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(start))
					w := newWorld(t, v)
					w.clock = skewed{skew, berlin}
					got := w.schedule()
					if want == "" {
						want = got
					}
					if got != want {
						t.Errorf("%s, %s, clock wrong by %s:\n%s\nwant\n%s", v.name, name, skew, got, want)
					}
				})
			}
			if !strings.Contains(want, "update") {
				t.Errorf("%s, %s: nothing was rotated: %s", v.name, name, want)
			}
		}
	}
	told(t, "clocks", "Three days with a schedule, through both changes of daylight saving time, a leap day, January 2038 and the end of the century, with local clocks that are wrong by up to 26 h, %d lives: the same plans.", lives)
}

// schedule lives for three days with a rotation a day and an end of the previous one after six hours, and tells the changes.
func (w *world) schedule() string {
	var b strings.Builder
	cfg := w.config(settings{"rotate_after": "24h", "retire_previous_after": "6h", "expires_after": "48h"})
	first := int64(0) // a second of the vendor's, rounded like the date of an answer
	for i := range 14 {
		r := w.apply(context.Background(), cfg)
		if r.failed() {
			fmt.Fprintf(&b, "%d: %s", i, r.text())
		}
		version, _ := attr(w.tf.state[theSecret].value, "version").(int64)
		if first == 0 {
			first = version
		}
		if len(r.changes) > 0 {
			fmt.Fprintf(&b, "%d: %v, %d rotations\n", i, r.changes, version-first)
		}
		if again := w.plan(context.Background(), cfg); len(again.changes) > 0 {
			fmt.Fprintf(&b, "%d: not empty\n", i)
		}
		time.Sleep(5*hour + 10*time.Minute)
	}
	return b.String()
}

// panics is a network that panics at the requests of one client, with a secret in its hand.
type panics struct {
	http.RoundTripper
	operation string
	target    string
}

func (p panics) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/"+p.target) && (p.operation == "" || r.Method == p.operation) {
		panic("canary-" + r.Header.Get("Authorization"))
	}
	return p.RoundTripper.RoundTrip(r)
}

// A panic in one resource costs its nine siblings nothing, keeps its state as far as it was set, and shows no secret.
func TestPanicInOneResource(t *testing.T) {
	t.Parallel()
	runs := 0
	for _, v := range vendors {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			for _, during := range []string{"create", "update", "read", "destroy", "import"} {
				runs++
				synctest.Test(t, func(t *testing.T) {
					var clients []string
					for i := range 10 {
						clients = append(clients, fmt.Sprintf("app-%d", i))
					}
					w := newWorld(t, v, clients...)
					w.tf.parallel = true
					cfg := func(n string) config {
						var all config
						for _, client := range clients {
							extra := settingsOf(trigger(n)).with(settings{"retire_previous_after": "0s", "on_destroy": map[string]string{
								"cloudflare": "retire_previous", "csp": "revoke", "identity_service": "delete",
							}[v.name]})
							all = append(all, w.secretBlock(client, extra))
						}
						return all
					}
					calm := w.transport
					if during != "create" {
						w.must(cfg("1"))
					}
					before := w.tf.state["secret.app-5"]
					w.said = nil
					w.transport = panics{calm, method, "app-5"}
					var r result
					switch during {
					case "create":
						r = w.apply(context.Background(), cfg("1"))
					case "update":
						r = w.apply(context.Background(), cfg("2"))
					case "read":
						r = w.plan(context.Background(), cfg("1"))
					case "destroy":
						r = w.apply(context.Background(), nil)
					default:
						delete(w.tf.state, "secret.app-5")
						id := v.parent + "/app-5"
						if v.listed {
							id += "/" + w.records("app-5")[0].ID
						}
						r = w.after(w.tf, w.tf.importState(context.Background(), "secret.app-5", v.secretType(), id))
					}
					name := fmt.Sprintf("%s, %s during %s", v.name, method, during)
					if len(w.tf.bugs) > 0 {
						t.Fatalf("%s: %v", name, w.tf.bugs)
					}
					if text := r.text(); strings.Contains(text, "canary") || len(w.leaks()) > 0 {
						t.Errorf("%s: the error shows what the panic held: %s", name, text)
					}
					for _, client := range clients {
						o := w.tf.state["secret."+client]
						if client == "app-5" {
							if during == "update" && o == nil || during == "update" && before == nil {
								t.Errorf("%s: its state is gone", name)
							}
							continue
						}
						switch during {
						case "create", "update":
							if r.failed() && plansFail(r) {
								continue // a plan with an error is not applied
							}
							if o == nil || !w.accepts(client, fmt.Sprint(attr(o.value, "client_secret"))) {
								t.Errorf("%s: its sibling %s has no secret: %s", name, client, r.text())
							}
						case "destroy":
							if o != nil && !plansFail(r) {
								t.Errorf("%s: its sibling %s was not destroyed: %s", name, client, r.text())
							}
						}
					}
					// Without the panic everything goes on.
					w.transport = calm
					if during != "destroy" && during != "import" {
						for range 3 {
							r = w.apply(context.Background(), cfg("2"))
						}
						if !r.failed() && len(r.changes) > 0 {
							t.Errorf("%s: afterwards %v", name, r.changes)
						}
					}
				})
			}
		}
	}
	told(t, "panics", "A panic in one of ten resources that work at once, at every kind of request of every operation, %d runs: an error without a secret for that one, its state kept, the nine others as if nothing was.", runs)
}

// plansFail tells that the failure was before anything was applied.
func plansFail(r result) bool {
	return slices.ContainsFunc(r.diags, func(d diagnostic) bool { return !d.warning && (d.during == "read" || d.during == "plan") })
}

// told records what a test tried, as a line of its own section, once it passed.
func told(t *testing.T, section, format string, args ...any) {
	t.Helper()
	if !t.Failed() {
		checkSection(t, section, "- "+fmt.Sprintf(format, args...)+"\n")
	}
}
