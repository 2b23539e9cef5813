package completion

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
)

func resourceSchema(k clientsecret.Kind) schema.Schema {
	attrs := map[string]schema.Attribute{
		k.Scope.Name:  k.ScopeAttribute(),
		k.Client.Name: k.ClientAttribute(),
		"version": schema.Int64Attribute{
			Required: true,
			MarkdownDescription: "`version` of the client secret. A change completes again: the previous secret is deleted after everything that this resource depends on. " +
				"At version 0 (nothing was rotated yet) there is nothing to complete.",
		},
		"client_secret_sha256": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("consumer_secrets_wo"))},
			MarkdownDescription: "`client_secret_sha256` of the client secret: what each consumer in `consumer_secrets_wo` must hold. A null value is refused at apply, never skipped. " +
				"Unset: nothing is compared.",
		},
		"consumer_secrets_wo": schema.MapAttribute{
			ElementType: types.StringType,
			Optional:    true,
			WriteOnly:   true,
			Sensitive:   true,
			MarkdownDescription: "What each consumer holds now, by a name for it, read back through an ephemeral resource; write-only: it is in no plan and no state. It is compared at apply, in memory, with `client_secret_sha256`. " +
				"A consumer that holds anything else keeps the previous secret alive, and the error names it. Terraform opens an ephemeral resource in the plan too, with the old value, so the read-back must depend on something that is unknown until the rotation, such as `client_secret_sha256`.",
		},
		"deletes": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "What this completion ends, in words; known in the plan. Null when there is nothing to end.",
		},
		"completed_at": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "When the rotation to `version` was completed, RFC 3339 in UTC.",
		},
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "`" + k.Scope.Name + "/" + k.Client.Name + "`.",
		},
	}
	if k.Traits.ManySecrets {
		attrs["previous_secret_id"] = schema.StringAttribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "`previous_secret_id` of the client secret: the secret to delete. Null: nothing to do. It becomes null once the secret is gone; " +
				"that alone changes nothing here.",
		}
	}
	if k.Traits.LogsIn {
		attrs["allow_self_rotation"] = schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Allows to delete the previous secret of the client that the provider itself logs in as. Default `false`: the plan refuses it.",
		}
	}
	return schema.Schema{
		MarkdownDescription: "Completes a rotation of `oauthsecret_" + k.TypeName() + "` inside the same apply: deletes the previous secret after the consumers that this resource depends on have the new one. " +
			"A consumer that fails leaves the previous secret alive. No previous secret is success. Destroying this resource changes nothing at the vendor.",
		Attributes: attrs,
	}
}
