// Package plugin is the provider as the process that Terraform starts: how it is served, how long it lives, and what a panic
// costs. It keeps that process small: what Terraform
// drops is not logged, and nothing of a request stays once it was answered.
package plugin

import (
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// collectAt is GOGC. Little is alive at any time (some 5 MB), so the collector need not run for each such amount again, nor
// while the program starts.
const collectAt = 400

// Serve answers Terraform until it lets go. With debugging, a debugger started the process and Terraform is told how to
// reach it.
func Serve(address string, p provider.Provider, debugging bool) error {
	var options []tf6server.ServeOpt
	if debugging {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		for name, level := range unheard(os.Getenv) {
			if err := os.Setenv(name, level); err != nil {
				return err
			}
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	// Not providerserver.Serve: it links protocol 5 as well.
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return New(p) }, options...)
}
