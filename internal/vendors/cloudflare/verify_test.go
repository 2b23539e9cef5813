package cloudflare_test

import (
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// The probe sends the credentials in the registered way; the other one is refused with a right secret too.
func TestVerifyUsesTheRegisteredAuthMethod(t *testing.T) {
	t.Parallel()
	for _, method := range []string{simulator.AuthMethodBasic, simulator.AuthMethodPost} {
		t.Run(method, func(t *testing.T) {
			w := world(t)
			w.SetSecretSuffix(`+/"&<\%=`)
			w.Cloudflare.SetAuthMethod(acctest.Account, acctest.OAuthClient, method)
			c.Run(t, w, acctest.Step{Config: c.HCL(`verify {}`), State: acctest.Values{"verified": true}, Calls: []string{rotate}})
		})
	}
}

// The challenge page of a bot protection says nothing about the secret.
func TestChallengePageIsInconclusive(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+`verify { timeout = "5s" }`))
	w.Inject(simulator.Fault{Operation: "cloudflare.token", Kind: simulator.HTML, Status: 403, Times: -1})
	cli.Apply().Warns(t, "The token endpoint gave no answer that says whether the new secret works")
	cli.Sent(rotate)
	expectLive(t, w, 0, 1)
}

// Without the attribute nothing is asked of the token endpoint, and no probe is in a plan.
func TestNothingIsProvenUnasked(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(""))
	cli.Apply()
	cli.Configure(c.HCL(`verify {}`))
	cli.Apply()
	cli.Empty()
	if got := acctest.Operations(w.Journal()); slices.Contains(got, "cloudflare.token") {
		t.Errorf("sent %v", got)
	}
}
