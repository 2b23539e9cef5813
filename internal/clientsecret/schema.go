package clientsecret

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// schema builds the resource's schema; New keeps the result, it is the same for every call.
func (k Kind) schema(ctx context.Context) schema.Schema {
	scope, client := k.ScopeAttribute(), k.ClientAttribute()
	const replaced = " The secrets of the client before are treated as `on_destroy` says."
	scope.MarkdownDescription += replaced
	client.MarkdownDescription += replaced
	attrs := map[string]schema.Attribute{
		k.Scope.Name:  scope,
		k.Client.Name: client,
	}
	for _, group := range []map[string]schema.Attribute{k.policies(), k.outputs()} {
		for name, attribute := range group {
			attrs[name] = attribute
		}
	}
	// Blocks, not attributes of object type: there the CLI drops a misspelt name before the provider sees it.
	blocks := map[string]schema.Block{"verify": verifyBlock(), "timeouts": timeoutsBlock(ctx)}
	return schema.Schema{MarkdownDescription: k.Description, Attributes: attrs, Blocks: blocks}
}

// ScopeAttribute is the first part of the client's name, with the provider's default (see PlanScope).
func (k Kind) ScopeAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: k.ScopeDescription() + " A change replaces the resource.",
		Optional:            true,
		Computed:            true,
		Validators:          k.Scope.Validators,
		PlanModifiers: []planmodifier.String{
			stringplanmodifier.UseStateForUnknown(),
			stringplanmodifier.RequiresReplace(),
		},
	}
}

// ScopeDescription says what the scope is and where its default comes from.
func (k Kind) ScopeDescription() string {
	description := k.Scope.Description
	if k.Scope.Env != "" {
		description += fmt.Sprintf(" Defaults to `%s.%s` of the provider configuration or the environment variable `%s`.", k.Vendor, k.Scope.Name, k.Scope.Env)
	}
	return description
}

// ClientAttribute is the second part of the client's name.
func (k Kind) ClientAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: k.Client.Description + " The client exists already; this resource never creates or deletes it. A change replaces the resource.",
		Required:            true,
		Validators:          k.Client.Validators,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

// policies are the inputs that decide when a secret is rotated and what becomes of the old one.
func (k Kind) policies() map[string]schema.Attribute {
	attrs := map[string]schema.Attribute{
		"rotate_when_changed": schema.MapAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "Rotates the secret when the value of a key that was already present changes. Setting the map for the first time, adding or removing a key, " +
				"or removing the map never rotates. A value that is known only at apply plans the secret as unknown; when it turns out to be equal, nothing is called and the secret stays. Unset: no trigger.",
		},
		"rotate_after": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "Rotates the secret at the first apply after `rotated_at` + `rotate_after`, a duration such as `\"90d\"` or `\"2w\"` (units w, d, h, m, s; a day has 24 hours). However many periods were missed, it rotates once. " +
				"For a secret that was adopted or imported it counts from the apply that set it. Nothing happens between applies: run Terraform on a schedule. Unset: no schedule.",
		},
		"retire_previous_after": schema.StringAttribute{
			Optional:            true,
			Validators:          []validator.String{k.overlapDuration()},
			MarkdownDescription: k.retireDescription(),
		},
		"on_destroy":           k.onDestroyAttribute(),
		"on_external_rotation": k.onExternalAttribute(),
		"encryption_recipients": schema.ListAttribute{
			ElementType: types.StringType,
			Optional:    true,
			Validators:  []validator.List{listvalidator.SizeAtLeast(1), recipientsValidator{}},
			MarkdownDescription: "Public keys that the secret is encrypted to, one in each element: age (`age1…`, post-quantum `age1pq1…`) or SSH (`ssh-ed25519 …`, `ssh-rsa …`). When set, `client_secret` is null and `encrypted_client_secret` holds the " +
				"ciphertext, so that neither state nor plan holds the secret in clear. Unset: the state holds it in clear, as a sensitive value. Setting it for the first time seals the secret that the state holds, without a rotation. " +
				"A later change of the keys encrypts anew at once where `decryption_identity` opens the old ciphertext, else it takes effect at the next rotation; the plan says so.",
		},
	}
	if !k.Traits.ManySecrets {
		attrs["on_create"] = choice(
			"What creating the resource does to the live client. `rotate` (default) makes a new secret at once; the secret in use becomes the previous one. "+
				"`adopt` takes the client under management without any change: `client_secret` is null and `version` 0 until the first rotation.",
			CreateRotate, CreateAdopt)
		attrs["on_pending_rotation"] = choice(k.pendingDescription(), rotation.PendingFail, rotation.PendingRetireFirst)
	}
	if k.Traits.Regenerates {
		attrs["rotation_mode"] = choice(
			"`overlap` (default) keeps the previous secret valid beside the new one. `regenerate` replaces every secret of the client at once: whatever uses an old one fails until it has the new one; the plan warns.",
			string(rotation.Overlap), string(rotation.Regenerate))
	}
	if k.Traits.CallerChooses {
		attrs["client_secret_wo"] = schema.StringAttribute{
			Optional:   true,
			WriteOnly:  true,
			Sensitive:  true,
			Validators: []validator.String{chosenSecret{k.ValidateSecret}, stringvalidator.AlsoRequires(path.MatchRoot("client_secret_wo_version"))},
			MarkdownDescription: "The value of the secret, chosen by you; write-only: it is in no plan and no state, and `client_secret` is null. It is sent only when `client_secret_wo_version` changes. " +
				"At least 8 characters, with a lower-case letter, an upper-case letter, a digit and a special character. Unset: the value is made here, at random.",
		}
		attrs["client_secret_wo_version"] = schema.Int64Attribute{
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("client_secret_wo"))},
			MarkdownDescription: "Version of `client_secret_wo`. A new number rotates the secret to the value of `client_secret_wo`; nothing else does.",
		}
	}
	if k.Traits.ManySecrets {
		attrs["expires_after"] = schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "Life of each new secret, a duration counted from its rotation, such as `\"90d\"` (units w, d, h, m, s). The vendor ends the secret at that date, so rotate earlier (`rotate_after`). " +
				"The date that is asked for is later by a random time of up to a thousandth of it (at least a minute, at most a day): by this date a secret is found again when an answer is lost. " +
				"`expires_at` has the effective date. Unset: a new secret does not expire. A change takes effect at the next rotation.",
		}
	}
	if k.Traits.LogsIn {
		attrs["allow_self_rotation"] = schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Allows to rotate, revoke or delete the credential that the provider itself logs in with. By default (`false`) the plan refuses that. " +
				"When allowed, later calls of the same run log in with the new secret; the next run needs it in the provider configuration.",
		}
	}
	return attrs
}

func (k Kind) onDestroyAttribute() schema.Attribute {
	meaning := map[string]string{
		DestroyKeep:           "changes nothing at the vendor: the current secret stays valid, and a plan warning says so",
		DestroyRetirePrevious: "deletes the previous secret, unless somebody else's rotation put it there; the current secret stays valid",
		DestroyRevoke:         "regenerates the secret and forgets the result: every secret of the client stops working at once",
		DestroyDelete:         "deletes the secrets that this resource created, never others; an imported secret is kept",
	}
	var parts []string
	for i, value := range k.OnDestroy {
		part := fmt.Sprintf("`%s` %s", value, meaning[value])
		if i == 0 {
			part = fmt.Sprintf("`%s` (default) %s", value, meaning[value])
		}
		parts = append(parts, part)
	}
	return choice("What destroying the resource does: "+strings.Join(parts, "; ")+".", k.OnDestroy...)
}

func (k Kind) onExternalAttribute() schema.Attribute {
	description := "What a plan does when the secret was changed outside Terraform. `warn` (default) says what was seen; `rotate` makes a new secret; `ignore` says nothing. "
	switch {
	case k.Traits.ManySecrets:
		description += "A secret that is missing, deleted or expired is rotated unless this is `ignore`."
	case k.Traits.ShowsPrevious:
		description += "It is noticed when a previous secret appears or disappears that this resource did not leave behind; a rotation and deletion by somebody else between two reads cannot be seen."
	default:
		description += "It is noticed when the vendor reports that the secret became younger; where the vendor does not report an age, it cannot be seen."
	}
	return choice(description, rotation.ExternalWarn, rotation.ExternalRotate, rotation.ExternalIgnore)
}

func (k Kind) retireDescription() string {
	const head = "How long the previous secret lives after a rotation, a duration such as `\"24h\"` or `\"2d\"` (units w, d, h, m, s). Unset: this resource never deletes the previous secret"
	const zero = " `\"0s\"` deletes it in the same apply, after the new one was made (and proven, where `verify` can): consumers must not depend on the old one."
	if k.Traits.EndsOverlap {
		return head + fmt.Sprintf("; the vendor ends it after its default overlap of %g hours. Set: the vendor is told at the rotation and ends it by itself (whole seconds). "+
			"A shorter time that is set later is kept by the first apply after it; a longer one holds from the next rotation on.", k.Traits.DefaultOverlap.Hours()) + zero
	}
	const set = ". Set: it is deleted at the first apply after that time, shown in the plan. "
	if k.Traits.ManySecrets {
		return head + set + "An imported secret is never deleted by it: the plan warns instead." + zero
	}
	return head + set + "When somebody changed the client after the rotation, it is not deleted and the plan warns: it may then be the secret in use." + zero
}

func (k Kind) pendingDescription() string {
	description := "What happens when a rotation is due while an earlier previous secret is still valid. `fail` (default) changes nothing and says so; `retire_first` deletes the previous secret right before the new one is made, and whatever still uses it stops working."
	if k.Traits.ShowsPrevious {
		description += " It is refused when somebody changed the client between plan and apply."
	} else {
		description += " The vendor does not show whether a previous secret is valid, so it counts as valid until `previous_secret_expires_at`; beside a rotation completion use `retire_first`."
	}
	return description
}

// choice is an optional word out of a few; the first is the default.
func choice(description string, values ...string) schema.Attribute {
	return schema.StringAttribute{
		MarkdownDescription: description,
		Optional:            true,
		Computed:            true,
		Default:             stringdefault.StaticString(values[0]),
		Validators:          []validator.String{quiet{stringvalidator.OneOf(values...)}},
	}
}

func verifyBlock() schema.Block {
	return schema.SingleNestedBlock{
		MarkdownDescription: "Proof of the new secret at the token endpoint before anything is retired. Without this block nothing is proven. " +
			"Several successful logins in a row count as proof; at most three refusals are provoked. An unproven secret is kept, `verified` is false, and the previous secret stays.",
		Attributes: map[string]schema.Attribute{
			"required": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Makes an unproven secret an error instead of a warning. The new secret is in state either way. While a resource is being created it is a warning, because an error would make Terraform replace the resource and rotate again. Default `false`.",
			},
			"timeout": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{positiveDuration{}},
				MarkdownDescription: "How long to try, a duration such as `\"1m\"`. Default `\"30s\"`.",
			},
			"on_refresh": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Tries the secret in state at each refresh, where its value is known: one token request where it is accepted. A refusal is asked again, at most three times in all, " +
					"and compared with the answer to a surely wrong secret. An endpoint that does not answer is given up once per run and changes nothing. Default `false`.",
			},
		},
	}
}

// timeoutsBlock says what the package leaves out: the defaults, and what happens to a secret when the time is up.
func timeoutsBlock(ctx context.Context) schema.Block {
	limits, _ := timeouts.Block(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: fmt.Sprintf("A duration. Default `\"%s\"`. A call that was sent is not given up: the provider finds out what became of it, for up to a minute more.", short(changeTimeout)),
		ReadDescription:   fmt.Sprintf("A duration. Default `\"%s\"`.", short(readTimeout)),
		UpdateDescription: fmt.Sprintf("A duration. Default `\"%s\"`. As for `create`.", short(changeTimeout)),
		DeleteDescription: fmt.Sprintf("A duration. Default `\"%s\"`. As for `create`.", short(changeTimeout)),
	}).(schema.SingleNestedBlock)
	for name, attribute := range limits.Attributes {
		if one, ok := attribute.(schema.StringAttribute); ok {
			for i, v := range one.Validators {
				one.Validators[i] = quiet{v}
			}
			limits.Attributes[name] = one
		}
	}
	limits.MarkdownDescription = "How long the operations may take, with the waiting that a vendor asks for. Durations in h, m and s, such as `\"1h30m\"`; not in days."
	return limits
}

// short writes a duration of whole minutes.
func short(d time.Duration) string { return fmt.Sprintf("%gm", d.Minutes()) }

// outputs are the computed attributes. Which of them a plan knows is decided in ModifyPlan.
func (k Kind) outputs() map[string]schema.Attribute {
	attrs := map[string]schema.Attribute{
		"id": computedString("The import id: " + k.importForm() + "."),
		"client_secret": schema.StringAttribute{
			Computed: true, Sensitive: true,
			MarkdownDescription: "The current secret. Null while it is not known here (adopted or imported), encrypted (`encryption_recipients`) or chosen by you as a write-only value. A plan shows it as unknown only when it rotates.",
		},
		"encrypted_client_secret": computedString("The current secret as armored age ciphertext, when `encryption_recipients` is set. Open it with `age -d` or with the ephemeral resource `oauthsecret_decrypted_secret`."),
		"client_secret_sha256":    computedString("SHA-256 of the current secret in lower-case hex; it changes exactly when the secret does. Null while the secret is not known here, and for a chosen value (`client_secret_wo`) of fewer than 32 characters, which could be guessed from it."),
		"version": schema.Int64Attribute{
			Computed: true,
			MarkdownDescription: "A number that never repeats: 0 while no secret was made here (after an import or adoption); the Unix second of the first secret that is made here, unknown in its plan; plus 1 at each rotation after that, known in the plan. " +
				"It can drive another resource's `*_wo_version`, also across `-replace`, `taint`, `state rm` and an import.",
		},
		"rotation_reason": computedString("Why the current secret was made: `created`, `rotate_when_changed: <keys>`, `rotate_after`, `client_secret_wo_version` or `drift: <value>`. Known in the plan, except while a trigger is unknown. Null after an import or adoption."),
		"previous_secret_ends": computedString("How the previous secret ends, as a rule in words that is known in the plan: `at the rotation`, `48h after the rotation, by VMware Cloud Services`, `at the first apply 24h after the rotation`, or " +
			"`when a completion or somebody deletes it`. Null when there is none."),
		"drift": computedString("What somebody else did, as far as it was seen: null (nothing known), `rotated` (another secret is the current one; the one in state works as long as nobody ends it), `dead` (the secret in state does not work), or " +
			"`possible` (the client was changed while a previous secret is alive, and the vendor does not tell what was changed). Null again once a rotation from here, or a look that clears it up, has made it untrue."),
		"rotated_at":      computedString("When the current secret was made here, RFC 3339 in UTC. Null after an import or adoption."),
		"rotation_due_at": computedString("When `rotate_after` makes the next rotation due, RFC 3339 in UTC. Null without `rotate_after`."),
		"has_previous_secret": schema.BoolAttribute{
			Computed:            true,
			MarkdownDescription: k.hasPreviousDescription(),
		},
		"previous_secret_expires_at": computedString("When the previous secret stops working, or is due to be deleted by `retire_previous_after`; RFC 3339 in UTC. Null when there is none or nothing ends it."),
		"verified": schema.BoolAttribute{
			Computed:            true,
			MarkdownDescription: "Whether the current secret was proven at the token endpoint: at its rotation, or later, before another one was deleted. Null while `verify` asked for no proof of it.",
		},
	}
	if k.Traits.ManySecrets {
		attrs["secret_id"] = computedString("The vendor's id of the current secret.")
		attrs["previous_secret_id"] = computedString("The vendor's id of the secret before it, while that is valid.")
		attrs["expires_at"] = computedString("When the vendor ends the current secret, RFC 3339 in UTC; null for never.")
	}
	return attrs
}

func (k Kind) hasPreviousDescription() string {
	switch {
	case k.Traits.ManySecrets:
		return "Whether the secret that the last rotation replaced is still valid."
	case k.Traits.ShowsPrevious:
		return "Whether the client has a previous secret that is still valid, as the vendor reports it."
	default:
		return "Whether a previous secret counts as valid: true from a rotation until `previous_secret_expires_at`. The vendor does not report it."
	}
}

func computedString(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

// identitySchema names a secret by the parts of its import id.
func (k Kind) identitySchema() identityschema.Schema {
	attrs := map[string]identityschema.Attribute{
		k.Scope.Name:  identityschema.StringAttribute{RequiredForImport: true, Description: k.Scope.Description},
		k.Client.Name: identityschema.StringAttribute{RequiredForImport: true, Description: k.Client.Description},
	}
	if k.Traits.ManySecrets {
		attrs["secret_id"] = identityschema.StringAttribute{RequiredForImport: true, Description: "The vendor's id of the secret."}
	}
	return identityschema.Schema{Attributes: attrs}
}

// attributeTypes are the types of a schema's attributes and blocks by name.
func attributeTypes(s schema.Schema) map[string]attr.Type {
	kinds := make(map[string]attr.Type, len(s.Attributes)+len(s.Blocks))
	for name, attribute := range s.Attributes {
		kinds[name] = attribute.GetType()
	}
	for name, block := range s.Blocks {
		kinds[name] = block.Type()
	}
	return kinds
}

// nulls are null values of those types.
func nulls(ctx context.Context, kinds map[string]attr.Type) map[string]attr.Value {
	values := make(map[string]attr.Value, len(kinds))
	for name, kind := range kinds {
		value, err := kind.ValueFromTerraform(ctx, tftypes.NewValue(kind.TerraformType(ctx), nil))
		if err != nil {
			panic("attribute " + name + " has no null value: " + err.Error())
		}
		values[name] = value
	}
	return values
}
