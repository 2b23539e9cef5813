package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Sizes of the histories over several objects. CHAOS_MOVES asks for so many moves instead.
const (
	objectHistories = 160
	movesInEach     = 14
	soakMoves       = 1_000_000
)

// TestObjects lives through random histories of several objects of two clients in two states: replacements, deposed objects,
// siblings, completions that wait, consumers that fail, saved plans and interrupted runs.
func TestObjects(t *testing.T) {
	t.Parallel()
	if *seedFlag != 0 {
		o := liveObjects(t, *seedFlag, true)
		t.Logf("%d moves\n%s", o.moves, strings.Join(o.log, "\n"))
		reportObjects(t, o)
		return
	}
	wanted := objectHistories * movesInEach
	if soak {
		wanted = soakMoves
	}
	asked := os.Getenv("CHAOS_MOVES") != ""
	wanted = wish(t, "CHAOS_MOVES", wanted)
	next, moves, failures, counts := uint64(wish(t, "CHAOS_AFTER", 0)), 0, 0, map[string]int{}
	var mu sync.Mutex
	draw := func() (seed uint64, more bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		moves += movesInEach
		return next, failures < 5 && moves <= wanted
	}
	t.Run("histories", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed, more := draw(); more; seed, more = draw() {
					o := liveObjects(t, seed, false)
					failed := reportObjects(t, o)
					mu.Lock()
					for name, n := range o.counts {
						counts[name] += n
					}
					if failed {
						failures++
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d moves, %d histories broken: %v", moves, failures, counts)
	for _, seed := range keptSeeds {
		reportObjects(t, liveObjects(t, seed, false))
	}
	if !asked && !soak {
		told(t, "objects", "%d histories of %d moves over several objects: 0 broken.", objectHistories, movesInEach)
	}
}

func reportObjects(t *testing.T, o *objects) bool {
	if len(o.problems) == 0 {
		return false
	}
	t.Errorf("seed %d (go test ./internal/testing/chaos -run TestObjects -args -chaos.seed=%d):\n  %s", o.seed, o.seed, strings.Join(o.problems, "\n  "))
	return true
}

// objects is one history over several objects.
type objects struct {
	*world
	seed    uint64
	rand    *rand.Rand
	clients []string
	dirs    []*directory
	// versions are those that states gave a secret, by client and fingerprint.
	versions map[string]int64
	// endedBy is who ended a secret: a directory, or somebody else.
	endedBy map[string]string
	// spoken is what was said of a client; excused are secrets that the user dropped from a state.
	spoken  map[string]string
	excused map[string]bool
	// hidden are secrets that somebody else made and that the vendor shows no trace of.
	hidden map[string]bool
	// proven are the secrets that a state had as verified, by client and fingerprint.
	proven map[string]bool
	// firsts are the clients of objects that had nothing in state when the provider was killed.
	firsts []string
	// late is how long the token endpoint refuses a new secret.
	late time.Duration

	moves         int
	counts        map[string]int
	log, problems []string
	tell          bool
}

// directory is a working directory: a configuration and its state.
type directory struct {
	name string
	tf   *terraform
	of   map[string]*want
	// store is what each consumer really holds, whatever its state says.
	store *consumer.Store
	// failing is the consumer that fails in the next command; storing: its state takes the planned values all the same.
	failing string
	storing bool
	// fooled are the consumers whose state claims what they do not hold.
	fooled map[string]bool
	// dead: the process of the provider was killed.
	dead atomic.Bool
}

// want is the configuration of one secret and of what stands beside it.
type want struct {
	own, completed, consumed, createFirst bool
	attrs                                 settings
	trigger                               int
	unknownTrigger                        bool
	proven                                bool   // the completion compares what the consumer holds
	unknown                               string // the setting that is known only at apply
}

var objectSettings = map[string][]any{
	"retire_previous_after": {nil, "0s", "1h", "30h"},
	"rotate_after":          {nil, nil, "24h"},
	"on_pending_rotation":   {nil, "retire_first"},
	"on_external_rotation":  {nil, "rotate"},
	"rotation_mode":         {nil, nil, "regenerate"},
	"on_create":             {nil, nil, "adopt"},
	"verify":                {nil, settings{}, settings{"required": true}, settings{"on_refresh": true}},
	"expires_after":         {nil, "2160h"},
	"encryption_recipients": {nil, nil, recipients},
}

func (o *objects) destroySettings() []any {
	switch o.vendor.name {
	case "cloudflare":
		return []any{nil, "keep", "retire_previous"}
	case "csp":
		return []any{nil, "keep", "retire_previous", "revoke", "revoke"}
	default:
		return []any{nil, "delete", "keep"}
	}
}

func liveObjects(t *testing.T, seed uint64, tell bool) *objects {
	o := &objects{
		seed: seed, rand: rand.New(rand.NewPCG(seed, 7)), tell: tell, versions: map[string]int64{}, endedBy: map[string]string{},
		spoken: map[string]string{}, excused: map[string]bool{}, hidden: map[string]bool{}, proven: map[string]bool{}, counts: map[string]int{},
	}
	synctest.Test(t, func(t *testing.T) {
		o.clients = []string{"app-1", "app-2"}
		o.world = newWorld(t, vendors[seed%3], o.clients...)
		o.transport = mortal{slowly{o.transport, rand.New(rand.NewPCG(seed, 8)), &sync.Mutex{}}, &o.dirs}
		if o.vendor.name == "csp" && o.flip(2) {
			o.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
		}
		for _, name := range []string{"a", "b"} {
			d := &directory{name: name, tf: o.terraform(), of: map[string]*want{}}
			d.tf.shuffle = func(addrs []string) {
				o.rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
			}
			d.tf.later = map[string]any{}
			d.store, d.fooled = &consumer.Store{OnChange: func(name, _ string) error { return o.change(d, name) }}, map[string]bool{}
			d.tf.start = func() tfprotov6.ProviderServer { return withConsumers(newServer(o.world), d.store, d.storing) }
			d.tf.crash = d.crashed
			o.dirs = append(o.dirs, d)
		}
		for _, name := range []string{"app-1", "app-2", "app-1/2"} {
			o.dirs[0].of[name] = &want{own: name == "app-1", completed: o.flip(2), consumed: o.flip(2), proven: o.flip(2), attrs: settings{}}
		}
		o.dirs[1].of["app-2"] = &want{attrs: settings{}}
		for range movesInEach {
			if len(o.problems) > 0 {
				return
			}
			o.move()
		}
	})
	return o
}

func (o *objects) flip(n int) bool { return o.rand.IntN(n) == 0 }

func (o *objects) note(format string, args ...any) {
	if o.tell {
		o.log = append(o.log, fmt.Sprintf("%3d %s ", o.moves, time.Now().Format(time.DateTime))+fmt.Sprintf(format, args...))
	}
}

func (o *objects) bad(format string, args ...any) {
	o.problems = append(o.problems, fmt.Sprintf("move %d: ", o.moves)+fmt.Sprintf(format, args...))
}

func (o *objects) did(what string) { o.counts[what]++ }

// directory that the next move is about; mostly the first one.
func (o *objects) dir() *directory {
	if o.flip(5) {
		return o.dirs[1]
	}
	return o.dirs[0]
}

func (o *objects) anyOf(d *directory) string {
	var names []string
	for name := range d.of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names[o.rand.IntN(len(names))]
}

// crashed tells that the provider's process is dead; that of the consumers is another.
func (d *directory) crashed(addr string) bool {
	return d.dead.Load() && !strings.HasPrefix(addr, "consumer.")
}

// change lets a consumer take a new value, or fail.
func (o *objects) change(d *directory, name string) error {
	if d.failing == name {
		d.fooled[name] = d.storing
		o.did(map[bool]string{true: "a failed consumer's state claims the new secret", false: "a consumer fails"}[d.storing])
		return errors.New("the consumer failed")
	}
	delete(d.fooled, name)
	return nil
}

// valueOf is the secret of a client with that fingerprint: what client_secret, or oauthsecret_decrypted_secret, hands to a
// consumer.
func (o *objects) valueOf(client string, sum any) any {
	if sum == (unknown{}) {
		return sum
	}
	for _, r := range o.records(client) {
		if fingerprint(r.Value) == sum {
			return r.Value
		}
	}
	return nil
}

func (o *objects) config(d *directory) config {
	var all config
	var names []string
	for name := range d.of {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if w := d.of[name]; w.own {
			all = append(all, o.blocks(d, name, w)...)
		}
	}
	return all
}

func (o *objects) blocks(d *directory, name string, w *want) config {
	kind := o.vendor.secretType()
	known := schemaOf(kind).ValueType().(tftypes.Object).AttributeTypes
	secret := block{addr: "secret." + name, kind: kind, createFirst: w.createFirst, attrs: func(get getter) map[string]any {
		attrs := map[string]any{o.vendor.client: clientOf(name)}
		for key, value := range w.attrs {
			if _, has := known[key]; has && value != nil {
				attrs[key] = value
			}
		}
		trigger := any(strconv.Itoa(w.trigger))
		if w.unknownTrigger {
			trigger = get(laterAddr, name)
		}
		attrs["rotate_when_changed"] = settings{"n": trigger}
		if _, has := known[w.unknown]; has && w.unknown != "" {
			attrs[w.unknown] = get(laterAddr, name+" "+w.unknown)
		}
		return attrs
	}}
	d.tf.later[name] = strconv.Itoa(w.trigger)
	if w.unknown != "" {
		d.tf.later[name+" "+w.unknown] = w.attrs[w.unknown]
	}
	all := config{secret}
	after := []string{secret.addr}
	if w.consumed {
		all = append(all, block{addr: "consumer." + name, kind: "consumer_secret", after: after, attrs: func(get getter) map[string]any {
			value := o.valueOf(clientOf(name), get(secret.addr, "client_secret_sha256"))
			return map[string]any{"name": name, "value_wo": value, "value_wo_version": get(secret.addr, "version")}
		}})
		after = append(slices.Clone(after), "consumer."+name)
	}
	if w.completed {
		c := o.completionBlock(name)
		c.after = after
		if w.proven && w.consumed {
			attrs := c.attrs
			c.attrs = func(get getter) map[string]any {
				all := attrs(get)
				all["client_secret_sha256"] = get(secret.addr, "client_secret_sha256")
				all["consumer_secrets_wo"] = settings{"consumer": d.store.Held(name)}
				return all
			}
		}
		all = append(all, c)
	}
	return all
}

// move is one thing that happens.
func (o *objects) move() {
	o.moves++
	time.Sleep(time.Duration(20+o.rand.IntN(600)) * time.Second)
	d := o.dir()
	switch o.rand.IntN(16) {
	case 0, 1:
		o.elsewhere(o.clients[o.rand.IntN(2)])
	case 2:
		span := time.Duration(1+o.rand.IntN(40*60)) * time.Minute
		o.note("wait %s", span)
		time.Sleep(span)
	case 3:
		o.taint(d)
	case 4:
		o.drop(d)
	case 5:
		o.rename(d)
	case 6:
		o.did("refresh")
		o.command(d, "refresh", true, func(ctx context.Context) result { return d.tf.refreshOnly(ctx) })
	case 7:
		o.unknownProvider(d)
	case 8:
		o.refuseNew()
	default:
		o.reconfigure(d)
	}
	o.disturbed(d)
	for o.flip(3) && len(o.problems) == 0 { // what waits meets the next disturbance
		o.disturbed(d)
	}
	o.settleDir(d)
}

// reconfigure changes settings of one secret.
func (o *objects) reconfigure(d *directory) {
	name := o.anyOf(d)
	w := d.of[name]
	w.unknown, w.unknownTrigger = "", false
	switch o.rand.IntN(14) {
	case 0:
		w.own = !w.own
		o.did("own")
	case 1:
		w.completed = !w.completed
		o.did("completion")
	case 2:
		w.consumed = !w.consumed
		w.proven = o.flip(2)
		o.did("consumer")
	case 3:
		w.createFirst = !w.createFirst
		o.did("create_before_destroy")
	case 4:
		choices := o.destroySettings()
		w.attrs["on_destroy"] = choices[o.rand.IntN(len(choices))]
		o.did("on_destroy")
	case 5, 6, 7, 8, 9:
		o.option(w)
	default:
		w.trigger++
		w.unknownTrigger = o.flip(3)
		if w.unknownTrigger && o.flip(2) {
			w.trigger-- // it turns out to be the same
		}
		o.did("trigger")
	}
	o.note("%s: %s is %+v", d.name, name, *w)
}

func (o *objects) option(w *want) {
	var keys []string
	for key := range objectSettings {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	key := keys[o.rand.IntN(len(keys))]
	choices := objectSettings[key]
	w.attrs[key] = choices[o.rand.IntN(len(choices))]
	if _, block := w.attrs[key].(settings); o.flip(3) && key != "verify" && key != "encryption_recipients" && !block {
		w.unknown = key
	}
	o.did(key)
}

// disturbed is an apply in one of the manners that go wrong.
func (o *objects) disturbed(d *directory) {
	d.failing, d.storing = "", false
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calm := true
	switch o.rand.IntN(18) {
	case 16, 17:
		o.unanswered()
		defer o.ClearFaults()
		calm = false
	case 13, 14, 15:
		o.kill(d)
		calm = false
	case 0, 11:
		d.failing, d.storing = o.anyOf(d), o.flip(2)
		d.of[d.failing].trigger++
	case 1:
		span := time.Duration(o.rand.IntN(48*60)) * time.Minute
		d.tf.between = func() { time.Sleep(span) }
		o.did("saved plan")
	case 2:
		client := o.clients[o.rand.IntN(2)]
		d.tf.between = func() { time.Sleep(time.Minute); o.elsewhere(client); time.Sleep(time.Minute) }
		o.did("somebody between plan and apply")
	case 3:
		d.tf.skipRefresh = true
		o.note("-refresh=false")
		o.did("-refresh=false")
	case 4:
		name := o.anyOf(d)
		d.tf.targets = func(addr string) bool { return addr == "secret."+name || addr == deposed("secret."+name) }
		o.did("-target")
	case 5:
		name := o.anyOf(d)
		d.tf.replace = func(addr string) bool { return addr == "secret."+name }
		d.tf.skipRefresh = o.flip(4)
		o.note("-replace %s, -refresh=%v", name, !d.tf.skipRefresh)
		o.did("-replace")
	case 6:
		victim := "secret." + o.anyOf(d)
		d.tf.crash = func(addr string) bool { return addr == victim }
		defer func() { d.tf.crash = d.crashed }()
		if object := d.tf.state[victim]; object == nil || object.tainted {
			// Of a first secret nothing is left that could tell; Terraform itself says that the provider died.
			defer o.excuse(clientOf(nameOf(victim)))
		}
		calm = false
		o.did("crash")
	case 7, 8:
		n := o.rand.IntN(8)
		hook := func(simulator.Entry) {
			if n--; n == -1 {
				cancel()
			}
		}
		if o.flip(2) {
			o.BeforeRequest(hook)
		} else {
			o.AfterRequest(hook)
		}
		calm = false
		o.did("interrupt")
	case 9, 10:
		all := faults(time.Now())
		f := all[o.rand.IntN(len(all))]
		if f.interrupt || f.Status == 404 {
			break
		}
		f.Skip, f.Times = o.rand.IntN(6), 1+o.rand.IntN(3)
		o.note("fault %s after %d", f.name, f.Skip)
		o.Inject(f.Fault)
		calm = false
		o.did("fault")
	}
	o.command(d, "apply", calm, func(context.Context) result { return d.tf.apply(ctx, o.config(d)) })
	d.tf.between, d.tf.skipRefresh, d.tf.targets, d.tf.replace = nil, false, nil, nil
	d.dead.Store(false)
	d.failing = ""
	for _, client := range o.firsts {
		o.excuse(client)
	}
	o.firsts = nil
}

// unanswered loses the answer to the next rotation of a client, and every answer by which what became of it could be found out.
func (o *objects) unanswered() {
	o.did("no answer at all")
	client := o.clients[o.rand.IntN(2)]
	o.note("no answer to a rotation of %s, nor to a look after it", client)
	o.Inject(simulator.Fault{Operation: o.vendor.change, Target: client, Kind: simulator.Drop, After: o.flip(2)})
	done := false
	o.BeforeRequest(func(e simulator.Entry) {
		if done || e.Operation != o.vendor.change || e.Target != client {
			return
		}
		done = true
		for _, operation := range o.vendor.looks {
			o.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Times: -1})
		}
	})
}

// kill ends the process of the provider at one of its requests: nothing that it still says or sends reaches anybody.
func (o *objects) kill(d *directory) {
	o.did("kill")
	for name := range d.of {
		if object := d.tf.state["secret."+name]; object == nil || object.tainted {
			o.firsts = append(o.firsts, clientOf(name))
		}
	}
	n := o.rand.IntN(10)
	hook := func(simulator.Entry) {
		if n--; n == -1 {
			o.note("killed")
			d.dead.Store(true)
		}
	}
	if o.flip(2) {
		o.BeforeRequest(hook)
	} else {
		o.AfterRequest(hook)
	}
}

// mortal lets nothing through once the process of the provider is dead.
type mortal struct {
	http.RoundTripper
	dirs *[]*directory
}

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if slices.ContainsFunc(*m.dirs, func(d *directory) bool { return d.dead.Load() }) {
		return nil, errors.New("the process is dead")
	}
	return m.RoundTripper.RoundTrip(r)
}

// taint marks an object for replacement.
func (o *objects) taint(d *directory) {
	if object := d.tf.state["secret."+o.anyOf(d)]; object != nil {
		object.tainted = true
		o.note("%s: taint", d.name)
		o.did("taint")
	}
}

// drop is terraform state rm, and perhaps an import.
func (o *objects) drop(d *directory) {
	name := o.anyOf(d)
	object := d.tf.state["secret."+name]
	if object == nil {
		return
	}
	o.did("state rm")
	o.note("%s: state rm %s", d.name, name)
	o.excuse(clientOf(name))
	id := o.vendor.parent + "/" + clientOf(name)
	if o.vendor.listed {
		secret, _ := attr(object.value, "secret_id").(string)
		id += "/" + secret
	}
	delete(d.tf.state, "secret."+name)
	delete(d.tf.state, "completion."+name)
	if d.of[name].own = o.flip(2); d.of[name].own && !strings.HasSuffix(id, "/") {
		o.did("import")
		o.command(d, "import", true, func(ctx context.Context) result {
			return d.tf.importState(ctx, "secret."+name, o.vendor.secretType(), id)
		})
	}
}

// excuse is for secrets of a client that only what is gone could tell of.
func (o *objects) excuse(client string) {
	for _, r := range o.records(client) {
		o.excused[client+" "+fingerprint(r.Value)] = true
	}
}

// rename gives an object another address, as a moved block does, or without one.
func (o *objects) rename(d *directory) {
	from, to := "app-1", "app-1/2"
	if d != o.dirs[0] {
		return
	}
	if o.flip(2) {
		from, to = to, from
	}
	object := d.tf.state["secret."+from]
	if object == nil || d.tf.state["secret."+to] != nil || d.of[to].own {
		return
	}
	*d.of[to], *d.of[from] = *d.of[from], want{attrs: settings{}}
	if o.flip(2) {
		o.did("moved")
		o.note("moved %s to %s", from, to)
		d.tf.state["secret."+to] = object
		delete(d.tf.state, "secret."+from)
		return
	}
	o.did("renamed")
	o.note("renamed %s to %s", from, to)
}

// unknownProvider plans and applies with a provider configuration that is not known.
func (o *objects) unknownProvider(d *directory) {
	o.did("unknown provider configuration")
	attribute := map[string]string{"cloudflare": "api_token", "csp": "api_token", "identity_service": "access_token"}[o.vendor.name]
	d.tf.setup = settings{o.vendor.name: settings{attribute: unknown{}}}
	name := o.anyOf(d)
	w := *d.of[name]
	if o.flip(2) {
		d.of[name].own = false
	}
	o.note("%s: unknown provider configuration", d.name)
	o.command(d, "apply with an unknown provider configuration", true, func(ctx context.Context) result { return d.tf.apply(ctx, o.config(d)) })
	d.tf.setup = nil
	*d.of[name] = w
}

// refuseNew lets the token endpoint refuse new secrets, or take them again.
func (o *objects) refuseNew() {
	o.did("the token endpoint refuses new secrets")
	o.late = time.Duration(0)
	if o.flip(2) {
		o.late = 100 * hour
	}
	o.note("new secrets are accepted after %s", o.late)
	o.Cloudflare.Set(func(s *simulator.CloudflareSwitches) {
		if s.Overlap, s.NewRefusedFor = "", o.late; o.late > 0 {
			s.Overlap = simulator.OverlapNewRefused
		}
	})
	o.CSP.Set(func(s *simulator.CSPSwitches) { s.PropagationDelay = o.late })
	o.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.PropagationDelay = o.late })
}

// elsewhere is somebody else at work.
func (o *objects) elsewhere(client string) {
	before := o.dead(client)
	what := o.rand.IntN(3)
	o.note("somebody else: %d at %s", what, client)
	o.did("somebody else")
	parent := o.vendor.parent
	if !o.slotElsewhere(o.rand, client, what) {
		records := slices.DeleteFunc(o.records(client), func(r simulator.SecretRecord) bool { return r.EndedAt != nil })
		switch {
		case what == 0 || len(records) == 0:
			o.IdentityService.AddSecretElsewhere(parent, client, nil)
		default:
			o.IdentityService.DeleteSecretElsewhere(records[o.rand.IntN(len(records))].ID)
		}
	}
	if what != 0 && o.vendor.name == "cloudflare" { // with the previous secret gone, nothing shows who made the current one
		records := o.records(client)
		o.hidden[client+" "+fingerprint(records[len(records)-1].Value)] = true
	}
	for value := range o.dead(client) {
		if !before[value] {
			o.endedBy[client+" "+fingerprint(value)] = "somebody else"
		}
	}
}
