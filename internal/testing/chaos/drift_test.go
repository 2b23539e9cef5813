package chaos

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The drift matrix: what a nightly plan says of what somebody else did. It is vendor by configuration by act by what was stored
// before and between the acts by how long after the last apply they came.

// watched is one configuration of the matrix.
type watched struct {
	name string
	v    vendor
	// setup changes the vendor before anything is made.
	setup func(*world)
	extra settings
	// completed: a completion stands beside the secret.
	completed bool
	// tried: each refresh tries the secret, whose value is known.
	tried bool
	// blind: the vendor dates no change.
	blind bool
	// long: only the long run has it.
	long bool
}

func (c watched) prepare(w *world) {
	if c.setup != nil {
		c.setup(w)
	}
}

// act is something that somebody else does, in steps between which nights pass.
type act struct {
	name  string
	steps []func(*world)
}

// Ways in which what a night saw is kept.
const (
	notStored     = "nothing stored"
	refreshStored = "a refresh stored"
	applied       = "applied"
)

var (
	sometimes = []string{notStored, refreshStored, applied}
	distances = []time.Duration{soon, month}
)

const (
	soon  = 4 * time.Minute
	month = 30 * day24
)

// skipped leaves some cells to the long run (CHAOS_SOAK=1).
func (c driftCell) skipped() bool {
	return !soak && (c.long || (c.stored == refreshStored) != (c.later == soon))
}

const day24 = 24 * hour

// driftCell is one cell.
type driftCell struct {
	watched
	act    act
	stored string
	later  time.Duration
}

func (c driftCell) String() string {
	return fmt.Sprintf("%s, %s: %s, %s, %s after the apply", c.v.name, c.name, c.act.name, c.stored, c.later)
}

// seen is how a look ended.
type seen struct {
	drift  string
	gone   bool
	result result
	object *object
}

func TestDriftMatrix(t *testing.T) {
	t.Parallel()
	table := driftTable{}
	t.Run("cells", func(t *testing.T) {
		for _, w := range watchedConfigurations(t) {
			t.Run(w.v.name+" "+w.name, func(t *testing.T) {
				t.Parallel()
				for _, a := range acts(w.v) {
					for _, stored := range sometimes {
						for _, later := range distances {
							c := driftCell{watched: w, act: a, stored: stored, later: later}
							if c.skipped() {
								continue
							}
							var problems []string
							synctest.Test(t, func(t *testing.T) {
								table.add(c, c.live(t, func(format string, args ...any) {
									problems = append(problems, fmt.Sprintf(format, args...))
								}))
							})
							for _, problem := range problems {
								t.Errorf("%s: %s", c, problem)
							}
						}
					}
				}
			})
		}
	})
	table.check(t)
}

// watchedConfigurations are those of each vendor.
func watchedConfigurations(t *testing.T) (all []watched) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	onRefresh := settings{"verify": settings{"on_refresh": true}}
	encrypted := settings{"encryption_recipients": []string{key.Recipient().String()}}
	opens := setenv("OAUTHSECRET_DECRYPTION_IDENTITY", key.String())
	for _, v := range vendors {
		own := []watched{
			{name: "bare"},
			{name: "no previous secret", extra: clean},
			{name: "verify", long: true, extra: with(clean, settings{"verify": settings{}})},
			{name: "on_refresh", extra: onRefresh, tried: true},
			{name: "on_refresh, no previous secret", extra: with(clean, onRefresh), tried: true},
			{name: "completion", completed: true},
			{name: "completion, on_refresh", completed: true, extra: onRefresh, tried: true},
			{name: "rotate", extra: settings{"on_external_rotation": "rotate"}},
			{name: "rotate, on_refresh", long: true, extra: with(onRefresh, settings{"on_external_rotation": "rotate"}), tried: true},
			{name: "ignore", long: true, extra: settings{"on_external_rotation": "ignore"}},
			{name: "encrypted, on_refresh, key", extra: with(encrypted, onRefresh), setup: opens, tried: true},
			{name: "encrypted, on_refresh", long: true, extra: with(encrypted, onRefresh)},
			{name: "retired after a day, on_refresh", long: true, extra: with(day, onRefresh), tried: true},
		}
		if v.id == simulator.Cloudflare {
			own = append(own,
				watched{name: "exact times", long: true, setup: switched(func(s *simulator.CloudflareSwitches) { s.RotateAnswer = simulator.RotateAnswerClient })},
				watched{name: "exact times, no previous secret", extra: clean, setup: switched(func(s *simulator.CloudflareSwitches) { s.RotateAnswer = simulator.RotateAnswerClient })},
				watched{name: "no times", blind: true, setup: switched(func(s *simulator.CloudflareSwitches) { s.UpdatedAt = simulator.UpdatedAtStays })},
			)
		}
		if !v.listed {
			own = append(own, watched{name: "adopted", extra: with(adopted, onRefresh)})
		}
		for _, w := range own {
			w.v = v
			if v.id != simulator.CSP {
				all = append(all, w)
				continue
			}
			for age, how := range map[string]string{"": simulator.SecretAgeAbsent, ", age": simulator.SecretAgeResets, ", age of something else": simulator.SecretAgeKeeps} {
				aged := w
				aged.name += age
				aged.long = w.long || age != "" && (how == simulator.SecretAgeKeeps || w.completed || w.setup != nil) && w.name != "bare"
				aged.setup = func(world *world) {
					w.prepare(world)
					world.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = how })
				}
				all = append(all, aged)
			}
		}
		if v.id == simulator.CSP {
			all = append(all, watched{name: "chosen, on_refresh", v: v, extra: with(chosen(1), onRefresh)})
		}
	}
	return all
}

// switched changes what Cloudflare's pages leave open.
func switched(change func(*simulator.CloudflareSwitches)) func(*world) {
	return func(w *world) { w.Cloudflare.Set(change) }
}

// acts are what somebody else can do at a vendor.
func acts(v vendor) []act {
	do := func(name string, steps ...func(*world)) act { return act{name, steps} }
	switch v.id {
	case simulator.Cloudflare:
		end := func(w *world) { w.Cloudflare.DeleteRotatedElsewhere(v.parent, theClient) }
		edit := func(w *world) { w.editCloudflare() }
		public := func(w *world) { w.Cloudflare.SetAuthMethod(v.parent, theClient, "none") }
		return []act{
			do("does nothing", func(*world) {}),
			do("edits the client", edit),
			do("ends the previous secret", end),
			do("edits, ends the previous secret", edit, end),
			do("rotates", rotatesElsewhere),
			do("rotates twice", rotatesElsewhere, rotatesElsewhere),
			do("rotates, edits", rotatesElsewhere, edit),
			do("rotates, ends the previous one", rotatesElsewhere, end),
			do("rotates and ends it at once", func(w *world) { w.Cloudflare.RotateAndDeleteElsewhere(v.parent, theClient) }),
			do("rotates, ends the previous one, rotates", rotatesElsewhere, end, rotatesElsewhere),
			do("makes the client public", public),
			do("deletes the client", func(w *world) { w.Cloudflare.DeleteClient(v.parent, theClient) }),
		}
	case simulator.CSP:
		n := 0
		value := func() string { n++; return fmt.Sprintf("Somebody.elses-%d", n) }
		rotate := func(w *world) { w.CSP.RotateElsewhere(v.parent, theClient, value(), 24*hour) }
		end := func(w *world) { w.CSP.EndRotationElsewhere(v.parent, theClient) }
		return []act{
			do("does nothing", func(*world) {}),
			do("edits the client", func(w *world) { w.CSP.Touch(v.parent, theClient) }),
			do("ends the previous secret", end),
			do("rotates", rotate),
			do("rotates, the overlap ends", rotate, later(25*hour)),
			do("rotates twice", rotate, rotate),
			do("rotates, ends the previous one", rotate, end),
			do("regenerates", func(w *world) { w.CSP.RegenerateElsewhere(v.parent, theClient) }),
			do("sets another secret", func(w *world) { w.CSP.PatchSecretElsewhere(v.parent, theClient, value()) }),
			do("makes the client public", func(w *world) { w.CSP.MakePublic(v.parent, theClient) }),
			do("deletes the client", func(w *world) { w.CSP.DeleteApp(v.parent, theClient) }),
		}
	default:
		ours := func(do func(*world, string)) func(*world) {
			return func(w *world) {
				if o := w.tf.state[theSecret]; o != nil {
					if id, ok := attr(o.value, "secret_id").(string); ok {
						do(w, id)
					}
				}
			}
		}
		add := func(w *world) { w.IdentityService.AddSecretElsewhere(v.parent, theClient, nil) }
		remove := ours(func(w *world, id string) { w.IdentityService.DeleteSecretElsewhere(id) })
		return []act{
			do("does nothing", func(*world) {}),
			do("adds a secret", add),
			do("deletes the registration's secret", func(w *world) { w.IdentityService.DeleteSecretElsewhere(w.records(theClient)[0].ID) }),
			do("deletes the secret", remove),
			do("adds a secret, deletes this one", add, remove),
			do("lets it expire", later(2500*hour)),
			do("removes the secret from the list", ours(func(w *world, id string) { w.IdentityService.PurgeSecret(id) })),
			do("deletes the client", func(w *world) { w.IdentityService.RemoveApplication(v.parent, theClient) }),
		}
	}
}

// editCloudflare changes the client in a respect that has nothing to do with its secret.
func (w *world) editCloudflare() {
	req, err := http.NewRequest(http.MethodPatch, w.env["CLOUDFLARE_BASE_URL"]+"/accounts/"+w.vendor.parent+"/oauth_clients/"+theClient, strings.NewReader(`{"client_name":"Another name"}`)) //nolint:noctx // no one to cancel it
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+w.env["CLOUDFLARE_API_TOKEN"])
	resp, err := w.Transport().RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("the edit was answered with %s", resp.Status)
	}
}

func (c driftCell) configured(w *world, trigger string) config {
	extra := with(settings{"rotate_when_changed": settings{"n": trigger}}, c.extra)
	if c.extra["client_secret_wo"] != nil {
		delete(extra, "rotate_when_changed")
	}
	if c.v.listed {
		extra["expires_after"] = "2400h"
	}
	all := w.config(extra)
	if c.completed {
		all = append(all, w.completionBlock(theClient))
	}
	return all
}

// ours is the secret that the state stands for: the last one that was made from here, or the one that was there at the start.
func (w *world) ours() simulator.SecretRecord {
	records := w.records(theClient)
	if len(records) == 0 {
		return simulator.SecretRecord{}
	}
	ours := records[0]
	for _, r := range records {
		if r.Origin == simulator.OriginAPI {
			ours = r
		}
	}
	return ours
}

// look is a plan that nobody stores.
func (w *world) look() (s seen) {
	tf := w.terraform()
	tf.state = w.tf.backup()
	s.result = tf.refreshOnly(context.Background())
	o := tf.state[theSecret]
	if o == nil {
		s.gone = true
		return s
	}
	s.object = o
	s.drift, _ = attr(o.value, "drift").(string)
	return s
}

// night passes: what it saw is stored, or not.
func (c driftCell) night(w *world) {
	ctx, cfg := context.Background(), c.configured(w, "1")
	switch c.stored {
	case refreshStored:
		w.after(w.tf, w.tf.refreshOnly(ctx))
	case applied:
		w.apply(ctx, cfg)
	default:
		w.plan(ctx, cfg)
	}
}

// live lives a cell and checks what is said in it.
func (c driftCell) live(t *testing.T, bad func(string, ...any)) seen {
	w := newWorld(t, c.v)
	time.Sleep(400 * day24) // the client was made long ago
	c.prepare(w)
	w.must(c.configured(w, "1"))
	time.Sleep(c.later / 2)
	c.night(w)
	c.settled(w, bad)
	time.Sleep(c.later / 2)
	for i, step := range c.act.steps {
		if i > 0 {
			time.Sleep(10 * time.Minute)
			c.night(w)
		}
		step(w)
	}
	time.Sleep(10 * time.Minute)
	if w.tf.state[theSecret] == nil { // an apply saw that the client is gone
		return seen{gone: true}
	}

	cfg := c.configured(w, "1")
	s := w.look()
	ours := w.ours()
	works := w.accepts(theClient, ours.Value)
	if s.result.failed() {
		if !c.act.named("deletes the client") {
			bad("the refresh fails: %s", s.result.text())
		}
		return s
	}
	if s.gone {
		if works {
			bad("the object is gone, and its secret works")
		}
		return s
	}
	c.truth(s, ours, works, bad)
	c.kept(w, cfg, s, bad)
	if soak || c.stored == notStored {
		c.clearedUp(w, bad)
	}
	for _, b := range w.tf.bugs {
		bad("%s", b)
	}
	return s
}

func (a act) named(name string) bool { return a.name == name }

// truth compares what a look said with what is so.
func (c driftCell) truth(s seen, ours simulator.SecretRecord, works bool, bad func(string, ...any)) {
	displaced := works && !ours.Current && !c.v.listed
	switch {
	case s.drift == "dead" && works:
		bad("drift is dead, and the secret works: %s", s.result.text())
	case s.drift == "rotated" && works && !displaced:
		bad("drift is rotated, and nobody did: %s", s.result.text())
	case s.drift == "possible" && c.act.named("does nothing"):
		bad("drift is possible, and nobody did anything: %s", s.result.text())
	case !works && c.tried && s.drift != "dead":
		bad("the secret is dead, and drift is %q", s.drift)
	case displaced && c.v.id == simulator.Cloudflare && s.drift == "" && !c.blind:
		bad("the secret is displaced, and nothing is said")
	}
	if s.drift != "" && c.extra["on_external_rotation"] != "ignore" && len(s.result.diags) == 0 && c.stored == notStored {
		bad("drift is %s, and no warning says so", s.drift)
	}
}

// settled requires that a look at what nobody touched changes nothing once it was stored.
func (c driftCell) settled(w *world, bad func(string, ...any)) {
	if c.stored == notStored {
		return
	}
	before := w.tf.backup()
	if c.stored == refreshStored {
		w.after(w.tf, w.tf.refreshOnly(context.Background()))
	} else if r := w.plan(context.Background(), c.configured(w, "1")); len(r.changes) > 0 {
		bad("a plan after the apply shows %v: %s", r.changes, r.text())
	}
	for addr, o := range before {
		if now := w.tf.state[addr]; now == nil || !now.value.Equal(o.value) || string(now.private) != string(o.private) {
			bad("%s changes with a look at what nobody touched", addr)
		}
	}
}

// kept stores a look: the next one changes nothing, and a plan warns of what is stored.
func (c driftCell) kept(w *world, cfg config, s seen, bad func(string, ...any)) {
	ctx := context.Background()
	w.after(w.tf, w.tf.refreshOnly(ctx))
	time.Sleep(hour)
	again := w.look()
	if again.gone {
		return
	}
	stored := w.tf.state[theSecret]
	if !again.object.value.Equal(stored.value) || string(again.object.private) != string(stored.private) {
		bad("a second look changes what the first one stored: drift %q to %q\n%s\n%s", s.drift, again.drift, stored.private, again.object.private)
	}
	said := w.plan(ctx, cfg)
	if s.drift != "" && c.extra["on_external_rotation"] != "ignore" && !slices.ContainsFunc(said.diags, func(d diagnostic) bool { return d.addr == theSecret }) {
		bad("drift %s is stored, and the plan does not warn", s.drift)
	}
}

// clearedUp rotates from here: drift is null again.
func (c driftCell) clearedUp(w *world, bad func(string, ...any)) {
	ctx := context.Background()
	c.extra = maps.Clone(c.extra)
	if c.extra == nil {
		c.extra = settings{}
	}
	if !c.v.listed {
		c.extra["on_pending_rotation"] = "retire_first"
	}
	if c.extra["client_secret_wo"] != nil {
		maps.Copy(c.extra, chosen(2))
	}
	delete(c.extra, "verify") // with it, nothing is ended beside a dead secret
	cfg := c.configured(w, "2")
	if c.act.named("makes the client public") {
		return
	}
	r := w.apply(ctx, cfg)
	if r.failed() { // a vendor that shows no open rotation refuses; the next plan knows
		r = w.apply(ctx, cfg)
	}
	if r.failed() {
		bad("a rotation from here fails: %s", r.text())
		return
	}
	for range 2 {
		if s := w.look(); s.drift != "" || s.gone {
			bad("drift is %q after a rotation from here: %s", s.drift, s.result.text())
		}
		time.Sleep(30 * time.Minute)
		w.after(w.tf, w.tf.refreshOnly(ctx))
	}
	if !w.accepts(theClient, w.ours().Value) {
		bad("the secret does not work after a rotation from here")
	}
}
