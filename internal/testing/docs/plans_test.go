package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

var update = flag.Bool("update", false, "write the outputs that the guides print")

// The clients of a World as configurations.
const (
	cloudflare = `resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id = "` + acctest.OAuthClient + `"
  `
	csp = `resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id = "` + acctest.OAuthApp + `"
  `
	identityService = `resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id = "` + acctest.Application + `"
  `
	end = "\n}\n"

	cloudflareCompletion = `resource "oauthsecret_cloudflare_rotation_completion" "billing" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.billing.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.billing.version
}
`
)

// TestPlans compares what the guides print with what Terraform prints; -update writes it.
func TestPlans(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]struct {
		// first is applied; then comes happens, and then is planned, applied or destroyed.
		first, then string
		happens     func(w *acctest.World)
		apply       bool
		destroy     bool
	}{
		"trigger-set": {
			first: cloudflare + `on_create = "adopt"` + end,
			then:  cloudflare + "on_create = \"adopt\"\n  rotate_when_changed = { quarter = \"2026-Q1\" }" + end,
		},
		"trigger-add": {
			first: cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end,
			then:  cloudflare + `rotate_when_changed = { quarter = "2026-Q1", team = "payments" }` + end,
		},
		"trigger-change": {
			first:   cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end,
			happens: func(w *acctest.World) { w.Cloudflare.DeleteRotatedElsewhere(acctest.Account, acctest.OAuthClient) },
			then:    cloudflare + `rotate_when_changed = { quarter = "2026-Q2" }` + end,
		},
		"trigger-remove": {
			first: cloudflare + `rotate_when_changed = { quarter = "2026-Q1", team = "payments" }` + end,
			then:  cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end,
		},
		"trigger-unset": {
			first: cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end,
			then:  cloudflare + end,
		},
		"trigger-pending": {
			first: cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end,
			then:  cloudflare + `rotate_when_changed = { quarter = "2026-Q2" }` + end,
		},
		"retire": {
			first:   cloudflare + `retire_previous_after = "24h"` + end,
			happens: func(w *acctest.World) { w.Clock.Advance(25 * time.Hour) },
			then:    cloudflare + `retire_previous_after = "24h"` + end,
		},
		"schedule": {
			first:   csp + "rotate_after = \"90d\"\n  retire_previous_after = \"24h\"" + end,
			happens: func(w *acctest.World) { w.Clock.Advance(91 * 24 * time.Hour) },
			then:    csp + "rotate_after = \"90d\"\n  retire_previous_after = \"24h\"" + end,
		},
		"regenerate": {
			first: csp + `rotate_when_changed = { incident = "none" }` + end,
			then:  csp + "rotate_when_changed = { incident = \"INC-4711\" }\n  rotation_mode = \"regenerate\"" + end,
		},
		"completion": {
			first: cloudflare + `rotate_when_changed = { quarter = "2026-Q1" }` + end + cloudflareCompletion,
			then:  cloudflare + `rotate_when_changed = { quarter = "2026-Q2" }` + end + cloudflareCompletion,
		},
		"destroy-keep": {
			first: cloudflare + end, then: cloudflare + end, destroy: true,
		},
		"drift-rotated": {
			first:   cloudflare + `on_create = "adopt"` + end,
			happens: func(w *acctest.World) { w.Cloudflare.RotateElsewhere(acctest.Account, acctest.OAuthClient) },
			then:    cloudflare + `on_create = "adopt"` + end,
		},
		"drift-deleted": {
			first: identityService + `expires_after = "90d"` + end,
			happens: func(w *acctest.World) {
				secrets := w.IdentityService.Secrets(acctest.Tenant, acctest.Application)
				w.IdentityService.DeleteSecretElsewhere(secrets[len(secrets)-1].ID)
			},
			then: identityService + `expires_after = "90d"` + end,
		},
		"drift-expired": {
			first:   identityService + `expires_after = "90d"` + end,
			happens: func(w *acctest.World) { w.Clock.Advance(92 * 24 * time.Hour) },
			then:    identityService + `expires_after = "90d"` + end,
		},
		"drift-gone": {
			first:   cloudflare + `on_create = "adopt"` + end,
			happens: func(w *acctest.World) { w.Cloudflare.DeleteClient(acctest.Account, acctest.OAuthClient) },
			then:    cloudflare + `on_create = "adopt"` + end,
		},
		"lost-cloudflare": {
			first:   cloudflare + "on_create = \"adopt\"\n  rotate_when_changed = { quarter = \"2026-Q1\" }" + end,
			happens: losing("cloudflare.rotate"),
			then:    cloudflare + "on_create = \"adopt\"\n  rotate_when_changed = { quarter = \"2026-Q2\" }" + end,
			apply:   true,
		},
		"lost-csp": {
			first:   csp + "on_create = \"adopt\"\n  rotate_when_changed = { quarter = \"2026-Q1\" }" + end,
			happens: losing("csp.rotate"),
			then:    csp + "on_create = \"adopt\"\n  rotate_when_changed = { quarter = \"2026-Q2\" }" + end,
			apply:   true,
		},
		"lost-identity-service": {
			first:   identityService + "expires_after = \"90d\"\n  rotate_when_changed = { quarter = \"2026-Q1\" }" + end,
			happens: losing("identity_service.add"),
			then:    identityService + "expires_after = \"90d\"\n  rotate_when_changed = { quarter = \"2026-Q2\" }" + end,
			apply:   true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			start := w.Clock.Now()
			cli := w.Terminal(t, plan.first) // months pass: the provider shares the clock of the vendors
			cli.Apply()
			if plan.happens != nil {
				plan.happens(w)
			}
			cli.Configure(plan.then)
			args := []string{"plan", "-no-color", "-input=false"}
			if plan.apply {
				args = []string{"apply", "-no-color", "-input=false", "-auto-approve"}
			}
			if plan.destroy {
				args = append(args, "-destroy")
			}
			out := cli.Run(args...).Text
			golden(t, filepath.Join("testdata", name+".txt"), printed(out, plan.apply, start))
		})
	}
}

// losing loses the answer to the next call of an operation, after it was carried out.
func losing(operation string) func(w *acctest.World) {
	return func(w *acctest.World) {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Drop, After: true, Times: 1})
	}
}

var (
	stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	// what is printed while a plan is made, and what a guide need not repeat.
	noise    = regexp.MustCompile(`(?m)^.*: (Refreshing state|Modifying|Still modifying|Modifications complete|Creating|Creation complete).*\n`)
	tail     = regexp.MustCompile(`(?s)\n─{10}.*`)
	preamble = regexp.MustCompile(`(?s)^.*Terraform will perform the following actions:\n`)
	port     = regexp.MustCompile(`127\.0\.0\.1:\d+(->127\.0\.0\.1:\d+)?`)
	hash     = regexp.MustCompile(`"[0-9a-f]{64}"`) // CSP's secrets are made at random
)

// version is the Unix second of the first secret, and what counts on from it.
var (
	version = regexp.MustCompile(`\b\d{10}\b`)
	counted = regexp.MustCompile(`\b(\d{10}) -> (\d{10})\b`)
)

// steady counts versions from day, whatever second their first secret was made in: one that follows another by one is the next.
func steady(text string) string {
	first, next := strconv.FormatInt(day.Unix(), 10), strconv.FormatInt(day.Unix()+1, 10)
	following := map[string]bool{}
	for _, pair := range counted.FindAllStringSubmatch(text, -1) {
		following[pair[2]] = true
	}
	for _, pair := range counted.FindAllStringSubmatch(text, -1) {
		delete(following, pair[1])
	}
	text = counted.ReplaceAllString(text, first+" -> "+next)
	return version.ReplaceAllStringFunc(text, func(number string) string {
		if number == next || following[number] {
			return next
		}
		return first
	})
}

// day is the day on which the guides' plans are made.
var day = time.Date(2026, time.January, 15, 9, 30, 0, 0, time.UTC)

// printed is the part of an output that is the same in every run.
func printed(out string, apply bool, start time.Time) string {
	out = noise.ReplaceAllString(out, "")
	out = tail.ReplaceAllString(out, "")
	if apply { // what the plan was is not the point
		_, out, _ = strings.Cut(out, "\nPlan: ")
		_, out, _ = strings.Cut(out, "\n")
	} else {
		out = preamble.ReplaceAllString(out, "")
	}
	out = port.ReplaceAllString(out, "vendor.example")
	out = hash.ReplaceAllString(out, `"b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"`)
	out = steady(out)
	out = stamp.ReplaceAllStringFunc(out, func(text string) string {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return text
		}
		// Expiration dates are shifted at random, by less than three hours here.
		return day.Add(at.Sub(start).Round(6 * time.Hour)).Format(time.RFC3339)
	})
	return strings.Trim(out, "\n") + "\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if acctest.CLIVersion(t).OpenTofu {
		t.Skip("skipped: the guides print Terraform's texts")
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is printed now (go test ./internal/testing/docs -run TestPlans -update, then make docs):\n%s", file, got)
	}
}
