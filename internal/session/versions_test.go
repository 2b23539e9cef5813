package session_test

import (
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/session"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	const second = 1_800_000_000
	at := time.Unix(second, 999_999_999)
	one, other := rotation.Client{Scope: "s", ID: "1"}, rotation.Client{Scope: "s", ID: "2"}
	var v session.Versions
	for i, step := range []struct {
		client      rotation.Client
		saw         int64
		prior, want int64
	}{
		{client: one, prior: 0, want: second},
		{client: one, prior: second, want: second + 1},
		{client: one, prior: second + 1, want: second + 2},
		{client: one, prior: 0, want: second + 3},   // in the same second, after three
		{client: other, prior: 0, want: second},     // another client's numbers do not matter
		{client: other, saw: 7, prior: 7, want: 8},  // what an object has goes on
		{client: other, prior: 0, want: second + 1}, // and takes back nothing
		{client: other, saw: second + 50, prior: 0, want: second + 51},
	} {
		v.Saw(step.client, step.saw)
		if got := v.Next(step.client, step.prior, at); got != step.want {
			t.Errorf("step %d: %d after %d, want %d", i, got, step.prior, step.want)
		}
	}
}
