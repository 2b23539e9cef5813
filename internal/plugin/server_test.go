package plugin_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

const kind = "oauthsecret_cloudflare_client_secret"

// network is a vendor of the test's making.
type network func(*http.Request) (*http.Response, error)

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r) }

func options(vendor http.RoundTripper) provider.Options {
	env := simulator.Environment("http://127.0.0.1")
	return provider.Options{Transport: vendor, Getenv: func(name string) string { return env[name] }}
}

// configure gives the server its configuration, all of it from the environment, and the state of one client's secret.
func configure(t *testing.T, server tfprotov6.ProviderServer) *tfprotov6.ReadResourceRequest {
	t.Helper()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	null := func(schema *tfprotov6.Schema, known map[string]string) *tfprotov6.DynamicValue {
		object, ok := schema.ValueType().(tftypes.Object)
		if !ok {
			t.Fatal("a schema is no object")
		}
		values := map[string]tftypes.Value{}
		for name, kind := range object.AttributeTypes {
			values[name] = tftypes.NewValue(kind, nil)
		}
		for name, text := range known {
			values[name] = tftypes.NewValue(tftypes.String, text)
		}
		value, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
		if err != nil {
			t.Fatal(err)
		}
		return &value
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: null(schemas.Provider, nil)})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(err, configured)
	}
	return &tfprotov6.ReadResourceRequest{TypeName: kind, CurrentState: null(schemas.ResourceSchemas[kind], map[string]string{
		"account_id": strings.Repeat("a", 32), "oauth_client_id": "app",
	})}
}

type key struct{}

// kept tells whether the context of a read outlives it.
func kept(t *testing.T, server tfprotov6.ProviderServer) bool {
	t.Helper()
	req := configure(t, server)
	value := func() weak.Pointer[[1 << 20]byte] {
		big := new([1 << 20]byte)
		resp, err := server.ReadResource(context.WithValue(t.Context(), key{}, big), req)
		if err != nil || len(resp.Diagnostics) > 0 {
			t.Fatal(err, resp.Diagnostics)
		}
		return weak.Make(big)
	}()
	for range 5 {
		runtime.GC()
	}
	alive := value.Value() != nil
	runtime.KeepAlive(server)
	return alive
}

// Nothing of a request stays. The framework alone keeps all of it; once that is mended, this package has no work left.
func TestServer_KeepsNothing(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{})
	sim.Cloudflare.AddClient(strings.Repeat("a", 32), "app")
	p := provider.New("test", options(sim.Transport()))()
	if kept(t, plugin.New(p)) {
		t.Error("the context of a request is kept")
	}
	if !kept(t, providerserver.NewProtocol6(p)()) {
		t.Error("the framework does not keep contexts any more: server.go can go")
	}
}

// A read that is under way ends with StopProvider, and with its own context.
func TestServer_Stops(t *testing.T) {
	t.Parallel()
	for _, stop := range []string{"provider", "request"} {
		t.Run(stop, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 1)
			server := plugin.New(provider.New("test", options(network(func(r *http.Request) (*http.Response, error) {
				asked <- struct{}{}
				<-r.Context().Done()
				return nil, r.Context().Err()
			})))())
			req := configure(t, server)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			go func() {
				<-asked
				if stop == "request" {
					cancel()
					return
				}
				if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
					t.Error(err)
				}
			}()
			resp, err := server.ReadResource(ctx, req)
			if err != nil || len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError {
				t.Errorf("%v, %+v", err, resp)
			}
			if stop == "provider" && ctx.Err() != nil {
				t.Error("the read ended with the test")
			}
		})
	}
}
