package chaos

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

var seedFlag = flag.Uint64("chaos.seed", 0, "run only this random history, and tell it step by step")

// Default sizes of the random runs; CHAOS_FAULTS asks for so many disturbed requests instead. CHAOS_AFTER is the seed before
// the first history, to try others than the last time.
const (
	histories   = 130
	stepsInEach = 20
	leastFaults = 3000
	soakFaults  = 1_000_000
)

// TestRandom lives through random histories: applies, plans, drift, faults, crashes, interrupts, two applies at once.
func TestRandom(t *testing.T) {
	if *seedFlag != 0 {
		h := live(t, *seedFlag, true)
		t.Logf("%d steps, %d disturbed requests\n%s", h.steps, h.faults, strings.Join(h.log, "\n"))
		report(t, h)
		return
	}
	faults := 0
	if soak {
		faults = soakFaults
	}
	faults, after := wish(t, "CHAOS_FAULTS", faults), uint64(wish(t, "CHAOS_AFTER", 0))
	var mu sync.Mutex
	sum, failures := history{}, 0
	next := after
	draw := func() (seed uint64, more bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next, failures < 5 && (faults == 0 && next-after <= histories || sum.faults < faults)
	}
	t.Run("histories", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed, more := draw(); more; seed, more = draw() {
					h := live(t, seed, false)
					failed := report(t, h)
					mu.Lock()
					sum.steps += h.steps
					sum.faults += h.faults
					sum.crashes += h.crashes
					sum.pairs += h.pairs
					if failed {
						failures++
					}
					if seed%1000 == 0 {
						t.Logf("%d histories so far, %d disturbed requests", seed-after, sum.faults)
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d histories, %d steps, %d disturbed requests, %d crashes, %d pairs of applies at once, %d histories broken", next-after-uint64(runtime.GOMAXPROCS(0)), sum.steps, sum.faults, sum.crashes, sum.pairs, failures)
	if faults == 0 && failures == 0 {
		if sum.faults < leastFaults {
			t.Errorf("only %d requests were disturbed", sum.faults)
		}
		checkSection(t, "random", fmt.Sprintf("%d histories of %d steps with more than %d disturbed requests: 0 broken.\n", histories, stepsInEach, leastFaults))
	}
}

// wish is the number in an environment variable.
func wish(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// slowly lets each request take a time of its own, so that what runs at once interleaves in the same way for a seed.
type slowly struct {
	http.RoundTripper
	rand *rand.Rand
	mu   *sync.Mutex
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	took := time.Duration(s.rand.Int64N(int64(100 * time.Millisecond)))
	s.mu.Unlock()
	time.Sleep(took)
	return s.RoundTripper.RoundTrip(r)
}

func report(t *testing.T, h *history) bool {
	if len(h.problems) == 0 {
		return false
	}
	t.Errorf("seed %d (go test ./internal/testing/chaos -run TestRandom -args -chaos.seed=%d):\n  %s", h.seed, h.seed, strings.Join(h.problems, "\n  "))
	return true
}

// history is one random run.
type history struct {
	*world
	seed uint64
	rand *rand.Rand
	// of are the settings of each resource; clients are the clients that they belong to.
	of      map[string]*wishes
	clients []string
	// told is what was said since each orphan was first seen, by its value.
	told map[string]*strings.Builder
	// backups are the states before each step.
	backups []map[string]*object
	// imported are the resources that took on a secret of a list by an import, by its fingerprint.
	imported map[string]string
	// drifted are clients that somebody else changed.
	drifted map[string]bool
	// blind: the vendor does not show when a client was changed.
	blind bool
	// excused are orphans that nothing can tell of.
	excused map[string]bool
	// raced are the fingerprints in state after two applies at once: of the one that wrote last, not of the one that changed
	// the client last.
	raced map[string]string

	steps, faults, crashes, pairs int
	log, problems                 []string
	tell, crashing, paired        bool
}

// wishes are the configuration of one resource.
type wishes struct {
	trigger                               int
	retire, schedule, expires, destroy    string
	external                              string
	retireFirst, completed, own           bool
	verify, required, sealed, createFirst bool
	adopt, regenerate                     bool
	// chosen is the version of a value that the user chose (CSP); 0: none.
	chosen int
}

func (h *history) config() config {
	var all config
	for _, name := range h.names() {
		o := h.of[name]
		if !o.own {
			continue
		}
		extra := settings{"rotate_when_changed": settings{"n": strconv.Itoa(o.trigger)}}
		for name, value := range map[string]string{"retire_previous_after": o.retire, "rotate_after": o.schedule, "expires_after": o.expires, "on_destroy": o.destroy, "on_external_rotation": o.external} {
			if value != "" {
				extra[name] = value
			}
		}
		if o.retireFirst {
			extra["on_pending_rotation"] = "retire_first"
		}
		if o.adopt {
			extra["on_create"] = "adopt"
		}
		if o.regenerate {
			extra["rotation_mode"] = "regenerate"
		}
		if o.verify {
			extra["verify"] = settings{"required": o.required}
		}
		switch {
		case o.chosen > 0 && h.vendor.name == "csp":
			delete(extra, "rotate_when_changed")
			delete(extra, "rotate_after")
			maps.Copy(extra, chosen(o.chosen))
		case o.sealed:
			extra["encryption_recipients"] = recipients
		}
		b := h.secretBlock(name, extra)
		b.createFirst = o.createFirst
		all = append(all, b)
		if o.completed {
			all = append(all, h.completionBlock(name))
		}
	}
	return all
}

func (h *history) names() []string { return slices.Sorted(maps.Keys(h.of)) }

func (h *history) anyName() string {
	names := h.names()
	return names[h.rand.IntN(len(names))]
}

// namesOf are the resources of a client.
func (h *history) namesOf(client string) []string {
	return slices.DeleteFunc(h.names(), func(name string) bool { return clientOf(name) != client })
}

// live runs the history of a seed.
func live(t *testing.T, seed uint64, tell bool) *history {
	h := &history{seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), of: map[string]*wishes{}, told: map[string]*strings.Builder{}, excused: map[string]bool{}, raced: map[string]string{}, drifted: map[string]bool{}, imported: map[string]string{}, tell: tell}
	synctest.Test(t, func(t *testing.T) {
		h.clients = []string{"app-1", "app-2"}
		h.world = newWorld(t, vendors[seed%3], h.clients...)
		h.transport = slowly{h.transport, rand.New(rand.NewPCG(seed, 2)), &sync.Mutex{}}
		h.character()
		for _, client := range h.clients {
			h.of[client] = &wishes{own: true}
		}
		if h.vendor.listed && h.flip(2) {
			h.of["app-1/2"] = &wishes{own: true}
		}
		for range stepsInEach {
			if len(h.problems) > 0 {
				return
			}
			h.step()
		}
		h.settle()
	})
	return h
}

func (h *history) flip(n int) bool { return h.rand.IntN(n) == 0 }

func (h *history) note(format string, args ...any) {
	if h.tell {
		h.log = append(h.log, fmt.Sprintf("%3d %s ", h.steps, time.Now().Format(time.DateTime))+fmt.Sprintf(format, args...))
	}
}

func (h *history) bad(format string, args ...any) {
	h.problems = append(h.problems, fmt.Sprintf("step %d: ", h.steps)+fmt.Sprintf(format, args...))
}

func (h *history) step() {
	h.steps++
	// What somebody else does within 15 seconds of a rotation cannot be told from it.
	time.Sleep(time.Duration(16+h.rand.IntN(600)) * time.Second)
	h.backups = append(h.backups, h.tf.backup())
	switch h.rand.IntN(23) {
	case 22:
		if n := h.rand.IntN(len(h.backups)); n+6 >= len(h.backups) { // an old one is nobody's backup
			h.note("restore the state of step %d", n+1)
			h.tf.state = h.backups[n]
			for _, client := range h.clients {
				h.drifted[client] = true
				h.lose(client)
			}
		}
	case 20:
		h.forget()
	case 21:
		h.note("refresh")
		h.disturb()
		h.command("refresh", func(ctx context.Context) result { return h.after(h.tf, h.tf.refreshOnly(ctx)) })
	case 0, 1:
		h.drift()
	case 2, 3:
		d := time.Duration(1+h.rand.IntN(60*60)) * time.Minute
		h.note("wait %s", d)
		time.Sleep(d)
	case 4, 5:
		h.disturb()
		h.command("plan", func(ctx context.Context) result { return h.plan(ctx, h.config()) })
	case 6, 7:
		h.crash()
	case 8:
		h.twoAtOnce()
	case 9:
		h.interrupt()
	case 10, 11:
		h.settle()
	case 12:
		h.taint()
	default:
		h.wish()
		h.disturb()
		h.manner()
		h.command("apply", func(ctx context.Context) result { return h.apply(ctx, h.config()) })
	}
}

// wish changes the configuration.
func (h *history) wish() {
	name := h.anyName()
	o := h.of[name]
	pick := func(words ...string) string { return words[h.rand.IntN(len(words))] }
	switch h.rand.IntN(19) {
	case 17:
		o.adopt = h.flip(2)
	case 18:
		o.regenerate = h.vendor.name == "csp" && h.flip(2)
	case 15:
		o.createFirst = h.flip(2)
	case 16:
		o.destroy = map[string]string{
			"cloudflare": pick("keep", "retire_previous"), "csp": pick("keep", "retire_previous", "revoke"), "identity_service": pick("delete", "keep"),
		}[h.vendor.name]
	case 0:
		o.retire = pick("", "0s", "1h", "30h")
	case 1:
		o.schedule = pick("", "24h")
	case 2:
		o.retireFirst = h.flip(2)
	case 3:
		o.external = pick("", "rotate", "ignore")
	case 4:
		o.completed = h.flip(2)
	case 5:
		o.verify = h.flip(2)
	case 6:
		o.expires = pick("", "2160h")
	case 7:
		if h.flip(3) {
			o.own = !o.own
		}
	case 8:
		o.required = h.flip(2)
	case 9:
		o.sealed = h.flip(2)
	case 10:
		if o.chosen++; h.flip(2) {
			o.chosen = 0
		}
	default:
		o.trigger++
	}
	h.note("wish of %s %+v", name, *o)
}

// manner is how the next command is run: as a saved plan that waited, without a refresh, with a replacement, for one resource
// only.
func (h *history) manner() {
	if h.flip(4) {
		d := time.Duration(h.rand.IntN(48*60)) * time.Minute
		h.note("the plan waits %s", d)
		h.tf.between = func() { time.Sleep(d) }
	}
	if h.tf.skipRefresh = h.flip(8); h.tf.skipRefresh {
		h.note("without refresh")
	}
	if h.flip(12) {
		victim := "secret." + h.anyName()
		h.note("replace %s", victim)
		h.tf.replace = func(addr string) bool { return addr == victim }
	}
	if h.flip(8) {
		name := h.anyName()
		h.note("only %s", name)
		h.tf.targets = func(addr string) bool { return addr == "secret."+name || addr == "completion."+name }
	}
}

// plainly ends the manner of a command.
func (h *history) plainly() {
	h.tf.between, h.tf.skipRefresh, h.tf.targets, h.tf.replace = nil, false, nil, nil
}

// disturb injects a few faults for the next command.
func (h *history) disturb() {
	all := faults(time.Now())
	for range h.rand.IntN(6) {
		f := all[h.rand.IntN(len(all))]
		if f.interrupt {
			continue
		}
		injected := f.Fault
		injected.Skip = h.rand.IntN(8)
		injected.Times = 1 + h.rand.IntN(4)
		if h.flip(6) {
			injected.Times = -1
		}
		if injected.Kind == simulator.Answer && injected.Status == 404 {
			continue // a vendor that lies about what exists makes every answer right
		}
		h.note("fault %s after %d, %d times", f.name, injected.Skip, injected.Times)
		h.Inject(injected)
	}
}

// drift is somebody else at work.
func (h *history) drift() {
	client := h.clients[h.rand.IntN(len(h.clients))]
	parent := h.vendor.parent
	what := h.rand.IntN(3)
	h.note("drift %d of %s", what, client)
	h.drifted[client] = true
	if !h.slotElsewhere(h.rand, client, what) {
		records := slices.DeleteFunc(h.records(client), h.nameless)
		switch {
		case what == 0 || len(records) == 0:
			h.IdentityService.AddSecretElsewhere(parent, client, nil)
		case what == 1:
			h.IdentityService.DeleteSecretElsewhere(records[h.rand.IntN(len(records))].ID)
		default:
			h.IdentityService.PurgeSecret(records[h.rand.IntN(len(records))].ID)
		}
	}
}

// nameless tells the secret of an object that does not know its id. Once it is gone, the next one that somebody adds would be
// taken for it.
func (h *history) nameless(r simulator.SecretRecord) bool {
	for _, name := range h.names() {
		o := h.tf.state["secret."+name]
		if o != nil && attr(o.value, "secret_id") == nil && attr(o.value, "client_secret_sha256") == fingerprint(r.Value) {
			return true
		}
	}
	return false
}

// crash lets the provider die when it is about to answer an apply.
func (h *history) crash() {
	victim := "secret." + h.anyName()
	h.wish()
	h.note("crash of %s", victim)
	died := false
	h.tf.crash = func(addr string) bool {
		if addr == victim {
			died = true
		}
		return addr == victim
	}
	fresh := h.tf.state[victim] == nil || h.tf.state[victim].tainted // what it replaces is gone by then
	b := h.look()
	r := h.apply(context.Background(), h.config())
	h.tf.crash = nil
	h.calm()
	h.crashing = true
	h.after1("crash", b, r)
	h.crashing = false
	if !died {
		return
	}
	h.crashes++
	client := clientOf(nameOf(victim))
	// Of a first secret nothing is left that could tell, unless the vendor shows the one before it; Terraform itself says that
	// the provider died.
	if fresh && (h.vendor.name != "cloudflare" || b.of[nameOf(victim)].retire == "0s") {
		for _, o := range h.orphans(client) {
			h.excused[o.Value] = true
		}
	}
	time.Sleep(listedLate)
	h.named(client, h.command("plan after a crash", func(ctx context.Context) result { return h.plan(ctx, h.config()) }))
}

// taint asks for the replacement of an object.
func (h *history) taint() {
	name := h.anyName()
	o := h.tf.state["secret."+name]
	if o == nil {
		return
	}
	h.note("taint %s", name)
	o.tainted = true
	h.disturb()
	h.command("apply", func(ctx context.Context) result { return h.apply(ctx, h.config()) })
}

// lose excuses what only a state that is gone could tell of.
func (h *history) lose(client string) {
	for _, r := range h.orphans(client) {
		h.excused[r.Value] = true
	}
}

// forget drops an object from the state; it may come back by an import.
func (h *history) forget() {
	name := h.anyName()
	h.note("forget %s", name)
	h.lose(clientOf(name))
	delete(h.tf.state, "secret."+name)
	delete(h.tf.state, "completion."+name)
	if !h.of[name].own || h.flip(2) {
		return
	}
	id := h.vendor.parent + "/" + clientOf(name)
	if h.vendor.listed {
		held := map[any]bool{}
		for _, other := range h.names() {
			if o := h.tf.state["secret."+other]; o != nil {
				held[attr(o.value, "secret_id")] = true
			}
		}
		var free []simulator.SecretRecord
		for _, r := range h.records(clientOf(name)) {
			owner := h.owner(clientOf(name), r.Value)
			if r.EndedAt == nil && !held[r.ID] && (owner == "" || owner == name || h.tf.state["secret."+owner] == nil) {
				free = append(free, r)
			}
		}
		if len(free) == 0 {
			return
		}
		r := free[h.rand.IntN(len(free))]
		h.imported[fingerprint(r.Value)] = name
		id += "/" + r.ID
	}
	h.note("import %s", id)
	h.disturb()
	h.command("import", func(ctx context.Context) result {
		return h.after(h.tf, h.tf.importState(ctx, "secret."+name, h.vendor.secretType(), id))
	})
}

// twoAtOnce is two applies with -lock=false from the same state; the last writer wins.
func (h *history) twoAtOnce() {
	h.wish()
	h.pairs++
	b := h.look()
	other := h.terraform()
	other.state = h.tf.backup()
	cfg := h.config()
	h.tf.applied, other.applied = h.consume, h.consume
	var first, second result
	done := make(chan bool)
	go func() {
		time.Sleep(time.Nanosecond)
		second = other.apply(context.Background(), cfg)
		done <- true
	}()
	first = h.tf.apply(context.Background(), cfg)
	<-done
	winner := h.tf
	if h.flip(2) {
		winner = other
	}
	other.bugs = append(other.bugs, h.tf.bugs...)
	h.tf = winner
	h.tf.bugs = other.bugs
	h.said = append(first.diags, second.diags...)
	h.after(winner, result{})
	h.note("two applies at once; the %v one writes last", winner == other)
	// The loser's secrets count as lost, unless they were stored before.
	for _, client := range h.clients {
		for _, r := range h.orphans(client) {
			// Of two creations nothing was known before either; slots do not tell which of two rotations in one instant came last;
			// and where each ends what the other made, the last writer is all that is left.
			for _, name := range h.namesOf(client) {
				if o := b.of[name]; !b.managed[name] || b.tainted[name] || !h.vendor.listed || o.retire == "0s" || o.completed {
					h.excused[r.Value] = true
				}
			}
		}
	}
	h.paired = true
	h.after1("two at once", b, first)
	h.paired = false
	for name := range h.of {
		if !h.vendor.listed {
			h.raced[name] = current(h.tf, name)
		}
	}
}

// interrupt presses Ctrl-C at a random request.
func (h *history) interrupt() {
	h.wish()
	n := h.rand.IntN(8)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hook := func(simulator.Entry) {
		if n--; n == -1 {
			cancel()
		}
	}
	if h.flip(2) {
		h.BeforeRequest(hook)
	} else {
		h.AfterRequest(hook)
	}
	h.note("interrupt")
	h.command("interrupted", func(context.Context) result { return h.apply(ctx, h.config()) })
}
