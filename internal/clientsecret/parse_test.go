package clientsecret

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// What the validators accept is read back as the same time, and never as a negative one.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"24h", "0s", "-1h", "1h30m", "2540400h", "9999999999h", "1d", "", "1.5h", "1µs", "+3h", "48h0m0.5s", "٣h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ctx, value := context.Background(), types.StringValue(text)
		for name, v := range map[string]validator.String{
			"positive": PositiveDuration(), "overlap": overlap{}, "bounded overlap": overlap{wholeSeconds: true, max: 720 * time.Hour},
		} {
			var resp validator.StringResponse
			v.ValidateString(ctx, validator.StringRequest{Path: path.Root("d"), ConfigValue: value}, &resp)
			if resp.Diagnostics.HasError() {
				continue
			}
			d := span(value)
			if d < 0 || name == "positive" && d == 0 || name == "bounded overlap" && (d > 720*time.Hour || d%time.Second != 0) {
				t.Errorf("%s accepts %q, which is %s", name, text, d)
			}
			now := time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)
			due := rotation.DueAt(rotation.Settings{RotateAfter: d}, rotation.State{RotatedAt: &now}, now)
			if d > 0 && (due == nil || due.Before(now)) {
				t.Errorf("%q is due at %v", text, due)
			}
		}
	})
}

// An import id is refused with an error, or gives the parts that it was made of.
func FuzzImportID(f *testing.F) {
	for _, id := range []string{"a/b", "a/b/c", "/", "//", "a//c", " a/b", "../..", "a/b/c/d", "", "a/%2f", "a\x00/b"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		for _, listed := range []bool{false, true} {
			r := &clientSecret{kind: Kind{Traits: rotation.Traits{ManySecrets: listed}}}
			var diags diag.Diagnostics
			values := r.importValues(context.Background(), resource.ImportStateRequest{ID: id}, &diags)
			if diags.HasError() {
				continue
			}
			if strings.Join(values, "/") != id || len(values) != map[bool]int{false: 2, true: 3}[listed] {
				t.Errorf("%q gives %q", id, values)
			}
			for _, value := range values {
				if strings.TrimSpace(value) == "" || value == "." || value == ".." {
					t.Errorf("%q is taken for an id", value)
				}
			}
		}
	})
}

// private is private state in memory.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// Whatever stands in private state, the record is read, and what is written is read back; no value goes where it may not.
func FuzzRecord(f *testing.F) {
	f.Add(`{"form":2,"object":"a","known":"2026-01-01T00:00:00Z","older":[{"id":"a"}],"window":{"before":"2026-01-01T00:00:00Z","answered":"2026-01-01T00:00:01Z"}}`, `{"value":"canary-value","sent_at":"2026-01-01T00:00:00Z"}`)
	f.Add(`{"at":5}`, `null`)
	f.Add(``, `{"value":1}`)
	f.Add(`[]`, `{}`)
	f.Fuzz(func(t *testing.T, record, pending string) {
		ctx := context.Background()
		var diags diag.Diagnostics
		n := loadRecord(ctx, private{recordKey: []byte(record), pendingKey: []byte(pending)}, &diags)
		if diags.HasError() {
			t.Fatal("an unreadable record is an error")
		}
		if n.Pending != nil {
			n.Pending.Value = secret.New("canary-value")
		}
		for _, keep := range []bool{false, true} {
			store := private{}
			if storeRecord(ctx, store, n, keep).HasError() {
				return // a year that JSON cannot hold
			}
			if !keep && strings.Contains(fmt.Sprintf("%s", store), "canary-value") {
				t.Error("private state holds a value that may not lie there")
			}
			again := loadRecord(ctx, store, &diags)
			if again.Lost != n.Lost || len(again.Older) != len(n.Older) || (again.Pending == nil) != (n.Pending == nil) {
				t.Errorf("%+v was read back as %+v", n, again)
			}
		}
	})
}
