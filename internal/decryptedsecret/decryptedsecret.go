// Package decryptedsecret is the ephemeral resource that opens what encryption_recipients sealed, so that a secret made by
// a vendor reaches another provider's write-only argument with no plaintext in any plan or state.
package decryptedsecret

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

var _ ephemeral.EphemeralResource = (*decryptedSecret)(nil)

type decryptedSecret struct{}

// New is the constructor of the ephemeral resource.
func New() ephemeral.EphemeralResource { return decryptedSecret{} }

// model is the object: what comes in and what is opened.
type model struct {
	Ciphertext types.String `tfsdk:"ciphertext"`
	Identity   types.String `tfsdk:"identity"`
	Plaintext  types.String `tfsdk:"plaintext"`
}

// Metadata implements ephemeral.EphemeralResource.
func (decryptedSecret) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_decrypted_secret"
}

// Schema implements ephemeral.EphemeralResource.
func (decryptedSecret) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Opens an `encrypted_client_secret` with a private key, so that the secret can be given to a write-only argument of another provider. " +
			"Nothing of it is in a plan or a state. It makes no request. A ciphertext that is known only at apply is opened at apply.",
		Attributes: map[string]schema.Attribute{
			"ciphertext": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Armored age ciphertext, such as `encrypted_client_secret` of a client secret.",
			},
			"identity": schema.StringAttribute{
				Required:            true,
				Sensitive:           true,
				MarkdownDescription: "Text of a private key that it was sealed to: an age key file (`AGE-SECRET-KEY-1…`) or an SSH private key without passphrase (ed25519, rsa). Give it as an ephemeral value, so that it too stays out of plan and state.",
			},
			"plaintext": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The secret.",
			},
		},
	}
}

// Open decrypts. It runs in plan and in apply and changes nothing anywhere.
func (decryptedSecret) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plain, err := encryption.Open(m.Ciphertext.ValueString(), secret.New(m.Identity.ValueString()))
	if err != nil {
		at := path.Root("identity")
		if errors.Is(err, encryption.ErrDamaged) {
			at = path.Root("ciphertext")
		}
		resp.Diagnostics.AddAttributeError(at, "Unable to open the sealed secret", explain.Sentence(err.Error()))
		return
	}
	m.Plaintext = types.StringValue(plain.Reveal())
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}
