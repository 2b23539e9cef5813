package plugin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
)

const canary = `s3cret+/"&<`

// fails panics with a value that holds a secret, as an entry point of the provider would.
func fails(value any) (diags diag.Diagnostics) {
	defer plugin.Recover(&diags)
	panic(value)
}

// A panic becomes one error that names the place and holds nothing of the value.
func TestPanicIsAnErrorWithoutItsValue(t *testing.T) {
	t.Parallel()
	for _, value := range []any{canary, fmt.Errorf("bad value %q", canary), struct{ Secret string }{canary}, []byte(canary)} {
		diags := fails(value)
		if len(diags) != 1 || !diags.HasError() {
			t.Fatalf("%T: got %v, want one error", value, diags)
		}
		text := diags[0].Summary() + diags[0].Detail()
		if strings.Contains(text, "s3cret") {
			t.Errorf("%T: the error holds the value", value)
		}
		if !strings.Contains(text, "plugin_test.fails") {
			t.Errorf("%T: the error does not name the place: %s", value, text)
		}
	}
}

// Without a panic nothing is said.
func TestNoPanic(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	func() { defer plugin.Recover(&diags) }()
	if len(diags) != 0 {
		t.Errorf("got %v", diags)
	}
}
