package chaos

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// This file holds what must be true after each move of a history over several objects, against the simulator's truth:
// no secret ended that no plan named, no state that claims to hold a current secret holds a dead one in silence, no live secret that
// was made here is lost without a word, and the plan after an apply is empty.

// command runs one command in a directory and compares what it ended with what its plan said. calm: nothing disturbed it.
func (o *objects) command(d *directory, name string, calm bool, do func(context.Context) result) result {
	o.did("command")
	before, tainted := map[string]map[string]bool{}, map[string]bool{}
	for addr, object := range d.tf.state {
		tainted[clientOf(nameOf(addr))] = tainted[clientOf(nameOf(addr))] || object.tainted
	}
	for _, client := range o.clients {
		before[client] = o.dead(client)
	}
	entries := len(o.Journal())
	r := do(context.Background())
	o.ClearFaults()
	o.BeforeRequest(nil)
	o.AfterRequest(nil)
	for _, said := range r.diags {
		o.note("%s %s: %s", d.name, name, said)
		for _, client := range o.clients {
			if strings.Contains(said.text(), client) || nameOf(said.addr) != "" && clientOf(nameOf(said.addr)) == client {
				o.spoken[client] += said.text() + "\n"
			}
		}
	}
	o.note("%s %s: failed %v, changes %v", d.name, name, r.failed(), r.changes)
	for _, e := range o.Journal()[entries:] {
		o.note("  %s %s %s %d effect=%v %s", e.Time.Format(time.TimeOnly), e.Operation, e.Target, e.Status, e.Effect, e.Fault)
	}
	for _, bug := range d.tf.bugs {
		o.bad("Terraform would say: %s", bug)
	}
	d.tf.bugs = nil
	secrets := o.AllIssued()
	for _, said := range r.diags {
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(said.text(), secret) }) {
			o.bad("a secret stands in %q", said.summary)
		}
	}
	o.learn()
	o.unproven(d, before, r)
	if calm {
		o.disobeyed(name, r)
	}
	for _, client := range o.clients {
		for _, dead := range o.deaths(client, before[client]) {
			key := client + " " + fingerprint(dead.Value)
			if o.endedBy[key] != "" {
				continue
			}
			o.endedBy[key] = d.name
			if d.tf.skipRefresh && tainted[client] {
				continue // of a tainted object that is not read the provider sees a creation only
			}
			if _, stored := o.versions[key]; !stored && dead.Origin == simulator.OriginAPI {
				continue // it never was in a state: taken back
			}
			if !o.named(d, dead, r) {
				o.bad("secret %s (version %d) of %s was ended, and no plan named it:\n%s", dead.ID, o.versions[key], client, r.text())
			}
		}
	}
	return r
}

// unproven finds what a proof has to keep alive. Where verify asks for one, a retirement ends nothing while the token endpoint
// takes no other secret; and a completion ends nothing that a consumer holds, but where that consumer's provider claimed that it
// has the new one and the completion was not to ask.
func (o *objects) unproven(d *directory, before map[string]map[string]bool, r result) {
	for name, w := range d.of {
		client := clientOf(name)
		for _, dead := range o.deaths(client, before[client]) {
			key := client + " " + fingerprint(dead.Value)
			if o.endedBy[key] != "" {
				continue
			}
			by := map[string]bool{} // what spoke of an end
			for _, said := range r.diags {
				if said.warning && said.during == "plan" && strings.Contains(said.summary, client+": ") && !strings.Contains(said.summary, "survives") {
					by[said.addr] = true
				}
			}
			holds := d.store.Held(name)
			if by["completion."+name] && len(by) == 1 && w.consumed && holds == dead.Value && (w.proven || !d.fooled[name]) {
				o.bad("the completion of %s ended the secret that its consumer holds (version %d)", name, o.versions[key])
			}
			_, verifies := w.attrs["verify"].(settings)
			if verifies && by["secret."+name] && len(by) == 1 && r.changes["secret."+name] == "update" && !strings.Contains(r.text(), "every secret") && !o.accepted(client, dead) {
				o.bad("secret %s (version %d) of %s was ended while the token endpoint takes no other one:\n%s", dead.ID, o.versions[key], client, r.text())
			}
		}
	}
}

// disobeyed finds secrets that a destruction was to end by its plan, and that live although the apply is content.
func (o *objects) disobeyed(name string, r result) {
	if r.failed() || !strings.Contains(name, "apply") || !o.vendor.listed {
		return
	}
	for _, said := range r.diags {
		which, _, ends := strings.Cut(said.detail, "stop")
		if said.during != "plan" || !ends || !strings.Contains(said.summary, "this destroy deletes") {
			continue
		}
		for _, client := range o.clients {
			for _, secret := range o.records(client) {
				if secret.EndedAt == nil && strings.Contains(which, secret.ID) {
					o.bad("secret %s of %s was to be deleted, and lives: %s", secret.ID, client, said.text())
				}
			}
		}
	}
}

// accepted tells whether another secret of a client was proven, or taken by the token endpoint, when one was ended.
func (o *objects) accepted(client string, dead death) bool {
	return slices.ContainsFunc(o.records(client), func(r simulator.SecretRecord) bool {
		live := r.Value != dead.Value && !r.CreatedAt.After(*dead.EndedAt) && (r.EndedAt == nil || r.EndedAt.After(*dead.EndedAt))
		return live && (o.proven[client+" "+fingerprint(r.Value)] || !dead.EndedAt.Before(r.CreatedAt.Add(o.late)))
	})
}

// learn takes over what the states hold.
func (o *objects) learn() {
	for _, d := range o.dirs {
		for addr, object := range d.tf.state {
			sum, _ := attr(object.value, "client_secret_sha256").(string)
			version, _ := attr(object.value, "version").(int64)
			if nameOf(addr) != "" && sum != "" {
				o.versions[clientOf(nameOf(addr))+" "+sum] = version
				verified, _ := attr(object.value, "verified").(bool)
				o.proven[clientOf(nameOf(addr))+" "+sum] = verified || o.proven[clientOf(nameOf(addr))+" "+sum]
			}
		}
	}
}

var (
	previousVersion = regexp.MustCompile(`previous secret \(version (\d+)|\(the previous one, version (\d+)\)`)
	beforeVersion   = regexp.MustCompile(`the one before version (\d+)`)
	currentVersion  = regexp.MustCompile(`urrent secret \(version (\d+)\)|\(the current one, version (\d+)\)`)
)

// named tells whether the plan of a command said that a secret ends, or may.
func (o *objects) named(d *directory, dead death, r result) bool {
	version := o.versions[dead.client+" "+fingerprint(dead.Value)]
	return slices.ContainsFunc(r.diags, func(said diagnostic) bool {
		title := said.summary
		if said.during != "plan" && said.during != "read" || !said.warning || !strings.Contains(title, dead.client+": ") {
			return false
		}
		ends := false
		for _, word := range []string{"ends ", "deletes ", "may end ", "may delete "} {
			ends = ends || strings.Contains(title, word)
		}
		switch {
		case !ends:
			return false
		case strings.Contains(title, "every secret"):
			return true
		case o.vendor.listed:
			return strings.Contains(said.detail, dead.ID)
		case strings.Contains(said.detail, "if it is replaced in this apply"):
			return version == 0 || strings.Contains(said.detail, "the secret in use now, if") || matches(currentVersion, said.detail, version) || matches(previousVersion, said.detail, version) || matches(beforeVersion, said.detail, version+1)
		case strings.Contains(title, "the secret in use now"):
			return !currentVersion.MatchString(said.detail) || o.claims(d, said.addr, dead.Value) || version == 0 || matches(currentVersion, said.detail, version)
		}
		if strings.Contains(said.detail, "If somebody else rotated, it is") && matches(currentVersion, said.detail, version) {
			return true
		}
		if versions := previousVersion.FindStringSubmatch(said.detail); versions != nil {
			return matches(previousVersion, said.detail, version) || o.hidden[dead.client+" "+fingerprint(dead.Value)]
		}
		if versions := beforeVersion.FindStringSubmatch(said.detail); versions != nil {
			now, _ := strconv.ParseInt(versions[1], 10, 64)
			return version == 0 || version < now
		}
		if strings.Contains(said.detail, "which this apply replaces") {
			return version == 0 || matches(currentVersion, said.detail, version) || !currentVersion.MatchString(said.detail) || strings.Contains(said.detail, "or a newer one that somebody else made")
		}
		return true
	})
}

// claims tells whether an object holds a secret as its current one.
func (o *objects) claims(d *directory, addr, value string) bool {
	object := d.tf.state[addr]
	return object != nil && attr(object.value, "client_secret_sha256") == fingerprint(value)
}

func matches(pattern *regexp.Regexp, text string, version int64) bool {
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		for _, group := range found[1:] {
			if n, err := strconv.ParseInt(group, 10, 64); err == nil && n == version {
				return true
			}
		}
	}
	return false
}

// settleDir applies without disturbance until the plan is empty or stands at a refusal, and then looks for what is silent.
func (o *objects) settleDir(d *directory) {
	for _, w := range d.of { // what was not known has been found out
		w.unknown, w.unknownTrigger = "", false
	}
	said := ""
	var last result
	for try := range 5 {
		if len(o.problems) > 0 {
			return
		}
		time.Sleep(time.Minute)
		last = o.command(d, "calm apply", true, func(ctx context.Context) result { return d.tf.apply(ctx, o.config(d)) })
		errors := last.errors()
		if !last.failed() && len(last.changes) == 0 || last.failed() && errors == said {
			break
		}
		// Which of two resources on one client is refused depends on the order of the walk.
		if said = errors; try == 4 && !last.failed() && !o.unverified(last) {
			o.bad("five applies do not lead to an empty plan: %v", last.changes)
		}
	}
	if len(o.problems) > 0 {
		return
	}
	r := o.command(d, "plan", true, func(ctx context.Context) result { return d.tf.plan(ctx, o.config(d)) })
	o.silentlyDead(d, r)
	if !r.failed() {
		for _, client := range o.clients {
			o.lost(client)
		}
	}
}

// unverified tells that all that is left undone waits for a proof of a secret that the vendor refuses: somebody else rotated.
func (o *objects) unverified(r result) bool {
	return slices.ContainsFunc(r.diags, func(d diagnostic) bool { return strings.Contains(d.summary, "the previous secret was not deleted") })
}

// silentlyDead finds objects that claim to hold a current secret which is dead, while the plan says nothing of it.
func (o *objects) silentlyDead(d *directory, r result) {
	for addr, object := range d.tf.state {
		name := nameOf(addr)
		sum, _ := attr(object.value, "client_secret_sha256").(string)
		if name == "" || sum == "" || strings.HasSuffix(addr, deposed("")) {
			continue
		}
		client := clientOf(name)
		for _, secret := range o.records(client) {
			if fingerprint(secret.Value) != sum || o.accepts(client, secret.Value) {
				continue
			}
			if onRefresh := o.triedAtRefresh(object); !o.vendor.listed && o.endedBy[client+" "+sum] != d.name && !onRefresh {
				continue // a vendor with two slots does not show each death that is somebody else's work
			}
			speaks := r.changes[addr] != "" || slices.ContainsFunc(r.diags, func(said diagnostic) bool {
				return strings.Contains(said.summary+said.detail, client) && said.addr != "completion."+name
			})
			if drift, _ := attr(object.value, "drift").(string); drift == "" && !speaks {
				o.bad("%s of %s claims a dead secret (version %v), and the plan is silent: %s", addr, d.name, attr(object.value, "version"), r.text())
			}
		}
	}
}

// triedAtRefresh tells whether a refresh tries the secret of an object at the token endpoint.
func (o *objects) triedAtRefresh(object *object) bool {
	verify := member(object.value, "verify")
	if secret, _ := attr(object.value, "client_secret").(string); verify.IsNull() || secret == "" {
		return false
	}
	on, _ := attr(verify, "on_refresh").(bool)
	return on
}

// lost finds live secrets that were made here, that no state holds, and of which nothing was ever said.
func (o *objects) lost(client string) {
	held := map[string]bool{}
	ids, previous := "", false
	for _, d := range o.dirs {
		for addr, object := range d.tf.state {
			if nameOf(addr) == "" || clientOf(nameOf(addr)) != client {
				continue
			}
			sum, _ := attr(object.value, "client_secret_sha256").(string)
			held[sum] = true
			id, _ := attr(object.value, "previous_secret_id").(string)
			ids += " " + id + " " + recorded(object.private)
			has, _ := attr(object.value, "has_previous_secret").(bool)
			previous = previous || has
		}
	}
	for _, secret := range o.records(client) {
		key := client + " " + fingerprint(secret.Value)
		if secret.Origin != simulator.OriginAPI || secret.EndedAt != nil || held[fingerprint(secret.Value)] || o.excused[key] {
			continue
		}
		switch {
		case o.vendor.listed && (strings.Contains(ids, secret.ID) || strings.Contains(o.spoken[client], secret.ID)):
		case !o.vendor.listed && previous && !secret.Current:
		case o.vendor.listed && strings.Contains(o.spoken[client], notFoundOut): // the id cannot be known when the list does not answer
		case !o.vendor.listed && slices.ContainsFunc(append(tellings, spokenOf...), func(words string) bool { return strings.Contains(o.spoken[client], words) }):
		default:
			o.bad("the live secret %s (version %d) of %s is in no state, and nothing was said of it:\n%s", secret.ID, o.versions[key], client, o.spoken[client])
		}
	}
}

// notFoundOut tells of an addition that nobody could look for.
const notFoundOut = "Whether a new one was made could not be found out"

// spokenOf are words that tell of a live secret that no state holds.
var spokenOf = []string{"stays valid at the vendor", "in the middle of a change", "somebody else rotated", "keeps every secret", "may be the one in use"}

// recorded is the record in private state.
func recorded(private []byte) string {
	var keys map[string]string
	if json.Unmarshal(private, &keys) != nil {
		return ""
	}
	raw, err := base64.StdEncoding.DecodeString(keys["record"])
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(raw)
}

// keptSeeds are histories that were broken once.
var keptSeeds = []uint64{1180}
