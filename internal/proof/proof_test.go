package proof_test

import (
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/proof"
)

func TestVerdictString(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[proof.Verdict]string{
		proof.Accepted: "accepted", proof.Refused: "refused", proof.Inconclusive: "inconclusive", 7: "inconclusive",
	} {
		if got := verdict.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if zero := proof.Verdict(0); zero != proof.Inconclusive {
		t.Error("the zero value is a verdict")
	}
}
