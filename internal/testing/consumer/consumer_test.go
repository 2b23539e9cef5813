package consumer_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/consumer"
)

func TestMain(m *testing.M) { acctest.Main(m) }

// The forms in which a consumer takes the secret.
var forms = map[string]string{
	"value": "value = oauthsecret_cloudflare_client_secret.app.client_secret",
	"write-only": `value_wo         = oauthsecret_cloudflare_client_secret.app.client_secret
  value_wo_version = oauthsecret_cloudflare_client_secret.app.version`,
}

// rotation is a client secret with a consumer.
func rotation(quarter, form string) string {
	return acctest.Cloudflare.HCL(`  rotate_when_changed = { quarter = "`+quarter+`" }`) + `
resource "consumer_secret" "app" {
  name = "app"
  ` + form + `
}
`
}

// completion ends the previous secret after the consumer.
const completion = `
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.app.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.app.version
  depends_on      = [consumer_secret.app]
}
`

// THE DANGER, kept here so that nobody forgets it: a consumer's update fails once, its provider stores the planned values all
// the same, the next plan shows no change for it, and a completion without a proof ends the secret that the consumer
// uses, with exit status 0. Every apply after that is content.
func TestFailedUpdateLooksDone(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			cli := w.Terminal(t, rotation("1", form)+completion)
			cli.Apply()
			inUse := w.Consumers.Held("app")
			w.Consumers.Fail("app", consumer.BeforeWrite, 1)
			cli.Configure(rotation("2", form) + completion)
			cli.ApplyFails().Errs(t, "The consumer failed")
			if !acctest.Cloudflare.Accepts(w, inUse) {
				t.Fatal("the failed apply ended the secret in use")
			}

			cli.Plan()
			if actions := cli.Saved("consumer_secret.app").Actions; strings.Join(actions, " ") != "no-op" {
				t.Errorf("the plan shows %v for the consumer: its provider is better than those that it stands for", actions)
			}
			cli.ApplySaved().Succeeds(t)
			if held := w.Consumers.Held("app"); held != inUse {
				t.Error("the consumer got the new secret")
			}
			if acctest.Cloudflare.Accepts(w, inUse) {
				t.Error("the completion kept the secret in use without having been asked to compare")
			}
			cli.Empty()
		})
	}
}

// A provider that keeps the prior object shows the difference again, and its consumer gets the secret.
func TestProperProviderTriesAgain(t *testing.T) {
	t.Parallel()
	const proper = `
provider "consumer" {
  on_failed_update = "keep_prior"
}
`
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			cli := w.Terminal(t, proper+rotation("1", form)+completion)
			cli.Apply()
			w.Consumers.Fail("app", consumer.BeforeWrite, 1)
			cli.Configure(proper + rotation("2", form) + completion)
			cli.ApplyFails()
			cli.Apply()
			if !acctest.Cloudflare.Accepts(w, w.Consumers.Held("app")) {
				t.Error("the consumer's secret is not accepted")
			}
			cli.Empty()
		})
	}
}

// The way out of a failed update that looks done: -replace gives the consumer the secret.
func TestReplaceRepairs(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	cli := w.Terminal(t, rotation("1", forms["write-only"])+completion)
	cli.Apply()
	w.Consumers.Fail("app", consumer.BeforeWrite, 1)
	cli.Configure(rotation("2", forms["write-only"]))
	cli.ApplyFails()
	cli.Apply("-replace=consumer_secret.app")
	if w.Consumers.Held("app") != acctest.Cloudflare.Secret(w, 2) {
		t.Error("the consumer has not the current secret")
	}
}

// A failure after the write: the consumer has the new secret, and nobody knows.
func TestFailureAfterTheWrite(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	cli := w.Terminal(t, rotation("1", forms["value"])+completion)
	cli.Apply()
	w.Consumers.Fail("app", consumer.AfterWrite, 1)
	cli.Configure(rotation("2", forms["value"]))
	cli.ApplyFails()
	if w.Consumers.Held("app") != acctest.Cloudflare.Secret(w, 2) {
		t.Error("the consumer has not the current secret")
	}
	cli.Empty()
}

// readBack opens the store after the consumer was updated (depends_on), and shows what it saw through a consumer of its own.
func readBack(depends string) string {
	return `
ephemeral "consumer_secret" "app" {
  name       = "app"
  ` + depends + `
  depends_on = [consumer_secret.app]
}

resource "consumer_secret" "seen" {
  name             = "seen"
  value_wo         = ephemeral.consumer_secret.app.value
  value_wo_version = oauthsecret_cloudflare_client_secret.app.version
}
`
}

// An argument that is unknown until the rotation keeps Terraform from opening the read-back in the plan, where the consumer
// has the old value or is not there at all; depends_on puts it behind the consumer's update.
func TestReadBackSeesTheNewSecret(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorld(t)
	const depends = "depends = oauthsecret_cloudflare_client_secret.app.client_secret_sha256"
	cli := w.Terminal(t, rotation("1", forms["write-only"])+completion+readBack(depends))
	cli.Apply()
	for n, quarter := range []string{"2", "3"} {
		cli.Configure(rotation(quarter, forms["write-only"]) + completion + readBack(depends))
		cli.Apply()
		want := acctest.Cloudflare.Secret(w, n+2)
		if seen := w.Consumers.Held("seen"); seen != want {
			t.Errorf("rotation %s: the read-back did not see the secret that the consumer got", quarter)
		}
		cli.Empty()
		if strings.Count(cli.StateFile(), want) != 1 { // client_secret of the client secret itself
			t.Error("the read-back is in the state")
		}
	}
	w.Consumers.Put("app", "something else")
	cli.Empty()
}

// As a program of its own the provider reaches the store over loopback, and a failure is set up over it as well.
func TestStoreOverLoopback(t *testing.T) {
	t.Parallel()
	var store consumer.Store
	server := httptest.NewServer(&store)
	t.Cleanup(server.Close)
	send := func(method, path, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		held               string
	}{
		{http.MethodGet, "/secrets/app", "", http.StatusNotFound, ""},
		{http.MethodPut, "/secrets/app", "one", http.StatusOK, "one"},
		{http.MethodPost, "/failures/app?at=before_write&times=1", "", http.StatusOK, "one"},
		{http.MethodPut, "/secrets/app", "two", http.StatusInternalServerError, "one"},
		{http.MethodPut, "/secrets/app", "two", http.StatusOK, "two"},
		{http.MethodPost, "/failures/app?at=after_write&times=1", "", http.StatusOK, "two"},
		{http.MethodPut, "/secrets/app", "three", http.StatusInternalServerError, "three"},
		{http.MethodPost, "/failures/app?at=some_time&times=1", "", http.StatusBadRequest, "three"},
		{http.MethodDelete, "/secrets/app", "", http.StatusOK, ""},
		{http.MethodGet, "/elsewhere/app", "", http.StatusNotFound, ""},
	} {
		if status := send(c.method, c.path, c.body); status != c.status || store.Held("app") != c.held {
			t.Errorf("%s %s: status %d and %q, want %d and %q", c.method, c.path, status, store.Held("app"), c.status, c.held)
		}
	}
}
