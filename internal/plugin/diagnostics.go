package plugin

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What the provider and the framework tell Terraform passes here, so that two rules hold for every message, whoever made it:
//
//   - It points at no attribute that is or holds a secret. Terraform prints the lines of the attribute, and the values of the
//     variables in it. The text names the attribute.
//   - It holds no control characters but line breaks and tabs. A terminal would obey them.

// secretNames are the attributes and blocks, of whatever schema, that are or hold a secret.
type secretNames func(context.Context) map[string]bool

// namesOf reads them once, when the first message points at an attribute.
func namesOf(server tfprotov6.ProviderServer) secretNames {
	var once sync.Once
	names := map[string]bool{}
	return func(ctx context.Context) map[string]bool {
		once.Do(func() {
			schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
			if err != nil {
				return
			}
			addSecretNames(names, schemas.Provider)
			for _, of := range []map[string]*tfprotov6.Schema{schemas.ResourceSchemas, schemas.DataSourceSchemas, schemas.EphemeralResourceSchemas, schemas.ListResourceSchemas} {
				for _, schema := range of {
					addSecretNames(names, schema)
				}
			}
			for _, schema := range schemas.ActionSchemas {
				addSecretNames(names, schema.Schema)
			}
		})
		return names
	}
}

func addSecretNames(names map[string]bool, schema *tfprotov6.Schema) {
	if schema == nil || schema.Block == nil {
		return
	}
	for _, attribute := range schema.Block.Attributes {
		if holdsSecret(attribute) {
			names[attribute.Name] = true
		}
	}
	for _, nested := range schema.Block.BlockTypes {
		if blockHoldsSecret(nested.Block) {
			names[nested.TypeName] = true
		}
	}
}

func holdsSecret(attribute *tfprotov6.SchemaAttribute) bool {
	if attribute.Sensitive || attribute.WriteOnly {
		return true
	}
	if attribute.NestedType == nil {
		return false
	}
	for _, nested := range attribute.NestedType.Attributes {
		if holdsSecret(nested) {
			return true
		}
	}
	return false
}

func blockHoldsSecret(block *tfprotov6.SchemaBlock) bool {
	for _, attribute := range block.Attributes {
		if holdsSecret(attribute) {
			return true
		}
	}
	for _, nested := range block.BlockTypes {
		if blockHoldsSecret(nested.Block) {
			return true
		}
	}
	return false
}

// clean makes every message fit for a terminal and for the reports that are made of it.
func (n secretNames) clean(ctx context.Context, diags []*tfprotov6.Diagnostic) {
	for _, d := range diags {
		d.Summary, d.Detail = printable(d.Summary), printable(d.Detail)
		if d.Attribute == nil || len(d.Attribute.Steps()) == 0 {
			continue
		}
		if root, ok := d.Attribute.Steps()[0].(tftypes.AttributeName); ok && n(ctx)[string(root)] {
			d.Attribute = nil
		}
	}
}

// printable drops control characters, and what turns the direction of a line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.Is(unicode.C, r) {
			return r
		}
		return -1
	}, text)
}

// diagnosticsOf are the messages of an answer; every type of answer has them under this name.
func diagnosticsOf(response any) []*tfprotov6.Diagnostic {
	answer := reflect.Indirect(reflect.ValueOf(response))
	if answer.Kind() != reflect.Struct {
		return nil
	}
	field := answer.FieldByName("Diagnostics")
	if !field.IsValid() {
		return nil
	}
	diags, _ := field.Interface().([]*tfprotov6.Diagnostic)
	return diags
}
