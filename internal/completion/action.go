package completion

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

var (
	_ action.ActionWithConfigure  = (*completeAction)(nil)
	_ action.ActionWithModifyPlan = (*completeAction)(nil)
)

// completeAction does what the resource does, by hand or after a consumer's update.
type completeAction struct {
	kind       clientsecret.Kind
	connection *session.Connection
}

// NewAction gives the constructor of kind's action.
func NewAction(kind clientsecret.Kind) func() action.Action {
	return func() action.Action { return &completeAction{kind: kind} }
}

// Metadata implements action.Action.
func (a *completeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + a.kind.Vendor + "_complete_rotation"
}

// Schema implements action.Action.
func (a *completeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	attrs := map[string]schema.Attribute{
		a.kind.Scope.Name: schema.StringAttribute{
			Optional:            true,
			Validators:          a.kind.Scope.Validators,
			MarkdownDescription: a.kind.ScopeDescription(),
		},
		a.kind.Client.Name: schema.StringAttribute{
			Required:            true,
			Validators:          a.kind.Client.Validators,
			MarkdownDescription: a.kind.Client.Description,
		},
	}
	if !a.kind.Traits.ManySecrets {
		attrs["rotated_at"] = schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "When the rotation that is completed was made: `rotated_at` of the client secret, written as a reference. With it, nothing is ended where the client was changed after that time, " +
				"so that a saved plan that is applied late does not end what somebody else's rotation made the previous secret. Without it, only changes after the start of the apply are noticed.",
		}
	}
	if a.kind.Traits.ManySecrets {
		attrs["previous_secret_id"] = schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The vendor's id of the secret to delete. Null: nothing to do.",
		}
	}
	if a.kind.Traits.LogsIn {
		attrs["allow_self_rotation"] = schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Allows to delete the previous secret of the client that the provider itself logs in as. Default `false`.",
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Completes a rotation: deletes the previous secret of the client. Run it by hand (`terraform apply -invoke`), or trigger it after a consumer was updated. No previous secret is success.",
		Attributes:          attrs,
	}
}

// Configure implements action.ActionWithConfigure.
func (a *completeAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.connection = session.Lookup(req.ProviderData, a.kind.Vendor, &resp.Diagnostics)
}

// ModifyPlan refuses, before anything runs, what Invoke would refuse.
func (a *completeAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	t := a.task(ctx, req.Config, &resp.Diagnostics)
	rotates, maybe := t.rotates()
	if a.kind.Traits.ManySecrets { // where the id says which one ends
		rotates, maybe = false, false
	}
	err := t.refusal(rotates, true)
	if err == nil && a.connection != nil {
		if refused := rotation.MayPlanAction(a.kind.Traits, t.secretID, a.connection.Registry.Others(t.client, "")); refused != nil {
			err = refused
		}
	}
	if err != nil {
		resp.Diagnostics.AddError(explain.Failure(a.kind.Subject(t.client), "plan the completion", err, "Nothing was changed."))
		return
	}
	if a.connection == nil || t.client.ID == "" || a.kind.Traits.ManySecrets && t.secretID == "" {
		return
	}
	message := rotation.CompletionMessage(a.kind.Traits, t.secretID, orCreated(a.kind.Traits, a.connection.Registry.Others(t.client, ""), rotates), rotates, maybe, false)
	if !a.kind.Traits.ManySecrets && t.since.IsZero() && !rotates && len(a.connection.Registry.Others(t.client, "")) == 0 {
		message.Title += ", which may be the one in use"
		message.Detail += rotation.Unchecked
	}
	facts := a.connection.Registry.Facts(t.client)
	if facts != nil && facts.HasPrevious != nil && !*facts.HasPrevious && !rotates && !maybe {
		message = rotation.NothingToCompleteYet()
	}
	a.kind.Say(&resp.Diagnostics, t.client, clientsecret.About("secret", t.secretID), message)
}

// Invoke implements action.Action.
func (a *completeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	defer plugin.Hold()()
	defer plugin.Recover(&resp.Diagnostics)
	t := a.task(ctx, req.Config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !a.connection.Required(&resp.Diagnostics) {
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: "Looking for a previous secret of " + t.client.ID})
	ended, err := t.end(ctx)
	switch {
	case err != nil:
		t.fail(err, &resp.Diagnostics)
	case ended:
		resp.SendProgress(action.InvokeProgressEvent{Message: "The previous secret of " + t.client.ID + " was deleted"})
	default:
		resp.SendProgress(action.InvokeProgressEvent{Message: "There is no previous secret of " + t.client.ID + " to delete"})
	}
}

func (a *completeAction) task(ctx context.Context, config attributeReader, diags *diag.Diagnostics) task {
	read := func(name string) (value types.String) {
		diags.Append(config.GetAttribute(ctx, path.Root(name), &value)...)
		return value
	}
	configured := read(a.kind.Scope.Name)
	scope := a.kind.PlanScope(configured, configured, a.connection, diags)
	t := task{
		kind: a.kind, connection: a.connection,
		client: rotation.Client{Scope: scope.ValueString(), ID: read(a.kind.Client.Name).ValueString()},
	}
	if a.kind.Traits.ManySecrets {
		t.secretID = read("previous_secret_id").ValueString()
	} else if at := read("rotated_at").ValueString(); at != "" {
		var err error
		if t.since, err = time.Parse(time.RFC3339, at); err != nil {
			diags.AddAttributeError(path.Root("rotated_at"), "Invalid time", "Give rotated_at the attribute rotated_at of the client secret, written as a reference: a time as RFC 3339 has it.")
		}
	}
	if a.kind.Traits.LogsIn {
		var allow types.Bool
		diags.Append(config.GetAttribute(ctx, path.Root("allow_self_rotation"), &allow)...)
		t.allowSelf = allow.ValueBool()
	}
	return t
}
