// Command terraform-provider-oauthsecret is a Terraform and OpenTofu provider for OAuth client secrets.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/lifetime"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run with support for debuggers")
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		lifetime.Harden()
		lifetime.Guard(ctx)
	}
	// Not providerserver.Serve: it links protocol 5 as well.
	err := tf6server.Serve(provider.Address, providerserver.NewProtocol6(provider.New(version, provider.Options{})()), options...)
	if err != nil {
		log.Fatal(err)
	}
}
