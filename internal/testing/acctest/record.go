package acctest

import (
	"context"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Said is one diagnostic that the provider gave. plugin-testing shows errors only; warnings and the moment are here.
type Said struct {
	During          string // "configure", "read", "plan", "apply" or "import"
	Warning         bool
	Summary, Detail string
	Attribute       string // path, "" for none
}

// record keeps what a World's provider said.
type record struct {
	mu   sync.Mutex
	said []Said
}

func (r *record) add(during string, diags []*tfprotov6.Diagnostic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range diags {
		said := Said{During: during, Warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary, Detail: d.Detail}
		if d.Attribute != nil {
			said.Attribute = d.Attribute.String()
		}
		r.said = append(r.said, said)
	}
}

// Said is what the provider said since the last call of Said, oldest first.
func (w *World) Said() []Said {
	w.record.mu.Lock()
	defer w.record.mu.Unlock()
	said := w.record.said
	w.record.said = nil
	return said
}

// Saying finds, in what Said returned, the texts of one moment that hold every one of the words.
func Saying(said []Said, during string, words ...string) (found []Said) {
next:
	for _, s := range said {
		for _, word := range words {
			if !strings.Contains(s.Summary+"\n"+s.Detail, word) {
				continue next
			}
		}
		if s.During == during {
			found = append(found, s)
		}
	}
	return found
}

// recording is a provider server whose diagnostics are kept.
type recording struct {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	record *record
}

// recorded wraps a factory of provider servers.
func (w *World) recorded(factory func() (tfprotov6.ProviderServer, error)) func() (tfprotov6.ProviderServer, error) {
	return func() (tfprotov6.ProviderServer, error) {
		server, err := factory()
		if err != nil {
			return nil, err
		}
		lists, _ := server.(tfprotov6.ListResourceServer)
		actions, _ := server.(tfprotov6.ActionServer)
		return recording{server, lists, actions, w.record}, nil
	}
}

func (r recording) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	resp, err := r.ProviderServer.ConfigureProvider(ctx, req)
	if resp != nil {
		r.record.add("configure", resp.Diagnostics)
	}
	return resp, err
}

func (r recording) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := r.ProviderServer.ReadResource(ctx, req)
	if resp != nil {
		r.record.add("read", resp.Diagnostics)
	}
	return resp, err
}

func (r recording) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := r.ProviderServer.PlanResourceChange(ctx, req)
	if resp != nil {
		r.record.add("plan", resp.Diagnostics)
	}
	return resp, err
}

func (r recording) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := r.ProviderServer.ApplyResourceChange(ctx, req)
	if resp != nil {
		r.record.add("apply", resp.Diagnostics)
	}
	return resp, err
}

func (r recording) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := r.ProviderServer.ImportResourceState(ctx, req)
	if resp != nil {
		r.record.add("import", resp.Diagnostics)
	}
	return resp, err
}
