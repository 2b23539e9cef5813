// Package decryptedsecret is the ephemeral resource that opens what encryption_recipients sealed, so that a secret made by
// a vendor reaches another provider's write-only argument with no plaintext in any plan or state.
package decryptedsecret

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*decryptedSecret)(nil)

type decryptedSecret struct{ decrypter *session.Decrypter }

// New is the constructor of the ephemeral resource.
func New() ephemeral.EphemeralResource { return &decryptedSecret{} }

// model is the object: what comes in and what is opened.
type model struct {
	Ciphertext types.String `tfsdk:"ciphertext"`
	Identity   types.String `tfsdk:"identity"`
	Plaintext  types.String `tfsdk:"plaintext"`
}

// Metadata implements ephemeral.EphemeralResource.
func (*decryptedSecret) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_decrypted_secret"
}

// Schema implements ephemeral.EphemeralResource.
func (*decryptedSecret) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Opens an `encrypted_client_secret` with a private key, so that the secret can be given to a write-only argument of another provider. " +
			"Nothing of it is in a plan or a state. It makes no request. A ciphertext that is known only at apply is opened at apply.",
		Attributes: map[string]schema.Attribute{
			"ciphertext": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Armored age ciphertext, such as `encrypted_client_secret` of a client secret. Null (the client was adopted or imported, and nothing was rotated yet) gives a null `plaintext`.",
			},
			"identity": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Text of a private key that it was sealed to: an age key file (`AGE-SECRET-KEY-1…`, post-quantum `AGE-SECRET-KEY-PQ-1…`) or an SSH private key without passphrase (ed25519, rsa). " +
					"Give it as an ephemeral value, so that it too stays out of plan and state. Default: `decryption_identity` of the provider.",
			},
			"plaintext": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The secret. Null when `ciphertext` is.",
			},
		},
	}
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (r *decryptedSecret) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	decrypter, ok := req.ProviderData.(*session.Decrypter)
	if !ok {
		resp.Diagnostics.AddError("Unexpected provider data", fmt.Sprintf("Expected *session.Decrypter, got %T. Please report this to the provider's developers.", req.ProviderData))
	}
	r.decrypter = decrypter
}

// Open decrypts. It runs in plan and in apply and changes nothing anywhere. Terraform does not call it while an argument is
// unknown.
func (r *decryptedSecret) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer plugin.Recover(&resp.Diagnostics)
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var err error
	if m.Plaintext, err = r.open(m); err != nil {
		// At no line: Terraform would print it, and with it the key.
		resp.Diagnostics.AddError("Unable to open the sealed secret", explain.Sentence(err.Error()))
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}

// open gives the plaintext. It is null in a plan in which the provider's own key is not known yet: the apply opens again, and
// OpenTofu takes nothing unknown from here.
func (r *decryptedSecret) open(m model) (types.String, error) {
	var plain secret.Value
	var err error
	switch {
	case m.Ciphertext.IsNull():
		return types.StringNull(), nil
	case m.Identity.ValueString() != "":
		plain, err = encryption.Open(m.Ciphertext.ValueString(), secret.New(m.Identity.ValueString()))
	default:
		plain, err = r.decrypter.Open(m.Ciphertext.ValueString())
	}
	switch {
	case errors.Is(err, session.ErrUnknownIdentity):
		return types.StringNull(), nil
	case err != nil:
		return types.StringNull(), err
	}
	return types.StringValue(plain.Reveal()), nil
}
