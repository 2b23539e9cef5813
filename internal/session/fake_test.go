package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

var (
	t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	app     = rotation.Client{Scope: "Org", ID: "App"}
	spelled = rotation.Client{Scope: "oRG", ID: "aPP"}

	flagged = rotation.Traits{ShowsPrevious: true}
	blind   = rotation.Traits{EndsOverlap: true, Regenerates: true}
	many    = rotation.Traits{ManySecrets: true}
)

func ptr[T any](v T) *T { return &v }

// vendor records the calls that it gets and answers what it is told to. It has no token endpoint.
type vendor struct {
	rotation.Vendor
	mu    sync.Mutex
	calls []string
	// facts are the answers of Prepare, one after the other; the last one stays.
	facts []rotation.Facts
	// before is called first by each call.
	before              func(call string)
	issued              rotation.Issued
	issueErr, retireErr error
	prepareErr          error
	nothing             bool // to retire
	login               string
	loginSecret         secret.Value
}

func (v *vendor) record(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	call := fmt.Sprintf(format, args...)
	v.calls = append(v.calls, call)
	if v.before != nil {
		v.before(call)
	}
}

func (v *vendor) Now() time.Time { return t0 }

func (v *vendor) Read(context.Context, rotation.Client) (rotation.Facts, error) {
	v.record("read")
	return v.facts[0], nil
}

func (v *vendor) Prepare(context.Context, rotation.Client) (rotation.Facts, error) {
	v.record("look")
	if v.prepareErr != nil {
		return rotation.Facts{}, v.prepareErr
	}
	if len(v.facts) == 0 {
		return rotation.Facts{At: t0}, nil
	}
	facts := v.facts[0]
	if len(v.facts) > 1 {
		v.facts = v.facts[1:]
	}
	return facts, nil
}

func (v *vendor) Issue(_ context.Context, _ rotation.Client, order rotation.Order) (rotation.Issued, error) {
	v.record("issue %s", order.Mode)
	return v.issued, v.issueErr
}

func (v *vendor) Retire(_ context.Context, _ rotation.Client, id string, _ rotation.Facts) (bool, error) {
	v.record("retire %q", id)
	return !v.nothing && v.retireErr == nil, v.retireErr
}

func (v *vendor) LoginClientID() string { return v.login }

func (v *vendor) UseLoginSecret(_ string, s secret.Value) { v.loginSecret = s }

// sent checks which calls were made.
func (v *vendor) sent(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(v.calls, ", "); got != strings.Join(want, ", ") {
		t.Errorf("sent %q, want %q", got, want)
	}
	v.calls = nil
}

// still is a clock that stands still and counts its sleeps.
type still struct{ slept int }

func (*still) Now() time.Time { return t0 }

func (c *still) Sleep(ctx context.Context, _ time.Duration) error {
	c.slept++
	return ctx.Err()
}

// open gives the gate of app beside a Terraform that is there.
func open(t *testing.T, v *vendor) (*Connection, *Gate) {
	t.Helper()
	c := &Connection{Clock: &still{}, Started: t0}
	c.Use(v)
	g, err := c.Open(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	g.gone = func() bool { return false }
	return c, g
}
