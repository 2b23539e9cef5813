package clientsecret

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// establish verifies s on the terms of the object's verify block.
func establish(ctx context.Context, connection *session.Connection, c rotation.Client, s secret.Value, m model) verify.Verdict {
	timeout, _ := m.Verify.Attributes()["timeout"].(types.String)
	return connection.Verify(ctx, c, s, verify.AfterRotation(span(timeout))).Verdict
}

// verifyRequired tells whether an unproven secret is more than a warning.
func verifyRequired(m model) bool {
	required, _ := m.Verify.Attributes()["required"].(types.Bool)
	return required.ValueBool()
}

// unproven says that the new secret stays unproven and what that means.
func unproven(k Kind, c rotation.Client, verdict verify.Verdict) (summary, detail string) {
	seen := "The token endpoint gave no answer that says whether the new secret works."
	if verdict == verify.Refused {
		seen = "The token endpoint refused the new secret."
	}
	return "The new secret could not be proven",
		seen + " It is in state, verified is false, and the previous secret was not touched. " +
			"Check that the client may log in by itself and that the token endpoint is right; the secret may also need more time (verify.timeout). The proof is tried again before another secret is deleted.\n\n" +
			explain.Where(k.Subject(c))
}
