package plugin

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// New gives the server of p. The framework keeps the context of every request until the process ends, and with it the
// loggers and the values of the connection: 30 kB for each, hundreds of megabytes in a run over some thousands of resources.
// This server lends it contexts that are empty once the request was answered.
func New(p provider.Provider) tfprotov6.ProviderServer {
	f := providerserver.NewProtocol6(p)().(framework) //nolint:forcetypeassert // a test sees that the framework has them all
	return server{framework: f, secrets: namesOf(f)}
}

// framework is everything that the framework's server can do.
type framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server lends contexts for what is asked of each object. Everything else is asked once, or goes on after its method returned
// (lists and actions), and has the context of its request. Every message passes secrets.
type server struct {
	framework
	secrets secretNames
}

// GetMetadata is the first call of some programs.
func (s server) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return pass(ctx, s, req, s.framework.GetMetadata)
}

func (s server) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return pass(ctx, s, req, s.framework.GetProviderSchema)
}

func (s server) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return pass(ctx, s, req, s.framework.ValidateProviderConfig)
}

func (s server) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return pass(ctx, s, req, s.framework.ConfigureProvider)
}

func (s server) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return pass(ctx, s, req, s.framework.ValidateListResourceConfig)
}

func (s server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := pass(ctx, s, req, s.framework.ListResource)
	if err != nil || stream == nil || stream.Results == nil {
		return stream, err
	}
	results := stream.Results
	stream.Results = func(yield func(tfprotov6.ListResourceResult) bool) {
		results(func(result tfprotov6.ListResourceResult) bool {
			s.secrets.clean(ctx, result.Diagnostics)
			return yield(result)
		})
	}
	return stream, nil
}

func (s server) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return pass(ctx, s, req, s.framework.ValidateActionConfig)
}

func (s server) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return pass(ctx, s, req, s.framework.PlanAction)
}

func (s server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := pass(ctx, s, req, s.framework.InvokeAction)
	if err != nil || stream == nil || stream.Events == nil {
		return stream, err
	}
	events := stream.Events
	stream.Events = func(yield func(tfprotov6.InvokeActionEvent) bool) {
		events(func(event tfprotov6.InvokeActionEvent) bool {
			if completed, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType); ok {
				s.secrets.clean(ctx, completed.Diagnostics)
			}
			return yield(event)
		})
	}
	return stream, nil
}

func (s server) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return pass(ctx, s, req, s.framework.MoveResourceState)
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ValidateResourceConfig)
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.UpgradeResourceState)
}

func (s server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.UpgradeResourceIdentity)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ReadResource)
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.PlanResourceChange)
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ApplyResourceChange)
}

func (s server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ImportResourceState)
}

func (s server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ValidateDataResourceConfig)
}

func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ReadDataSource)
}

func (s server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.ValidateEphemeralResourceConfig)
}

func (s server) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return lendAndPass(ctx, s, req, s.framework.OpenEphemeralResource)
}

// pass asks the framework and makes its messages fit to be printed.
func pass[Request, Response any](ctx context.Context, s server, req Request, method func(context.Context, Request) (Response, error)) (Response, error) {
	connected.Store(true)
	response, err := method(ctx, req)
	s.secrets.clean(ctx, diagnosticsOf(response))
	return response, err
}

// lendAndPass is pass with a context that is empty afterwards.
func lendAndPass[Request, Response any](ctx context.Context, s server, req Request, method func(context.Context, Request) (Response, error)) (Response, error) {
	return pass(ctx, s, req, func(ctx context.Context, req Request) (Response, error) { return lend(ctx, req, method) })
}

// lend asks the framework. A panic, wherever it comes from, ends this request alone and not the others of the process.
func lend[Request, Response any](ctx context.Context, req Request, method func(context.Context, Request) (Response, error)) (_ Response, err error) {
	l := &lent{}
	l.of.Store(&ctx)
	defer l.of.Store(&answered)
	defer RecoverError(&err)
	return method(l, req)
}

// lent is a context that stands for another one until the request was answered, and for a cancelled one from then on.
type lent struct {
	of atomic.Pointer[context.Context]
}

// answered is the context of a request that was answered.
var answered = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (l *lent) Deadline() (time.Time, bool) { return (*l.of.Load()).Deadline() }

func (l *lent) Done() <-chan struct{} { return (*l.of.Load()).Done() }

func (l *lent) Err() error { return (*l.of.Load()).Err() }

func (l *lent) Value(key any) any { return (*l.of.Load()).Value(key) }
