// Command providerschema prints the provider's schema as tfplugindocs wants it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/docs"
)

func main() {
	schema, err := docs.Schema(context.Background(), "oauthsecret")
	if err != nil {
		fmt.Fprintln(os.Stderr, "providerschema:", err)
		os.Exit(1)
	}
	fmt.Println(string(schema))
}
