// Command terraform-provider-oauthsecret is a Terraform and OpenTofu provider for OAuth client secrets.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run with support for debuggers")
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if !*debug {
		plugin.Harden()
		plugin.Guard(ctx)
	}
	if err := plugin.Serve(provider.Address, provider.New(version, provider.Options{})(), *debug); err != nil {
		log.Fatal(err)
	}
}
