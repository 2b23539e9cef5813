package vendors_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	one, other := rotation.Client{Scope: "s", ID: "one"}, rotation.Client{Scope: "s", ID: "other"}
	for name, c := range map[string]struct {
		later []time.Duration // when siblings are read
		want  []string
		waits time.Duration
	}{
		"nobody else":        {nil, []string{"a", "b"}, 500 * time.Millisecond},
		"one of them":        {[]time.Duration{200 * time.Millisecond}, []string{"b"}, 500 * time.Millisecond},
		"both, side by side": {[]time.Duration{0, 0}, nil, 0},
		"one after another":  {[]time.Duration{300 * time.Millisecond, 400 * time.Millisecond}, nil, 500 * time.Millisecond},
		"too late":           {[]time.Duration{2 * time.Second}, []string{"a", "b"}, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				claims := vendors.Claims{Clock: clock.System}
				claims.Claim(one, "mine", "")
				claims.Claim(other, "a", "b") // another client's secrets are nobody's here
				var siblings sync.WaitGroup
				defer siblings.Wait()
				for i, after := range c.later {
					siblings.Go(func() {
						time.Sleep(after)
						claims.Claim(one, []string{"A", "b"}[i]) // ids are compared without regard to case
					})
				}
				synctest.Wait()
				began := time.Now()
				got := claims.Unclaimed(context.Background(), one, []string{"MINE", "a", "b"})
				if !slices.Equal(got, c.want) {
					t.Errorf("unclaimed %v, want %v", got, c.want)
				}
				if waited := time.Since(began); waited != c.waits {
					t.Errorf("waited %s, want %s", waited, c.waits)
				}
				// Nobody waits a second time.
				if began = time.Now(); c.waits > 0 {
					claims.Unclaimed(context.Background(), one, []string{"nobody's"})
				}
				if waited := time.Since(began); waited != 0 {
					t.Errorf("waited %s more", waited)
				}
			})
		})
	}
}

// What anybody noticed stays noticed, until somebody turns out to hold it.
func TestClaims_Noticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		claims := vendors.Claims{Clock: clock.System}
		client := rotation.Client{Scope: "s", ID: "one"}
		if got := claims.Noticed(t.Context(), client); len(got) != 0 {
			t.Errorf("noticed %v before anything was", got)
		}
		claims.Notice(client, []string{"a", "b"})
		claims.Notice(client, []string{"b", "c"})
		claims.Notice(client, nil)
		claims.Notice(rotation.Client{Scope: "s", ID: "other"}, []string{"d"})
		claims.Claim(client, "A")
		if got := claims.Noticed(t.Context(), client); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("noticed %v", got)
		}
	})
}
