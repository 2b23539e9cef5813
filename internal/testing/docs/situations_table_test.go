package docs_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// named is one of the configurations above under another name and client.
func named(resource, name, id string) string {
	resource = strings.ReplaceAll(resource, `"billing"`, `"`+name+`"`)
	for _, client := range []string{acctest.OAuthClient, acctest.OAuthApp, acctest.Application} {
		resource = strings.ReplaceAll(resource, `"`+client+`"`, `"`+id+`"`)
	}
	return resource
}

const (
	recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

	cspCompletion = `resource "oauthsecret_csp_rotation_completion" "billing" {
  oauth_app_id = oauthsecret_csp_client_secret.billing.oauth_app_id
  version      = oauthsecret_csp_client_secret.billing.version
}
`
	identityServiceCompletion = `resource "oauthsecret_identity_service_rotation_completion" "billing" {
  client_id          = oauthsecret_identity_service_client_secret.billing.client_id
  version            = oauthsecret_identity_service_client_secret.billing.version
  previous_secret_id = oauthsecret_identity_service_client_secret.billing.previous_secret_id
}
`
)

func passes(d time.Duration) func(w *acctest.World) {
	return func(w *acctest.World) { w.Clock.Advance(d) }
}

func answers(operation string, status int, body string) func(w *acctest.World) {
	return func(w *acctest.World) {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: status, Body: body, Times: 100})
	}
}

func trigger(value string) string {
	return `rotate_when_changed = { release = ` + value + ` }` + "\n  "
}

// roomed deletes the previous secret that the creation left.
func roomed(w *acctest.World) {
	w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient)
}

// situations are those of the reference (01 to 24) and more.
func situations() map[string]situation {
	return map[string]situation{
		"01-create-csp":      {then: csp + end},
		"02-adopt":           {then: cloudflare + `on_create = "adopt"` + end + csp + `on_create = "adopt"` + end},
		"03-create-retiring": {then: cloudflare + `retire_previous_after = "24h"` + end},
		"04-schedule-due": {
			first:   identityService + "rotate_after = \"40h\"\n  retire_previous_after = \"48h\"" + end,
			happens: passes(41 * time.Hour),
			then:    identityService + "rotate_after = \"40h\"\n  retire_previous_after = \"48h\"" + end,
		},
		"05-retirement-due": {
			first:   cloudflare + `retire_previous_after = "24h"` + end,
			happens: passes(25 * time.Hour),
			then:    cloudflare + `retire_previous_after = "24h"` + end,
		},
		"06-completion-added": {
			first: cloudflare + end,
			then:  cloudflare + end + cloudflareCompletion,
		},
		"07-no-overlap": {
			first: identityService + trigger(`"1"`) + `retire_previous_after = "0s"` + end,
			then:  identityService + trigger(`"2"`) + `retire_previous_after = "0s"` + end,
		},
		"08-regenerate": {
			first: csp + trigger(`"1"`) + `rotation_mode = "regenerate"` + end,
			then:  csp + trigger(`"2"`) + `rotation_mode = "regenerate"` + end,
		},
		"09-rotate-retiring": {
			first: cloudflare + trigger(`"1"`) + `retire_previous_after = "720h"` + end, happens: roomed,
			then: cloudflare + trigger(`"2"`) + `retire_previous_after = "720h"` + end,
		},
		"10-retirement-removed": {
			first: cloudflare + `retire_previous_after = "24h"` + end,
			then:  cloudflare + end,
		},
		"11-destroy-retiring": {
			first: csp + `on_destroy = "retire_previous"` + end, then: csp + `on_destroy = "retire_previous"` + end, args: []string{"-destroy"},
		},
		"12-destroy-keeping": {
			first: cloudflare + end, then: cloudflare + end, args: []string{"-destroy"},
		},
		"13-destroy-deleting": {
			first: identityService + trigger(`"0"`) + end, second: identityService + trigger(`"1"`) + end,
			then: identityService + trigger(`"1"`) + end, args: []string{"-destroy"},
		},
		"14-replace-deleting": {
			first: identityService + trigger(`"1"`) + end,
			then:  identityService + trigger(`"1"`) + end, args: []string{"-replace=oauthsecret_identity_service_client_secret.billing"},
		},
		"15-chosen": {
			first:   csp + "client_secret_wo = \"chosen+Value-0001-chosen+Value-0001\"\n  client_secret_wo_version = 1\n  retire_previous_after = \"24h\"" + end,
			happens: passes(25 * time.Hour),
			then:    csp + "client_secret_wo = \"chosen+Value-0002-chosen+Value-0002\"\n  client_secret_wo_version = 2\n  retire_previous_after = \"24h\"" + end,
		},
		"16-another-client": {
			first:   cloudflare + "on_destroy = \"retire_previous\"\n  retire_previous_after = \"24h\"" + end,
			happens: func(w *acctest.World) { w.Cloudflare.AddClient(acctest.Account, "other-client") },
			then:    named(cloudflare, "billing", "other-client") + "on_destroy = \"retire_previous\"\n  retire_previous_after = \"24h\"" + end,
		},
		"17-encrypt": {
			first: csp + end,
			then:  csp + `encryption_recipients = ["` + recipient + `"]` + end,
		},
		"18-rotate-csp": {
			first:   csp + trigger(`"1"`) + `retire_previous_after = "24h"` + end,
			happens: passes(25 * time.Hour),
			then:    csp + trigger(`"2"`) + `retire_previous_after = "24h"` + end,
		},
		"19-rotation-open": {
			first: cloudflare + trigger(`"1"`) + `retire_previous_after = "24h"` + end,
			then:  cloudflare + trigger(`"2"`) + `retire_previous_after = "24h"` + end,
		},
		"20-gone-elsewhere": {
			given: func(w *acctest.World) { w.IdentityService.AddApplication(acctest.Tenant, "batch") },
			first: identityService + end, second: identityService + end + named(identityService, "batch", "batch") + `expires_after = "40h"` + end,
			happens: func(w *acctest.World) {
				secrets := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)
				w.IdentityService.DeleteSecretElsewhere(secrets[len(secrets)-1].ID)
				w.Clock.Advance(44 * time.Hour)
			},
			then: identityService + end + named(identityService, "batch", "batch") + `expires_after = "40h"` + end,
		},
		"21-rotated-elsewhere": {
			first: cloudflare + trigger(`"1"`) + `retire_previous_after = "0s"` + end,
			happens: func(w *acctest.World) {
				w.Clock.Advance(time.Hour)
				w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient)
			},
			then: cloudflare + trigger(`"2"`) + "on_pending_rotation = \"retire_first\"\n  retire_previous_after = \"24h\"" + end,
		},
		"22-trigger-unknown": {
			first: identityService + trigger(`"1"`) + `retire_previous_after = "0s"` + end,
			then:  unknown(`"2"`) + identityService + trigger(`terraform_data.later.output`) + `retire_previous_after = "0s"` + end,
		},
		"23-created-twice": {
			then: cloudflare + `retire_previous_after = "24h"` + end + named(cloudflare, "web", acctest.OAuthClient) + end,
		},
		"24-destroy-all": {
			first: cloudflare + end + csp + end + identityService + end,
			then:  cloudflare + end + csp + end + identityService + end, args: []string{"-destroy"},
		},

		"25-retirement-unknown": {
			first: cloudflare + trigger(`"1"`) + `retire_previous_after = "24h"` + end,
			then:  unknown(`"48h"`) + cloudflare + trigger(`"1"`) + `retire_previous_after = terraform_data.later.output` + end,
		},
		"26-pending-unknown": {
			first: cloudflare + trigger(`"1"`) + end,
			then:  unknown(`"fail"`) + cloudflare + trigger(`"1"`) + `on_pending_rotation = terraform_data.later.output` + end,
		},
		"27-mode-unknown": {
			first: csp + trigger(`"1"`) + end,
			then:  unknown(`"overlap"`) + csp + trigger(`"1"`) + `rotation_mode = terraform_data.later.output` + end,
		},
		"28-self-unknown": {
			first: csp + trigger(`"1"`) + end,
			then:  unknown(`true`) + csp + trigger(`"1"`) + `allow_self_rotation = terraform_data.later.output` + end,
		},
		"29-regenerate-unknown-trigger": {
			first: csp + trigger(`"1"`) + `rotation_mode = "regenerate"` + end,
			then:  unknown(`"2"`) + csp + trigger(`terraform_data.later.output`) + `rotation_mode = "regenerate"` + end,
		},
		"30-room-unknown-trigger": {
			first: cloudflare + trigger(`"1"`) + `on_pending_rotation = "retire_first"` + end,
			then:  unknown(`"2"`) + cloudflare + trigger(`terraform_data.later.output`) + `on_pending_rotation = "retire_first"` + end,
		},
		"31-create-no-client":     {then: named(cloudflare, "billing", "missing") + end},
		"32-create-wrong-token":   {happens: func(w *acctest.World) { w.Env["CLOUDFLARE_API_TOKEN"] = "revoked" }, then: cloudflare + end},
		"33-create-public-client": {happens: func(w *acctest.World) { w.CSP.MakePublic(acctest.Org, acctest.OAuthApp) }, then: csp + end},
		"34-create-open-rotation": {
			happens: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			then:    cloudflare + end,
		},
		"35-create-making-room": {
			happens: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			then:    cloudflare + `on_pending_rotation = "retire_first"` + end,
		},
		"36-create-forbidden": {
			happens: answers("csp.get", http.StatusForbidden, `{"message":"no","statusCode":403}`), then: csp + `on_create = "adopt"` + end,
		},
		"37-chosen-same-value": {
			first: csp + "client_secret_wo = \"chosen+Value-0001-chosen+Value-0001\"\n  client_secret_wo_version = 1\n  retire_previous_after = \"0s\"" + end,
			then:  csp + "client_secret_wo = \"chosen+Value-0001-chosen+Value-0001\"\n  client_secret_wo_version = 2\n  retire_previous_after = \"0s\"" + end,
		},
		"38-chosen-same-version": {
			first: csp + "client_secret_wo = \"chosen+Value-0001-chosen+Value-0001\"\n  client_secret_wo_version = 1" + end,
			then:  csp + "client_secret_wo = \"chosen+Value-0002-chosen+Value-0002\"\n  client_secret_wo_version = 1" + end,
		},
		"39-keys-replaced": {
			first: cloudflare + `rotate_when_changed = { release = "1" }` + end,
			then:  cloudflare + `rotate_when_changed = { incident = "4711" }` + end,
		},
		"40-schedule-collides": {
			then: cloudflare + "rotate_after = \"24h\"\n  retire_previous_after = \"720h\"" + end,
		},
		"41-schedule-put-off": {
			first:   cloudflare + "rotate_after = \"40h\"" + end,
			happens: passes(41 * time.Hour),
			then:    cloudflare + "rotate_after = \"40h\"" + end,
		},
		"42-adopt-encrypted": {
			then: csp + "on_create = \"adopt\"\n  encryption_recipients = [\"" + recipient + "\"]" + end +
				"ephemeral \"oauthsecret_decrypted_secret\" \"billing\" {\n  ciphertext = oauthsecret_csp_client_secret.billing.encrypted_client_secret\n}\n",
		},
		"43-complete-rotation": {
			first: cloudflare + trigger(`"1"`) + end + cloudflareCompletion,
			then:  cloudflare + trigger(`"2"`) + end + cloudflareCompletion,
		},
		"44-complete-rotation-csp": {
			first: csp + trigger(`"1"`) + `on_pending_rotation = "retire_first"` + end + cspCompletion,
			then:  csp + trigger(`"2"`) + `on_pending_rotation = "retire_first"` + end + cspCompletion,
		},
		"45-complete-rotation-identity-service": {
			first: identityService + trigger(`"1"`) + end + identityServiceCompletion,
			then:  identityService + trigger(`"2"`) + end + identityServiceCompletion,
		},
		"46-destroy-revoking": {
			first: csp + `on_destroy = "revoke"` + end, then: csp + `on_destroy = "revoke"` + end, args: []string{"-destroy"},
		},
		"47-replace-keeping": {
			first: cloudflare + end, happens: roomed,
			then: cloudflare + end, args: []string{"-replace=oauthsecret_cloudflare_client_secret.billing"},
		},
		"48-drift-rotated-policy": {
			first: cloudflare + "on_external_rotation = \"rotate\"\n  retire_previous_after = \"0s\"" + end,
			happens: func(w *acctest.World) {
				w.Clock.Advance(time.Hour)
				w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient)
			},
			then: cloudflare + "on_external_rotation = \"rotate\"\n  retire_previous_after = \"0s\"" + end,
		},
	}
}
