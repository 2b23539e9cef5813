package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

// This file is Terraform core as far as the provider can tell: refresh, plan, plan again while applying, apply, and what
// is kept of an answer. The rules are those of Terraform 1.11 to 1.14 (node_resource_abstract_instance.go).

// unknown is a value that is known only at apply.
type unknown struct{}

// block is one resource of a configuration.
type block struct {
	addr, kind string
	// attrs gives the configured attributes; get reads attributes of blocks that stand before this one.
	attrs func(get getter) map[string]any
	// after are blocks whose failure keeps this one from being applied.
	after []string
	// createFirst is create_before_destroy.
	createFirst bool
}

// laterAddr is the address of values that are known only at apply.
const laterAddr = "later"

// deposed is the address of what a replacement still has to destroy.
func deposed(addr string) string { return addr + " (deposed)" }

type getter func(addr, attribute string) any

// config is a configuration in the order of its dependencies.
type config []block

// object is what the state file holds of one resource.
type object struct {
	kind     string
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
}

// diagnostic is what a user reads.
type diagnostic struct {
	during, addr    string
	warning         bool
	summary, detail string
}

func (d diagnostic) text() string { return d.summary + "\n" + d.detail }

func (d diagnostic) String() string {
	severity := "error"
	if d.warning {
		severity = "warning"
	}
	return fmt.Sprintf("%s during %s of %s: %s: %s", severity, d.during, d.addr, d.summary, strings.ReplaceAll(d.detail, "\n", " "))
}

// terraform is a state file and the commands that work on it.
type terraform struct {
	start func() tfprotov6.ProviderServer // a provider process
	setup map[string]any                  // the provider block
	// skipRefresh is -refresh=false; targets are the addresses of -target, nil for all.
	skipRefresh bool
	targets     func(addr string) bool
	// replace is -replace.
	replace func(addr string) bool
	// between runs after a plan and before its apply.
	between func()
	// parallel lets independent resources of one command run at once.
	parallel bool
	// crash tells that the provider process dies when it is about to answer this apply.
	crash func(addr string) bool
	// applied is told of every resource that was applied without an error.
	applied func(addr string, value tftypes.Value)
	// shuffle puts resources that do not depend on each other into the order of this walk; nil keeps that of the configuration.
	shuffle func(addrs []string)
	// later are the values that a plan does not know.
	later map[string]any

	mu    sync.Mutex
	state map[string]*object
	bugs  []string // what no provider may do
}

// result is how one command ended.
type result struct {
	diags   []diagnostic
	changes map[string]string // address to action; no entry is no change
}

func (r result) failed() bool {
	return slices.ContainsFunc(r.diags, func(d diagnostic) bool { return !d.warning })
}

func (r result) text() string {
	var b strings.Builder
	for _, d := range r.diags {
		b.WriteString(d.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// command is one run of terraform: a working copy of the state, and a provider process for each walk over it.
type command struct {
	tf       *terraform
	server   tfprotov6.ProviderServer
	stopping context.Context // ends with the first interrupt

	applying bool

	mu     sync.Mutex
	state  map[string]*object
	shown  map[string]tftypes.Value // what other blocks see: planned, then applied values
	failed map[string]bool
	result result
}

// schemas are those of the provider, and of the consumers' provider beside it.
var schemas = sync.OnceValue(func() *tfprotov6.GetProviderSchemaResponse {
	resp := schemasOf(newServer(nil))
	maps.Copy(resp.ResourceSchemas, schemasOf(providerserver.NewProtocol6(consumer.New())()).ResourceSchemas)
	return resp
})

func schemasOf(server tfprotov6.ProviderServer) *tfprotov6.GetProviderSchemaResponse {
	resp, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		panic(err)
	}
	return resp
}

func schemaOf(kind string) *tfprotov6.Schema { return schemas().ResourceSchemas[kind] }

func (tf *terraform) command(ctx context.Context) *command {
	c := &command{
		tf: tf, stopping: ctx,
		state: tf.backup(), shown: map[string]tftypes.Value{}, failed: map[string]bool{},
		result: result{changes: map[string]string{}},
	}
	c.launch()
	return c
}

// launch starts the provider process of a walk: a plan and its apply share none.
func (c *command) launch() {
	c.server = c.tf.start()
	provider := schemas().Provider
	value := build(provider.ValueType(), c.tf.setup)
	resp, err := c.server.ConfigureProvider(c.stopping, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: pack(provider.ValueType(), value),
	})
	if err != nil {
		c.fail("configure", "provider", err)
	} else {
		c.say("configure", "provider", resp.Diagnostics)
	}
}

// save writes the state file.
func (c *command) save(addr string, o *object) {
	c.mu.Lock()
	if o == nil {
		delete(c.state, addr)
	} else {
		c.state[addr] = o
	}
	c.mu.Unlock()
	c.tf.mu.Lock()
	defer c.tf.mu.Unlock()
	if o == nil {
		delete(c.tf.state, addr)
		return
	}
	copied := *o
	c.tf.state[addr] = &copied
}

func (c *command) say(during, addr string, diags []*tfprotov6.Diagnostic) (failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range diags {
		said := diagnostic{during: during, addr: addr, warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, summary: d.Summary, detail: d.Detail}
		c.result.diags = append(c.result.diags, said)
		failed = failed || !said.warning
	}
	return failed
}

func (c *command) fail(during, addr string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result.diags = append(c.result.diags, diagnostic{during: during, addr: addr, summary: "Request failed", detail: err.Error()})
}

// bug notes something that Terraform would call a bug of the provider.
func (c *command) bug(format string, args ...any) {
	c.tf.mu.Lock()
	defer c.tf.mu.Unlock()
	c.tf.bugs = append(c.tf.bugs, fmt.Sprintf(format, args...))
}

// guarded notes a panic that the provider let through.
func (c *command) guarded(addr string, do func()) {
	defer func() {
		if v := recover(); v != nil {
			c.bug("%s: panic: %v\n%s", addr, v, debug.Stack())
		}
	}()
	do()
}

// plan refreshes and plans; the state file stays as it is.
func (tf *terraform) plan(ctx context.Context, cfg config) result {
	c := tf.command(ctx)
	if !c.result.failed() {
		c.planAll(cfg)
	}
	return c.result
}

// apply refreshes, plans and applies. A plan with errors changes nothing.
func (tf *terraform) apply(ctx context.Context, cfg config) result {
	c := tf.command(ctx)
	if c.result.failed() {
		return c.result
	}
	plans := c.planAll(cfg)
	if c.result.failed() || ctx.Err() != nil {
		return c.result
	}
	if tf.between != nil {
		tf.between()
	}
	if c.launch(); c.result.failed() {
		return c.result
	}
	c.applyAll(cfg, plans)
	return c.result
}

// step is the plan of one resource.
type step struct {
	action          string // "", "create", "update", "delete", "replace"
	prior           *object
	config, planned tftypes.Value
	private         []byte
	identity        *tfprotov6.ResourceIdentityData
}

// each runs do for every address, those of independent blocks at once when the command is parallel.
func (c *command) each(cfg config, addrs []string, do func(addr string)) {
	dependent := map[string]bool{}
	for _, b := range cfg {
		dependent[b.addr] = len(b.after) > 0
	}
	var wg sync.WaitGroup
	for _, addr := range addrs {
		run := func() { c.guarded(addr, func() { do(addr) }) }
		if c.tf.parallel && !dependent[addr] {
			wg.Go(run)
			continue
		}
		wg.Wait()
		run()
	}
	wg.Wait()
}

func (c *command) planAll(cfg config) map[string]*step {
	blocks := map[string]block{}
	var order []string
	for _, b := range cfg {
		blocks[b.addr] = b
		order = append(order, b.addr)
	}
	for _, addr := range slices.Backward(slices.Sorted(maps.Keys(c.state))) {
		if _, configured := blocks[addr]; !configured {
			order = append(order, addr)
		}
	}
	order = c.walk(cfg, order)
	if c.tf.targets != nil {
		order = slices.DeleteFunc(order, func(addr string) bool { return !c.tf.targets(addr) })
	}
	steps := map[string]*step{}
	c.each(cfg, order, func(addr string) {
		if !c.tf.skipRefresh && !c.refresh(addr) {
			return
		}
		b, configured := blocks[addr]
		var s *step
		if configured {
			s = c.planOne(b)
		} else {
			s = c.planDelete(addr)
		}
		if s != nil {
			c.mu.Lock()
			steps[addr] = s
			if s.action != "" {
				c.result.changes[addr] = s.action
			}
			c.mu.Unlock()
		}
	})
	return steps
}

// walk is an order in which Terraform may come to the resources: each after those that it depends on.
func (c *command) walk(cfg config, order []string) []string {
	if c.tf.shuffle == nil {
		return order
	}
	after := map[string][]string{}
	for _, b := range cfg {
		after[b.addr] = b.after
	}
	c.tf.shuffle(order)
	var sorted []string
	var visit func(addr string)
	visit = func(addr string) {
		for _, dependency := range after[addr] {
			visit(dependency)
		}
		if !slices.Contains(sorted, addr) && slices.Contains(order, addr) {
			sorted = append(sorted, addr)
		}
	}
	for _, addr := range order {
		visit(addr)
	}
	return sorted
}

func (c *command) object(addr string) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state[addr]
}

func (c *command) refresh(addr string) bool {
	o := c.object(addr)
	if o == nil {
		return true
	}
	kind := schemaOf(o.kind).ValueType()
	resp, err := c.server.ReadResource(c.stopping, &tfprotov6.ReadResourceRequest{
		TypeName: o.kind, CurrentState: pack(kind, o.value), Private: o.private, CurrentIdentity: o.identity,
	})
	if err != nil {
		c.fail("read", addr, err)
		return false
	}
	if c.say("read", addr, resp.Diagnostics) {
		return false
	}
	value := unpack(kind, resp.NewState)
	c.mu.Lock()
	defer c.mu.Unlock()
	if value.IsNull() {
		delete(c.state, addr)
		return true
	}
	c.state[addr] = &object{kind: o.kind, value: value, private: resp.Private, identity: resp.NewIdentity, tainted: o.tainted}
	return true
}

// get reads an attribute of what is planned or applied.
func (c *command) get(addr, attribute string) any {
	if addr == laterAddr {
		if c.applying {
			return c.tf.later[attribute]
		}
		return unknown{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.shown[addr]
	if !ok {
		return unknown{}
	}
	return attr(value, attribute)
}

func (c *command) show(addr string, value tftypes.Value) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown[addr] = value
}

func (c *command) planOne(b block) *step {
	kind := schemaOf(b.kind)
	cfg := build(kind.ValueType(), b.attrs(c.get))
	o := c.object(b.addr)
	s := c.planChange("plan", b, cfg, o)
	if s == nil {
		return nil
	}
	c.show(b.addr, s.planned)
	return s
}

// planChange asks the provider for the plan of one resource, as it is done while planning and again while applying.
func (c *command) planChange(during string, b block, cfg tftypes.Value, o *object) *step {
	schema := schemaOf(b.kind)
	kind := schema.ValueType()
	s := &step{prior: o, config: cfg}
	prior, private, identity := null(kind), []byte(nil), (*tfprotov6.ResourceIdentityData)(nil)
	s.action = "create"
	if o != nil && o.tainted {
		s.action = "replace"
	} else if o != nil {
		prior, private, identity, s.action = o.value, o.private, o.identity, "update"
	}
	for {
		resp, err := c.server.PlanResourceChange(c.stopping, &tfprotov6.PlanResourceChangeRequest{
			TypeName: b.kind, PriorState: pack(kind, prior), ProposedNewState: pack(kind, proposed(schema, prior, cfg)),
			Config: pack(kind, cfg), PriorPrivate: private, PriorIdentity: identity,
		})
		if err != nil {
			c.fail(during, b.addr, err)
			return nil
		}
		if c.say(during, b.addr, resp.Diagnostics) {
			return nil
		}
		s.planned, s.private, s.identity = unpack(kind, resp.PlannedState), resp.PlannedPrivate, resp.PlannedIdentity
		c.checkPlan(b.addr, schema, cfg, prior, s.planned)
		if s.action == "update" && (len(resp.RequiresReplace) > 0 || c.tf.replace != nil && during == "plan" && c.tf.replace(b.addr)) {
			prior, private, identity, s.action = null(kind), resp.PlannedPrivate, resp.PlannedIdentity, "replace"
			continue
		}
		if s.action == "update" && s.planned.Equal(prior) {
			s.action = ""
		}
		return s
	}
}

func (c *command) planDelete(addr string) *step {
	o := c.object(addr)
	if o == nil {
		return nil
	}
	kind := schemaOf(o.kind).ValueType()
	resp, err := c.server.PlanResourceChange(c.stopping, &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.kind, PriorState: pack(kind, o.value), ProposedNewState: pack(kind, null(kind)),
		Config: pack(kind, null(kind)), PriorPrivate: o.private, PriorIdentity: o.identity,
	})
	if err != nil {
		c.fail("plan", addr, err)
		return nil
	}
	if c.say("plan", addr, resp.Diagnostics) {
		return nil
	}
	return &step{action: "delete", prior: o, config: null(kind), planned: null(kind), private: resp.PlannedPrivate, identity: resp.PlannedIdentity}
}

func (c *command) applyAll(cfg config, steps map[string]*step) {
	// The state of the plan is what the apply starts from.
	c.mu.Lock()
	refreshed := maps.Clone(c.state)
	c.mu.Unlock()
	for addr := range c.tfAddresses() {
		if refreshed[addr] == nil {
			c.save(addr, nil)
		}
	}
	for addr, o := range refreshed {
		c.save(addr, o)
	}

	c.applying = true
	blocks := map[string]block{}
	var order []string
	for _, b := range cfg {
		blocks[b.addr] = b
		order = append(order, b.addr)
	}
	for addr := range steps {
		if _, configured := blocks[addr]; !configured {
			order = append(order, addr)
		}
	}
	slices.SortStableFunc(order[len(cfg):], func(a, b string) int { return strings.Compare(b, a) })
	if c.tf.shuffle == nil { // what is removed goes first
		order = append(slices.Clone(order[len(cfg):]), order[:len(cfg)]...)
	}
	c.each(cfg, c.walk(cfg, order), func(addr string) {
		b, s := blocks[addr], steps[addr]
		if s == nil {
			return
		}
		if b.addr == "" {
			c.remove(addr, s)
			return
		}
		if !c.ready(b) {
			return
		}
		if !c.applyOne(b, s) {
			c.spoil(addr)
			return
		}
		if o := c.object(addr); o != nil && c.tf.applied != nil {
			c.tf.applied(addr, o.value)
		}
	})
	// What create_before_destroy replaced goes last: what depends on the new object has it by then.
	for _, b := range cfg {
		s := steps[b.addr]
		if s == nil || s.action != "replace" || !b.createFirst || c.object(deposed(b.addr)) == nil || c.unfinished(cfg, b.addr) {
			continue
		}
		c.guarded(b.addr, func() { c.remove(deposed(b.addr), &step{prior: c.object(deposed(b.addr))}) })
	}
}

// ready tells whether everything that a block depends on was applied.
func (c *command) ready(b block) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	skipped := c.stopping.Err() != nil
	for _, dependency := range b.after {
		skipped = skipped || c.failed[dependency]
	}
	if skipped {
		c.failed[b.addr] = true
	}
	return !skipped
}

// spoil keeps what depends on a block from being applied.
func (c *command) spoil(addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed[addr] = true
}

// unfinished tells that a block, or something that depends on it, was not applied.
func (c *command) unfinished(cfg config, addr string) bool {
	if c.failed[addr] || c.stopping.Err() != nil {
		return true
	}
	return slices.ContainsFunc(cfg, func(b block) bool { return slices.Contains(b.after, addr) && c.failed[b.addr] })
}

// remove destroys an object that the configuration does not have. A deposed object is planned once more by the apply.
func (c *command) remove(addr string, s *step) {
	if c.stopping.Err() != nil {
		return
	}
	kind := s.prior.kind
	if strings.HasSuffix(addr, deposed("")) {
		if s = c.planDelete(addr); s == nil {
			return
		}
	}
	c.applyDelete(addr, kind, s)
}

func (c *command) tfAddresses() map[string]bool {
	c.tf.mu.Lock()
	defer c.tf.mu.Unlock()
	all := map[string]bool{}
	for addr := range c.tf.state {
		all[addr] = true
	}
	return all
}

// applyOne applies one planned change and tells whether it ended without an error.
func (c *command) applyOne(b block, first *step) bool {
	if first.action == "" {
		c.show(b.addr, first.prior.value)
		return true
	}
	if first.action == "replace" && b.createFirst {
		c.save(deposed(b.addr), first.prior)
		c.save(b.addr, nil)
	} else if first.action == "replace" && !c.applyDelete(b.addr, b.kind, &step{prior: first.prior, private: first.private}) {
		return false
	}
	kind := schemaOf(b.kind)
	o := c.object(b.addr)
	cfg := build(kind.ValueType(), b.attrs(c.get))
	// Terraform plans again, with what it has learned, and both plans must agree.
	s := c.planChange("apply", b, cfg, o)
	if s == nil {
		return false
	}
	if s.action != first.action && (first.action != "replace" || s.action != "create") && s.action != "" {
		c.bug("%s: inconsistent final plan: %s became %s", b.addr, first.action, s.action)
	}
	if first.planned.IsKnown() {
		c.compatible(b.addr, "inconsistent final plan", first.planned, s.planned)
	}
	if s.action == "" {
		c.show(b.addr, o.value)
		return true
	}
	value, ok := c.applyChange(b.addr, b.kind, s)
	c.show(b.addr, value)
	if first.action != "replace" || !b.createFirst {
		return ok
	}
	if c.object(b.addr) == nil { // nothing was created: what was there is there again
		c.save(b.addr, first.prior)
		c.save(deposed(b.addr), nil)
		return false
	}
	return ok
}

// applyChange carries out a create or update and keeps what Terraform keeps.
func (c *command) applyChange(addr, typeName string, s *step) (tftypes.Value, bool) {
	schema := schemaOf(typeName)
	kind := schema.ValueType()
	prior := null(kind)
	if s.prior != nil && s.action == "update" {
		prior = s.prior.value
	}
	resp, err := c.server.ApplyResourceChange(c.stopping, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: pack(kind, prior), PlannedState: pack(kind, s.planned), Config: pack(kind, s.config),
		PlannedPrivate: s.private, PlannedIdentity: s.identity,
	})
	if c.tf.crash != nil && c.tf.crash(addr) {
		c.fail("apply", addr, fmt.Errorf("plugin did not respond"))
		if s.action == "update" { // attributes stay, private state and identity do not
			c.save(addr, &object{kind: typeName, value: prior})
		}
		return prior, false
	}
	if err != nil {
		c.fail("apply", addr, err)
		return prior, false
	}
	failed := c.say("apply", addr, resp.Diagnostics)
	value := unpack(kind, resp.NewState)
	if value.IsNull() {
		if !failed {
			c.bug("%s: no state after apply", addr)
		}
		return prior, false // what was in state stays
	}
	for _, a := range schema.Block.Attributes {
		if a.WriteOnly && attr(value, a.Name) != nil {
			c.bug("%s: write-only %s in state: Terraform drops the object", addr, a.Name)
			c.save(addr, nil)
			return prior, false
		}
	}
	if !value.IsFullyKnown() {
		c.bug("%s: unknown values in state", addr)
	}
	if !failed {
		c.compatible(addr, "inconsistent result after apply", s.planned, value)
	}
	c.save(addr, &object{
		kind: typeName, value: value, private: resp.Private, identity: resp.NewIdentity,
		tainted: failed && s.action != "update",
	})
	return value, !failed
}

func (c *command) applyDelete(addr, typeName string, s *step) bool {
	kind := schemaOf(typeName).ValueType()
	o := s.prior
	resp, err := c.server.ApplyResourceChange(c.stopping, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: pack(kind, o.value), PlannedState: pack(kind, null(kind)), Config: pack(kind, null(kind)),
		PlannedPrivate: s.private,
	})
	if err != nil {
		c.fail("apply", addr, err)
		return false
	}
	failed := c.say("apply", addr, resp.Diagnostics)
	value := unpack(kind, resp.NewState)
	switch {
	case failed && !value.IsNull():
		c.save(addr, &object{kind: typeName, value: value, private: resp.Private, identity: resp.NewIdentity, tainted: o.tainted})
	case failed: // the prior object stays
	default:
		if !value.IsNull() {
			c.bug("%s: an object is left after its deletion", addr)
		}
		c.save(addr, nil)
	}
	return !failed
}

// backup is a copy of the state.
func (tf *terraform) backup() map[string]*object {
	tf.mu.Lock()
	defer tf.mu.Unlock()
	state := map[string]*object{}
	for addr, o := range tf.state {
		copied := *o
		state[addr] = &copied
	}
	return state
}

// refreshOnly is terraform apply -refresh-only: it reads and stores, and plans nothing.
func (tf *terraform) refreshOnly(ctx context.Context) result {
	c := tf.command(ctx)
	if c.result.failed() {
		return c.result
	}
	addrs := slices.Sorted(maps.Keys(c.state))
	for _, addr := range slices.Backward(addrs) { // a completion after what it depends on
		c.refresh(addr)
	}
	if c.result.failed() {
		return c.result
	}
	for _, addr := range addrs {
		c.save(addr, c.object(addr))
	}
	return c.result
}

// importState is terraform import: import, then read.
func (tf *terraform) importState(ctx context.Context, addr, typeName, id string) result {
	c := tf.command(ctx)
	if c.result.failed() {
		return c.result
	}
	kind := schemaOf(typeName).ValueType()
	resp, err := c.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
	if err != nil {
		c.fail("import", addr, err)
		return c.result
	}
	if c.say("import", addr, resp.Diagnostics) {
		return c.result
	}
	for _, imported := range resp.ImportedResources {
		c.mu.Lock()
		c.state[addr] = &object{kind: typeName, value: unpack(kind, imported.State), private: imported.Private, identity: imported.Identity}
		c.mu.Unlock()
	}
	if c.refresh(addr) {
		if o := c.object(addr); o != nil {
			c.save(addr, o)
			return c.result
		}
		c.fail("import", addr, fmt.Errorf("cannot import non-existent remote object"))
	}
	return c.result
}

// checkPlan is AssertPlanValid.
func (c *command) checkPlan(addr string, schema *tfprotov6.Schema, cfg, prior, planned tftypes.Value) {
	for _, a := range schema.Block.Attributes {
		want, have := member(cfg, a.Name), member(planned, a.Name)
		switch {
		case a.WriteOnly:
			if !have.IsNull() {
				c.bug("%s: write-only %s is planned", addr, a.Name)
			}
		case want.IsNull() && !a.Computed && !have.IsNull():
			c.bug("%s: invalid plan: %s is not configured and planned", addr, a.Name)
		case !want.IsNull() && !have.Equal(want) && (!a.Computed || prior.IsNull() || !have.Equal(member(prior, a.Name))):
			c.bug("%s: invalid plan: %s is not what is configured", addr, a.Name)
		}
	}
	for _, b := range schema.Block.BlockTypes {
		if !member(planned, b.TypeName).Equal(member(cfg, b.TypeName)) {
			c.bug("%s: invalid plan: block %s is not what is configured", addr, b.TypeName)
		}
	}
}

// compatible is AssertObjectCompatible.
func (c *command) compatible(addr, what string, planned, actual tftypes.Value) {
	members := map[string]tftypes.Value{}
	if planned.IsNull() || planned.As(&members) != nil {
		return
	}
	for name, want := range members {
		if want.IsFullyKnown() && !want.Equal(member(actual, name)) {
			c.bug("%s: %s: %s", addr, what, name)
		}
	}
}

// proposed is ProposedNew: the configuration, with what is computed from the prior object.
func proposed(schema *tfprotov6.Schema, prior, cfg tftypes.Value) tftypes.Value {
	members := map[string]tftypes.Value{}
	for _, a := range schema.Block.Attributes {
		members[a.Name] = member(cfg, a.Name)
		if a.Computed && members[a.Name].IsNull() && !prior.IsNull() {
			members[a.Name] = member(prior, a.Name)
		}
	}
	for _, b := range schema.Block.BlockTypes { // nothing in one is computed
		members[b.TypeName] = member(cfg, b.TypeName)
	}
	return tftypes.NewValue(schema.ValueType(), members)
}

func null(kind tftypes.Type) tftypes.Value { return tftypes.NewValue(kind, nil) }

func pack(kind tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	packed, err := tfprotov6.NewDynamicValue(kind, value)
	if err != nil {
		panic(err)
	}
	return &packed
}

func unpack(kind tftypes.Type, value *tfprotov6.DynamicValue) tftypes.Value {
	if value == nil {
		return null(kind)
	}
	unpacked, err := value.Unmarshal(kind)
	if err != nil {
		panic(err)
	}
	return unpacked
}

// member is one attribute of an object.
func member(o tftypes.Value, name string) tftypes.Value {
	kind := o.Type().(tftypes.Object).AttributeTypes[name]
	members := map[string]tftypes.Value{}
	if o.IsNull() || o.As(&members) != nil {
		return null(kind)
	}
	return members[name]
}

// attr is one attribute of an object as a Go value: nil, unknown, string, bool or int64.
func attr(o tftypes.Value, name string) any {
	if _, ok := o.Type().(tftypes.Object).AttributeTypes[name]; !ok {
		return nil
	}
	value := member(o, name)
	switch {
	case !value.IsKnown():
		return unknown{}
	case value.IsNull():
		return nil
	}
	var text string
	var number big.Float
	var truth bool
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&truth) == nil:
		return truth
	case value.As(&number) == nil:
		n, _ := number.Int64()
		return n
	}
	return value
}

// build makes a value of a type out of Go values; what is left out of an object is null.
func build(kind tftypes.Type, v any) tftypes.Value {
	switch v := v.(type) {
	case nil:
		return null(kind)
	case unknown:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case tftypes.Value:
		return v
	case int:
		return tftypes.NewValue(kind, int64(v))
	case []string:
		var elements []tftypes.Value
		for _, text := range v {
			elements = append(elements, tftypes.NewValue(tftypes.String, text))
		}
		return tftypes.NewValue(kind, elements)
	case map[string]any:
		if of, ok := kind.(tftypes.Map); ok {
			members := map[string]tftypes.Value{}
			for name, member := range v {
				members[name] = build(of.ElementType, member)
			}
			return tftypes.NewValue(kind, members)
		}
		members := map[string]tftypes.Value{}
		for name, attribute := range kind.(tftypes.Object).AttributeTypes {
			members[name] = build(attribute, v[name])
		}
		return tftypes.NewValue(kind, members)
	default:
		return tftypes.NewValue(kind, v)
	}
}
