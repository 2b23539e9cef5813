// Command simulator serves the simulator of the three vendors on a loopback
// address and prints the environment that points the provider at it. It runs
// until it is interrupted, so that a script starts it in the background:
//
//	simulator >environment.sh &
//	. ./environment.sh # Once it is not empty.
//
// Everything is in memory, every credential is a fake, and it refuses to
// listen where another machine could reach it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "loopback address to listen on")
	account := flags.String("cloudflare-account", "023e105f4ecef8ad9ca31a8372d0c353", "account of the first Cloudflare client")
	client := flags.String("cloudflare-client", "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4", "id of the first Cloudflare client")
	org := flags.String("csp-org", "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11", "organization of the first CSP app")
	app := flags.String("csp-app", "billing-worker", "id of the first CSP app")
	tenant := flags.String("identity-service-tenant", "acme", "tenant of the first Identity Service application")
	application := flags.String("identity-service-application", "my-new-app", "id of the first Identity Service application")
	suffix := flags.String("secret-suffix", "", "text appended to the secrets the simulator makes")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	listener, err := listenLoopback(ctx, *listen)
	if err != nil {
		return err
	}

	sim := simulator.New(simulator.Options{SecretSuffix: *suffix})
	sim.Cloudflare.AddClient(*account, *client)
	sim.CSP.AddApp(*org, *app, simulator.AppSpec{})
	sim.IdentityService.AddApplication(*tenant, *application)

	environment := simulator.Environment("http://" + listener.Addr().String())
	environment["SIMULATOR_URL"] = "http://" + listener.Addr().String()
	environment["CLOUDFLARE_ACCOUNT_ID"], environment["CSP_ORG_ID"], environment["IDENTITY_SERVICE_TENANT"] = *account, *org, *tenant
	clients := fmt.Sprintf("# Clients: oauth_client_id = %q, oauth_app_id = %q, client_id = %q", *client, *app, *application)
	if err := printEnvironment(stdout, clients, environment); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, listener, sim)
}

// listenLoopback refuses names as well: what a name means can change.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("refusing to listen on %q: not a loopback address", address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// printEnvironment writes what a shell can read, after a comment for people.
func printEnvironment(w io.Writer, comment string, environment map[string]string) error {
	if _, err := fmt.Fprintln(w, comment); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if _, err := fmt.Fprintf(w, "export %s='%s'\n", name, environment[name]); err != nil {
			return err
		}
	}
	return nil
}

func serve(ctx context.Context, listener net.Listener, sim *simulator.Simulator) error {
	control := sim.Control()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		// A ServeMux would redirect paths with dots or empty elements, which
		// the vendors must get to see.
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, simulator.ControlPath) {
				control.ServeHTTP(w, r)
				return
			}
			sim.ServeHTTP(w, r)
		}),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
