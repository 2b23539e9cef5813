package provider_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/oauthsecret/terraform-provider-oauthsecret"

// house lists the packages of the product from the roof to the ground, a floor on each line. A package imports from lower
// floors only, so that a reader who walks down never meets what was above.
var house = [][]string{
	{`^$`}, // main.go
	{`^internal/provider$`},
	{`^internal/vendors/[^/]+$`},
	{`^internal/(completion|datasources|decryptedsecret)$`},
	{`^internal/clientsecret$`},
	{`^internal/vendor$`},
	{`^internal/session$`},
	{`^internal/explain$`},
	{`^internal/vendors/[^/]+/api$`},
	{`^internal/(rotation|login|oauth)$`},
	{`^internal/httpapi$`},
	{`^internal/pace$`},
	{`^internal/(coalesce|encryption|verify|plugin|pace)$`},
	{`^internal/(secret|clock|duration)$`},
}

// What some packages must not know, whatever floor it is on.
var walls = []struct {
	what    string
	of, not *regexp.Regexp
}{
	{"decisions know neither Terraform nor HTTP", regexp.MustCompile(`^internal/rotation$`), regexp.MustCompile(`hashicorp/terraform-|^net/http|^internal/httpapi`)},
	{"an API client knows no Terraform", regexp.MustCompile(`^internal/(vendors/[^/]+/api|httpapi|pace|login|oauth)$`), regexp.MustCompile(`hashicorp/terraform-`)},
	{"the simulator stands alone", regexp.MustCompile(`^internal/testing/simulator$`), regexp.MustCompile(`\.|^internal/`)},
	{
		"the product links no test code", regexp.MustCompile(`^$|^internal/[^/]+$|^internal/vendors/`),
		regexp.MustCompile(`^testing|^net/http/httptest|terraform-plugin-testing|^internal/(testing|cmd)/`),
	},
	{"what tests and programs share is no part of the product", regexp.MustCompile(`^internal/testing/`), regexp.MustCompile(`^internal/cmd/`)},
}

func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	floor := func(pkg string) int {
		for n, patterns := range house {
			for _, p := range patterns {
				if regexp.MustCompile(p).MatchString(pkg) {
					return n
				}
			}
		}
		return -1
	}
	vendor := regexp.MustCompile(`^internal/vendors/([^/]+)`)
	applied := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(strings.TrimPrefix(fields[0], module), "/")
		from := floor(pkg)
		if from < 0 && !strings.HasPrefix(pkg, "internal/testing/") && !strings.HasPrefix(pkg, "internal/cmd/") {
			t.Errorf("%s has no floor", pkg)
		}
		for _, imported := range fields[1:] {
			ours := strings.HasPrefix(imported, module)
			imported = strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
			if to := floor(imported); ours && from >= 0 && to >= 0 && to <= from {
				t.Errorf("%s imports %s, which is not below it", pkg, imported)
			}
			for _, w := range walls {
				if !w.of.MatchString(pkg) {
					continue
				}
				applied[w.what] = true
				if w.not.MatchString(imported) {
					t.Errorf("%s imports %s: %s", pkg, imported, w.what)
				}
			}
			one, other := vendor.FindStringSubmatch(pkg), vendor.FindStringSubmatch(imported)
			if one != nil && other != nil && one[1] != other[1] {
				t.Errorf("%s imports %s: vendors know nothing of each other", pkg, imported)
			}
		}
	}
	if len(applied) != len(walls) {
		t.Errorf("only %d of %d walls had a package", len(applied), len(walls))
	}
}

// Nothing of the tests and of the other programs is linked into the provider, by whatever way.
func TestLinked(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	foreign := regexp.MustCompile(`^` + regexp.QuoteMeta(module) + `/internal/(testing|cmd|tools)(/|$)|/terraform-plugin-testing(/|$)`)
	linked := strings.Fields(string(out))
	if len(linked) < 100 {
		t.Errorf("only %d packages are linked", len(linked))
	}
	for _, pkg := range linked {
		if foreign.MatchString(pkg) {
			t.Errorf("%s is linked into the provider", pkg)
		}
	}
}
