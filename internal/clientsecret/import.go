package clientsecret

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// ImportState takes a secret under management without rotating it, by id or by identity. The value cannot be read back:
// it stays null and version is 0 until the first rotation.
func (r *clientSecret) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	values := r.importValues(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m := r.load(ctx, resp.State, &resp.Diagnostics)
	r.fromID(&m, values)
	resp.Diagnostics.Append(r.store(ctx, &resp.State, m)...)
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
}

// fromID makes m the object of a secret that is known by the parts of its import id only.
func (r *clientSecret) fromID(m *model, values []string) {
	m.Scope, m.Client = types.StringValue(values[0]), types.StringValue(values[1])
	m.ID = types.StringValue(strings.Join(values, "/"))
	if r.kind.Traits.ManySecrets {
		m.SecretID = types.StringValue(values[2])
	}
	m.Version = types.Int64Value(0)
	r.defaults(m)
}

// defaults sets what the schema's defaults would, so that the plan after an import is empty.
func (r *clientSecret) defaults(m *model) {
	m.OnCreate, m.OnDestroy = types.StringValue(CreateRotate), types.StringValue(r.kind.OnDestroy[0])
	m.OnExternal, m.OnPending = types.StringValue(rotation.ExternalWarn), types.StringValue(rotation.PendingFail)
	m.Mode = types.StringValue(string(rotation.Overlap))
	m.AllowSelf = types.BoolValue(false)
}

// parts are the names of an import id's parts and what each must be.
func (k Kind) parts() (names, forms []string) {
	names, forms = []string{k.Scope.Name, k.Client.Name}, []string{k.Scope.Form, k.Client.Form}
	if k.Traits.ManySecrets {
		names, forms = append(names, "secret_id"), append(forms, "the id of the secret, as the list of the client's secrets shows it")
	}
	return names, forms
}

// importForm is the import id with placeholders.
func (k Kind) importForm() string {
	names, _ := k.parts()
	return "`" + strings.Join(names, "/") + "`"
}

func (r *clientSecret) importValues(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) []string {
	names, forms := r.kind.parts()
	if req.ID == "" && req.Identity != nil {
		values := make([]string, len(names))
		for i, name := range names {
			var value types.String
			diags.Append(req.Identity.GetAttribute(ctx, path.Root(name), &value)...)
			values[i] = value.ValueString()
		}
		checkParts(values, names, forms, diags)
		return values
	}
	values := strings.Split(req.ID, "/")
	if len(values) != len(names) {
		diags.AddError("Invalid import id", fmt.Sprintf("%q has %d part(s), but %d are needed: %s.\n%s",
			req.ID, len(values), len(names), strings.Join(names, "/"), itemize(names, forms)))
		return nil
	}
	checkParts(values, names, forms, diags)
	return values
}

func checkParts(values, names, forms []string, diags *diag.Diagnostics) {
	for i, value := range values {
		if strings.TrimSpace(value) != value || value == "" || value == "." || value == ".." {
			diags.AddError("Invalid import id", fmt.Sprintf("Part %d, %s, is %q; it must be %s.", i+1, names[i], value, forms[i]))
		}
	}
}

func itemize(names, forms []string) string {
	var b strings.Builder
	for i := range names {
		fmt.Fprintf(&b, "\n  %s: %s", names[i], forms[i])
	}
	return b.String()
}
