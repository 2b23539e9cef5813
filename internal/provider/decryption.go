package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendor"
)

func decryptionAttribute() schema.Attribute {
	return vendor.Credential("Text of the private key that opens what `encryption_recipients` encrypted: an age key file (`AGE-SECRET-KEY-1…`, post-quantum `AGE-SECRET-KEY-PQ-1…`, several keys in one file too) "+
		"or an SSH private key without passphrase (ed25519, rsa). With it an encrypted secret can be proven and encrypted to other recipients without a rotation, and `oauthsecret_decrypted_secret` needs no `identity`. "+
		"Give it as an ephemeral value; it is in no state and no plan either way.", session.DecryptionIdentityEnv)
}

// decrypter reads the key once for everything that opens. An empty text counts as not set.
func (p *oauthsecret) decrypter(ctx context.Context, config tfsdk.Config, known *secret.Known, diags *diag.Diagnostics) *session.Decrypter {
	var configured types.String
	diags.Append(config.GetAttribute(ctx, path.Root(session.DecryptionIdentity), &configured)...)
	switch {
	case configured.IsUnknown():
		return session.UnknownDecrypter()
	case configured.ValueString() != "":
		return session.NewDecrypter(secret.New(configured.ValueString()), known)
	default:
		return session.NewDecrypter(secret.New(p.options.Getenv(session.DecryptionIdentityEnv)), known)
	}
}
