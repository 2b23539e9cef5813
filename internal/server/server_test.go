package server

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/provider"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/simulator"
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
	if kept(t, New(p)) {
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
			server := New(provider.New("test", options(network(func(r *http.Request) (*http.Response, error) {
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

// What a context says is what its request's context says, until that was answered.
func TestLent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, "value"), time.Now().Add(time.Hour))
	defer cancel()
	var kept context.Context
	_, err := lend(ctx, "", func(ctx context.Context, _ string) (string, error) {
		kept = ctx
		if until, ok := ctx.Deadline(); !ok || time.Until(until) < time.Minute || ctx.Value(key{}) != "value" || ctx.Err() != nil {
			t.Errorf("%v %v %v %v", until, ok, ctx.Value(key{}), ctx.Err())
		}
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-kept.Done():
	default:
		t.Error("not done after the answer")
	}
	if kept.Err() == nil || kept.Value(key{}) != nil {
		t.Errorf("%v %v after the answer", kept.Err(), kept.Value(key{}))
	}
}

// A panic outside the provider's own code ends its request with an error that holds nothing of the value.
func TestServer_SurvivesAPanic(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"a text": "canary", "an error": errors.New("canary"), "out of range": nil} {
		_, err := lend(t.Context(), "", func(context.Context, string) (string, error) {
			if value == nil {
				var none []string
				return none[len(name)], nil
			}
			panic(value)
		})
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "SurvivesAPanic") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnheard(t *testing.T) {
	t.Parallel()
	all := func(level string) map[string]string {
		return map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": level, "TF_LOG_SDK": level, "TF_LOG_SDK_FRAMEWORK": level, "TF_LOG_SDK_PROTO": level}
	}
	for name, c := range map[string]struct {
		env, want map[string]string
	}{
		"nobody listens":                  {nil, all("OFF")},
		"only the core is listened to":    {map[string]string{"TF_LOG_CORE": "TRACE"}, all("OFF")},
		"everything":                      {map[string]string{"TF_LOG": "TRACE"}, nil},
		"as JSON":                         {map[string]string{"TF_LOG": "JSON"}, nil},
		"a level that Terraform corrects": {map[string]string{"TF_LOG": "1"}, nil},
		"from a level on":                 {map[string]string{"TF_LOG": "warn"}, all("WARN")},
		"providers above the rest":        {map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "TRACE"}, nil},
		"providers below the rest":        {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "OFF"}, all("OFF")},
		"this provider has its own level": {
			map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "INFO"},
			map[string]string{"TF_LOG_SDK": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF", "TF_LOG_SDK_PROTO": "OFF"},
		},
		"the SDK has its own level": {map[string]string{"TF_LOG_SDK": "DEBUG"}, map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "OFF"}},
		"a part of the SDK has": {
			map[string]string{"TF_LOG_SDK_PROTO": "DEBUG"},
			map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "OFF", "TF_LOG_SDK": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF"},
		},
	} {
		if got := unheard(func(name string) string { return c.env[name] }); !maps.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
