package completion_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// An action that is invoked by hand has the guards of a completion: the current secret of a resource is no previous one, however
// the action came by its id and however its client is spelled. The previous one goes.
func TestInvoke_KeepsACurrentSecret(t *testing.T) {
	t.Parallel()
	acctest.Need(t, "actions", "1.14", "")
	const (
		secret  = "oauthsecret_identity_service_client_secret.app"
		invoke  = "-invoke=action.oauthsecret_identity_service_complete_rotation.app"
		removal = "identity_service.delete"
	)
	w := acctest.NewWorld(t)
	config := func(quarter, client, previous string) string {
		return fmt.Sprintf(`resource "oauthsecret_identity_service_client_secret" "app" {
  client_id           = %q
  rotate_when_changed = { q = %q }
}
action "oauthsecret_identity_service_complete_rotation" "app" {
  config {
    client_id          = %q
    previous_secret_id = %s
  }
}
`, acctest.Application, quarter, client, previous)
	}
	cli := w.Terminal(t, config("1", acctest.Application, "null"))
	cli.Apply()
	cli.Configure(config("2", acctest.Application, "null"))
	cli.Apply()
	w.ResetJournal()
	current, _ := cli.Attribute(secret, "secret_id").(string)
	for name, c := range map[string]struct{ client, id string }{
		"by reference":              {acctest.Application, secret + ".secret_id"},
		"as a text":                 {acctest.Application, quote(current)},
		"in capitals":               {acctest.Application, quote(strings.ToUpper(current))},
		"of a client in capitals":   {strings.ToUpper(acctest.Application), quote(current)},
		"without looking (refresh)": {acctest.Application, quote(current)},
	} {
		cli.Configure(config("2", c.client, c.id))
		args := []string{"apply", "-json", "-input=false", "-auto-approve", invoke}
		if strings.Contains(name, "refresh") {
			args = append(args, "-refresh=false")
		}
		r := cli.Run(args...)
		if !r.Failed {
			t.Errorf("%s: the current secret is taken for a previous one:\n%s", name, r.Text)
		}
		cli.Sent()
	}
	cli.Configure(config("2", acctest.Application, secret+".previous_secret_id"))
	cli.Must("apply", "-json", "-input=false", "-auto-approve", invoke)
	cli.Sent(removal)
}
