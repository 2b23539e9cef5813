package plugin

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Recover turns a panic into an error. State stays as far as it was set. The value of the
// panic is not shown, it may hold a secret; its type and the places in the code are.
func Recover(diags *diag.Diagnostics) {
	if v := recover(); v != nil {
		diags.AddError(summary, detail(v))
	}
}

// RecoverError turns a panic into an error, where there is nothing that takes a diagnostic: in what the framework does around the
// provider's own code. State stays as it was.
func RecoverError(err *error) {
	if v := recover(); v != nil {
		*err = errors.New(summary + ". " + detail(v))
	}
}

const summary = "The provider failed unexpectedly"

func detail(v any) string {
	return fmt.Sprintf("This is a bug in the provider; please report it with the lines below, which hold no secret. What was done up to here is in state. Run a plan before anything else.\n\n%T\n%s", v, stack())
}

// stack lists functions and lines, without arguments.
func stack() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(5, callers)])
	var b strings.Builder
	for {
		frame, more := frames.Next()
		fmt.Fprintf(&b, "  %s:%d\n", frame.Function, frame.Line)
		if !more {
			return b.String()
		}
	}
}
