package verify_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

func TestVerdictString(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[verify.Verdict]string{
		verify.Accepted: "accepted", verify.Refused: "refused", verify.Inconclusive: "inconclusive", 7: "inconclusive",
	} {
		if got := verdict.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if zero := verify.Verdict(0); zero != verify.Inconclusive {
		t.Error("the zero value is a verdict")
	}
}
