package clientsecret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/duration"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
)

// PositiveDuration accepts a duration above zero.
func PositiveDuration() validator.String { return positiveDuration{} }

type positiveDuration struct{}

func (positiveDuration) Description(context.Context) string {
	return `must be a duration above zero, such as "90d", "2w" or "1h30m"`
}

func (v positiveDuration) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v positiveDuration) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := duration.Parse(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration",
			fmt.Sprintf("%s %s. %s", req.Path, v.Description(ctx), duration.Units))
	}
}

// quiet is a validator that does not repeat the value, which may be a secret in the wrong place.
type quiet struct{ validator.String }

func (v quiet) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var found validator.StringResponse
	v.String.ValidateString(ctx, req, &found)
	if found.Diagnostics.HasError() {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid value", fmt.Sprintf("%s: %s.", req.Path, strings.TrimSuffix(v.Description(ctx), ".")))
	}
}

// overlap accepts a duration of zero or more, in whole seconds and up to max where a vendor is told of it.
type overlap struct {
	wholeSeconds bool
	max          time.Duration
}

func (k Kind) overlapDuration() validator.String {
	return overlap{wholeSeconds: k.Traits.EndsOverlap, max: k.MaxOverlap}
}

func (v overlap) Description(context.Context) string {
	text := `must be a duration of zero or more, such as "2d", "24h" or "0s"`
	if v.wholeSeconds {
		text += ", in whole seconds"
	}
	if v.max > 0 {
		text += fmt.Sprintf(", of at most %s", v.max)
	}
	return text
}

func (v overlap) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v overlap) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	d, err := duration.Parse(req.ConfigValue.ValueString())
	if err != nil || d < 0 || v.wholeSeconds && d%time.Second != 0 || v.max > 0 && d > v.max {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration",
			fmt.Sprintf("%s %s. %s", req.Path, v.Description(ctx), duration.Units))
	}
}

// recipientsValidator accepts public keys that secrets can be encrypted to.
type recipientsValidator struct{}

func (recipientsValidator) Description(context.Context) string {
	return "must be age or SSH public keys, one in each element"
}

func (v recipientsValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (recipientsValidator) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	var known []string
	for i, element := range req.ConfigValue.Elements() {
		if text, ok := element.(types.String); ok && !text.IsNull() && !text.IsUnknown() {
			known = append(known, text.ValueString())
			if _, err := encryption.ParseRecipient(text.ValueString()); err != nil {
				resp.Diagnostics.AddError(invalidRecipients(&encryption.RecipientError{Index: i, Reason: err.Error()}))
			}
		}
	}
	if _, err := encryption.ParseRecipients(known); errors.Is(err, encryption.ErrMixed) {
		resp.Diagnostics.AddError(invalidRecipients(err))
	}
}

// invalidRecipients is the error of keys that cannot be used. It points at no line: Terraform would print it, and what stands
// there may be a private key.
func invalidRecipients(err error) (summary, detail string) {
	return "Invalid encryption recipient", err.Error() + "."
}

// chosenSecret checks a value that the user chose against the vendor's rule. Its error points at no line, for the same reason.
type chosenSecret struct{ check func(string) error }

func (chosenSecret) Description(context.Context) string { return "must meet the vendor's rule" }

func (v chosenSecret) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v chosenSecret) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddError("Invalid secret", fmt.Sprintf("%s: %s.", req.Path, err))
	}
}
