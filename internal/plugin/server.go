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
	return server{providerserver.NewProtocol6(p)().(framework)} //nolint:forcetypeassert // a test sees that the framework has them all
}

// framework is everything that the framework's server can do.
type framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server lends contexts for what is asked of each object. Everything else is asked once, or goes on after its method returned
// (lists and actions), and has the context of its request.
type server struct{ framework }

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return lend(ctx, req, s.framework.ValidateResourceConfig)
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return lend(ctx, req, s.framework.UpgradeResourceState)
}

func (s server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return lend(ctx, req, s.framework.UpgradeResourceIdentity)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return lend(ctx, req, s.framework.ReadResource)
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return lend(ctx, req, s.framework.PlanResourceChange)
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return lend(ctx, req, s.framework.ApplyResourceChange)
}

func (s server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return lend(ctx, req, s.framework.ImportResourceState)
}

func (s server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return lend(ctx, req, s.framework.ValidateDataResourceConfig)
}

func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return lend(ctx, req, s.framework.ReadDataSource)
}

func (s server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return lend(ctx, req, s.framework.ValidateEphemeralResourceConfig)
}

func (s server) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return lend(ctx, req, s.framework.OpenEphemeralResource)
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
