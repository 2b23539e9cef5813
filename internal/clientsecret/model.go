package clientsecret

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/duration"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// model is the resource's object. It has the attributes of every vendor; those that a vendor lacks are null and are not
// written.
type model struct {
	Scope, Client types.String

	Triggers                               types.Map
	RotateAfter, RetireAfter, ExpiresAfter types.String
	OnCreate, OnDestroy                    types.String
	OnExternal, OnPending, Mode            types.String
	ChosenVersion                          types.Int64
	Recipients                             types.List
	Verify                                 types.Object
	AllowSelf                              types.Bool
	Timeouts                               timeouts.Value

	ID, Secret, Encrypted, SHA256 types.String
	Version                       types.Int64
	RotatedAt, DueAt              types.String
	HasPrevious                   types.Bool
	PreviousEndsAt                types.String
	Verified                      types.Bool
	SecretID, PreviousSecretID    types.String
	ExpiresAt                     types.String
	PreviousEnds, Reason, Drift   types.String
}

// fields lists the attributes of the object by their names. Write-only ones are not among them: they must be in no plan and no
// state, not even on an error path.
func (m *model) fields(k Kind) map[string]any {
	return map[string]any{
		k.Scope.Name:  &m.Scope,
		k.Client.Name: &m.Client,

		"rotate_when_changed":      &m.Triggers,
		"rotate_after":             &m.RotateAfter,
		"retire_previous_after":    &m.RetireAfter,
		"expires_after":            &m.ExpiresAfter,
		"on_create":                &m.OnCreate,
		"on_destroy":               &m.OnDestroy,
		"on_external_rotation":     &m.OnExternal,
		"on_pending_rotation":      &m.OnPending,
		"rotation_mode":            &m.Mode,
		"client_secret_wo_version": &m.ChosenVersion,
		"encryption_recipients":    &m.Recipients,
		"verify":                   &m.Verify,
		"allow_self_rotation":      &m.AllowSelf,
		"timeouts":                 &m.Timeouts,

		"id":                         &m.ID,
		"client_secret":              &m.Secret,
		"encrypted_client_secret":    &m.Encrypted,
		"client_secret_sha256":       &m.SHA256,
		"version":                    &m.Version,
		"rotated_at":                 &m.RotatedAt,
		"rotation_reason":            &m.Reason,
		"rotation_due_at":            &m.DueAt,
		"has_previous_secret":        &m.HasPrevious,
		"previous_secret_ends":       &m.PreviousEnds,
		"previous_secret_expires_at": &m.PreviousEndsAt,
		"verified":                   &m.Verified,
		"drift":                      &m.Drift,
		"secret_id":                  &m.SecretID,
		"previous_secret_id":         &m.PreviousSecretID,
		"expires_at":                 &m.ExpiresAt,
	}
}

// take puts a value into a field; one of another type, as of an attribute that the vendor's schema lacks, is null.
func take(field any, v attr.Value) {
	switch f := field.(type) {
	case *types.String:
		*f, _ = v.(types.String)
	case *types.Bool:
		*f, _ = v.(types.Bool)
	case *types.Int64:
		*f, _ = v.(types.Int64)
	case *types.Map:
		*f, _ = v.(types.Map)
	case *types.List:
		*f, _ = v.(types.List)
	case *types.Object:
		*f, _ = v.(types.Object)
	case *timeouts.Value:
		*f, _ = v.(timeouts.Value)
	}
}

// give is the value of a field.
func give(field any) attr.Value {
	switch f := field.(type) {
	case *types.String:
		return *f
	case *types.Bool:
		return *f
	case *types.Int64:
		return *f
	case *types.Map:
		return *f
	case *types.List:
		return *f
	case *types.Object:
		return *f
	case *timeouts.Value:
		return *f
	}
	return nil
}

// getter reads an object as a whole: a plan, a state or a configuration.
type getter interface {
	Get(context.Context, any) diag.Diagnostics
}

type setter interface {
	Set(context.Context, any) diag.Diagnostics
}

// load reads the resource's object out of a plan or state.
func (r *clientSecret) load(ctx context.Context, from getter, diags *diag.Diagnostics) model {
	var object types.Object
	diags.Append(from.Get(ctx, &object)...)
	attrs := object.Attributes()
	if object.IsNull() { // an import starts from nothing
		attrs = r.nulls
	}
	var m model
	for name, field := range m.fields(r.kind) {
		take(field, attrs[name])
	}
	if r.connection != nil {
		r.connection.Known.Remember(m.plaintext())
	}
	return m
}

// store writes the object.
func (r *clientSecret) store(ctx context.Context, to setter, m model) diag.Diagnostics {
	fields := m.fields(r.kind)
	attrs := make(map[string]attr.Value, len(r.types))
	for name := range r.types {
		attrs[name] = r.nulls[name]
		if field, ok := fields[name]; ok {
			attrs[name] = give(field)
		}
	}
	object, diags := types.ObjectValue(r.types, attrs)
	if !diags.HasError() {
		diags.Append(to.Set(ctx, object)...)
	}
	return diags
}

// client names the client that m is about.
func (m model) client() rotation.Client {
	return rotation.Client{Scope: m.Scope.ValueString(), ID: m.Client.ValueString()}
}

// named tells whether the client is known yet.
func (m model) named() bool {
	return !m.Scope.IsUnknown() && !m.Client.IsUnknown()
}

// settings are what decisions take from a planned object.
func (m model) settings() rotation.Settings {
	return rotation.Settings{
		Triggers:      triggers(m.Triggers),
		RotateAfter:   span(m.RotateAfter),
		RetireAfter:   optionalDuration(m.RetireAfter),
		OnExternal:    m.OnExternal.ValueString(),
		OnPending:     m.OnPending.ValueString(),
		Mode:          rotation.Mode(m.Mode.ValueString()),
		Chosen:        !m.ChosenVersion.IsNull(),
		ChosenVersion: m.ChosenVersion.ValueInt64Pointer(),
		AllowSelf:     m.AllowSelf.ValueBool(),
		Verified:      !m.Verify.IsNull(),
		Unknown: rotation.Unknown{
			RotateAfter: m.RotateAfter.IsUnknown(), RetireAfter: m.RetireAfter.IsUnknown(),
			OnExternal: m.OnExternal.IsUnknown(), OnPending: m.OnPending.IsUnknown(), Mode: m.Mode.IsUnknown(),
			ChosenVersion: m.ChosenVersion.IsUnknown(), AllowSelf: m.AllowSelf.IsUnknown(), Verify: m.Verify.IsUnknown(),
		},
	}
}

// state is what decisions take from a prior object.
func (m model) state() rotation.State {
	return rotation.State{
		Triggers:         triggers(m.Triggers),
		RotateAfter:      span(m.RotateAfter),
		RetireAfter:      optionalDuration(m.RetireAfter),
		ChosenVersion:    m.ChosenVersion.ValueInt64Pointer(),
		Version:          m.Version.ValueInt64(),
		RotatedAt:        instant(m.RotatedAt),
		DueAt:            instant(m.DueAt),
		HasPrevious:      m.HasPrevious.ValueBool(),
		PreviousEndsAt:   instant(m.PreviousEndsAt),
		SecretID:         m.SecretID.ValueString(),
		PreviousSecretID: m.PreviousSecretID.ValueString(),
		ExpiresAt:        instant(m.ExpiresAt),
		Drift:            m.Drift.ValueString(),
		Verified:         m.Verified.ValueBool(),
	}
}

// observed takes over what a read showed.
func (m *model) observed(st rotation.State) {
	m.HasPrevious = types.BoolValue(st.HasPrevious)
	m.PreviousEndsAt = stamp(st.PreviousEndsAt)
	m.PreviousSecretID = text(st.PreviousSecretID)
	m.ExpiresAt = stamp(st.ExpiresAt)
	m.Drift = text(st.Drift)
	if !st.HasPrevious && m.PreviousEnds.ValueString() != rotation.EndsAtRotation {
		m.PreviousEnds = types.StringNull()
	}
}

// located takes over which entry of a list the current secret is.
func (m *model) located(e rotation.Entry) {
	m.SecretID, m.ExpiresAt = types.StringValue(e.ID), stamp(e.ExpiresAt)
	m.ID = types.StringValue(m.client().String() + "/" + e.ID)
}

// plaintext is the secret that the object holds in clear; empty when it holds none.
func (m model) plaintext() secret.Value { return secret.New(m.Secret.ValueString()) }

// sealed tells whether secrets are to be encrypted.
func (m model) sealed() bool { return len(m.Recipients.Elements()) > 0 }

func (m model) recipients() []string {
	var texts []string
	for _, element := range m.Recipients.Elements() {
		if s, ok := element.(types.String); ok {
			texts = append(texts, s.ValueString())
		}
	}
	return texts
}

// recipientsUnknown tells whether one of the recipients is known only at apply.
func (m model) recipientsUnknown() bool {
	return slices.ContainsFunc(m.Recipients.Elements(), attr.Value.IsUnknown)
}

func triggers(m types.Map) rotation.Triggers {
	if m.IsUnknown() {
		return rotation.Triggers{Unknown: true}
	}
	if m.IsNull() {
		return rotation.Triggers{}
	}
	values := make(map[string]rotation.Trigger, len(m.Elements()))
	for key, element := range m.Elements() {
		s, _ := element.(types.String)
		values[key] = rotation.Trigger{Value: s.ValueString(), Unknown: element.IsUnknown()}
	}
	return rotation.Triggers{Values: values}
}

// span reads a validated duration; absent is 0.
func span(s types.String) time.Duration {
	d, err := duration.Parse(s.ValueString())
	if err != nil {
		return 0
	}
	return d
}

func optionalDuration(s types.String) *time.Duration {
	if s.IsNull() || s.IsUnknown() {
		return nil
	}
	d := span(s)
	return &d
}

// instant reads a time that this provider wrote; absent is nil.
func instant(s types.String) *time.Time {
	t, err := time.Parse(time.RFC3339, s.ValueString())
	if err != nil {
		return nil
	}
	return &t
}

func stamp(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(rotation.Stamp(*t))
}

func text(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
