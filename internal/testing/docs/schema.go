package docs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
)

// Schema is what "terraform providers schema -json" prints of this provider, under key. It is made from the provider
// itself: a command-line program leaves out what it does not know (actions and list resources before 1.14, identities
// before 1.12), and their pages would be lost.
func Schema(ctx context.Context, key string) ([]byte, error) {
	server := providerserver.NewProtocol6(provider.New("docs", provider.Options{})())()
	all, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	for _, d := range append(all.Diagnostics, identities.Diagnostics...) {
		return nil, fmt.Errorf("%s: %s", d.Summary, d.Detail)
	}
	out := map[string]any{}
	add := func(kind string, schemas map[string]*tfprotov6.Schema) {
		group := map[string]any{}
		for name, s := range schemas {
			group[name], err = schemaJSON(s, err)
		}
		if len(group) > 0 {
			out[kind] = group
		}
	}
	out["provider"], err = schemaJSON(all.Provider, nil)
	actions := map[string]*tfprotov6.Schema{}
	for name, a := range all.ActionSchemas {
		actions[name] = a.Schema
	}
	add("resource_schemas", all.ResourceSchemas)
	add("data_source_schemas", all.DataSourceSchemas)
	add("ephemeral_resource_schemas", all.EphemeralResourceSchemas)
	add("list_resource_schemas", all.ListResourceSchemas)
	add("action_schemas", actions)
	if err != nil {
		return nil, err
	}
	// An action has no version of its own.
	for _, a := range out["action_schemas"].(map[string]any) {
		delete(a.(map[string]any), "version")
	}
	out["resource_identity_schemas"] = identitiesJSON(identities.IdentitySchemas)
	return json.MarshalIndent(map[string]any{
		"format_version":   "1.0",
		"provider_schemas": map[string]any{key: out},
	}, "", "  ")
}

func schemaJSON(s *tfprotov6.Schema, earlier error) (map[string]any, error) {
	if earlier != nil {
		return nil, earlier
	}
	block, err := blockJSON(s.Block)
	if err != nil {
		return nil, err
	}
	return map[string]any{"version": s.Version, "block": block}, nil
}

func blockJSON(b *tfprotov6.SchemaBlock) (map[string]any, error) {
	attributes, err := attributesJSON(b.Attributes)
	if err != nil {
		return nil, err
	}
	blocks := map[string]any{}
	for _, nested := range b.BlockTypes {
		if nested.Nesting != tfprotov6.SchemaNestedBlockNestingModeSingle {
			return nil, fmt.Errorf("block %q: this provider has single blocks only", nested.TypeName)
		}
		inside, err := blockJSON(nested.Block)
		if err != nil {
			return nil, err
		}
		blocks[nested.TypeName] = map[string]any{"nesting_mode": "single", "block": inside}
	}
	out := map[string]any{"description_kind": kindJSON(b.DescriptionKind)}
	set(out, "attributes", attributes, len(attributes) > 0)
	set(out, "block_types", blocks, len(blocks) > 0)
	set(out, "description", b.Description, b.Description != "")
	set(out, "deprecated", true, b.Deprecated)
	return out, nil
}

func attributesJSON(attributes []*tfprotov6.SchemaAttribute) (map[string]any, error) {
	out := map[string]any{}
	for _, a := range attributes {
		one := map[string]any{"description_kind": kindJSON(a.DescriptionKind)}
		set(one, "description", a.Description, a.Description != "")
		set(one, "deprecated", true, a.Deprecated)
		set(one, "required", true, a.Required)
		set(one, "optional", true, a.Optional)
		set(one, "computed", true, a.Computed)
		set(one, "sensitive", true, a.Sensitive)
		set(one, "write_only", true, a.WriteOnly)
		if a.NestedType == nil {
			one["type"] = typeJSON(a.Type)
		} else {
			nested, err := attributesJSON(a.NestedType.Attributes)
			if err != nil {
				return nil, err
			}
			mode, ok := map[tfprotov6.SchemaObjectNestingMode]string{
				tfprotov6.SchemaObjectNestingModeSingle: "single", tfprotov6.SchemaObjectNestingModeList: "list",
				tfprotov6.SchemaObjectNestingModeSet: "set", tfprotov6.SchemaObjectNestingModeMap: "map",
			}[a.NestedType.Nesting]
			if !ok {
				return nil, fmt.Errorf("attribute %q: unknown nesting %d", a.Name, a.NestedType.Nesting)
			}
			one["nested_type"] = map[string]any{"attributes": nested, "nesting_mode": mode}
		}
		out[a.Name] = one
	}
	return out, nil
}

func identitiesJSON(schemas map[string]*tfprotov6.ResourceIdentitySchema) map[string]any {
	out := map[string]any{}
	for name, s := range schemas {
		attributes := map[string]any{}
		for _, a := range s.IdentityAttributes {
			one := map[string]any{"type": typeJSON(a.Type)}
			set(one, "description", a.Description, a.Description != "")
			set(one, "required_for_import", true, a.RequiredForImport)
			set(one, "optional_for_import", true, a.OptionalForImport)
			attributes[a.Name] = one
		}
		out[name] = map[string]any{"version": s.Version, "attributes": attributes}
	}
	return out
}

func set(object map[string]any, name string, value any, present bool) {
	if present {
		object[name] = value
	}
}

func kindJSON(kind tfprotov6.StringKind) string {
	if kind == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}

// typeJSON is the notation of types in JSON: a name, or a pair of a name and what is inside.
func typeJSON(t tftypes.Type) any {
	switch t := t.(type) {
	case tftypes.List:
		return []any{"list", typeJSON(t.ElementType)}
	case tftypes.Set:
		return []any{"set", typeJSON(t.ElementType)}
	case tftypes.Map:
		return []any{"map", typeJSON(t.ElementType)}
	case tftypes.Object:
		inside := map[string]any{}
		for name, attribute := range t.AttributeTypes {
			inside[name] = typeJSON(attribute)
		}
		return []any{"object", inside}
	}
	switch {
	case t.Is(tftypes.String):
		return "string"
	case t.Is(tftypes.Number):
		return "number"
	case t.Is(tftypes.Bool):
		return "bool"
	default:
		return "dynamic"
	}
}
