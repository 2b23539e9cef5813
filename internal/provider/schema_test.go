package provider_test

import (
	"context"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	own "github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
)

// matching is a pattern for texts that Terraform wraps and frames.
func matching(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(strings.Fields(regexp.QuoteMeta(words)), `[\s│]+`))
}

// schemas are all schemas as Terraform gets them, by kind and type name.
func schemas(t *testing.T) map[string]*tfprotov6.Schema {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(own.New("test", own.Options{})())()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	all := map[string]*tfprotov6.Schema{"provider": resp.Provider}
	for kind, found := range map[string]map[string]*tfprotov6.Schema{
		"resource": resp.ResourceSchemas, "data": resp.DataSourceSchemas, "ephemeral": resp.EphemeralResourceSchemas, "list": resp.ListResourceSchemas,
	} {
		for name, schema := range found {
			all[kind+" "+name] = schema
		}
	}
	for name, action := range resp.ActionSchemas {
		all["action "+name] = action.Schema
	}
	return all
}

// walk visits every attribute, those inside others and inside blocks included.
func walk(prefix string, block *tfprotov6.SchemaBlock, visit func(path string, a *tfprotov6.SchemaAttribute)) {
	walkAttributes(prefix, block.Attributes, visit)
	for _, b := range block.BlockTypes {
		walk(prefix+"."+b.TypeName, b.Block, visit)
	}
}

func walkAttributes(prefix string, attributes []*tfprotov6.SchemaAttribute, visit func(path string, a *tfprotov6.SchemaAttribute)) {
	for _, a := range attributes {
		visit(prefix+"."+a.Name, a)
		if a.NestedType != nil {
			walkAttributes(prefix+"."+a.Name, a.NestedType.Attributes, visit)
		}
	}
}

// What an operator writes is a block and never an attribute of object type, in which the CLI drops a misspelt name.
func TestSchema_GroupsOfSettingsAreBlocks(t *testing.T) {
	t.Parallel()
	for name, schema := range schemas(t) {
		walk(name, schema.Block, func(path string, a *tfprotov6.SchemaAttribute) {
			if a.NestedType != nil && (a.Optional || a.Required) {
				t.Errorf("%s is an attribute of object type", path)
			}
		})
	}
}

func TestSchema_EveryAttributeHasADescription(t *testing.T) {
	t.Parallel()
	for name, schema := range schemas(t) {
		if schema.Block.Description == "" {
			t.Errorf("%s has no description", name)
		}
		for _, b := range schema.Block.BlockTypes {
			if len(b.Block.Description) < 10 {
				t.Errorf("block %s of %s has no description", b.TypeName, name)
			}
		}
		walk(name, schema.Block, func(path string, a *tfprotov6.SchemaAttribute) {
			if len(a.Description) < 10 {
				t.Errorf("%s has no description", path)
			}
		})
	}
}

// public are attributes whose names look like secrets and are none.
var public = regexp.MustCompile(`(_url|_version|_sha256|_id|_after|_expires_at|_pem|has_previous_secret|has_rotated_secret|previous_secret|previous_secret_ends|encrypted_client_secret|secrets|secret_age.*|_auth_method)$`)

func TestSchema_SecretsAreSensitive(t *testing.T) {
	t.Parallel()
	secretive := regexp.MustCompile(`(secret|token|password|key|plaintext|identity)`)
	var sensitive []string
	for name, schema := range schemas(t) {
		walk(name, schema.Block, func(path string, a *tfprotov6.SchemaAttribute) {
			if a.Sensitive {
				sensitive = append(sensitive, path)
			}
			if a.NestedType == nil && secretive.MatchString(a.Name) && !public.MatchString(a.Name) && !a.Sensitive && a.Type.String() == "tftypes.String" {
				t.Errorf("%s looks like a secret and is not sensitive", path)
			}
			if a.Sensitive && public.MatchString(a.Name) {
				t.Errorf("%s is sensitive for no reason", path)
			}
		})
	}
	for _, want := range []string{
		"provider.decryption_identity",
		"provider.cloudflare.api_token", "provider.cloudflare.api_key",
		"provider.csp.api_token", "provider.csp.client_secret", "provider.csp.access_token",
		"provider.identity_service.access_token", "provider.identity_service.client_secret",
		"resource oauthsecret_csp_client_secret.client_secret", "resource oauthsecret_csp_client_secret.client_secret_wo",
		"resource oauthsecret_cloudflare_client_secret.client_secret", "resource oauthsecret_identity_service_client_secret.client_secret",
	} {
		if !slices.Contains(sensitive, want) {
			t.Errorf("%s is not sensitive", want)
		}
	}
}

func TestSchema_ProviderAttributes(t *testing.T) {
	t.Parallel()
	common := []string{"base_url", "ca_certificate_pem", "requests_per_second"}
	want := map[string][]string{
		"cloudflare":       append([]string{"api_token", "email", "api_key", "account_id", "token_url"}, common...),
		"csp":              append([]string{"api_token", "client_id", "client_secret", "access_token", "org_id"}, common...),
		"identity_service": append([]string{"access_token", "client_id", "client_secret", "token_url", "tenant"}, common...),
	}
	got := map[string][]string{}
	for _, a := range schemas(t)["provider"].Block.Attributes { // of no vendor
		if a.Name != "decryption_identity" || !a.Optional || !strings.Contains(a.Description, "`OAUTHSECRET_DECRYPTION_IDENTITY`") {
			t.Errorf("the provider configuration has %+v", a)
		}
	}
	for _, vendor := range schemas(t)["provider"].Block.BlockTypes {
		for _, a := range vendor.Block.Attributes {
			got[vendor.TypeName] = append(got[vendor.TypeName], a.Name)
			if !a.Optional {
				t.Errorf("%s.%s is not optional", vendor.TypeName, a.Name)
			}
			withVariable := a.Name != "ca_certificate_pem" && a.Name != "requests_per_second"
			if strings.Contains(a.Description, "`"+variable(vendor.TypeName, a.Name)+"`") != withVariable {
				t.Errorf("the description of %s.%s names the wrong environment variable: %s", vendor.TypeName, a.Name, a.Description)
			}
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("the blocks are %v", slices.Sorted(maps.Keys(got)))
	}
	for vendor, names := range want {
		if !slices.Equal(slices.Sorted(slices.Values(got[vendor])), slices.Sorted(slices.Values(names))) {
			t.Errorf("%s has %v, want %v", vendor, got[vendor], names)
		}
	}
}

// One vocabulary for the three client secrets: a difference exists only where the API forces it.
func TestSchema_OneVocabulary(t *testing.T) {
	t.Parallel()
	common := []string{
		"rotate_when_changed", "rotate_after", "retire_previous_after", "on_destroy", "on_external_rotation", "encryption_recipients",
		"id", "client_secret", "encrypted_client_secret", "client_secret_sha256", "version", "rotated_at", "rotation_due_at", "has_previous_secret",
		"previous_secret_expires_at", "verified", "previous_secret_ends", "rotation_reason", "drift",
	}
	slots := []string{"on_create", "on_pending_rotation"}
	own := map[string][]string{
		"csp":              append([]string{"org_id", "oauth_app_id", "rotation_mode", "client_secret_wo", "client_secret_wo_version", "allow_self_rotation"}, slots...),
		"cloudflare":       append([]string{"account_id", "oauth_client_id"}, slots...),
		"identity_service": {"tenant", "client_id", "expires_after", "allow_self_rotation", "secret_id", "previous_secret_id", "expires_at"},
	}
	all := schemas(t)
	shape := map[string]string{}
	for vendor, more := range own {
		schema := all["resource oauthsecret_"+vendor+"_client_secret"]
		var got []string
		for _, a := range schema.Block.Attributes {
			got = append(got, a.Name)
			if !slices.Contains(common, a.Name) {
				continue
			}
			form := strings.Join([]string{a.Type.String(), flag(a.Required), flag(a.Optional), flag(a.Computed), flag(a.Sensitive), flag(a.WriteOnly)}, " ")
			if before, seen := shape[a.Name]; seen && before != form {
				t.Errorf("%s of %s differs: %s and %s", a.Name, vendor, form, before)
			}
			shape[a.Name] = form
		}
		groups := map[string][]string{}
		for _, b := range schema.Block.BlockTypes {
			for _, a := range b.Block.Attributes {
				groups[b.TypeName] = append(groups[b.TypeName], a.Name)
			}
		}
		if want := map[string][]string{"verify": {"on_refresh", "required", "timeout"}, "timeouts": {"create", "delete", "read", "update"}}; !reflect.DeepEqual(groups, want) {
			t.Errorf("%s has the blocks %v,\nwant %v", vendor, groups, want)
		}
		if want := slices.Concat(common, more); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s has %v,\nwant %v", vendor, slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
		}
	}
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// The framework's own rules for schemas.
func TestSchema_ValidImplementation(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := own.New("test", own.Options{})()
	var schema provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &schema)
	none(t, schema.Schema.ValidateImplementation(ctx))
	for _, construct := range p.Resources(ctx) {
		r := construct()
		var resp resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &resp)
		none(t, resp.Diagnostics)
		none(t, resp.Schema.ValidateImplementation(ctx))
		identity, ok := r.(resource.ResourceWithIdentity)
		if !ok {
			t.Errorf("%T has no identity", r)
			continue
		}
		var identityResp resource.IdentitySchemaResponse
		identity.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identityResp)
		none(t, identityResp.IdentitySchema.ValidateImplementation(ctx))
	}
	for _, construct := range p.DataSources(ctx) {
		var resp datasource.SchemaResponse
		construct().Schema(ctx, datasource.SchemaRequest{}, &resp)
		none(t, resp.Schema.ValidateImplementation(ctx))
	}
	if with, ok := p.(provider.ProviderWithEphemeralResources); ok {
		for _, construct := range with.EphemeralResources(ctx) {
			var resp ephemeral.SchemaResponse
			construct().Schema(ctx, ephemeral.SchemaRequest{}, &resp)
			none(t, resp.Schema.ValidateImplementation(ctx))
		}
	}
}
