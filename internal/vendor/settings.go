// Package vendor is what every vendor has in common towards the provider: how it is registered, and how its block of the
// provider configuration is read.
package vendor

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Settings is one vendor's block of the provider configuration, with the environment behind it.
type Settings struct {
	Vendor string
	Block  types.Object
	Getenv func(string) string
}

// Setting is one value of a block and the places it can come from.
type Setting struct {
	Path    path.Path
	Env     string
	Value   string
	Unknown bool // known only at apply
	// Explicit: it stands in the configuration, not in the environment.
	Explicit bool
	// Shadows: the environment holds another value, which is not used.
	Shadows bool
}

// Set tells whether the setting has a value or will have one.
func (s Setting) Set() bool { return s.Value != "" || s.Unknown }

// Names is how messages call the setting: attribute and environment variable.
func (s Setting) Names() string {
	return fmt.Sprintf("%s (or the environment variable %s)", s.Path, s.Env)
}

// Path is where attribute name stands in the provider configuration.
func (s Settings) Path(name string) path.Path { return path.Root(s.Vendor).AtName(name) }

// String reads one setting: the attribute, else the environment variable.
func (s Settings) String(name, env string) Setting {
	setting := Setting{Path: s.Path(name), Env: env}
	if s.Block.IsUnknown() {
		setting.Unknown = true
		return setting
	}
	// An empty text counts as not set: modules pass it for "no value".
	if v, ok := s.Block.Attributes()[name].(types.String); ok && !v.IsNull() && (v.IsUnknown() || v.ValueString() != "") {
		setting.Explicit = true
		setting.Unknown = v.IsUnknown()
		setting.Value = v.ValueString()
		if env != "" {
			other := s.Getenv(env)
			setting.Shadows = other != "" && other != setting.Value
		}
		return setting
	}
	if env != "" {
		setting.Value = s.Getenv(env)
	}
	return setting
}

// Float reads a number that has no environment variable; ok is false when it is absent or unknown.
func (s Settings) Float(name string) (value float64, ok bool) {
	v, isNumber := s.Block.Attributes()[name].(types.Float64)
	if !isNumber || v.IsNull() || v.IsUnknown() {
		return 0, false
	}
	return v.ValueFloat64(), true
}

// Unknown tells whether any attribute of the block is known only at apply.
func (s Settings) Unknown() bool {
	if s.Block.IsUnknown() {
		return true
	}
	for _, v := range s.Block.Attributes() {
		if isUnknown(v) {
			return true
		}
	}
	return false
}

func isUnknown(v attr.Value) bool { return v != nil && v.IsUnknown() }

// Scheme is one way to log in: settings that are given together.
type Scheme []Setting

// Choose picks the one scheme that is in use. What stands in the configuration wins over the environment as a whole: a
// token in the configuration is not in conflict with an older pair in somebody's shell.
//
// The diagnostics are those of a half-given or a conflicting choice; no scheme and no diagnostics means that nothing is given. A
// block that is unknown as a whole tells nothing about the choice yet, so it gives nothing.
func Choose(vendor string, schemes ...Scheme) (Scheme, diag.Diagnostics) {
	var diags diag.Diagnostics
	started := func(explicit bool) (found []Scheme) {
		for _, scheme := range schemes {
			for _, setting := range scheme {
				if setting.Set() && (setting.Explicit || !explicit && !setting.Unknown) {
					found = append(found, scheme)
					break
				}
			}
		}
		return found
	}
	candidates := started(true)
	if len(candidates) == 0 {
		candidates = started(false)
	}
	switch len(candidates) {
	case 0:
		return nil, nil
	case 1:
	default:
		var names []string
		for _, scheme := range candidates {
			names = append(names, scheme.given()...)
		}
		diags.AddError("Conflicting credentials",
			fmt.Sprintf("%s can be logged in to in one way only, but several are given: %s. Remove all but one.", vendor, strings.Join(names, "; ")))
		return nil, diags
	}
	for _, setting := range candidates[0] {
		if !setting.Set() {
			diags.AddError("Incomplete credentials",
				fmt.Sprintf("%s is given without %s. Set both.", strings.Join(candidates[0].given(), ", "), setting.Names()))
		}
	}
	return candidates[0], diags
}

// InUse is how errors call the credential that was refused: which attributes and variables it can be given in, and which of
// the two it was taken from.
func (s Scheme) InUse() string {
	names := make([]string, len(s))
	for i, setting := range s {
		from := "from the environment"
		switch {
		case setting.Shadows:
			from = "from the provider configuration, which wins over the environment variable"
		case setting.Explicit:
			from = "from the provider configuration"
		}
		names[i] = fmt.Sprintf("%s (%s), taken %s", setting.Path, setting.Env, from)
	}
	return strings.Join(names, ", and ")
}

func (s Scheme) given() (names []string) {
	for _, setting := range s {
		if setting.Set() {
			names = append(names, setting.Names())
		}
	}
	return names
}

// NewConnection starts a connection that is not usable yet. A configuration with values that are known only at apply stays
// that way until then.
func NewConnection(s Settings, scope Setting, base httpapi.Options) *session.Connection {
	return &session.Connection{Clock: base.Clock, Started: base.Clock.Now(), Known: base.Known, DefaultScope: scope.Value, Unknown: s.Unknown()}
}
