package clientsecret

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// verify tries s at the token endpoint on the terms of the object's verify block.
func (r *clientSecret) verify(ctx context.Context, c rotation.Client, s secret.Value, m model) verify.Verdict {
	if s.Empty() {
		return verify.Inconclusive
	}
	timeout, _ := m.Verify.Attributes()["timeout"].(types.String)
	return r.connection.Verify(ctx, c, s, verify.AfterRotation(span(timeout))).Verdict
}

// checkOnRefresh tries the secret in state where verify.on_refresh asks for it and its value can be read. What cannot be found
// out changes nothing.
func (r *clientSecret) checkOnRefresh(ctx context.Context, m model, st rotation.State, rec rotation.Record, diags *diag.Diagnostics) (rotation.State, rotation.Record) {
	if on, _ := m.Verify.Attributes()["on_refresh"].(types.Bool); !on.ValueBool() || m.Version.ValueInt64() == 0 {
		return st, rec
	}
	value, err := r.open(m)
	if err != nil {
		r.sayUnopened(diags, m, err)
	}
	if value.Empty() {
		return st, rec
	}
	result := r.connection.Verify(ctx, m.client(), value, verify.AtRefresh())
	// A new secret that never worked may not be known everywhere yet.
	young := !st.Verified && st.RotatedAt != nil && r.connection.Now().Sub(*st.RotatedAt) <= rotation.Lag
	return rotation.Checked(r.kind.Traits, st, rec, result.Verdict == verify.Accepted, result.Verdict == verify.Refused && !young, explain.Stem(result.Evidence))
}

// open is the secret of an object as far as it can be read here: in clear, or with decryption_identity. The error says why what
// is encrypted does not open; without a key there is none.
func (r *clientSecret) open(m model) (secret.Value, error) {
	if clear := m.plaintext(); !clear.Empty() {
		return clear, nil
	}
	ciphertext := m.Encrypted.ValueString()
	if ciphertext == "" || r.connection == nil || r.connection.Decrypter == nil {
		return secret.Value{}, nil
	}
	value, err := r.connection.Decrypter.Open(ciphertext)
	if errors.Is(err, session.ErrNoIdentity) || errors.Is(err, session.ErrUnknownIdentity) {
		return secret.Value{}, nil
	}
	return value, err
}

// plaintext is what open reads; empty when it does not.
func (r *clientSecret) plaintext(m model) secret.Value {
	value, err := r.open(m)
	if err != nil {
		return secret.Value{}
	}
	return value
}

// mayOpen tells whether the key that opens what m holds encrypted is known only at apply.
func (r *clientSecret) mayOpen(m model) bool {
	if m.Encrypted.ValueString() == "" || r.connection == nil || r.connection.Decrypter == nil {
		return false
	}
	_, err := r.connection.Decrypter.Open(m.Encrypted.ValueString())
	return errors.Is(err, session.ErrUnknownIdentity)
}

// sayUnopened says once for each client that decryption_identity does not open what is encrypted.
func (r *clientSecret) sayUnopened(diags *diag.Diagnostics, m model, err error) {
	if r.tell(m, "unopened "+m.ID.ValueString()) {
		r.say(diags, m, rotation.Message{
			Title:  "decryption_identity does not open the encrypted secret",
			Detail: explain.Sentence(err.Error()) + " Nothing was changed, and the secret could not be tried. Give the key that belongs to one of encryption_recipients as they were at the last rotation.",
		})
	}
}

// verifyRequired tells whether an unverified secret is more than a warning.
func verifyRequired(m model) bool {
	required, _ := m.Verify.Attributes()["required"].(types.Bool)
	return required.ValueBool()
}

// unproven says that the new secret stays unverified and what that means.
func unproven(k Kind, c rotation.Client, verdict verify.Verdict) (title, detail string) {
	seen := "The token endpoint gave no answer that says whether the new secret works."
	if verdict == verify.Refused {
		seen = "The token endpoint refused the new secret."
	}
	return "the new secret could not be verified",
		seen + " It is in state, verified is false, and the previous secret was not touched. " +
			"Check that the client may log in by itself and that the token endpoint is right; the secret may also need more time (verify.timeout). It is tried again before another secret is deleted.\n\n" +
			explain.Where(k.Subject(c))
}
