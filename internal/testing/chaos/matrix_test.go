package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// fault is one disturbance of one request.
type fault struct {
	name string
	simulator.Fault
	// changing: it differs from another fault only on a call that changes something.
	changing bool
	// kin: without soak, another fault stands for it at reads, and in the rows of variants.
	kin bool
	// interrupt: the user presses Ctrl-C while the request is on its way (or, After, once it had its effect).
	interrupt bool
}

// faults are what can become of a request. Answers without a body count as the vendor's own.
func faults(now time.Time) []fault {
	answer := func(status int, header http.Header) simulator.Fault {
		return simulator.Fault{Kind: simulator.Answer, Status: status, Header: header}
	}
	after := func(f simulator.Fault) simulator.Fault { f.After = true; return f }
	wait := func(text string) http.Header { return http.Header{"Retry-After": {text}} }
	return []fault{
		{name: "refused", Fault: simulator.Fault{Kind: simulator.Refuse}},
		{name: "reset before", Fault: simulator.Fault{Kind: simulator.Drop}},
		{name: "reset after", Fault: after(simulator.Fault{Kind: simulator.Drop}), changing: true},
		{name: "timeout before", kin: true, Fault: simulator.Fault{Kind: simulator.Timeout}},
		{name: "timeout after", kin: true, Fault: after(simulator.Fault{Kind: simulator.Timeout}), changing: true},
		{name: "truncated", Fault: after(simulator.Fault{Kind: simulator.Truncate})},
		{name: "html 200 before", kin: true, Fault: simulator.Fault{Kind: simulator.HTML, Status: 200}},
		{name: "html 200 after", Fault: after(simulator.Fault{Kind: simulator.HTML, Status: 200}), changing: true},
		{name: "empty 200 before", kin: true, Fault: simulator.Fault{Kind: simulator.EmptyBody}},
		{name: "empty 200 after", Fault: after(simulator.Fault{Kind: simulator.EmptyBody}), changing: true},
		{name: "null secret", Fault: after(simulator.Fault{Kind: simulator.NullSecret})},
		{name: "400", kin: true, Fault: answer(400, nil)},
		{name: "401", Fault: answer(401, nil)},
		{name: "403", Fault: answer(403, nil)},
		{name: "404", Fault: answer(404, nil)},
		{name: "409", Fault: answer(409, nil)},
		{name: "429 seconds", Fault: answer(429, wait("7"))},
		{name: "429 date", kin: true, Fault: answer(429, wait(now.Add(30*time.Second).UTC().Format(http.TimeFormat)))},
		{name: "429", kin: true, Fault: answer(429, nil)},
		{name: "429 huge", kin: true, Fault: answer(429, wait("9223372037"))},
		{name: "500", kin: true, Fault: answer(500, nil)},
		{name: "500 after", Fault: after(answer(500, nil)), changing: true},
		{name: "502 html", kin: true, Fault: simulator.Fault{Kind: simulator.HTML, Status: 502}},
		{name: "502 html after", kin: true, Fault: after(simulator.Fault{Kind: simulator.HTML, Status: 502}), changing: true},
		{name: "503 before", kin: true, Fault: answer(503, wait("2"))},
		{name: "503 after", Fault: after(answer(503, wait("2"))), changing: true},
		{name: "redirect", kin: true, Fault: simulator.Fault{Kind: simulator.Redirect}},
		{name: "redirect 307 after", Fault: after(simulator.Fault{Kind: simulator.Redirect, Status: 307}), changing: true},
		{name: "huge body", kin: true, Fault: after(simulator.Fault{Kind: simulator.Huge, Size: 2 << 20})},
		{name: "interrupt before", interrupt: true},
		{name: "interrupt after", interrupt: true, Fault: simulator.Fault{After: true}, changing: true},
	}
}

// manner is for how long a fault lasts.
type manner string

const (
	once   manner = "once"
	always manner = "always" // every later request meets the same fault
	outage manner = "outage" // every later request is refused
)

// operation is one thing that a user does, in a world that was prepared for it.
type operation struct {
	name string
	// only names the vendors that have it; empty: all.
	only []string
	// prepare brings the world into the state that the operation starts from.
	prepare func(w *world)
	// run is what is disturbed.
	run func(ctx context.Context, w *world) result
	// final is the configuration to which everything converges; nil after a destroy.
	final func(w *world) config
	// wayOut is what a refusal asks the user to do; it must lead to an empty plan.
	wayOut func(w *world)
	// asked tells whether the configuration asks for the end of this secret. Everything else must live.
	asked func(w *world, d death) bool
	// issues is how many new secrets the operation asks for, at most.
	issues int
	// variant: its calls up to the first change are those of another row. Without soak only what follows is disturbed, and
	// by one fault of each sort.
	variant bool
}

func (o operation) of(v vendor) bool { return len(o.only) == 0 || slices.Contains(o.only, v.name) }

// settings is a shorthand for attributes.
type settings = map[string]any

// with copies settings with changes.
func (s settingsOf) with(changes settings) settings {
	all := settings{}
	for k, v := range s {
		all[k] = v
	}
	for k, v := range changes {
		all[k] = v
	}
	return all
}

type settingsOf map[string]any

func trigger(value string) settings { return settings{"rotate_when_changed": settings{"n": value}} }

func apply(of func(w *world) config) func(context.Context, *world) result {
	return func(ctx context.Context, w *world) result { return w.apply(ctx, of(w)) }
}

func configured(extra settings) func(w *world) config {
	return func(w *world) config { return w.config(extra) }
}

// older are secrets that were there before the one in state.
func older(w *world, d death) bool { return fingerprint(d.Value) != current(w.tf, d.client) }

// olderMade are older secrets of this resource; one that was there before it is not touched where secrets have ids.
func olderMade(w *world, d death) bool {
	return older(w, d) && (!w.vendor.listed || d.Origin == simulator.OriginAPI)
}

func everything(*world, death) bool { return true }

// completed prepares a client with one secret of ours and no previous one where that is possible.
func completed(w *world) {
	w.must(w.config(settingsOf(trigger("1")).with(settings{"retire_previous_after": "0s"})))
	w.must(w.config(trigger("1")))
}

// rotated prepares a client whose secret was rotated once, with the previous one still there.
func rotated(w *world) {
	completed(w)
	w.must(w.config(trigger("2")))
}

var (
	slots  = []string{"cloudflare", "csp"}
	verify = settings{"required": true}
)

// operations are the rows of the matrix.
var operations = []operation{
	{name: "create", run: apply(configured(nil)), final: configured(nil), issues: 1},
	{
		name: "create, expires_after", variant: true, only: []string{"identity_service"}, issues: 1,
		run: apply(configured(settings{"expires_after": "2160h"})), final: configured(settings{"expires_after": "2160h"}),
	},
	{
		name: "create, retire 0s", variant: true, issues: 1, asked: olderMade,
		run: apply(configured(settings{"retire_previous_after": "0s"})), final: configured(settings{"retire_previous_after": "0s"}),
	},
	{
		name: "create, verify", variant: true, issues: 1, run: apply(configured(settings{"verify": verify})), final: configured(settings{"verify": verify}),
	},
	{
		name: "create, sealed", variant: true, issues: 1,
		run: apply(configured(settings{"encryption_recipients": recipients})), final: configured(settings{"encryption_recipients": recipients}),
	},
	{
		name: "create, chosen", variant: true, only: []string{"csp"}, issues: 1,
		run: apply(configured(chosen(1))), final: configured(chosen(1)),
	},
	{
		name: "create, regenerate", only: []string{"csp"}, issues: 3, asked: everything,
		run: apply(configured(settings{"rotation_mode": "regenerate"})), final: configured(settings{"rotation_mode": "regenerate"}),
	},
	{
		name: "adopt", only: slots,
		run: apply(configured(settings{"on_create": "adopt"})), final: configured(settings{"on_create": "adopt"}),
	},
	{
		name: "adopt, rotate", variant: true, only: slots, issues: 1,
		prepare: func(w *world) { w.must(w.config(settingsOf(trigger("1")).with(settings{"on_create": "adopt"}))) },
		run:     apply(configured(settingsOf(trigger("2")).with(settings{"on_create": "adopt"}))),
		final:   configured(settingsOf(trigger("2")).with(settings{"on_create": "adopt"})),
	},
	{name: "rotate", prepare: completed, run: apply(configured(trigger("2"))), final: configured(trigger("2")), issues: 1},
	{
		name: "rotate, expires_after", variant: true, only: []string{"identity_service"}, prepare: completed, issues: 1,
		run:   apply(configured(settingsOf(trigger("2")).with(settings{"expires_after": "2160h"}))),
		final: configured(settingsOf(trigger("2")).with(settings{"expires_after": "2160h"})),
	},
	{
		name: "rotate, retire 0s", variant: true, prepare: completed, issues: 1, asked: olderMade,
		run:   apply(configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "0s"}))),
		final: configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "0s"})),
	},
	{
		name: "rotate, verify, retire 0s", variant: true, prepare: completed, issues: 1, asked: olderMade,
		run:   apply(configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "0s", "verify": verify}))),
		final: configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "0s", "verify": verify})),
	},
	{
		name: "rotate, sealed", variant: true, prepare: completed, issues: 1,
		run:   apply(configured(settingsOf(trigger("2")).with(settings{"encryption_recipients": recipients}))),
		final: configured(settingsOf(trigger("2")).with(settings{"encryption_recipients": recipients})),
	},
	{
		name: "rotate, chosen", variant: true, only: []string{"csp"}, issues: 1,
		prepare: func(w *world) {
			w.must(w.config(settingsOf(chosen(1)).with(settings{"retire_previous_after": "0s"})))
			w.must(w.config(chosen(1)))
		},
		run: apply(configured(chosen(2))), final: configured(chosen(2)),
	},
	{
		name: "rotate, retire_first", variant: true, only: slots, issues: 1,
		prepare: rotated,
		// The previous secret is the one before that of the consumer.
		asked: func(w *world, d death) bool { return olderMade(w, d) && d.Value != w.held[d.client] },
		run:   apply(configured(settingsOf(trigger("3")).with(settings{"on_pending_rotation": "retire_first"}))),
		final: configured(settingsOf(trigger("3")).with(settings{"on_pending_rotation": "retire_first"})),
	},
	{
		name: "rotate, retire due", prepare: func(w *world) {
			completed(w)
			w.must(w.config(settingsOf(trigger("2")).with(settings{"retire_previous_after": "24h"})))
			time.Sleep(25 * hour)
		},
		asked: olderMade,
		run:   apply(configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "24h"}))),
		final: configured(settingsOf(trigger("2")).with(settings{"retire_previous_after": "24h"})),
	},
	{
		name: "rotate on schedule", variant: true, issues: 1, prepare: func(w *world) {
			completed(w)
			w.must(w.config(settings{"rotate_after": "720h"}))
			time.Sleep(721 * hour)
		},
		run: apply(configured(settings{"rotate_after": "720h"})), final: configured(settings{"rotate_after": "720h"}),
	},
	{
		name: "rotate, regenerate", only: []string{"csp"}, prepare: rotated, issues: 3, asked: everything,
		run:   apply(configured(settingsOf(trigger("3")).with(settings{"rotation_mode": "regenerate"}))),
		final: configured(settingsOf(trigger("3")).with(settings{"rotation_mode": "regenerate"})),
	},
	{
		name: "rotate and complete", issues: 1, asked: olderMade,
		prepare: func(w *world) { w.must(w.module("1")) },
		run:     func(ctx context.Context, w *world) result { return w.apply(ctx, w.module("2")) },
		final:   func(w *world) config { return w.module("2") },
	},
	{
		name: "complete", prepare: rotated, asked: olderMade,
		run: func(ctx context.Context, w *world) result {
			return w.apply(ctx, append(w.config(trigger("2")), w.completionBlock(theClient)))
		},
		final: func(w *world) config { return append(w.config(trigger("2")), w.completionBlock(theClient)) },
	},
	{
		name: "seal", variant: true, prepare: completed,
		run:   apply(configured(settingsOf(trigger("1")).with(settings{"encryption_recipients": recipients}))),
		final: configured(settingsOf(trigger("1")).with(settings{"encryption_recipients": recipients})),
	},
	{
		name: "replace a deleted one", variant: true, only: []string{"identity_service"}, issues: 1,
		prepare: func(w *world) {
			completed(w)
			w.IdentityService.DeleteSecretElsewhere(w.attr("secret_id"))
		},
		asked: func(*world, death) bool { return true }, // it was deleted by hand before
		run:   apply(configured(trigger("1"))), final: configured(trigger("1")),
	},
	{
		name: "plan", prepare: rotated,
		run:   func(ctx context.Context, w *world) result { return w.plan(ctx, w.config(trigger("2"))) },
		final: configured(trigger("2")),
	},
	{
		name: "import", prepare: func(*world) {},
		run: func(ctx context.Context, w *world) result {
			id := w.vendor.parent + "/" + theClient
			if w.vendor.listed {
				id += "/" + w.records(theClient)[0].ID
			}
			return w.after(w.tf, w.tf.importState(ctx, theSecret, w.vendor.secretType(), id))
		},
		// Where the import failed, the next apply adopts, so that nothing is asked of the consumer.
		final: configured(nil), issues: 1,
	},
	{
		name: "destroy, keep", prepare: func(w *world) { w.must(w.config(settings{"on_destroy": "keep"})) },
		run: apply(func(*world) config { return nil }),
	},
	{
		name: "destroy, retire_previous", only: slots, asked: older,
		prepare: func(w *world) { w.must(w.config(settings{"on_destroy": "retire_previous"})) },
		run:     apply(func(*world) config { return nil }),
	},
	{
		name: "destroy, revoke", only: []string{"csp"}, asked: everything, issues: 3,
		prepare: func(w *world) { w.must(w.config(settings{"on_destroy": "revoke"})) },
		run:     apply(func(*world) config { return nil }),
	},
	{
		name: "destroy, delete", only: []string{"identity_service"}, prepare: rotated,
		asked: func(_ *world, d death) bool { return d.Origin == simulator.OriginAPI },
		run:   apply(func(*world) config { return nil }),
	},
}

// module is the configuration of the contract's section 3.
func (w *world) module(n string) config {
	extra := trigger(n)
	if w.vendor.name == "csp" { // it does not show that the completion ended the previous secret
		extra = settingsOf(extra).with(settings{"on_pending_rotation": "retire_first"})
	}
	return config{w.secretBlock(theClient, extra), w.completionBlock(theClient)}
}

// attr is an attribute of the client's secret in state.
func (w *world) attr(name string) string {
	o := w.tf.state[theSecret]
	if o == nil {
		return ""
	}
	text, _ := attr(o.value, name).(string)
	return text
}

func chosen(version int) settings {
	return settings{"client_secret_wo": fmt.Sprintf("Chosen~secret.%d-that-nobody-could-guess", version), "client_secret_wo_version": version}
}

var recipients = []string{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}

// disturb makes a fault happen at request number n of the run.
func (w *world) disturb(ctx context.Context, f fault, n int, m manner) context.Context {
	if !f.interrupt {
		injected := f.Fault
		injected.Skip = n
		if m == always {
			injected.Times = -1
		}
		w.Inject(injected)
		if m == outage {
			w.Inject(simulator.Fault{Kind: simulator.Refuse, Skip: n + 1, Times: -1})
		}
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	w.t.Cleanup(cancel)
	seen := 0
	hook := func(simulator.Entry) {
		if seen == n {
			cancel()
		}
		seen++
	}
	if f.After {
		w.AfterRequest(hook)
	} else {
		w.BeforeRequest(hook)
	}
	return ctx
}

func (w *world) calm() {
	w.ClearFaults()
	w.BeforeRequest(nil)
	w.AfterRequest(nil)
}

// ending is how a cell ended.
type ending string

const (
	sameRun ending = "same run" // no error, and the next plan is empty
	nextRun ending = "next run" // an error, and the next apply without a fault mended it
	refusal ending = "refusal"  // every apply stops, says why, and names a way out that works
	broken  ending = "broken"
)

// cell is one fault at one call of one operation.
type cell struct {
	vendor    vendor
	operation operation
	call      int
	name      string // of the call
	fault     fault
	manner    manner
}

func (c cell) String() string {
	return fmt.Sprintf("%s: %s: call %d (%s): %s, %s", c.vendor.name, c.operation.name, c.call, c.name, c.fault.name, c.manner)
}

// try runs one cell and tells how it ended and what is wrong with that.
func (c cell) try(t *testing.T) (end ending, problems []string) {
	w := newWorld(t, c.vendor)
	if c.operation.prepare != nil {
		c.operation.prepare(w)
	}
	time.Sleep(time.Minute) // what is prepared happened some time ago
	w.said = nil
	w.ResetJournal()
	dead := w.dead(theClient)
	made := len(w.records(theClient))
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	ctx := w.disturb(context.Background(), c.fault, c.call, c.manner)
	first := c.operation.run(ctx, w)
	w.calm()
	w.check(dead, c.operation.asked, bad)
	// Whoever is told that the client is gone starts anew.
	gone := c.fault.Kind == simulator.Answer && c.fault.Status == http.StatusNotFound
	if issued := w.issued(made); issued > c.operation.issues && (!gone || issued != 1) {
		bad("%d secrets were made, %d were asked for", issued, c.operation.issues)
	}
	w.silent(bad)

	end = w.converge(c.operation, first, bad)
	w.check(dead, func(w *world, d death) bool {
		return end == refusal || c.operation.asked != nil && c.operation.asked(w, d)
	}, bad)
	if len(problems) > 0 {
		end = broken
		var journal strings.Builder
		for _, e := range w.Journal() {
			fmt.Fprintf(&journal, "\n    %s %s %d effect=%v fault=%s", e.Time.Format(time.TimeOnly), e.Operation, e.Status, e.Effect, e.Fault)
		}
		var said strings.Builder
		for _, d := range w.said {
			fmt.Fprintf(&said, "\n    %s", d)
		}
		problems = append(problems, "journal:"+journal.String(), "said:"+said.String())
	}
	return end, problems
}

// issued counts the new secrets of the provider that were not taken back as orphans of a lost answer.
func (w *world) issued(before int) (n int) {
	for _, r := range w.records(theClient)[before:] {
		takenBack := r.Deleted && !w.wasStored(theClient, r.Value) && w.vendor.listed
		if r.Origin == simulator.OriginAPI && !takenBack {
			n++
		}
	}
	return n
}

// check holds everything that must be true at any time.
func (w *world) check(dead map[string]bool, asked func(*world, death) bool, bad func(string, ...any)) {
	for _, bug := range w.tf.bugs {
		bad("Terraform would say: %s", bug)
	}
	w.tf.bugs = nil
	for _, d := range w.said {
		if strings.Contains(d.summary, "unexpectedly") {
			bad("a panic was reported: %s", d)
		}
	}
	for _, leak := range w.leaks() {
		bad("%s", leak)
	}
	for client := range w.held {
		for _, d := range w.deaths(client, dead) {
			orphan := d.Origin == simulator.OriginAPI && !w.wasStored(client, d.Value)
			if !orphan && (asked == nil || !asked(w, d)) {
				bad("a secret was ended that nobody asked to end (origin %s, in use %v)", d.Origin, d.Value == w.held[client])
			}
		}
		sum := current(w.tf, client)
		for _, r := range w.records(client) {
			if fingerprint(r.Value) == sum && r.EndedAt != nil && !dead[r.Value] && (asked == nil || !asked(w, death{client, r})) {
				bad("the secret in state does not work")
			}
		}
		if used := w.held[client]; !w.accepts(client, used) {
			if asked == nil || !asked(w, death{client, simulator.SecretRecord{Value: used, Origin: w.origin(client, used)}}) {
				bad("the consumer's secret does not work")
			}
		}
	}
}

func (w *world) origin(client, secret string) string {
	for _, r := range w.records(client) {
		if r.Value == secret {
			return r.Origin
		}
	}
	return ""
}

// tellings are what must be said of a new secret that is lost and cannot be named.
var tellings = []string{
	"its value was lost", "could not be found out", "nobody has the new one", "is still unknown", "nobody has its value", "cannot be told apart", "forgets it", "the result forgotten",
}

// silent finds live secrets that the provider made, that no state holds, and that it does not speak of.
func (w *world) silent(bad func(string, ...any)) {
	for client := range w.held {
		for _, r := range w.orphans(client) {
			told := slices.ContainsFunc(w.said, func(d diagnostic) bool {
				if r.ID != "" && strings.Contains(d.text(), r.ID) {
					return true
				}
				return slices.ContainsFunc(tellings, func(telling string) bool { return strings.Contains(d.text(), telling) })
			})
			if !told {
				bad("secret %s was made, is in no state, and nothing is said of it", r.ID)
			}
		}
	}
}

// converge applies without faults until the plan is empty.
func (w *world) converge(o operation, first result, bad func(string, ...any)) ending {
	cfg := func() config {
		if o.final == nil {
			return nil
		}
		return o.final(w)
	}
	ctx := context.Background()
	said := ""
	for try := range 5 {
		last := w.apply(ctx, cfg())
		if !last.failed() && len(last.changes) == 0 {
			if o.final == nil && len(w.tf.state) > 0 {
				bad("something is left in state after the destroy")
			}
			if try == 0 && !first.failed() {
				return sameRun
			}
			return nextRun
		}
		errors := last.errors()
		if last.failed() && errors == said { // the same refusal twice
			return w.escape(o, last, bad)
		}
		said = errors
	}
	bad("five applies without a fault do not lead to an empty plan: %s", w.plan(ctx, cfg()).text())
	return broken
}

// errors are the headings of what failed.
func (r result) errors() string {
	var b strings.Builder
	for _, d := range r.diags {
		if !d.warning {
			fmt.Fprintln(&b, d.during, d.addr, d.summary)
		}
	}
	return b.String()
}

// escape takes the way out that a refusal names.
func (w *world) escape(o operation, last result, bad func(string, ...any)) ending {
	names := func(text string) bool { return strings.Contains(last.text(), text) }
	if !names("retire_first") && !names("Delete") && !names("an apply starts anew") {
		bad("the refusal names no way out: %s", last.text())
		return broken
	}
	ctx := context.Background()
	switch {
	case o.wayOut != nil:
		o.wayOut(w)
	case w.vendor.listed: // delete the secrets that the refusal names
		for _, r := range w.orphans(theClient) {
			w.IdentityService.DeleteSecretElsewhere(r.ID)
		}
	case w.vendor.name == "csp":
		time.Sleep(49 * hour) // the open rotation ends
	}
	cfg := o.final(w)
	if w.vendor.name == "cloudflare" {
		b := cfg[0]
		attrs, unprovable := b.attrs, false
		b.attrs = func(get getter) map[string]any {
			all := settingsOf(attrs(get)).with(settings{"on_pending_rotation": "retire_first"})
			// Without a proof of the current secret nothing makes room.
			if unprovable = unprovable || names("remove the verify block"); unprovable {
				delete(all, "verify")
			}
			return all
		}
		cfg[0] = b
	}
	for range 3 {
		if p := w.plan(ctx, cfg); !p.failed() && len(p.changes) == 0 {
			return refusal
		}
		last = w.apply(ctx, cfg)
	}
	bad("the way out does not help: %s", last.text())
	return broken
}

// tally counts endings per operation and vendor.
type tally struct {
	mu     sync.Mutex
	counts map[string]map[ending]int
	calls  map[string]int
}

// calls lists the requests of an undisturbed run.
func calls(t *testing.T, v vendor, o operation) (entries []simulator.Entry) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, v)
		if o.prepare != nil {
			o.prepare(w)
		}
		w.ResetJournal()
		if r := o.run(context.Background(), w); r.failed() {
			t.Errorf("%s: %s fails without a fault: %s", v.name, o.name, r.text())
		}
		entries = w.Journal()
	})
	return entries
}

func TestMatrix(t *testing.T) {
	counts := tally{counts: map[string]map[ending]int{}, calls: map[string]int{}}
	t.Run("cells", func(t *testing.T) {
		for _, o := range operations {
			for _, v := range vendors {
				if !o.of(v) {
					continue
				}
				t.Run(v.name+"/"+o.name, func(t *testing.T) {
					t.Parallel()
					counts.row(t, v, o)
				})
			}
		}
	})
	counts.compare(t)
}

func (c *tally) row(t *testing.T, v vendor, o operation) {
	entries := calls(t, v, o)
	changing := func(e simulator.Entry) bool {
		return e.Effect || strings.HasSuffix(e.Operation, "rotate") || strings.HasSuffix(e.Operation, "end_rotation")
	}
	ends := map[ending]int{}
	shown := 0
	firstChange := slices.IndexFunc(entries, changing)
	for i, e := range entries {
		for n := range faults(time.Time{}) {
			for _, m := range []manner{once, always, outage} {
				var end ending
				var problems []string
				run := true
				var name string
				synctest.Test(t, func(t *testing.T) {
					f := faults(time.Now())[n]
					run = worth(o, f, changing(e), i >= firstChange, m)
					if !run {
						return
					}
					cell := cell{v, o, i, e.Operation, f, m}
					name = cell.String()
					end, problems = cell.try(t)
				})
				if !run {
					continue
				}
				ends[end]++
				if len(problems) > 0 && (shown < 3 || soak) {
					shown++
					t.Errorf("%s\n  %s", name, strings.Join(problems, "\n  "))
				}
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[o.name+"\n"+v.name] = ends
	c.calls[o.name+"\n"+v.name] = len(entries)
}

// worth tells whether a cell is tried. Without soak, a cell is left out that shows what another one shows: what becomes of a read that
// meets kin of another fault is decided by its class alone, and internal/httpapi tries every fault at every class. Only a change that
// may have had its effect is followed by an outage.
func worth(o operation, f fault, changing, atOrAfterChange bool, m manner) bool {
	switch {
	case f.changing && !changing, f.interrupt && m != once:
		return false
	case soak:
		return true
	case f.kin && !changing, o.variant && (f.kin || !atOrAfterChange):
		return false
	case m == outage:
		return changing && f.After && !f.kin
	default:
		return m == once
	}
}

// soak asks for everything that there is time for at night.
var soak = os.Getenv("CHAOS_SOAK") != ""

// compare writes the table of what was tried and checks that RESULTS.md has it.
func (c *tally) compare(t *testing.T) {
	ends := []ending{sameRun, nextRun, refusal, broken}
	var table strings.Builder
	totals, total := map[ending]int{}, 0
	fmt.Fprintln(&table, "| operation | vendor | calls | cells | same run | next run | refusal | broken |")
	fmt.Fprintln(&table, "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, o := range operations {
		for _, v := range vendors {
			counts, ok := c.counts[o.name+"\n"+v.name]
			if !ok {
				continue
			}
			sum := 0
			for _, e := range ends {
				sum += counts[e]
				totals[e] += counts[e]
			}
			total += sum
			fmt.Fprintf(&table, "| %s | %s | %d | %d |", o.name, v.name, c.calls[o.name+"\n"+v.name], sum)
			for _, e := range ends {
				fmt.Fprintf(&table, " %d |", counts[e])
			}
			fmt.Fprintln(&table)
		}
	}
	fmt.Fprintf(&table, "| **all** | | | **%d** |", total)
	for _, e := range ends {
		fmt.Fprintf(&table, " **%d** |", totals[e])
	}
	fmt.Fprintln(&table)
	t.Logf("%d cells\n%s", total, table.String())
	if !soak && len(c.counts) == c.rows() {
		checkSection(t, "matrix", table.String())
	}
}

// rows is how many rows a whole run has.
func (c *tally) rows() (n int) {
	for _, o := range operations {
		for _, v := range vendors {
			if o.of(v) {
				n++
			}
		}
	}
	return n
}
