package clientsecret

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

// planSealing plans to encrypt, or to encrypt to other recipients, what the state holds.
func (r *clientSecret) planSealing(plan *model, prior model, diags *diag.Diagnostics) {
	switch {
	case plan.Recipients.IsUnknown() || plan.recipientsUnknown():
		if !prior.Secret.IsNull() {
			plan.Secret = types.StringUnknown()
		}
		if !prior.Secret.IsNull() || !prior.Encrypted.IsNull() {
			plan.Encrypted = types.StringUnknown()
		}
	case reseals(*plan, prior):
		plan.Secret = types.StringNull()
		plan.Encrypted = types.StringUnknown()
		r.say(diags, prior, becomesNull)
	case !plan.Recipients.Equal(prior.Recipients) && !prior.Encrypted.IsNull():
		value, err := r.open(prior)
		if err != nil {
			r.sayUnopened(diags, prior, err)
		}
		if plan.sealed() && (!value.Empty() || r.mayOpen(prior)) {
			plan.Encrypted = types.StringUnknown() // encrypted anew at once
			return
		}
		if !plan.sealed() {
			r.say(diags, prior, rotation.Message{
				Title: "the secret stays encrypted until the next rotation",
				Detail: "encryption_recipients was taken away. encrypted_client_secret goes on holding the secret in use, and client_secret stays null. " +
					"The next rotation puts its secret into client_secret, in clear in the state.",
			})
			return
		}
		r.say(diags, prior, rotation.Message{
			Title: "the encrypted secret keeps its recipients until the next rotation",
			Detail: "encrypted_client_secret was encrypted to the earlier recipients, and the provider has no key that opens it (decryption_identity). The change takes effect at the next rotation; " +
				"to encrypt anew now, rotate by changing a value of rotate_when_changed. A key that was lost or exposed calls for that rotation anyway.",
		})
	}
	if !prior.ChosenVersion.IsNull() && plan.ChosenVersion.IsNull() {
		r.say(diags, prior, rotation.Message{
			Title: "client_secret stays null until the next rotation",
			Detail: "client_secret_wo was taken away. The secret that you chose stays the current one, and its value is in no state, so client_secret is null. " +
				"To have a secret that is made here, change a value of rotate_when_changed once it is set, or set rotate_after.",
		})
	}
}

// reseals tells whether an update encrypts the secret that the state holds in clear, without a rotation.
func reseals(plan, prior model) bool { return plan.sealed() && !prior.Secret.IsNull() }

// planCustody sets what is known of the three forms of a new secret.
func (r *clientSecret) planCustody(plan *model) {
	chosen := !plan.ChosenVersion.IsNull()
	switch {
	case plan.Recipients.IsUnknown() || plan.ChosenVersion.IsUnknown():
	case chosen:
		plan.Secret, plan.Encrypted = types.StringNull(), types.StringNull()
	case plan.sealed():
		plan.Secret = types.StringNull()
	default:
		plan.Encrypted = types.StringNull()
	}
}

var becomesNull = rotation.Message{
	Title: "client_secret becomes null",
	Detail: "encryption_recipients is set, so the state holds the secret encrypted only. Whatever reads client_secret gets null. " +
		"Read encrypted_client_secret instead, with oauthsecret_decrypted_secret or age.",
}

// checkChosen warns when a chosen value and its version do not change together. again tells that the secret in use is sent again.
func (r *clientSecret) checkChosen(ctx context.Context, plan, prior model, req resource.ModifyPlanRequest, diags *diag.Diagnostics) (again bool) {
	if !r.kind.Traits.CallerChooses || prior.SHA256.IsNull() || prior.ChosenVersion.IsNull() || plan.ChosenVersion.IsNull() || plan.ChosenVersion.IsUnknown() {
		return false
	}
	value := r.chosen(ctx, req.Config, diags)
	if value.Empty() {
		return false
	}
	same, moved := value.SHA256() == prior.SHA256.ValueString(), !plan.ChosenVersion.Equal(prior.ChosenVersion)
	switch {
	case same && moved:
		r.say(diags, prior, rotation.Message{
			Title: "client_secret_wo has the value from before",
			Detail: "client_secret_wo_version is new, but client_secret_wo is the secret in use. The apply sends it again: it goes on working, and nothing is rotated to another value. " +
				"Give client_secret_wo a new value.",
		})
	case !same && !moved:
		r.say(diags, prior, rotation.Message{
			Title:  "client_secret_wo has a new value, and its version is the one from before",
			Detail: "Only a new client_secret_wo_version sends client_secret_wo to the vendor: this apply does not, and the secret from before stays the current one. Change client_secret_wo_version as well.",
		})
	}
	return same && moved
}
