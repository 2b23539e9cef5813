// Command consumer is the provider of package internal/testing/consumer as a program, for tests and examples that run the
// real CLI. With -store it is the store that the provider writes to, in memory, on loopback only:
//
//	go run ./internal/cmd/consumer -store 127.0.0.1:8300
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

func main() {
	store := flag.String("store", "", "serve a store at this loopback address instead of the provider")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *store != "" {
		err = serveStore(ctx, *store)
	} else {
		err = providerserver.Serve(ctx, consumer.New, providerserver.ServeOpts{Address: consumer.Address, ProtocolVersion: 6})
	}
	if err != nil {
		log.Fatal(err)
	}
}

// serveStore serves an empty store and prints the environment that points the provider at it.
func serveStore(ctx context.Context, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("refusing to listen on %q: not a loopback address", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(os.Stdout, "export %s='http://%s'\n", consumer.URLVariable, listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: &consumer.Store{}, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
