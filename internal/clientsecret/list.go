package clientsecret

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

// Listing is how the secrets that could be imported are found, for `terraform query`. V is the vendor's implementation of
// rotation.Vendor, C the configuration of a list block, a struct with tfsdk tags.
type Listing[V, C any] struct {
	Kind        Kind
	Description string
	// Attributes are those of the list block beyond the scope and the timeouts.
	Attributes map[string]schema.Attribute
	// Find yields what config asks for. It asks the vendor only as far as the consumer goes on, and ends with an error.
	Find func(ctx context.Context, vendor V, scope string, config C) iter.Seq2[Found, error]
}

// Found is one secret of a listing.
type Found struct {
	Client rotation.Client
	// SecretID is the secret's own id at a vendor with many.
	SecretID    string
	DisplayName string
	Facts       rotation.Facts
	// Notice is something to tell instead of a secret.
	Notice Notice
}

// Label is how people recognise a client: its name, which need not be unique, and its id.
func Label(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return fmt.Sprintf("%s (%s)", name, id)
}

// Notice is a warning about a listing as a whole.
type Notice struct{ Summary, Detail string }

var _ list.ListResourceWithConfigure = (*listing[any, any])(nil)

// listing is the list resource.
type listing[V, C any] struct {
	Listing[V, C]
	schema schema.Schema
	secret *clientSecret
}

// NewList gives the constructor of the list resource beside the managed resource of the same name.
func NewList[V, C any](l Listing[V, C]) func() list.ListResource {
	prepared := prepare(l.Kind)
	built := sync.OnceValue(func() schema.Schema { return l.configSchema(context.Background()) })
	return func() list.ListResource {
		return &listing[V, C]{Listing: l, schema: built(), secret: prepared()}
	}
}

func (l Listing[V, C]) configSchema(ctx context.Context) schema.Schema {
	limits := timeouts.BlockWithOpts(ctx, timeouts.Opts{ListDescription: "A duration. Default `\"10m\"`."}).(schema.SingleNestedBlock) //nolint:forcetypeassert // what the package makes
	limits.MarkdownDescription = "How long the listing may take, with the waiting that a vendor asks for. A duration in h, m and s; not in days."
	attrs := map[string]schema.Attribute{
		l.Kind.Scope.Name: schema.StringAttribute{
			Optional:            true,
			Validators:          l.Kind.Scope.Validators,
			MarkdownDescription: l.Kind.ScopeDescription(),
		},
	}
	for name, attribute := range l.Attributes {
		attrs[name] = attribute
	}
	return schema.Schema{MarkdownDescription: l.Description, Attributes: attrs, Blocks: map[string]schema.Block{"timeouts": limits}}
}

// Metadata implements list.ListResource: the type is that of the managed resource.
func (l *listing[V, C]) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	l.secret.Metadata(ctx, req, resp)
}

// ListResourceConfigSchema implements list.ListResource.
func (l *listing[V, C]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = l.schema
}

// Configure implements list.ListResourceWithConfigure.
func (l *listing[V, C]) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	l.secret.Configure(ctx, req, resp)
}

// List implements list.ListResource. Nothing is asked of the vendor before the results are, nor after the limit.
func (l *listing[V, C]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	stream.Results = func(push func(list.ListResult) bool) {
		var diags diag.Diagnostics
		q := l.open(ctx, req, &diags)
		if diags.HasError() {
			push(list.ListResult{Diagnostics: diags})
			return
		}
		defer q.close()
		for n := int64(0); req.Limit <= 0 || n < req.Limit; {
			result, more := l.next(ctx, req, q)
			if result.Identity != nil {
				n++
			}
			if more && result.Identity != nil && n == req.Limit {
				result.Diagnostics.AddWarning(cutOff("oauthsecret_"+l.Kind.TypeName(), req.Limit))
			}
			if !more || !push(result) || result.Diagnostics.HasError() {
				return
			}
		}
	}
}

// cutOff says that the listing ends at its limit. Terraform takes nothing after the last result, so it comes with that one.
func cutOff(name string, limit int64) (summary, detail string) {
	return fmt.Sprintf("%s: the list ends at its limit", name),
		fmt.Sprintf("%d results were asked for, and there may be more. What is not listed is neither shown nor in the generated configuration. Set a higher limit in the list block.", limit)
}

// query is a listing under way.
type query struct {
	scope string
	next  func() (Found, error, bool)
	stop  func()
}

// close ends the search for more. Nobody takes a diagnostic any more, so a panic on the way out is dropped; one before
// was told.
func (q query) close() {
	var dropped diag.Diagnostics
	defer plugin.Recover(&dropped)
	q.stop()
}

func (l *listing[V, C]) open(ctx context.Context, req list.ListRequest, diags *diag.Diagnostics) (q query) {
	defer plugin.Recover(diags)
	var config C
	var scope types.String
	var limits timeouts.Value
	diags.Append(req.Config.Get(ctx, &config)...)
	diags.Append(req.Config.GetAttribute(ctx, path.Root(l.Kind.Scope.Name), &scope)...)
	diags.Append(req.Config.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	scope = l.Kind.PlanScope(scope, scope, l.secret.connection, diags)
	limit, d := limits.List(ctx, readTimeout)
	diags.Append(d...)
	if diags.HasError() {
		return q
	}
	vendor, ok := usable[V](l.secret.connection, diags)
	if !ok {
		return q
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	next, stop := iter.Pull2(l.Find(ctx, vendor, scope.ValueString(), config))
	return query{scope: scope.ValueString(), next: next, stop: func() { defer cancel(); stop() }}
}

func usable[V any](c *session.Connection, diags *diag.Diagnostics) (vendor V, ok bool) {
	if !c.Usable(diags) {
		if !diags.HasError() {
			diags.AddError("The provider configuration is not known", "A list needs a provider configuration whose values are all known.")
		}
		return vendor, false
	}
	if vendor, ok = c.Implementation().(V); !ok {
		diags.AddError("Unexpected vendor", "The connection is another vendor's. Please report this to the provider's developers.")
	}
	return vendor, ok
}

// next builds the next result. The consumer is not called in here, so that only this provider's panics are caught.
func (l *listing[V, C]) next(ctx context.Context, req list.ListRequest, q query) (result list.ListResult, more bool) {
	more = true // a panic is a result
	defer plugin.Recover(&result.Diagnostics)
	found, err, ok := q.next()
	switch {
	case !ok:
		return result, false
	case err != nil:
		result.Diagnostics.AddError(explain.Failure(l.Kind.Subject(rotation.Client{Scope: q.scope, ID: found.Client.ID}), "list the client secrets", err, ""))
	case secret.OneLine(found.Client.ID) != found.Client.ID || found.Client.ID == "." || found.Client.ID == "..":
		// It goes to a terminal, and into the path of every request.
		result.Diagnostics.AddWarning("A client was left out", "The vendor lists a client whose id has characters that no id has. Look at the list of clients at the vendor.")
	case found.Notice != Notice{}:
		result.Diagnostics.AddWarning(found.Notice.Summary, found.Notice.Detail)
	default:
		result = l.result(ctx, req, found)
	}
	return result, true
}

// maxDisplayName bounds what a vendor calls a client, in bytes: it comes from outside and goes to a terminal.
const maxDisplayName = 300

// result is the secret as an import would give it.
func (l *listing[V, C]) result(ctx context.Context, req list.ListRequest, found Found) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = l.secret.connection.Known.Scrub(found.DisplayName, maxDisplayName)
	values := []string{found.Client.Scope, found.Client.ID}
	if l.Kind.Traits.ManySecrets {
		values = append(values, found.SecretID)
	}
	m := l.secret.load(ctx, result.Resource, &result.Diagnostics)
	l.secret.fromID(&m, values)
	st, rec := rotation.Observe(l.Kind.Traits, m.settings(), m.state(), rotation.Record{}, found.Facts, true)
	st.PreviousEndsAt = rotation.PreviousEndsAt(l.Kind.Traits, m.settings(), st, rec)
	m.observed(st)
	result.Diagnostics.Append(l.secret.identify(ctx, result.Identity, m)...)
	if req.IncludeResource {
		result.Diagnostics.Append(l.secret.store(ctx, result.Resource, m)...)
	}
	return result
}
