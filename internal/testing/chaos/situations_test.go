package chaos

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net/http"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/ssh"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/encryption"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/explain"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/plugin"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// chapters are the situations that DIAGNOSTICS.md goes through, each by the texts that only it shows.
var chapters = []chapter{
	{"The configuration is wrong", []situation{
		{"A vendor is used without a credential", cloudflare, unset("CLOUDFLARE_API_TOKEN"), plans(nil)},
		{"Two ways to log in are given", csp, setenv("CSP_ACCESS_TOKEN", "other"), plans(nil)},
		{"Half of a login is given", identityService, all(unset("IDENTITY_SERVICE_ACCESS_TOKEN"), setenv("IDENTITY_SERVICE_CLIENT_ID", "terraform")), plans(nil)},
		{"An address is not safe for credentials", cloudflare, configuredProvider("base_url", "http://example.com"), plans(nil)},
		{"A credential was read with its line end", cloudflare, setenv("CLOUDFLARE_API_TOKEN", "a\nb"), plans(nil)},
		{"A certificate is none", cloudflare, configuredProvider("ca_certificate_pem", "x"), plans(nil)},
		{"A client id has a colon", csp, all(unset("CSP_API_TOKEN"), setenv("CSP_CLIENT_ID", "a:b"), setenv("CSP_CLIENT_SECRET", "x")), plans(nil)},
		{"An access token was read with its line end", identityService, setenv("IDENTITY_SERVICE_ACCESS_TOKEN", "a\nb"), plans(nil)},
		{"No account is named", cloudflare, unset("CLOUDFLARE_ACCOUNT_ID"), plans(nil)},
		{"An id has a slash", csp, nil, validates(settings{"oauth_app_id": "a/b"})},
		{"Durations are none", csp, nil, validates(settings{"oauth_app_id": "a", "rotate_after": "1 month", "retire_previous_after": "1500ms"})},
		{"Recipients are none", cloudflare, nil, validates(settings{"oauth_client_id": "a", "encryption_recipients": []string{
			"AGE-SECRET-KEY-1X", "age1x", "ssh-rsa x", "gpg", "age1pq1x", "age1yubikey1x", "ecdsa-sha2-nistp256 x", "no-pty ssh-ed25519 x", "ssh-rsa x\nssh-rsa y", " ",
		}})},
		{"Recipients of two kinds", cloudflare, nil, validates(settings{"oauth_client_id": "a", "encryption_recipients": append([]string{postQuantum()}, recipients...)})},
		{"A chosen secret is weak", csp, nil, validates(settings{"oauth_app_id": "a", "client_secret_wo": "short", "client_secret_wo_version": 1})},
		{"A trigger beside a chosen secret", csp, nil, validates(settings{"oauth_app_id": "a", "client_secret_wo": "Long.enough-1", "client_secret_wo_version": 1, "rotate_after": "24h"})},
		{"A tenant has a display name's letters", identityService, nil, validates(settings{"client_id": "a", "tenant": "ACME"})},
		{"A secret expires before it is rotated", identityService, nil, validates(settings{"client_id": "a", "rotate_after": "720h", "expires_after": "24h"})},
		{"An import id has too few parts", identityService, nil, imports("acme/app-1")},
		{"An import id has an empty part", cloudflare, nil, imports("/app-1")},
	}},
	{"The plan refuses", []situation{
		{"A rotation is due while a previous secret is valid (Cloudflare)", cloudflare, had(trigger("1")), plans(trigger("2"))},
		{"A rotation is due before the previous secret is (Cloudflare)", cloudflare, had(with(trigger("1"), day)), plans(with(trigger("2"), day))},
		{"A rotation is due while a previous secret counts as valid (VMware Cloud Services)", csp, had(trigger("1")), plans(trigger("2"))},
		{"A replacement while a rotation is open", cloudflare, all(had(trigger("1")), taints), plans(trigger("1"))},
		{"The provider would rotate its own credential", csp, all(unset("CSP_API_TOKEN"), setenv("CSP_CLIENT_ID", theClient), setenv("CSP_CLIENT_SECRET", "x")), plans(nil)},
		{"The provider would delete its own credential", identityService, all(had(nil), func(w *world) { w.IdentityService.GrantRole(w.vendor.parent, theClient) }, logsInAsItself), wantsGone},
		{
			"A completion would end the provider's own credential", identityService, all(had(trigger("1")), had(trigger("2")), func(w *world) { w.IdentityService.GrantRole(w.vendor.parent, theClient) }, logsInAsItself),
			func(w *world) {
				w.plan(context.Background(), append(w.config(trigger("2")), w.completionBlock(theClient)))
			},
		},
	}},
	{"The plan warns", []situation{
		{"A previous secret is deleted first", cloudflare, had(trigger("1")), plans(with(trigger("2"), settings{"on_pending_rotation": "retire_first"}))},
		{"A previous secret is deleted first, by a schedule", cloudflare, all(had(settings{"rotate_after": "720h"}), later(721*hour)), plans(settings{"rotate_after": "720h", "on_pending_rotation": "retire_first"})},
		{"A previous secret is deleted first, by a replacement", cloudflare, all(had(settings{"on_pending_rotation": "retire_first"}), taints), plans(settings{"on_pending_rotation": "retire_first"})},
		{"A previous secret that may be in use is deleted first, by a replacement", cloudflare, all(had(settings{"on_pending_rotation": "retire_first"}), forgetsNotes, taints), plans(settings{"on_pending_rotation": "retire_first"})},
		{"Regenerate", csp, had(trigger("1")), plans(with(trigger("2"), settings{"rotation_mode": "regenerate"}))},
		{"The last rotation was refused because of an open one (VMware Cloud Services)", csp, all(had(with(trigger("1"), clean)), func(w *world) {
			w.CSP.RotateElsewhere(w.vendor.parent, theClient, "Somebody.elses-1", 24*hour)
		}, does(trigger("2"))), plans(trigger("2"))},
		{"Secrets from before the previous one are never due (Identity Service)", identityService, all(had(trigger("1")), had(trigger("2")), had(trigger("3"))), plans(trigger("3"))},
		{"Destroy keeps", cloudflare, had(nil), wantsGone},
		{"Destroy of an import (Identity Service)", identityService, imported, wantsGone},
		{"Destroy after an imported secret was rotated (Identity Service)", identityService, all(imported, had(trigger("1")), had(trigger("2"))), destroys},
		{"Destroy revokes", csp, had(settings{"on_destroy": "revoke"}), wantsGone},
		{"Secrets from before the previous one are due", identityService, all(had(with(trigger("1"), day)), had(with(trigger("2"), day)), later(20*hour), had(with(trigger("3"), day)), later(5*hour)), plans(with(trigger("3"), day))},
		{"The recipients of a sealed secret change", cloudflare, had(settings{"encryption_recipients": recipients}), plans(settings{"encryption_recipients": []string{"age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"}})},
		{"Encryption is switched off", cloudflare, had(settings{"encryption_recipients": recipients}), plans(nil)},
		{"An adoption whose next secret is chosen", csp, nil, plans(with(adopted, settings{"client_secret_wo": "Chosen.by-the.user~1_and-long-enough", "client_secret_wo_version": 1}))},
		{"The time of a previous secret is over, but it may be in use (Cloudflare)", cloudflare, all(had(day), later(hour), does(day), changesElsewhere, later(25*hour)), plans(day)},
		{"The time of a previous secret is over, but it was imported (Identity Service)", identityService, all(imported, had(with(trigger("1"), day)), had(with(trigger("2"), day)), later(25*hour)), plans(with(trigger("2"), day))},
	}},
	{"Somebody else changed the secret", []situation{
		{"Rotated (Cloudflare)", cloudflare, all(had(clean), rotatesElsewhere), plans(clean)},
		{"Rotated (Cloudflare), and this plan would rotate", cloudflare, all(had(clean), rotatesElsewhere), plans(with(clean, settings{"on_external_rotation": "rotate", "on_pending_rotation": "retire_first"}))},
		{"Rotated (Cloudflare), and the rotation is refused", cloudflare, all(had(clean), rotatesElsewhere), plans(with(clean, settings{"on_external_rotation": "rotate"}))},
		{"Rotated (Cloudflare), seen, and the previous secret deleted", cloudflare, all(had(clean), rotatesElsewhere, does(clean), func(w *world) { w.Cloudflare.DeleteRotatedElsewhere(w.vendor.parent, theClient) }), plans(clean)},
		{"Rotated (Cloudflare), the previous secret deleted, and this plan rotates", cloudflare, all(had(with(trigger("1"), clean)), rotatesElsewhere, does(with(trigger("1"), clean)), func(w *world) { w.Cloudflare.DeleteRotatedElsewhere(w.vendor.parent, theClient) }), plans(with(trigger("2"), clean))},
		{"Perhaps rotated (VMware Cloud Services), and this plan makes room", csp, all(had(with(trigger("1"), settings{"on_pending_rotation": "retire_first"})), later(2*hour), func(w *world) {
			w.CSP.RotateElsewhere(w.vendor.parent, theClient, "Somebody.elses-1", 24*hour)
		}), plans(with(trigger("2"), settings{"on_pending_rotation": "retire_first"}))},
		{"Perhaps rotated soon after a rotation (VMware Cloud Services), and a completion waits", csp, all(had(trigger("1")), later(5*time.Minute), func(w *world) {
			w.CSP.RotateElsewhere(w.vendor.parent, theClient, "Somebody.elses-1", 24*hour)
		}), func(w *world) {
			w.plan(context.Background(), append(w.config(trigger("1")), w.completionBlock(theClient)))
		}},
		{"Rotated and ended (Cloudflare), after an adoption", cloudflare, all(had(adopted), rotatesElsewhere, plans(adopted), func(w *world) { w.apply(context.Background(), w.config(adopted)) }, func(w *world) { w.Cloudflare.DeleteRotatedElsewhere(w.vendor.parent, theClient) }), plans(adopted)},
		{"Rotated (Cloudflare), after an adoption", cloudflare, all(had(adopted), rotatesElsewhere), plans(adopted)},
		{"Changed (VMware Cloud Services, where it reports an age)", csp, all(reportsAge, had(clean), later(72*hour), does(clean), func(w *world) { w.CSP.PatchSecretElsewhere(w.vendor.parent, theClient, "Somebody.elses-1") }), plans(clean)},
		{"Changed (VMware Cloud Services), where the value is chosen", csp, all(reportsAge, had(with(chosen(1), clean)), later(72*hour), does(with(chosen(1), clean)), func(w *world) { w.CSP.PatchSecretElsewhere(w.vendor.parent, theClient, "Somebody.elses-1") }), plans(with(chosen(1), clean))},
		{"The chosen value is taken away", csp, had(with(chosen(1), clean)), plans(clean)},
		{"Deleted (Identity Service)", identityService, all(had(nil), deletesElsewhere), plans(nil)},
		{"Deleted, and then imported (Identity Service)", identityService, all(had(nil), deletesElsewhere), func(w *world) {
			id := w.attr("secret_id")
			delete(w.tf.state, theSecret)
			imports(w.vendor.parent + "/" + theClient + "/" + id)(w)
		}},
		{"Somebody added a secret (Identity Service), before a rotation", identityService, all(had(trigger("1")), func(w *world) { w.IdentityService.AddSecretElsewhere(w.vendor.parent, theClient, nil) }), plans(trigger("2"))},
		{"Gone from the list (Identity Service)", identityService, all(had(nil), func(w *world) { w.IdentityService.PurgeSecret(w.attr("secret_id")) }), plans(nil)},
		{"Expired (Identity Service)", identityService, all(had(settings{"expires_after": "240h"}), later(241*hour)), plans(settings{"expires_after": "240h"})},
		{"The client was deleted", csp, all(had(nil), func(w *world) { w.CSP.DeleteApp(w.vendor.parent, theClient) }), plans(settings{"on_create": "adopt"})},
	}},
	{"A run ended in the middle of a change", []situation{
		{"Cloudflare", cloudflare, all(had(clean), forgetsNotes), plans(clean)},
		{"VMware Cloud Services", csp, all(had(clean), forgetsNotes), plans(clean)},
		{"Identity Service", identityService, all(had(nil), func(w *world) { w.IdentityService.AddSecretElsewhere(w.vendor.parent, theClient, nil) }, forgetsNotes), plans(nil)},
	}},
	{"The vendor refuses", []situation{
		{"401 (Cloudflare)", cloudflare, answers("cloudflare.*", 401), does(nil)},
		{"401 (VMware Cloud Services)", csp, all(had(nil), answers("csp.*", 401)), plans(nil)},
		{"401 (Identity Service)", identityService, all(had(nil), answers("identity_service.*", 401)), plans(nil)},
		{"403 (Cloudflare)", cloudflare, answers("cloudflare.rotate", 403), does(nil)},
		{"403 (VMware Cloud Services)", csp, answers("csp.rotate", 403), does(nil)},
		{"403 (Identity Service)", identityService, answers("identity_service.*", 403), does(nil)},
		{"404 at an adoption", csp, func(w *world) { w.CSP.DeleteApp(w.vendor.parent, theClient) }, does(adopted)},
		{"404 at the creation", cloudflare, func(w *world) { w.Cloudflare.DeleteClient(w.vendor.parent, theClient) }, does(nil)},
		{"A rotation is open that the state does not know (Cloudflare)", cloudflare, rotatesElsewhere, does(nil)},
		{"A rotation is open that the state does not know (VMware Cloud Services)", csp, func(w *world) { w.CSP.RotateElsewhere(w.vendor.parent, theClient, "Somebody.elses-1", 24*hour) }, does(nil)},
		{"404 at the login (Identity Service)", identityService, all(unset("IDENTITY_SERVICE_ACCESS_TOKEN"), setenv("IDENTITY_SERVICE_CLIENT_ID", "terraform"), setenv("IDENTITY_SERVICE_CLIENT_SECRET", "x"), answers("identity_service.discovery", 404)), does(nil)},
		{"409 (Identity Service)", identityService, answers("identity_service.add", 409), does(nil)},
		{"429 for longer than the time of the operation", cloudflare, func(w *world) {
			w.Inject(simulator.Fault{Operation: "cloudflare.rotate", Kind: simulator.Answer, Status: 429, Header: http.Header{"Retry-After": {"7200"}}, Times: -1})
		}, does(nil)},
		{"An outage while reading", cloudflare, all(had(nil), answers("cloudflare.*", 503)), plans(nil)},
		{"No connection", identityService, all(had(nil), func(w *world) { w.Inject(simulator.Fault{Kind: simulator.Refuse, Times: -1}) }), plans(nil)},
		{"A public client (Cloudflare)", cloudflare, func(w *world) { w.Cloudflare.SetAuthMethod(w.vendor.parent, theClient, "none") }, does(nil)},
		{"Cloudflare does not show the flag", cloudflare, func(w *world) { w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = "absent" }) }, does(nil)},
		{"A previous secret appears after the plan", cloudflare, had(with(trigger("1"), clean)), func(w *world) {
			// The plan reads first; somebody rotates before the apply reads.
			reads := 0
			w.AfterRequest(func(e simulator.Entry) {
				if reads++; reads == 1 {
					w.Cloudflare.RotateElsewhere(w.vendor.parent, theClient)
				}
			})
			w.apply(context.Background(), w.config(with(trigger("2"), settings{"on_pending_rotation": "retire_first"})))
		}},
		{"The client is changed after the plan", cloudflare, had(day), func(w *world) {
			time.Sleep(25 * hour)
			reads := 0
			w.AfterRequest(func(simulator.Entry) {
				if reads++; reads == 1 {
					w.Cloudflare.RotateElsewhere(w.vendor.parent, theClient)
				}
			})
			w.apply(context.Background(), w.config(day))
		}},
		{"The room for a rotation was made, and then it fails", cloudflare, all(had(trigger("1")), answers("cloudflare.rotate", 403)), does(with(trigger("2"), settings{"on_pending_rotation": "retire_first"}))},
		{"The room for a rotation cannot be made", cloudflare, all(had(trigger("1")), answers("cloudflare.delete_rotated", 403)), does(with(trigger("2"), settings{"on_pending_rotation": "retire_first"}))},
		{"The user interrupts before anything was sent", cloudflare, had(with(trigger("1"), clean)), func(w *world) {
			ctx, cancel := context.WithCancel(context.Background())
			reads := 0
			w.AfterRequest(func(simulator.Entry) {
				if reads++; reads == 2 {
					cancel()
				}
			})
			w.apply(ctx, w.config(with(trigger("2"), clean)))
		}},
		{"The time of the operation is over", cloudflare, func(w *world) {
			w.Inject(simulator.Fault{Operation: "cloudflare.get", Kind: simulator.Timeout, Times: -1})
		}, does(settings{"timeouts": settings{"create": "20s"}})},
		{"The answer is not the API's", identityService, all(had(nil), func(w *world) {
			w.Inject(simulator.Fault{Operation: "identity_service.list", Kind: simulator.HTML, Status: 200, Times: -1})
		}), plans(nil)},
	}},
	{"The answer to a rotation is lost", []situation{
		{"Cloudflare: it was carried out", cloudflare, all(had(with(trigger("1"), clean)), loses("cloudflare.rotate", 1)), does(trigger("2"))},
		{"Cloudflare: it was not carried out, and is sent once more", cloudflare, all(had(with(trigger("1"), clean)), drops("cloudflare.rotate", 1)), does(trigger("2"))},
		{"Cloudflare: it cannot be found out", cloudflare, all(had(with(trigger("1"), clean)), drops("cloudflare.rotate", 1), skipping("cloudflare.get", 2, 503)), does(trigger("2"))},
		{"VMware Cloud Services: the token endpoint accepts the new secret", csp, all(had(with(trigger("1"), clean)), loses("csp.rotate", 1)), does(trigger("2"))},
		{"VMware Cloud Services: it refuses the new secret", csp, all(had(with(trigger("1"), clean)), drops("csp.rotate", 1)), does(trigger("2"))},
		{"VMware Cloud Services: it cannot be found out", csp, all(had(with(trigger("1"), clean)), drops("csp.rotate", 1), answers("csp.token", 503), answers("csp.login_client*", 503), answers("csp.introspect", 503)), does(trigger("2"))},
		{"VMware Cloud Services: the next apply cannot find it out either, and the value is not kept", csp, all(had(with(with(trigger("1"), clean), sealed)), drops("csp.rotate", 1), answers("csp.token", 503), answers("csp.login_client*", 503), answers("csp.introspect", 503), does(with(trigger("2"), sealed))), does(with(trigger("2"), sealed))},
		{"VMware Cloud Services: a regeneration, answered at the second time", csp, all(had(trigger("1")), loses("csp.regenerate", 1)), does(with(trigger("2"), settings{"rotation_mode": "regenerate"}))},
		{"VMware Cloud Services: a regeneration, never answered", csp, all(had(trigger("1")), loses("csp.regenerate", -1)), does(with(trigger("2"), settings{"rotation_mode": "regenerate"}))},
		{"Identity Service: the unknown secret is found and deleted", identityService, all(had(with(trigger("1"), expiring)), loses("identity_service.add", 1)), does(with(trigger("2"), expiring))},
		{"Identity Service: the unknown secret cannot be deleted", identityService, all(had(with(trigger("1"), expiring)), loses("identity_service.add", 1), answers("identity_service.delete", 403)), does(with(trigger("2"), expiring))},
		{"Identity Service: there is no date to tell it by", identityService, all(had(trigger("1")), loses("identity_service.add", 1)), does(trigger("2"))},
		{"Identity Service: the list cannot be read, without a date", identityService, all(had(trigger("1")), loses("identity_service.add", 1), skipping("identity_service.list", 2, 503)), does(trigger("2"))},
		{"Identity Service: the list cannot be read", identityService, all(had(with(trigger("1"), expiring)), loses("identity_service.add", 1), skipping("identity_service.list", 2, 503)), does(with(trigger("2"), expiring))},
		{"Identity Service: it never answers", identityService, all(had(with(trigger("1"), expiring)), drops("identity_service.add", -1)), does(with(trigger("2"), expiring))},
	}},
	{"The secret was made, and something after it failed", []situation{
		{"The token endpoint refuses the new secret", cloudflare, all(had(with(trigger("1"), clean)), func(w *world) { w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationDelay = hour }) }), does(with(trigger("2"), settings{"verify": settings{"required": true}}))},
		{"The token endpoint says nothing", csp, all(answers("csp.token", 503), answers("csp.login_client*", 503), answers("csp.introspect", 503)), does(settings{"verify": settings{}})},
		{"The proof fails before a retirement", csp, all(answers("csp.token", 503), answers("csp.login_client*", 503), answers("csp.introspect", 503), had(with(settings{"verify": settings{}}, settings{"retire_previous_after": "24h"})), later(2*hour), does(settings{"verify": settings{}, "retire_previous_after": "1h"})), does(settings{"verify": settings{}, "retire_previous_after": "1h"})},
		{"A sealed secret cannot be proven later", cloudflare, all(had(with(trigger("1"), clean)), func(w *world) { w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.PropagationDelay = hour }) }, had(with(with(trigger("2"), settings{"verify": settings{}}), sealed)), later(2*hour), does(with(with(trigger("2"), settings{"verify": settings{}, "retire_previous_after": "1h"}), sealed))), does(with(with(trigger("2"), settings{"verify": settings{}, "retire_previous_after": "1h"}), sealed))},
		{"The previous secret cannot be deleted in the apply of the rotation", cloudflare, all(had(with(trigger("1"), clean)), answers("cloudflare.delete_rotated", 403)), does(with(trigger("2"), clean))},
		{"The previous secret cannot be deleted when its time is over", cloudflare, all(had(day), later(25*hour), answers("cloudflare.delete_rotated", 403)), does(day)},
		{"The end of the previous secret is not answered (VMware Cloud Services)", csp, all(had(with(trigger("1"), clean)), loses("csp.end_rotation", -1)), does(with(trigger("2"), clean))},
		{"The end of the previous secret is not answered, and the client changed (Cloudflare)", cloudflare, had(day), func(w *world) {
			time.Sleep(25 * hour)
			w.Inject(simulator.Fault{Operation: "cloudflare.delete_rotated", Kind: simulator.Drop})
			w.BeforeRequest(func(e simulator.Entry) {
				if e.Operation == "cloudflare.delete_rotated" {
					changesElsewhere(w)
				}
			})
			w.apply(context.Background(), w.config(day))
		}},
		{"The list does not show the new secret (Identity Service)", identityService, all(had(trigger("1")), func(w *world) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 99 })
		}), does(trigger("2"))},
		{"Several new secrets are listed (Identity Service)", identityService, had(trigger("1")), func(w *world) {
			w.AfterRequest(func(e simulator.Entry) {
				if e.Operation == "identity_service.add" {
					w.IdentityService.AddSecretElsewhere(w.vendor.parent, theClient, nil)
				}
			})
			w.apply(context.Background(), w.config(trigger("2")))
		}},
		{"Several new secrets are listed: the next plan and the next rotation (Identity Service)", identityService, all(had(trigger("1")), func(w *world) {
			added := false
			w.AfterRequest(func(e simulator.Entry) {
				if e.Operation == "identity_service.add" && !added {
					added = true
					w.IdentityService.AddSecretElsewhere(w.vendor.parent, theClient, nil)
				}
			})
		}, does(trigger("2"))), func(w *world) {
			w.plan(context.Background(), w.config(trigger("2")))
			w.apply(context.Background(), w.config(trigger("3")))
		}},
		{"A new secret is listed while an earlier one may be missing (Identity Service)", identityService, func(w *world) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListDelay = 40 * time.Second })
			w.Inject(simulator.Fault{Operation: "identity_service.list", Kind: simulator.Answer, Status: 403, Skip: 1, Times: 6})
		}, func(w *world) {
			w.apply(context.Background(), config{w.secretBlock(theClient, nil), w.secretBlock(theClient+"/2", nil)})
		}},
		{"The vendor changes the expiration date (Identity Service)", identityService, func(w *world) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.DateEcho = simulator.DateDay })
		}, does(expiring)},
	}},
	{"A completion", []situation{
		{"The vendor refuses to delete", cloudflare, all(had(trigger("1")), answers("cloudflare.delete_rotated", 403)), completes},
		{"The end is not answered, and the client cannot be looked at", cloudflare, all(had(trigger("1")), loses("cloudflare.delete_rotated", 1), skipping("cloudflare.get", 2, 503)), completes},
		{"It names the only secret that works (Identity Service)", identityService, all(had(trigger("1")), had(trigger("2")), func(w *world) {
			for _, r := range w.records(theClient) {
				if r.ID != w.attr("previous_secret_id") {
					w.IdentityService.DeleteSecretElsewhere(r.ID)
				}
			}
		}), func(w *world) {
			w.apply(context.Background(), append(w.config(with(trigger("2"), settings{"on_external_rotation": "ignore"})), w.completionBlock(theClient)))
		}},
		{"It names the current secret of a resource (Identity Service)", identityService, had(trigger("1")), func(w *world) {
			b := w.completionBlock(theClient)
			attrs := b.attrs
			b.attrs = func(get getter) map[string]any {
				return settingsOf(attrs(get)).with(settings{"previous_secret_id": get(theSecret, "secret_id")})
			}
			w.apply(context.Background(), append(w.config(trigger("1")), b))
		}},
		{"Cloudflare does not show the flag", cloudflare, all(had(trigger("1")), func(w *world) { w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = "absent" }) }), completes},
	}},
	{"Destroy", []situation{
		{"The previous secret is somebody else's", cloudflare, all(had(with(clean, settings{"on_destroy": "retire_previous"})), rotatesElsewhere), destroys},
		{"Somebody rotates between the plan and the apply that replaces a tainted object", cloudflare, all(had(settings{"on_destroy": "retire_previous"}), taints), func(w *world) {
			w.tf.between = func() {
				time.Sleep(time.Minute)
				w.Cloudflare.DeleteRotatedElsewhere(w.vendor.parent, theClient)
				w.Cloudflare.RotateElsewhere(w.vendor.parent, theClient)
			}
			w.apply(context.Background(), w.config(settings{"on_destroy": "retire_previous"}))
		}},
		{"A deletion is refused", identityService, all(had(nil), answers("identity_service.delete", 403)), destroys},
		{"A secret has no id", identityService, all(func(w *world) {
			w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 99 })
		}, does(nil)), destroys},
		{"A revocation is refused", csp, all(had(settings{"on_destroy": "revoke"}), answers("csp.regenerate", 403)), destroys},
		{"A newer secret was made in the same run, so nothing is revoked", csp, had(settings{"on_destroy": "revoke"}), func(w *world) {
			// What create_before_destroy does.
			c := w.tf.command(w.t.Context())
			old, b := c.object(theSecret), w.config(settings{"on_destroy": "revoke", "on_pending_rotation": "retire_first"})[0]
			s := c.planChange("plan", b, build(schemaOf(b.kind).ValueType(), b.attrs(c.get)), nil)
			c.applyChange(theSecret, b.kind, s)
			c.applyDelete(theSecret, b.kind, &step{prior: old, private: old.private})
			w.said = append(w.said, c.result.diags...)
		}},
		{"The secret is dead already, so nothing is revoked", csp, all(had(settings{"on_destroy": "revoke"}), func(w *world) { w.CSP.RegenerateElsewhere(w.vendor.parent, theClient) }), destroys},
	}},
	{"The consumers' proof", []situation{
		{"A consumer has another secret, and one has none", cloudflare, nil, compares(secret.New("current").SHA256(), map[string]secret.Value{"billing": secret.New("previous"), "reports": {}, "mail": secret.New("current")})},
		{"There is no fingerprint", cloudflare, nil, compares("", map[string]secret.Value{"billing": secret.New("current")})},
		{"The fingerprint is none", cloudflare, nil, compares("current", map[string]secret.Value{"billing": secret.New("current")})},
		{"There is no consumer", cloudflare, nil, compares(secret.New("current").SHA256(), nil)},
	}},
	{"Data sources, sealed secrets, bugs", []situation{
		{"A data source may not read", csp, answers("csp.*", 403), func(w *world) { w.dataSource("oauthsecret_csp_oauth_apps", nil) }},
		{"A data source has a provider configuration that is not known yet", cloudflare, configuredProvider("api_token", unknown{}), func(w *world) { w.dataSource("oauthsecret_cloudflare_oauth_clients", nil) }},
		{"Cloudflare does not say what a filter asks", cloudflare, func(w *world) {
			w.Cloudflare.Set(func(s *simulator.CloudflareSwitches) { s.Flag = "absent_in_list" })
		}, func(w *world) {
			w.dataSource("oauthsecret_cloudflare_oauth_clients", settings{"has_previous_secret": true})
		}},
		{"A sealed secret is opened with no key", cloudflare, nil, func(w *world) { w.open("x", "x") }},
		{"A sealed secret is opened, and no key is given anywhere", cloudflare, nil, func(w *world) { w.open("x", "") }},
		{"A sealed secret is opened with the key of a plugin", cloudflare, nil, func(w *world) { w.open("x", "AGE-PLUGIN-YUBIKEY-1") }},
		{"A sealed secret is opened with another key, the provider's", cloudflare, func(w *world) { w.env["OAUTHSECRET_DECRYPTION_IDENTITY"] = newKey(w).String() }, func(w *world) {
			w.open(sealedFor(w, newKey(w)), "")
		}},
		{"A sealed secret is opened with another key", cloudflare, nil, func(w *world) { w.open(sealedFor(w, newKey(w)), newKey(w).String()) }},
		{"A sealed secret is opened with a key under a passphrase", cloudflare, nil, func(w *world) { w.open(sealedFor(w, newKey(w)), lockedKey(w)) }},
		{"A sealed secret is damaged", cloudflare, nil, func(w *world) { w.open("x", newKey(w).String()) }},
		{"A bug in the provider", cloudflare, nil, func(w *world) {
			var diags diag.Diagnostics
			func() {
				defer plugin.Recover(&diags)
				panic("x")
			}()
			for _, d := range diags {
				detail, _, _ := strings.Cut(d.Detail(), "\n  ")
				w.said = append(w.said, diagnostic{summary: d.Summary(), detail: detail + "\n  (lines of the code)"})
			}
		}},
	}},
}

var (
	clean    = settings{"retire_previous_after": "0s"}
	day      = settings{"retire_previous_after": "24h"}
	adopted  = settings{"on_create": "adopt"}
	expiring = settings{"expires_after": "240h"}
	sealed   = settings{"encryption_recipients": recipients}
)

func with(a, b settings) settings { return settingsOf(a).with(b) }

func later(d time.Duration) func(*world) { return func(*world) { time.Sleep(d) } }

func unset(name string) func(*world) { return func(w *world) { delete(w.env, name) } }

func setenv(name, value string) func(*world) { return func(w *world) { w.env[name] = value } }

func configuredProvider(name string, value any) func(*world) {
	return func(w *world) { w.tf.setup = settings{w.vendor.name: settings{name: value}} }
}

func validates(attrs settings) func(*world) { return func(w *world) { w.validate(attrs) } }

func imports(id string) func(*world) {
	return func(w *world) {
		w.after(w.tf, w.tf.importState(context.Background(), theSecret, w.vendor.secretType(), id))
	}
}

// imported takes the secret that the application has from the start into the state.
func imported(w *world) {
	imports(w.vendor.parent + "/" + theClient + "/" + w.records(theClient)[0].ID)(w)
}

func taints(w *world) { w.tf.state[theSecret].tainted = true }

// forgetsNotes leaves what a provider leaves that died in the middle of a change.
func forgetsNotes(w *world) { w.tf.state[theSecret].private = nil }

func rotatesElsewhere(w *world) { w.Cloudflare.RotateElsewhere(w.vendor.parent, theClient) }

// changesElsewhere changes the client in another respect than its secret; nobody can tell.
func changesElsewhere(w *world) {
	w.Cloudflare.SetAuthMethod(w.vendor.parent, theClient, "client_secret_post")
}

func deletesElsewhere(w *world) { w.IdentityService.DeleteSecretElsewhere(w.attr("secret_id")) }

func reportsAge(w *world) {
	w.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
}

// logsInAsItself gives the provider the secret of the client that it manages.
func logsInAsItself(w *world) {
	delete(w.env, "IDENTITY_SERVICE_ACCESS_TOKEN")
	w.env["IDENTITY_SERVICE_CLIENT_ID"], w.env["IDENTITY_SERVICE_CLIENT_SECRET"] = theClient, w.held[theClient]
}

func answers(operation string, status int) func(*world) { return skipping(operation, 0, status) }

func skipping(operation string, n, status int) func(*world) {
	return func(w *world) {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: status, Skip: n, Times: -1})
	}
}

// loses carries a request out and drops the answer; drops does not even carry it out.
func loses(operation string, times int) func(*world) {
	return func(w *world) {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Drop, After: true, Times: times})
	}
}

func drops(operation string, times int) func(*world) {
	return func(w *world) { w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Drop, Times: times}) }
}

func completes(w *world) {
	w.apply(context.Background(), append(w.config(trigger("1")), w.completionBlock(theClient)))
}

func newKey(w *world) *age.X25519Identity {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// compares proves what the consumers hold.
func compares(fingerprint string, held map[string]secret.Value) func(w *world) {
	return func(w *world) {
		subject := explain.Subject{Vendor: "Cloudflare", Noun: "OAuth client", Client: rotation.Client{Scope: w.vendor.parent, ID: theClient}, Scope: w.vendor.scope, ID: w.vendor.client}
		summary, detail := explain.Failure(subject, "complete the rotation", rotation.ConsumersHold(fingerprint, held), "The previous secret stays valid.")
		w.said = append(w.said, diagnostic{summary: summary, detail: detail})
	}
}

// lockedKey is an SSH private key that needs a passphrase.
func lockedKey(w *world) string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("x"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func sealedFor(w *world, key *age.X25519Identity) string {
	to, err := encryption.ParseRecipients([]string{key.Recipient().String()})
	if err != nil {
		w.t.Fatal(err)
	}
	ciphertext, err := to.Seal(secret.New("x"))
	if err != nil {
		w.t.Fatal(err)
	}
	return ciphertext
}

// postQuantum is a new post-quantum recipient.
func postQuantum() string {
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		panic(err)
	}
	return key.Recipient().String()
}
