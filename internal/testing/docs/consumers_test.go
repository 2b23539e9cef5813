package docs_test

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

// TestExamples_ConsumerProof: a consumer whose update failed keeps the previous secret alive, although its provider says that
// nothing is to be done; the way out that the error names leads to the end.
func TestExamples_ConsumerProof(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	store := httptest.NewServer(w.Consumers)
	t.Cleanup(store.Close)
	w.Env[consumer.URLVariable] = store.URL
	built := t.TempDir()
	if err := cli.Build(t.Context(), built, "internal/cmd/consumer"); err != nil {
		t.Fatal(err)
	}
	p := newProject(t, w, glob(t, "consumer-proof/*.tf")...)
	offer(t, filepath.Join(acctest.Built(t), "mirror"), "consumer", built)
	holds := func(name string, n int) {
		t.Helper()
		if held := w.Consumers.Held(name); held == "" || held != acctest.Cloudflare.Secret(w, n) {
			t.Errorf("%s does not hold secret %d", name, n)
		}
	}
	live := func(want ...int) {
		t.Helper()
		if got := acctest.Cloudflare.Live(w); len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("the vendor accepts the secrets %v, want %v", got, want)
		}
	}
	rotate := func(quarter string, args ...string) (string, int) {
		p.Vars["quarter"] = quarter
		return p.exec(p.cli, append([]string{"apply", "-no-color", "-input=false", "-auto-approve"}, args...)...)
	}
	p.run("init", "-input=false")
	p.run("validate")
	p.run("apply", "-input=false", "-auto-approve")
	holds("billing", 1)
	live(1)
	p.empty()

	w.Consumers.Fail("billing", consumer.BeforeWrite, 1)
	if out, status := rotate("2026-Q2"); status == 0 || !strings.Contains(out, "The consumer failed") {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	live(1, 2)
	if out, status := rotate("2026-Q2"); status == 0 || !strings.Contains(out, "-replace") ||
		!acctest.Words(`Consumer "billing" holds a secret that is not the current one`).MatchString(out) {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	live(1, 2)
	holds("billing", 1)
	holds("reports", 2)
	if out, status := rotate("2026-Q2", `-replace=consumer_secret.app["billing"]`); status != 0 {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	holds("billing", 2)
	live(2)
	p.empty()

	// A rotation without trouble goes through in one apply, from a saved plan too.
	p.Vars["quarter"] = "2026-Q3"
	p.run("plan", "-input=false", "-out=saved")
	delete(p.Vars, "quarter") // it is in the plan
	p.run("apply", "-input=false", "saved")
	p.Vars["quarter"] = "2026-Q3"
	holds("billing", 3)
	holds("reports", 3)
	live(3)
	p.empty()

	// What a consumer holds is in no error and no state.
	const strange = "what-somebody-put-there"
	w.Consumers.Put("billing", strange)
	w.Consumers.Fail("billing", consumer.BeforeWrite, 1)
	rotate("2026-Q4")
	if out, status := rotate("2026-Q4"); status == 0 || strings.Contains(out, strange) || strings.Contains(p.state(), strange) {
		t.Errorf("exit status %d\n%s", status, out)
	}
	live(3, 4)
	p.run("destroy", "-input=false", "-auto-approve")
}
