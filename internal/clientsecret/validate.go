package clientsecret

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// ValidateConfig refuses combinations that contradict each other.
func (r *clientSecret) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	m := r.load(ctx, req.Config, &resp.Diagnostics)
	if life, due := span(m.ExpiresAfter), span(m.RotateAfter); life > 0 && due >= life {
		resp.Diagnostics.AddAttributeWarning(path.Root("expires_after"), "The secret expires before it is rotated",
			fmt.Sprintf("expires_after (%s) is not longer than rotate_after (%s), so the secret stops working before its successor is due. Leave room between them for the applies in between.",
				m.ExpiresAfter.ValueString(), m.RotateAfter.ValueString()))
	}
	if !r.kind.Traits.CallerChooses {
		return
	}
	var chosen types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("client_secret_wo"), &chosen)...)
	if chosen.IsNull() && m.ChosenVersion.IsNull() {
		return
	}
	for name, set := range map[string]bool{
		"rotate_when_changed":   !m.Triggers.IsNull() && !m.Triggers.IsUnknown(),
		"rotate_after":          !m.RotateAfter.IsNull() && !m.RotateAfter.IsUnknown(),
		"encryption_recipients": !m.Recipients.IsNull() && !m.Recipients.IsUnknown(),
		"rotation_mode":         m.Mode.ValueString() == string(rotation.Regenerate),
	} {
		if set {
			// At no line: what stands there may be a private key by mistake.
			resp.Diagnostics.AddError("Conflicting attributes",
				name+" has no meaning beside client_secret_wo: there the value is yours, and only a new client_secret_wo_version rotates. Remove one of them.")
		}
	}
}
