// Package acctest drives the provider with the real command-line program against the simulator: no credentials, no
// network beyond loopback. Only tests import it.
package acctest

import (
	"context"
	"maps"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The clients that every World starts with.
const (
	Account     = "023e105f4ecef8ad9ca31a8372d0c353"
	OAuthClient = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
	Org         = "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11"
	OAuthApp    = "billing-worker"
	Tenant      = "acme"
	Application = "my-new-app"
)

// World is one simulator with one client per vendor, and the provider as it sees that world.
type World struct {
	*simulator.Simulator
	Clock *Clock
	// Consumers is where the test provider "consumer" keeps what it was given.
	Consumers *consumer.Store
	URL       string
	// Env is the provider's environment; a test may change it before it runs a step.
	Env map[string]string
	// Initial are the secrets that the clients have from the start.
	InitialCloudflare, InitialCSP, InitialIdentityService string

	record   *record
	versions firstVersions
}

// NewWorld starts a simulator on loopback that ends with the test.
func NewWorld(t testing.TB) *World {
	t.Helper()
	c := &Clock{}
	sim := simulator.New(simulator.Options{Now: c.Now, Sleep: c.Sleep})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	w := &World{Simulator: sim, Clock: c, Consumers: &consumer.Store{}, URL: server.URL, Env: maps.Clone(simulator.Environment(server.URL)), record: &record{}}
	w.InitialCloudflare = sim.Cloudflare.AddClient(Account, OAuthClient)
	w.InitialCSP = sim.CSP.AddApp(Org, OAuthApp, simulator.AppSpec{Age: 400 * 24 * time.Hour})
	w.InitialIdentityService = sim.IdentityService.AddApplication(Tenant, Application)
	w.Env["CLOUDFLARE_ACCOUNT_ID"] = Account
	w.Env["CSP_ORG_ID"] = Org
	w.Env["IDENTITY_SERVICE_TENANT"] = Tenant
	return w
}

// Options are the provider's options in this world.
func (w *World) Options() provider.Options {
	return provider.Options{Clock: w.Clock, Backoff: httpapi.BackoffRange{Min: time.Millisecond, Max: time.Millisecond}, Getenv: func(name string) string { return w.Env[name] }}
}

// Factories serve the provider, consumers of its secrets, and the echo provider that shows ephemeral values.
func (w *World) Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"oauthsecret": w.recorded(func() (tfprotov6.ProviderServer, error) {
			return plugin.New(provider.New("test", w.Options())()), nil
		}),
		"consumer": providerserver.NewProtocol6WithError(w.Consumers.Provider()),
		"echo":     echoprovider.NewProviderServer(),
	}
}

// NeedCLI skips the test when there is no Terraform or OpenTofu; where CI is set that is a failure.
func NeedCLI(t testing.TB) string {
	t.Helper()
	path, err := cli.Find()
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("CI is set, and %v", err)
	}
	t.Skip("skipped: ", err)
	return ""
}

// CLIVersion is what the program says that it is.
func CLIVersion(t testing.TB) cli.Version {
	t.Helper()
	v, err := cli.Identify(context.Background(), NeedCLI(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Need skips the test on a program without a feature, by the versions of Terraform and OpenTofu that brought it; "" for
// never.
func Need(t testing.TB, feature, terraform, openTofu string) {
	t.Helper()
	v := CLIVersion(t)
	since := terraform
	if v.OpenTofu {
		since = openTofu
	}
	if since == "" || v.Before(since) {
		t.Skipf("skipped: %s has no %s", v.Title, feature)
	}
}

// Main prepares the environment of a test binary that runs the command-line program: a found program is passed on, and a
// developer's own configuration of it is kept out.
func Main(m *testing.M) { os.Exit(tests(m)) }

func tests(m *testing.M) int {
	defer func() { _ = os.RemoveAll(built) }()
	if path, err := cli.Find(); err == nil {
		setenv("TF_ACC_TERRAFORM_PATH", path)
		if v, err := cli.Identify(context.Background(), path); err == nil && v.OpenTofu {
			setenv("TF_ACC_PROVIDER_NAMESPACE", "hashicorp")
			setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org")
		}
	}
	setenv("TF_CLI_CONFIG_FILE", os.DevNull)
	setenv("CHECKPOINT_DISABLE", "1")
	return m.Run()
}

func setenv(name, value string) {
	if err := os.Setenv(name, value); err != nil {
		panic(err)
	}
}
