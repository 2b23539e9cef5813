package chaos

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// before is what a command finds.
type before struct {
	dead    map[string]map[string]bool
	current map[string]string
	of      map[string]wishes
	entries int
	unread  bool // nothing is refreshed
	// managed, tainted (or to be replaced), deposed and completed tell of the objects in state, destroys what their destruction
	// does.
	managed, tainted, deposed, completed map[string]bool
	destroys                             map[string]string
}

func (h *history) look() before {
	b := before{dead: map[string]map[string]bool{}, current: map[string]string{}, of: map[string]wishes{}, managed: map[string]bool{}, tainted: map[string]bool{}, deposed: map[string]bool{}, completed: map[string]bool{}, destroys: map[string]string{}, entries: len(h.Journal()), unread: h.tf.skipRefresh}
	for _, client := range h.clients {
		b.dead[client] = h.dead(client)
	}
	for name, o := range h.of {
		b.current[name] = current(h.tf, name)
		b.of[name] = *o
		secret, old := h.tf.state["secret."+name], h.tf.state[deposed("secret."+name)]
		replaced := h.tf.replace != nil && h.tf.replace("secret."+name)
		b.managed[name], b.tainted[name], b.deposed[name] = secret != nil, secret != nil && (secret.tainted || replaced), old != nil
		b.completed[name] = h.tf.state["completion."+name] != nil
		for _, o := range []*object{secret, old} {
			if o != nil {
				b.destroys[name], _ = attr(o.value, "on_destroy").(string)
			}
		}
	}
	h.said = nil
	return b
}

// command runs one command and holds everything that must be true after it.
func (h *history) command(name string, do func(context.Context) result) result {
	b := h.look()
	r := do(context.Background())
	h.plainly()
	h.calm()
	h.after1(name, b, r)
	return r
}

func (h *history) after1(name string, b before, r result) {
	for _, d := range h.said {
		h.note("%s: %s", name, d)
	}
	h.note("%s: failed %v, changes %v", name, r.failed(), r.changes)
	for _, e := range h.Journal()[b.entries:] {
		if e.Fault != "" {
			h.faults++
		}
		h.note("  %s %s %s %d effect=%v %s", e.Time.Format(time.TimeOnly), e.Operation, e.Target, e.Status, e.Effect, e.Fault)
	}
	for _, bug := range h.tf.bugs {
		h.bad("Terraform would say: %s", bug)
	}
	h.tf.bugs = nil
	for _, leak := range h.leaks() {
		h.bad("%s", leak)
	}
	for _, client := range h.clients {
		h.checkClient(client, b)
	}
}

func (h *history) checkClient(client string, b before) {
	for _, d := range h.deaths(client, b.dead[client]) {
		sum := fingerprint(d.Value)
		name := h.owner(client, d.Value)
		orphan := d.Origin == simulator.OriginAPI && name == ""
		if name == "" {
			name = cmp.Or(h.imported[sum], client)
		}
		now, o := current(h.tf, name), b.of[name]
		destroyed := !o.own || b.tainted[name] || b.deposed[name]
		switch b.destroys[name] {
		case "keep":
			destroyed = false
		case "retire_previous":
			destroyed = destroyed && sum != b.current[name]
		default: // all that the destroyed object holds, and nothing of what replaces it
			whole := !o.own || b.tainted[name]
			destroyed = whole && (sum == b.current[name] || sum != now) || b.deposed[name] && sum != b.current[name] && sum != now
		}
		var asked bool
		switch {
		case orphan:
			asked = true
		case h.vendor.listed && d.Origin != simulator.OriginAPI:
			asked = h.imported[sum] != "" && o.completed
		case o.regenerate && h.vendor.name == "csp":
			asked = true
		case destroyed:
			asked = true
		case (h.vendor.name == "csp" || h.blind) && (h.paired || h.drifted[client]): // it shows nobody what another one does
			asked = true
		case sum == h.raced[name]: // the slot that it is in cannot be told
			asked = true
		case sum == now && now != "":
			// Where the old one goes in the same apply, a crash right after leaves none: that is what "0s" means.
			// Of two applies at once each does to the other's secret what the configuration asks for; a completion that is added
			// ends whatever the previous secret is; so does retire_first, after the plan said so.
			asked = h.crashing && o.retire == "0s" || h.paired && (o.retire != "" || o.completed) ||
				o.completed && !b.completed[name] || o.retireFirst
		case o.retire == "0s", o.retireFirst, o.completed:
			asked = true
		case o.retire != "":
			// Of two applies at once, the rotation of one turns the secret in use into the previous one in the instant before the
			// other deletes the previous one.
			asked = sum != b.current[name] || h.paired
		}
		if !asked {
			h.bad("secret %s of %s was ended that nobody asked to end (origin %s, in use %v, current %v)", d.ID, client, d.Origin, d.Value == h.held[name], sum == b.current[name])
		}
	}
	for _, r := range h.orphans(client) {
		for _, name := range h.namesOf(client) {
			o := b.of[name]
			revoked := b.destroys[name] == "revoke" && (!o.own || b.tainted[name] || b.deposed[name])
			object := h.tf.state["secret."+name]
			takenOn := !h.vendor.listed && object != nil && attr(object.value, "version") == int64(0)
			silenced := o.external == "ignore" && !h.crashing
			unread := b.unread && (!o.own || b.tainted[name])
			// What a revocation makes is forgotten; a client is adopted or imported with whatever it has; an object that goes
			// without having been read takes along what it would have told.
			if revoked || takenOn || silenced || unread {
				h.excused[r.Value] = true
			}
		}
		if h.told[r.Value] == nil {
			h.told[r.Value] = &strings.Builder{}
		}
	}
	for _, told := range h.told {
		for _, d := range h.said {
			fmt.Fprintln(told, d.text())
		}
	}
}

// named checks that every orphan of a client has been spoken of; for a slot without state only the next apply can.
func (h *history) named(client string, last result) {
	managed := slices.ContainsFunc(h.namesOf(client), func(name string) bool { return h.tf.state["secret."+name] != nil })
	if last.failed() || !managed {
		return
	}
	for _, r := range h.orphans(client) {
		told := h.told[r.Value]
		if h.excused[r.Value] || told == nil || !h.vendor.listed && h.covered(client, r) {
			continue
		}
		text := told.String()
		if r.ID != "" && strings.Contains(text, r.ID) {
			continue
		}
		if !slices.ContainsFunc(append(tellings, spoken...), func(telling string) bool { return strings.Contains(text, telling) }) {
			h.bad("an orphan of %s (%s) is not spoken of", client, r.ID)
		}
	}
}

// covered tells that an orphan is the previous secret of a slot, and the state says that there is one.
func (h *history) covered(client string, orphan simulator.SecretRecord) bool {
	has, _ := attr(h.tf.state["secret."+client].value, "has_previous_secret").(bool)
	return has && !orphan.Current
}

// spoken are what plans say of a change that is not the state's.
var spoken = []string{
	"somebody else rotated", "A previous secret is still valid", "a previous secret is still valid that this resource may not have left behind", "in the middle of a change", "Another rotation or change of this app is open",
	"somebody else changed the secret", "Somebody else rotated", "counts as valid until",
}

// unproven tells that all that the last apply left undone waits for a proof of a secret that the vendor refuses: somebody
// else rotated.
func (h *history) unproven(last result) bool {
	for address := range last.changes {
		value, _ := attr(h.tf.state[address].value, "client_secret").(string)
		if value == "" || h.accepts(clientOf(nameOf(address)), value) {
			return false
		}
		waits := slices.ContainsFunc(last.diags, func(d diagnostic) bool {
			return d.addr == address && d.summary == "The previous secret was not deleted"
		})
		if !waits {
			return false
		}
	}
	return true
}

// settle applies without faults: the plan gets empty, or stands at a refusal, and every orphan has been spoken of.
func (h *history) settle() {
	time.Sleep(listedLate)
	var last result
	said := ""
	for range 5 {
		time.Sleep(noticedLate)
		last = h.command("calm apply", func(ctx context.Context) result { return h.apply(ctx, h.config()) })
		for _, client := range h.clients {
			h.named(client, last)
		}
		errors := last.errors()
		if !last.failed() && len(last.changes) == 0 || last.failed() && errors == said {
			return
		}
		said = errors
	}
	if !last.failed() && !h.unproven(last) {
		h.bad("five applies do not lead to an empty plan: %v", last.changes)
	}
}
