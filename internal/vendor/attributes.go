package vendor

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/pace"
)

// Credential is an attribute of the provider configuration whose value is secret.
func Credential(description, env string) schema.Attribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: fmt.Sprintf("%s Environment variable `%s`.", description, env)}
}

// Text is an attribute of the provider configuration that anybody may see.
func Text(description, env string) schema.Attribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: fmt.Sprintf("%s Environment variable `%s`.", description, env)}
}

// Schema is the vendor's block of the provider configuration.
func (r Registration) Schema() schema.Block {
	attrs := map[string]schema.Attribute{
		"requests_per_second": schema.Float64Attribute{
			Optional:            true,
			Validators:          []validator.Float64{float64validator.AtLeast(0.01)},
			MarkdownDescription: "Upper bound of the requests that leave per second, for all resources together. Default: " + r.Pacing + ". Set it when other programs use the same credential.",
		},
		"ca_certificate_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Certificates in PEM that are trusted besides the system's, for a proxy that inspects TLS.",
		},
	}
	for name, attribute := range r.Attributes {
		attrs[name] = attribute
	}
	return schema.SingleNestedBlock{MarkdownDescription: r.Description, Attributes: attrs}
}

// Pace is the configured pace, or the vendor's own.
func (s Settings) Pace(own pace.Bound) pace.Bound {
	if perSecond, ok := s.Float("requests_per_second"); ok {
		return pace.Bound{PerSecond: perSecond, Burst: max(1, int(perSecond))}
	}
	return own
}

// Check refuses an address of an API that credentials must not be sent to, the same of token endpoints, and a certificate that
// is none. No error of the provider configuration points at a line: Terraform would print it, with the credential that stands
// there.
func (s Settings) Check(base Setting, endpoints ...Setting) (diags diag.Diagnostics) {
	check := func(address Setting, problem error) {
		if !address.Unknown && address.Value != "" && problem != nil {
			diags.AddError("Invalid address", fmt.Sprintf("%s: %s.", address.Names(), problem))
		}
	}
	_, err := httpapi.CheckURL(base.Value)
	check(base, err)
	for _, endpoint := range endpoints {
		check(endpoint, httpapi.CheckEndpoint(endpoint.Value))
	}
	certificate := s.String("ca_certificate_pem", "")
	if !certificate.Unknown && certificate.Value != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(certificate.Value)) {
		diags.AddError("Invalid certificate", fmt.Sprintf("%s holds no certificate in PEM form.", certificate.Path))
	}
	return diags
}

// Rejected is the problem of a credential that cannot be used. It points at no line of the configuration, because Terraform
// would print the line, and the credential with it.
func Rejected(vendor string, scheme Scheme, err error) (diags diag.Diagnostics) {
	diags.AddError("Invalid configuration of "+vendor, fmt.Sprintf("%s It is given in %s.", explain.Sentence(err.Error()), strings.Join(scheme.given(), "; ")))
	return diags
}

// Missing is the problem of a vendor without credentials.
func Missing(vendor string, settings ...Setting) (diags diag.Diagnostics) {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Names()
	}
	diags.AddError("Missing credentials", fmt.Sprintf("%s is used by this configuration, but no credential is given. Set one of the following, with its partner where it has one: %s.", vendor, strings.Join(names, "; ")))
	return diags
}

// PathElement accepts what can stand as one element of an API path.
type PathElement struct{}

// Description implements validator.String.
func (PathElement) Description(context.Context) string {
	return `must not be empty, ".", ".." or hold a slash or white space`
}

// MarkdownDescription implements validator.String.
func (v PathElement) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v PathElement) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value := req.ConfigValue.ValueString()
	if value == "" || value == "." || value == ".." || strings.ContainsAny(value, "/ \t\r\n") {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid id", fmt.Sprintf("%s %s.", req.Path, v.Description(ctx)))
	}
}
