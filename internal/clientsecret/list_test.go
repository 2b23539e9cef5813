package clientsecret_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clientsecret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendor"
)

type stub struct{ rotation.Vendor }

type filters struct {
	Account  types.String   `tfsdk:"account"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// listWith runs a listing of a made-up vendor.
func listWith(t *testing.T, connection *session.Connection, limit int64, find func(yield func(clientsecret.Found, error) bool)) iter.Seq[list.ListResult] {
	t.Helper()
	kind := clientsecret.Kind{
		Vendor: "acme", Title: "Acme", Noun: "Client", Traits: rotation.Traits{ShowsPrevious: true}, OnDestroy: []string{"keep"},
		Scope: clientsecret.IDAttribute{Name: "account"}, Client: clientsecret.IDAttribute{Name: "client"},
	}
	lister := clientsecret.NewList(clientsecret.Listing[stub, filters]{
		Kind: kind,
		Find: func(context.Context, stub, string, filters) iter.Seq2[clientsecret.Found, error] { return find },
	})()
	var config list.ListResourceSchemaResponse
	lister.ListResourceConfigSchema(t.Context(), list.ListResourceSchemaRequest{}, &config)
	managed := clientsecret.New(kind)()
	var schema resource.SchemaResponse
	managed.Schema(t.Context(), resource.SchemaRequest{}, &schema)
	var identity resource.IdentitySchemaResponse
	managed.(resource.ResourceWithIdentity).IdentitySchema(t.Context(), resource.IdentitySchemaRequest{}, &identity)
	var configured resource.ConfigureResponse
	lister.(list.ListResourceWithConfigure).Configure(t.Context(), resource.ConfigureRequest{ProviderData: session.Connections{"acme": connection}}, &configured)

	kindOf, _ := config.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
	nulls := map[string]tftypes.Value{}
	for name, attribute := range kindOf.AttributeTypes {
		nulls[name] = tftypes.NewValue(attribute, nil)
	}
	var stream list.ListResultsStream
	lister.List(t.Context(), list.ListRequest{
		Config: tfsdk.Config{Schema: config.Schema, Raw: tftypes.NewValue(kindOf, nulls)},
		Limit:  limit, IncludeResource: true, ResourceSchema: schema.Schema, ResourceIdentitySchema: identity.IdentitySchema,
	}, &stream)
	return stream.Results
}

func usable() *session.Connection {
	c := vendor.NewConnection(vendor.Settings{}, vendor.Setting{Value: "main"}, httpapi.Options{Clock: clock.System, Known: &secret.Known{}})
	c.Use(stub{})
	return c
}

func found(id string) clientsecret.Found {
	return clientsecret.Found{Client: rotation.Client{Scope: "main", ID: id}, DisplayName: clientsecret.Label("", id)}
}

func TestList_PanicIsAnError(t *testing.T) {
	t.Parallel()
	var names []string
	for result := range listWith(t, usable(), 0, func(yield func(clientsecret.Found, error) bool) {
		yield(found("a"), nil)
		panic("s3cret")
	}) {
		names = append(names, result.DisplayName)
		if result.Diagnostics.HasError() {
			text := result.Diagnostics[0].Summary() + result.Diagnostics[0].Detail()
			if !strings.Contains(text, "failed unexpectedly") || strings.Contains(text, "s3cret") {
				t.Errorf("the error is %s", text)
			}
		}
	}
	if strings.Join(names, ",") != "a," {
		t.Errorf("results were %q", names)
	}
}

// What panics in the consumer is the consumer's.
func TestList_PanicOfTheConsumerPasses(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		}
	}()
	for range listWith(t, usable(), 0, func(yield func(clientsecret.Found, error) bool) { yield(found("a"), nil) }) {
		panic("mine")
	}
}

func TestList_EndsWithItsConsumer(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{0, 2} {
		asked, ended := 0, false
		n := 0
		for range listWith(t, usable(), limit, func(yield func(clientsecret.Found, error) bool) {
			defer func() { ended = true }()
			for asked = 1; yield(found("a"), nil); asked++ {
			}
		}) {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 || asked != 2 || !ended {
			t.Errorf("limit %d: %d results of %d, ended: %t", limit, n, asked, ended)
		}
	}
}

func TestList_NoticesDoNotCount(t *testing.T) {
	t.Parallel()
	warnings, secrets := 0, 0
	for result := range listWith(t, usable(), 1, func(yield func(clientsecret.Found, error) bool) {
		_ = yield(clientsecret.Found{Notice: clientsecret.Notice{Summary: "Hm"}}, nil) && yield(found("a"), nil) && yield(found("b"), nil)
	}) {
		warnings += result.Diagnostics.WarningsCount()
		if result.Diagnostics.HasError() {
			t.Error(result.Diagnostics[0])
		}
		if result.Identity != nil {
			secrets++
		}
	}
	if warnings != 2 || secrets != 1 { // the notice, and that the limit cuts the list off
		t.Errorf("%d warnings and %d secrets, want two and one", warnings, secrets)
	}
}

// Terraform takes nothing after the last result that it asked for, so that one says that there may be more.
func TestList_LimitSaysSo(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int64]string{0: "", 2: "2 results were asked for, and there may be more", 3: "3 results", 4: ""} {
		var said []string
		for result := range listWith(t, usable(), limit, func(yield func(clientsecret.Found, error) bool) {
			_ = yield(found("a"), nil) && yield(found("b"), nil) && yield(found("c"), nil)
		}) {
			for _, d := range result.Diagnostics {
				said = append(said, d.Detail())
			}
		}
		if (want == "") != (len(said) == 0) || want != "" && !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("limit %d: said %q, want %q", limit, said, want)
		}
	}
}

func TestList_UnknownConfigurationIsAnError(t *testing.T) {
	t.Parallel()
	for result := range listWith(t, &session.Connection{Unknown: true}, 0, nil) {
		if !result.Diagnostics.HasError() {
			t.Error("no error")
		}
	}
}

// An id goes to a terminal and into paths: what is none leaves its client out.
func TestList_OddIDsAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"..", ".", "a\x1b[31m", "a\nApply complete!"} {
		for result := range listWith(t, usable(), 0, func(yield func(clientsecret.Found, error) bool) { yield(found(id), nil) }) {
			if result.DisplayName != "" || len(result.Diagnostics) != 1 || result.Diagnostics.HasError() {
				t.Errorf("%q: %q, %v", id, result.DisplayName, result.Diagnostics)
			}
		}
	}
}
