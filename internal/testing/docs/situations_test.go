package docs_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// situation is a plan that somebody on call reads alone: which secret stops working, when, why, who may still use it, and what
// survives?
type situation struct {
	// given holds from the start. first and second are applied, then comes happens, and then is planned with args and applied.
	given               func(w *acctest.World)
	first, second, then string
	happens             func(w *acctest.World)
	args                []string
}

const (
	awaited = "resource \"terraform_data\" \"later\" {\n  input = %s\n}\n"
)

// unknown is a value that the plan of a situation does not know, under terraform_data.later.output.
func unknown(value string) string { return fmt.Sprintf(awaited, value) }

// TestSituations holds what a plan says beside what the vendor holds after the apply; -update writes both, to be read.
func TestSituations(t *testing.T) {
	t.Parallel()
	for name, s := range situations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			start := w.Clock.Now()
			p := emptyProject(t, w)
			p.configure(cli.Overrides(map[string]string{"oauthsecret/oauthsecret": acctest.Built(t)}))
			p.write("versions.tf", cli.Required)
			if s.given != nil {
				s.given(w)
			}
			for _, text := range []string{s.first, s.second} {
				if text != "" {
					p.write("main.tf", text)
					p.run("apply", "-input=false", "-auto-approve")
				}
			}
			if s.happens != nil {
				s.happens(w)
			}
			p.write("main.tf", s.then)
			before := living(w)
			out, status := p.exec(p.cli, append([]string{"plan", "-no-color", "-input=false", "-out=saved"}, s.args...)...)
			text := "PLAN\n\n" + terse(printed(out, false, start))
			if status == 0 {
				applied, status := p.exec(p.cli, "apply", "-no-color", "-input=false", "saved")
				text += fmt.Sprintf("\nAPPLY: exit status %d\n", status)
				if status != 0 {
					text += "\n" + terse(printed(applied, false, start))
				}
			}
			text += "\nTHE VENDOR\n\n" + truth(before, living(w))
			golden(t, filepath.Join("testdata", "situations", name+".txt"), text)
		})
	}
}

// held is what a vendor holds of one client.
type held struct {
	client string
	names  []string
	works  []bool
}

// living tells which secrets of each client work.
func living(w *acctest.World) (all []held) {
	type ledger struct {
		client  string
		secrets []simulator.SecretRecord
		accepts func(value string) bool
	}
	var ledgers []ledger
	for _, id := range []string{acctest.OAuthClient, "other-client"} {
		ledgers = append(ledgers, ledger{"OAuth client " + id, w.Cloudflare.Secrets(acctest.Account, id), func(v string) bool { return w.Cloudflare.Accepts(acctest.Account, id, v) }})
	}
	for _, id := range []string{acctest.OAuthApp, "other-app"} {
		ledgers = append(ledgers, ledger{"OAuth app " + id, w.CSP.Secrets(acctest.Org, id), func(v string) bool { return w.CSP.Accepts(acctest.Org, id, v) }})
	}
	for _, id := range []string{acctest.Application, "batch"} {
		ledgers = append(ledgers, ledger{"Application " + id, w.IdentityService.Secrets(acctest.Tenant, id), func(v string) bool { return w.IdentityService.Accepts(acctest.Tenant, id, v) }})
	}
	for _, l := range ledgers {
		h := held{client: l.client}
		made := 0
		for _, s := range l.secrets {
			name := s.Origin
			if s.Origin == simulator.OriginAPI {
				made++
				name = fmt.Sprintf("made here %d", made)
			}
			if s.ID != "" {
				name += " (" + s.ID + ")"
			}
			h.names, h.works = append(h.names, name), append(h.works, l.accepts(s.Value))
		}
		all = append(all, h)
	}
	return all
}

// truth compares two looks at the vendors; clients that nobody touched are left out.
func truth(before, after []held) string {
	var text strings.Builder
	for i, now := range after {
		if len(now.names) < 2 {
			continue
		}
		fmt.Fprintf(&text, "%s\n", now.client)
		for n, name := range now.names {
			was := "new"
			if n < len(before[i].works) {
				was = word(before[i].works[n])
			} else {
				name, _, _ = strings.Cut(name, " (") // new ids are given in any order
			}
			fmt.Fprintf(&text, "  %s: %s -> %s\n", name, was, word(now.works[n]))
		}
	}
	if text.Len() == 0 {
		return "Nothing was changed.\n"
	}
	return text.String()
}

func word(works bool) string {
	if works {
		return "works"
	}
	return "ended"
}

var (
	overrides = regexp.MustCompile(`(?s)Warning: Provider development overrides.*?releases\.\n+`)
	message   = regexp.MustCompile(`(?m)^(?:Warning|Error): `)
	source    = regexp.MustCompile(`(?m)^  (with|on) [^\n]*\n(?:  [^\n]*\n| +\d+:[^\n]*\n| +│[^\n]*\n)*\n?`)
	whose     = regexp.MustCompile(`(?m)\n(OAuth client|OAuth app|Application): [a-z_]+ =[^.]*(?:\.\n)`)
)

// terse leaves out where in the configuration a message belongs, and which client, which its title says. Terraform walks its graph
// in any order, so messages are sorted, and what of a plan was there when it failed is left out.
func terse(text string) string {
	text = overrides.ReplaceAllString(text, "")
	text = source.ReplaceAllString(text, "")
	text = whose.ReplaceAllString(text, "")
	parts := []string{text}
	if starts := message.FindAllStringIndex(text, -1); starts != nil {
		parts[0] = text[:starts[0][0]]
		if strings.Contains(text, "\nError: ") || strings.HasPrefix(text, "Error: ") {
			parts = nil
		}
		var messages []string
		for i, at := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			messages = append(messages, strings.TrimSpace(text[at[0]:end]))
		}
		slices.Sort(messages)
		parts = append(parts, slices.Compact(messages)...)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.TrimSpace(strings.Join(parts, "\n\n")) + "\n"
}
