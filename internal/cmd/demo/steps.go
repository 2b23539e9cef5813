package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// step is one act: what happens, and a function that does it and checks the outcome.
type step struct {
	title, text string
	do          func(*demo, context.Context) error
}

var steps = []step{
	{"Create", "The clients exist, and each has a secret in use. Creating the resources makes a second one beside it.", (*demo).create},
	{"Plan", "Nothing changed, so a plan has nothing to do.", (*demo).empty},
	{"Rotate", "A new quarter rotates. A client has two secrets at most, so the oldest makes room (retire_first); the previous one goes on working.", (*demo).rotate},
	{"Retire", "The overlap is over. CSP ended the previous secret by itself; elsewhere the next apply deletes it.", (*demo).retire},
	{"Drift", "Somebody else changes each secret. A plan finds out. What does not work any more is replaced; what still works waits for somebody to decide.", (*demo).drift},
	{"Repair", "Another value of the trigger makes secrets that the state and the consumers know. At Cloudflare the secret in state ends for it.", (*demo).repair},
	{"Complete", "With completion resources, one apply rotates, updates the consumer, and deletes the previous secret, in this order.", (*demo).complete},
	{"Destroy", "Cloudflare keeps its secret (on_destroy = keep), CSP revokes, the Identity Service deletes what was made here.", (*demo).destroy},
}

// play runs the steps and stops after the first one that is not as it should be.
func (d *demo) play(ctx context.Context) error {
	for i, s := range steps {
		d.step = i + 1
		d.report.step(d.step, s.title, s.text)
		d.steps = append(d.steps, mark{at: d.sim.Now(), label: fmt.Sprint(d.step), title: s.title})
		if err := s.do(d, ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w", d.step, s.title, err)
		}
		if d.report.failed > 0 {
			return fmt.Errorf("step %d (%s): not as it should be, see ✘ above", d.step, s.title)
		}
	}
	return nil
}

func (d *demo) create(ctx context.Context) error {
	if _, err := d.terraform(ctx, 0, "apply", quarter("Q1")); err != nil {
		return err
	}
	return d.expect(ctx, "v1", outcomes{
		simulator.Cloudflare:      {valid: "initial v1", calls: "rotate"},
		simulator.CSP:             {valid: "initial v1", calls: "rotate"},
		simulator.IdentityService: {valid: "initial v1", calls: "add"},
	})
}

func (d *demo) empty(ctx context.Context) error {
	if _, err := d.terraform(ctx, 0, "plan", "-detailed-exitcode", quarter("Q1")); err != nil {
		return err
	}
	d.report.check(d.effects == len(d.sim.Effects()), "and nothing was called that changes anything")
	return nil
}

func (d *demo) rotate(ctx context.Context) error {
	if _, err := d.terraform(ctx, 0, "apply", quarter("Q2"), d.retireAfter()); err != nil {
		return err
	}
	err := d.expect(ctx, "v2", outcomes{
		simulator.Cloudflare:      {valid: "v1 v2", calls: "delete-previous rotate"},
		simulator.CSP:             {valid: "v1? v2", calls: "end-previous rotate"},
		simulator.IdentityService: {valid: "initial v1 v2", calls: "add"},
	})
	for _, c := range d.clients {
		d.report.check(d.overlapped(c, "v1", "v2"), c.title+": v1 still worked when v2 was made, no consumer was cut off")
	}
	return err
}

func (d *demo) retire(ctx context.Context) error {
	rotated := d.sim.Now() // not before the last rotation
	wait := d.overlap + time.Second
	d.report.note(fmt.Sprintf("waiting %s: retire_previous_after is %s", wait, d.overlap))
	if err := until(ctx, rotated.Add(wait)); err != nil {
		return err
	}
	if _, err := d.terraform(ctx, 2, "plan", "-detailed-exitcode", "-out="+savedPlan, quarter("Q2"), d.retireAfter()); err != nil {
		return err
	}
	if _, err := d.terraform(ctx, 0, "apply", savedPlan); err != nil {
		return err
	}
	if err := d.expect(ctx, "v2", outcomes{
		simulator.Cloudflare:      {valid: "v2", calls: "delete-previous"},
		simulator.CSP:             {valid: "v2"},
		simulator.IdentityService: {valid: "initial v2", calls: "delete"},
	}); err != nil {
		return err
	}
	_, err := d.terraform(ctx, 0, "plan", "-detailed-exitcode", quarter("Q2"), d.retireAfter())
	return err
}

// until waits for a time.
func until(ctx context.Context, at time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(at)):
		return nil
	}
}

func (d *demo) drift(ctx context.Context) error {
	// What happens within a second of a call from here cannot be told from that call.
	effects := d.sim.Effects()
	if err := until(ctx, effects[len(effects)-1].Time.Add(3*time.Second)); err != nil {
		return err
	}
	for _, c := range d.clients {
		d.report.note(c.title + ": somebody else " + c.disturbance)
		c.disturb()
	}
	if _, err := d.terraform(ctx, 2, "plan", "-detailed-exitcode", "-out="+savedPlan, quarter("Q2")); err != nil {
		return err
	}
	rotations, err := d.cli.rotates(ctx, savedPlan)
	for _, c := range d.clients {
		if c.stillWorks {
			d.report.check(!rotations[c.address()], c.title+": the plan warns and does not rotate, because the secret in state still works")
		} else {
			d.report.check(rotations[c.address()], c.title+": the plan rotates, because the secret in state does not work")
		}
	}
	return err
}

func (d *demo) repair(ctx context.Context) error {
	if _, err := d.terraform(ctx, 0, "apply", quarter("Q2-again")); err != nil {
		return err
	}
	return d.expect(ctx, "v3", outcomes{
		simulator.Cloudflare:      {valid: "foreign v3", calls: "delete-previous rotate"},
		simulator.CSP:             {valid: "foreign v3", calls: "rotate"},
		simulator.IdentityService: {valid: "initial v3", calls: "add"},
	})
}

func (d *demo) complete(ctx context.Context) error {
	if err := d.install("completion.tf"); err != nil {
		return err
	}
	applied, err := d.terraform(ctx, 0, "apply", quarter("Q3"))
	if err != nil {
		return err
	}
	if err := d.expect(ctx, "v4", outcomes{
		simulator.Cloudflare:      {valid: "v4", calls: "delete-previous rotate delete-previous"},
		simulator.CSP:             {valid: "v4", calls: "end-previous rotate end-previous"},
		simulator.IdentityService: {valid: "initial v4", calls: "add delete"},
	}); err != nil {
		return err
	}
	order := applied.completed()
	for _, c := range d.clients {
		made, taken, done := slices.Index(order, c.address()), slices.Index(order, c.consumer()), slices.Index(order, c.completion())
		d.report.check(0 <= made && made < taken && taken < done, c.title+": first the secret, then the consumer, then the completion")
	}
	_, err = d.terraform(ctx, 0, "plan", "-detailed-exitcode", quarter("Q3"))
	return err
}

func (d *demo) destroy(ctx context.Context) error {
	if _, err := d.terraform(ctx, 0, "destroy", quarter("Q3")); err != nil {
		return err
	}
	return d.expect(ctx, "", outcomes{
		simulator.Cloudflare:      {valid: "v4"},
		simulator.CSP:             {valid: "unknown", calls: "regenerate"},
		simulator.IdentityService: {valid: "initial", calls: "delete"},
	})
}

func quarter(value string) string { return "-var=quarter=" + value }

func (d *demo) retireAfter() string { return "-var=retire_previous_after=" + d.overlap.String() }

// terraform runs one command and reports what it said. An exit code other than the wanted one is an error.
func (d *demo) terraform(ctx context.Context, want int, args ...string) (result, error) {
	d.report.command(d.cli.name, args)
	r, err := d.cli.run(ctx, args...)
	if err != nil {
		return r, err
	}
	if text := r.summary(); text != "" {
		d.report.said(text)
	}
	repeated := args[len(args)-1] == savedPlan // by the apply of a plan that was shown
	for _, g := range r.diagnostics() {
		if g.severity == "error" || !repeated {
			d.report.diagnostic(g)
		}
	}
	if slices.Contains(args, "-detailed-exitcode") {
		meaning := map[int]string{0: "nothing to do", 2: "there is something to do"}[r.exit]
		d.report.check(r.exit == want, fmt.Sprintf("exit code %d: %s", r.exit, meaning))
	}
	if r.exit != want {
		return r, fmt.Errorf("%s %s: exit code %d instead of %d", d.cli.name, args[0], r.exit, want)
	}
	return r, nil
}

// outcome is what a vendor should hold after a step and which changing calls it should have received. A word that ends in
// a question mark may be missing: what a date ends, ends while the demo looks.
type outcome struct{ valid, calls string }

type outcomes map[simulator.Vendor]outcome

// expect compares the vendors, the state and the consumers with what a step should leave.
func (d *demo) expect(ctx context.Context, version string, want outcomes) error {
	objects, err := d.cli.state(ctx)
	if err != nil {
		return err
	}
	effects := d.sim.Effects()[d.effects:]
	d.effects += len(effects)
	for _, c := range d.clients {
		d.learn(c, objects)
		valid, honest, err := d.valid(ctx, c)
		if err != nil {
			return err
		}
		var calls []string
		for _, e := range effects {
			if e.Vendor == c.vendor {
				calls = append(calls, callName(e.Operation))
			}
		}
		consumer := d.name(text(objects[c.consumer()], "output"))
		w := want[c.vendor]
		ok := matches(w.valid, valid) && matches(w.calls, calls) && consumer == version
		d.report.holding(ok, c.title, calls, valid, consumer)
		if !ok {
			d.report.note(fmt.Sprintf("expected: calls %q, valid %q, consumer %q", w.calls, w.valid, version))
		}
		if !honest {
			d.report.check(false, c.title+": the token endpoint does not answer by the vendor's books")
		}
	}
	if version == "" {
		d.report.check(len(objects) == 0, "the state is empty")
	}
	return nil
}

// valid names the secrets that the token endpoint accepts, oldest first. honest tells whether that is what the vendor's
// books say.
func (d *demo) valid(ctx context.Context, c *client) (names []string, honest bool, err error) {
	honest = true
	for _, s := range c.secrets() {
		before := d.sim.Now()
		accepted, err := c.login(ctx, s.Value)
		if err != nil {
			return nil, false, err
		}
		if accepted {
			names = append(names, d.name(s.Value))
		}
		if a, b := live(s, before), live(s, d.sim.Now()); a == b && a != accepted {
			honest = false
		}
	}
	return names, honest, nil
}

// learn takes over the names of new secrets: how many versions the state had by then, or where they come from. A version itself
// begins at the Unix second of the first one.
func (d *demo) learn(c *client, objects map[string]object) {
	secret := objects[c.address()]
	if value := text(secret, "client_secret"); value != "" {
		version, _ := secret.Values["version"].(float64)
		if c.first == 0 {
			c.first = int64(version)
		}
		d.names[value] = fmt.Sprintf("v%d", int64(version)-c.first+1)
	}
	for _, s := range c.secrets() {
		switch {
		case d.names[s.Value] != "":
		case s.Origin == simulator.OriginInitial:
			d.names[s.Value] = "initial"
		case s.Origin == simulator.OriginElsewhere:
			d.names[s.Value] = "foreign"
		default:
			d.names[s.Value] = "unknown"
		}
	}
}

// name is that of a secret; none for no secret.
func (d *demo) name(value string) string { return d.names[value] }

func text(o object, attribute string) string {
	value, _ := o.Values[attribute].(string)
	return value
}

// overlapped tells whether one secret still worked when the next was made.
func (d *demo) overlapped(c *client, older, newer string) bool {
	var old, fresh simulator.SecretRecord
	for _, s := range c.secrets() {
		switch d.name(s.Value) {
		case older:
			old = s
		case newer:
			fresh = s
		}
	}
	return !old.CreatedAt.IsZero() && !fresh.CreatedAt.IsZero() && (old.EndedAt == nil || old.EndedAt.After(fresh.CreatedAt))
}

// matches compares words, of which those with a question mark may be missing.
func matches(want string, got []string) bool {
	for word := range strings.FieldsSeq(want) {
		name, optional := strings.CutSuffix(word, "?")
		switch {
		case len(got) > 0 && got[0] == name:
			got = got[1:]
		case !optional:
			return false
		}
	}
	return len(got) == 0
}

// callName says in a word what a changing request does.
func callName(operation string) string {
	_, name, _ := strings.Cut(operation, ".")
	switch name {
	case "delete_rotated":
		return "delete-previous"
	case "end_rotation":
		return "end-previous"
	}
	return name
}
