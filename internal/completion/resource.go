package completion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

var (
	_ resource.ResourceWithConfigure  = (*completion)(nil)
	_ resource.ResourceWithModifyPlan = (*completion)(nil)
	_ resource.ResourceWithIdentity   = (*completion)(nil)
)

// completion is the resource that ends a rotation inside the apply that made it.
type completion struct {
	kind       clientsecret.Kind
	schema     schema.Schema
	connection *session.Connection
}

// NewResource gives the constructor of kind's rotation completion.
func NewResource(kind clientsecret.Kind) func() resource.Resource {
	built := sync.OnceValue(func() completion { return completion{kind: kind, schema: resourceSchema(kind)} })
	return func() resource.Resource {
		r := built()
		return &r
	}
}

// model is the resource's object; what a vendor lacks is neither read nor written.
type model struct {
	scope, client, previous, completedAt, id types.String
	deletes, fingerprint                     types.String
	version                                  types.Int64
	allowSelf                                types.Bool
	// asks: the configuration has the consumers asked what they hold.
	asks bool
}

// Metadata implements resource.Resource.
func (r *completion) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.kind.Vendor + "_rotation_completion"
}

// Schema implements resource.Resource.
func (r *completion) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *completion) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		r.kind.Scope.Name:  identityschema.StringAttribute{RequiredForImport: true, Description: r.kind.Scope.Description},
		r.kind.Client.Name: identityschema.StringAttribute{RequiredForImport: true, Description: r.kind.Client.Description},
	}}
}

// Configure implements resource.ResourceWithConfigure.
func (r *completion) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.connection = session.Lookup(req.ProviderData, r.kind.Vendor, &resp.Diagnostics)
}

// Create implements resource.Resource.
func (r *completion) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() && r.complete(ctx, &plan, req.Config, nil, true, &resp.Diagnostics) {
		r.save(ctx, &resp.State, resp.Identity, plan, &resp.Diagnostics)
	}
}

// Read makes no call: what was completed stays completed. While the completion waits, it takes over how the client was when the
// client secret was read: its apply compares that with what it finds.
func (r *completion) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	m := r.load(ctx, req.State, &resp.Diagnostics)
	r.identify(ctx, resp.Identity, m, &resp.Diagnostics)
	if r.connection == nil || r.connection.Unknown || r.kind.Traits.ManySecrets {
		return
	}
	c := r.task(m).client
	before, _ := req.Private.GetKey(ctx, seenKey)
	facts := r.connection.Registry.Facts(c)
	switch {
	case facts == nil && len(before) == 0:
		raw, _ := json.Marshal(rotation.Seen{Alone: true})
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, seenKey, raw)...)
		return
	case facts == nil || facts.ChangedAt == nil:
		return
	}
	waits, seen := m.completedAt.IsNull(), rotation.Seen{Changed: *facts.ChangedAt, None: true}
	for _, v := range r.connection.Registry.Others(c, "") {
		waits = waits || v.State.Version != m.version.ValueInt64()
		seen.None = seen.None && !v.State.HasPrevious
		seen.Doubt = seen.Doubt || v.EndsByItself(r.kind.Traits)
	}
	raw, err := json.Marshal(seen)
	if err != nil || !waits {
		return
	}
	if !bytes.Equal(before, raw) {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, seenKey, raw)...)
	}
}

// Update implements resource.Resource. A failure leaves the prior version in state, so that the next apply tries again.
func (r *completion) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	plan := r.load(ctx, req.Plan, &resp.Diagnostics)
	seen := loadSeen(ctx, req.Private)
	if resp.Diagnostics.HasError() || plan.completedAt.IsUnknown() && !r.complete(ctx, &plan, req.Config, seen, false, &resp.Diagnostics) {
		return
	}
	r.save(ctx, &resp.State, resp.Identity, plan, &resp.Diagnostics)
}

// Delete changes nothing at the vendor.
func (r *completion) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// longAgo is before every change of a client.
var longAgo = time.Unix(0, 1)

// complete ends the previous secret and records the time.
func (r *completion) complete(ctx context.Context, plan *model, config attributeReader, seen *rotation.Seen, creates bool, diags *diag.Diagnostics) bool {
	t := r.task(*plan)
	switch {
	case creates: // the first version of a secret is the second of its rotation
		t.since = time.Unix(plan.version.ValueInt64(), 0)
	case seen == nil: // no refresh looked since the completion waits, so no change is known
		t.since = longAgo
	case !seen.Alone:
		t.seen = seen
	}
	t.consumers, t.fingerprint = r.consumers(ctx, config, diags), plan.fingerprint.ValueString()
	if diags.HasError() {
		return false
	}
	nothing := plan.version.ValueInt64() == 0 || r.kind.Traits.ManySecrets && t.secretID == ""
	if plan.deletes.IsUnknown() {
		plan.deletes = types.StringNull()
		if !nothing {
			plan.deletes = types.StringValue(t.deletes())
		}
	}
	if !r.connection.Required(diags) {
		return false
	}
	if !nothing {
		refused := (*rotation.RefusedError)(nil)
		switch _, err := t.end(ctx); {
		case err == nil:
		case creates && errors.As(err, &refused) && refused.NotLookedAt:
			// The next plan looks at the client, and what it saw reaches the apply in private state.
			plan.completedAt = types.StringNull()
			r.kind.Say(diags, t.client, clientsecret.About("secret", t.secretID), rotation.CompletionStarted())
			return true
		default:
			t.fail(err, diags)
			return false
		}
	}
	plan.completedAt = types.StringValue(rotation.Stamp(r.connection.Now()))
	return true
}

// consumers reads what the consumers hold, which stands in the configuration only; nil when they are not asked.
func (r *completion) consumers(ctx context.Context, config attributeReader, diags *diag.Diagnostics) map[string]secret.Value {
	var held types.Map
	diags.Append(config.GetAttribute(ctx, path.Root("consumer_secrets_wo"), &held)...)
	if held.IsNull() {
		return nil
	}
	values := map[string]secret.Value{}
	for name, element := range held.Elements() {
		text, _ := element.(types.String)
		values[name] = secret.New(text.ValueString())
		if r.connection != nil {
			r.connection.Known.Remember(values[name])
		}
	}
	return values
}

func (r *completion) task(m model) task {
	return task{
		kind: r.kind, connection: r.connection,
		client:   rotation.Client{Scope: m.scope.ValueString(), ID: m.client.ValueString()},
		version:  m.version.ValueInt64(),
		secretID: m.previous.ValueString(), allowSelf: m.allowSelf.ValueBool(),
	}
}

// attributeReader and attributeWriter are plans, states and configurations.
type attributeReader interface {
	GetAttribute(context.Context, path.Path, any) diag.Diagnostics
}

type attributeWriter interface {
	SetAttribute(context.Context, path.Path, any) diag.Diagnostics
}

// fields lists the attributes of this vendor's object.
func (r *completion) fields(m *model) map[string]any {
	fields := map[string]any{
		r.kind.Scope.Name: &m.scope, r.kind.Client.Name: &m.client,
		"version": &m.version, "completed_at": &m.completedAt, "id": &m.id,
		"deletes": &m.deletes, "client_secret_sha256": &m.fingerprint,
	}
	if r.kind.Traits.ManySecrets {
		fields["previous_secret_id"] = &m.previous
	}
	if r.kind.Traits.LogsIn {
		fields["allow_self_rotation"] = &m.allowSelf
	}
	return fields
}

func (r *completion) load(ctx context.Context, from attributeReader, diags *diag.Diagnostics) model {
	var m model
	for name, field := range r.fields(&m) {
		diags.Append(from.GetAttribute(ctx, path.Root(name), field)...)
	}
	return m
}

func (r *completion) store(ctx context.Context, to attributeWriter, m model, diags *diag.Diagnostics) {
	for name, field := range r.fields(&m) {
		diags.Append(to.SetAttribute(ctx, path.Root(name), field)...)
	}
}

func (r *completion) save(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity, m model, diags *diag.Diagnostics) {
	r.store(ctx, state, m, diags)
	r.identify(ctx, identity, m, diags)
}

func (r *completion) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, m model, diags *diag.Diagnostics) {
	if identity == nil {
		return
	}
	diags.Append(identity.SetAttribute(ctx, path.Root(r.kind.Scope.Name), m.scope)...)
	diags.Append(identity.SetAttribute(ctx, path.Root(r.kind.Client.Name), m.client)...)
}
