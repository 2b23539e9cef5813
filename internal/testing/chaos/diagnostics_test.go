package chaos

import (
	"context"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

var updateDiagnostics = flag.Bool("update", false, "write testdata/DIAGNOSTICS.md and the tables of the drift guide anew")

// diagnosticsFile is everything that the provider says to a user, to be read from top to bottom.
const diagnosticsFile = "testdata/DIAGNOSTICS.md"

const diagnosticsHead = `# What the provider says

Every error and warning of the provider, in the situation that it is for: what was attempted on which client, what the
vendor said, what is still valid, and what to do. ` + "`go test ./internal/testing/chaos -run TestDiagnostics -update`" + ` writes this file; the
test fails when a text differs, and when the code has a text that is not here.
`

// situation is something that a user does, and what is said then.
type situation struct {
	title  string
	vendor vendor
	// before brings it about; what is said there does not count.
	before func(w *world)
	// then is what the user does.
	then func(w *world)
}

// chapter is situations of one kind.
type chapter struct {
	title      string
	situations []situation
}

func TestDiagnostics(t *testing.T) {
	var b strings.Builder
	b.WriteString(diagnosticsHead)
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## %s\n", c.title)
		for _, s := range c.situations {
			var said []diagnostic
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, s.vendor)
				if s.before != nil {
					s.before(w)
				}
				w.said = nil
				s.then(w)
				said = w.said
			})
			if len(said) == 0 {
				t.Errorf("%s: nothing is said", s.title)
			}
			fmt.Fprintf(&b, "\n### %s\n\n```text\n%s```\n", s.title, aloud(said))
		}
	}
	got := b.String()
	if *updateDiagnostics {
		if err := os.WriteFile(diagnosticsFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(diagnosticsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is said now (-update writes it): %s", diagnosticsFile, firstDifference(string(want), got))
	}
	for _, text := range unspoken(t, got) {
		t.Errorf("no situation makes the provider say %s", text)
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is %q, now %q", i+1, a[i], b[i])
		}
	}
	return "one is longer"
}

// dates are rounded: the vendor's expiration dates are shifted at random.
var date = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// aloud is what a user reads, each text once, in lines of a terminal's width.
func aloud(said []diagnostic) string {
	var texts []string
	for _, d := range said {
		severity := "Error"
		if d.warning {
			severity = "Warning"
		}
		text := fmt.Sprintf("%s: %s\n\n%s\n", severity, d.summary, wrap(d.detail))
		text = date.ReplaceAllStringFunc(text, func(stamp string) string {
			at, err := time.Parse(time.RFC3339, stamp)
			if err != nil {
				return stamp
			}
			return at.Round(time.Hour).Format(time.RFC3339)
		})
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// wrap breaks the lines as Terraform does.
func wrap(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			lines = append(lines, line)
			continue
		}
		full := ""
		for word := range strings.FieldsSeq(line) {
			switch {
			case full == "":
				full = word
			case len(full)+1+len(word) > 78:
				lines, full = append(lines, full), word
			default:
				full += " " + word
			}
		}
		lines = append(lines, full)
	}
	return strings.Join(lines, "\n")
}

// speakers are the folders whose sentences are diagnostics.
var speakers = []string{"clientsecret", "completion", "datasources", "decryptedsecret", "encryption", "explain", "plugin", "rotation", "session", "vendor", "vendors"}

// silentTexts are sentences in those folders that no situation can show, with the reason.
var silentTexts = map[string]string{
	"Unexpected provider data":                                      "a mistake in this repository",
	"Expected session.Connections, got %T":                          "a mistake in this repository",
	"Expected *session.Decrypter, got %T":                           "a mistake in this repository",
	"decryption_identity in the provider":                           "a plan opens nothing then, and the apply opens",
	"from the provider configuration":                               "the situations are configured by the environment alone",
	"The client could not be read, so how":                          "evidence for a verdict, which no text repeats",
	"Unexpected vendor":                                             "a mistake in this repository",
	"this vendor cannot revoke":                                     "a mistake in this repository",
	"Unable to store what is known":                                 "a record that cannot be written as JSON",
	"The record cannot be encoded":                                  "a record that cannot be written as JSON",
	"Unable to encrypt the":                                         "age does not fail on keys that were parsed",
	"results were asked for, and there may be":                      "a listing, which internal/datasources tests",
	"Check the current secret at the token endpoint. When":          "an unverified secret in the way, which internal/clientsecret tests (TestVerifyRequired)",
	"decryption_identity does not open":                             "a key of the provider configuration, which internal/testing/chaos tests at refreshes (TestOnRefresh)",
	"Give the key that belongs to one of":                           "a key of the provider configuration, which internal/testing/chaos tests at refreshes (TestOnRefresh)",
	"the one before the secret in use":                              "an adopted client whose previous secret is displaced, a name inside other messages",
	"A call to the vendor is needed, but the":                       "an unknown provider configuration, which the CSP and Cloudflare tests cover through the CLI",
	"Apply first what the provider configuration":                   "an unknown provider configuration, which the CSP and Cloudflare tests cover through the CLI",
	"the call was not sent, because Terraform":                      "nobody is left to read it",
	"This run sent a rotation for this client":                      "the gate refuses, which internal/session tests",
	"Apply again; that finds out first":                             "the gate refuses, which internal/session tests",
	"This run has made a secret for this client":                    "the gate refuses, which internal/session tests",
	"A client of this vendor belongs to one":                        "the gate refuses, which internal/session tests",
	"Give rotated_at the attribute rotated_at":                      "an action, which internal/completion tests",
	"Another resource of this configuration holds":                  "the gate refuses, which internal/session tests",
	"There is nothing to do: the secret of this":                    "the gate refuses, which internal/session tests",
	"resources of this configuration manage":                        "two resources on one client, which internal/clientsecret tests",
	"give client_secret_wo the value that was":                      "a lost answer with another value, which internal/vendors/csp tests",
	"take client_secret_wo and client_secret_wo_version away until": "a lost answer with another value, which internal/vendors/csp tests",
	"the only new secret that is listed has":                        "a list that lags, which internal/vendors/identityservice tests",
	"The connection is another vendor's":                            "a mistake in this repository",
	"Unable to note the state":                                      "a record that cannot be written as JSON",
	"the pending rotation cannot be":                                "a record that cannot be written as JSON",
	"Unable to seal the":                                            "age does not fail on keys that were parsed",
	"sealing the secret":                                            "age does not fail on keys that were parsed",
	"so it has no secret":                                           "an app that VMware Cloud Services itself refuses",
	"The reason is not known":                                       "an error without a text",
	"Check the provider's credential":                               "a vendor without a remedy of its own",
	"The provider's credential is valid":                            "a vendor without a remedy of its own",
	"a setting of the rotation is not known":                        "a reason for Maybe, which no text repeats",
	"a value of rotate_when_changed is not known":                   "a reason for Maybe, which no text repeats",
	"an earlier rotation was sent and its":                          "nothing is deleted first then, so no text gives the reason",
	"Looking for a previous secret":                                 "progress of the action",
	"There is no previous secret of":                                "progress of the action",
	"The vendor lists a client whose id":                            "terraform query beside a hostile vendor, which internal/clientsecret tests",
	"The provider configuration is not known":                       "terraform query under an unknown configuration",
	"A list needs a provider configuration":                         "terraform query under an unknown configuration",
	"the answer repeats the secret that was":                        "an answer that holds the secret in use",
	", or somebody else rotated":                                    "a lost answer that nobody could look for, which internal/vendors/cloudflare tests",
	"The run was interrupted, or its time was up":                   "an interrupt, which internal/plugin tests",
	"came from that first request after all":                        "a request that takes effect long after it was given up",
}

// unspoken are sentences of the code that the text does not hold.
func unspoken(t *testing.T, spoken string) (missing []string) {
	t.Helper()
	spoken = strings.Join(strings.Fields(spoken+printedElsewhere(t)), " ")
	asserted := assertedElsewhere(t)
	for _, folder := range speakers {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") ||
				strings.Contains(file, "/api/") || strings.Contains(file, "data_source") || strings.Contains(file, "_list.go") {
				return err
			}
			for _, text := range sentences(t, file) {
				if !heard(spoken, text) && !slices.ContainsFunc(asserted, func(part string) bool { return strings.Contains(text, part) }) {
					missing = append(missing, fmt.Sprintf("%q (%s)", text, file))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return missing
}

// printedElsewhere are the plans and errors that the tests of the guides keep, and the rarer messages of the kernel.
func printedElsewhere(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	messages, err := os.ReadFile(filepath.Join("..", "..", "rotation", "testdata", "MESSAGES.md"))
	if err != nil {
		t.Fatal(err)
	}
	all.Write(messages)
	err = filepath.WalkDir(filepath.Join("..", "docs", "testdata"), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// assertedElsewhere are parts of sentences that a test of their own looks for.
func assertedElsewhere(t *testing.T) (parts []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "diagnostics_test.go") {
			return err
		}
		parts = append(parts, sentences(t, file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func heard(spoken, text string) bool {
	for part := range silentTexts {
		if strings.Contains(text, part) {
			return true
		}
	}
	longest := ""
	for _, part := range verb.Split(strings.Join(strings.Fields(text), " "), -1) {
		if part = strings.TrimSpace(part); len(part) > len(longest) {
			longest = part
		}
	}
	// A sentence may begin with a small letter in the code.
	return strings.Contains(strings.ToLower(spoken), strings.ToLower(longest))
}

var verb = regexp.MustCompile(`%[+#]?[a-zA-Z]`)

// described are fields whose texts are documentation.
var described = []string{
	"MarkdownDescription", "Description", "Form", "Pacing", "CreateDescription", "ReadDescription", "UpdateDescription",
	"DeleteDescription", "ListDescription", "Attributes",
}

// documents tells functions whose texts are documentation.
func documents(function string) bool {
	return strings.HasSuffix(function, "Description") || strings.HasSuffix(function, "Attribute") ||
		slices.Contains([]string{"schema", "outputs", "computedString", "choice", "Text", "Credential"}, function)
}

// sentences are the texts of a file that are long enough to be told to somebody.
func sentences(t *testing.T, file string) (texts []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			return !ok || !slices.Contains(described, key.Name)
		case *ast.AssignStmt:
			if field, ok := n.Lhs[0].(*ast.SelectorExpr); ok {
				return !slices.Contains(described, field.Sel.Name)
			}
		case *ast.FuncDecl:
			return !documents(n.Name.Name)
		case *ast.CallExpr:
			called, ok := n.Fun.(*ast.Ident)
			return !ok || !documents(called.Name) && called.Name != "panic"
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && len(text) >= 24 && strings.Count(text, " ") >= 3 {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

// say notes what a server answered.
func (w *world) say(during string, diags []*tfprotov6.Diagnostic) {
	c := command{}
	c.say(during, "", diags)
	w.said = append(w.said, c.result.diags...)
}

// validate is what Terraform does with a resource of the configuration before anything else.
func (w *world) validate(attrs settings) {
	kind := schemaOf(w.vendor.secretType()).ValueType()
	resp, err := newServer(w).ValidateResourceConfig(w.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: w.vendor.secretType(), Config: pack(kind, build(kind, attrs)),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(resp.Diagnostics, func(a, b *tfprotov6.Diagnostic) int { return strings.Compare(a.Detail, b.Detail) }) // attributes have no order
	w.say("validate", resp.Diagnostics)
}

// dataSource reads a data source under a provider configuration.
func (w *world) dataSource(name string, attrs settings) {
	kind := schemas().DataSourceSchemas[name].ValueType()
	c := w.tf.command(w.t.Context())
	resp, err := c.server.ReadDataSource(w.t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: pack(kind, build(kind, attrs))})
	if err != nil {
		w.t.Fatal(err)
	}
	w.said = append(w.said, c.result.diags...)
	w.say("read", resp.Diagnostics)
}

// open opens a sealed secret, with the provider's own key where identity is "".
func (w *world) open(ciphertext, identity string) {
	kind := schemas().EphemeralResourceSchemas["oauthsecret_decrypted_secret"].ValueType()
	resp, err := w.tf.command(w.t.Context()).server.OpenEphemeralResource(w.t.Context(), &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: "oauthsecret_decrypted_secret", Config: pack(kind, build(kind, settings{"ciphertext": ciphertext, "identity": identity})),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.say("open", resp.Diagnostics)
}

// does applies or plans a configuration.
func does(extra settings) func(w *world) {
	return func(w *world) { w.apply(context.Background(), w.config(extra)) }
}

func plans(extra settings) func(w *world) {
	return func(w *world) { w.plan(context.Background(), w.config(extra)) }
}
func had(extra settings) func(w *world) { return func(w *world) { w.must(w.config(extra)) } }

func destroys(w *world)  { w.apply(context.Background(), nil) }
func wantsGone(w *world) { w.plan(context.Background(), nil) }
func all(do ...func(w *world)) func(w *world) {
	return func(w *world) {
		for _, f := range do {
			f(w)
		}
	}
}
