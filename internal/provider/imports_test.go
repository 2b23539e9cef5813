package provider_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The way through the code goes in one direction. These are the rules of .golangci.yml, for every vendor there will be.
func TestImports(t *testing.T) {
	t.Parallel()
	const module = "github.com/oauthsecret/terraform-provider-oauthsecret"
	rules := []struct {
		what    string
		of, not *regexp.Regexp
	}{
		{
			"decisions know neither Terraform nor HTTP nor a vendor", regexp.MustCompile(`^internal/rotation$`),
			regexp.MustCompile(`hashicorp/terraform-|^net/http|^internal/(httpapi|vendors|clientsecret)`),
		},
		{
			"an API client knows neither Terraform nor decisions", regexp.MustCompile(`^internal/(vendors/[^/]+/api|httpapi)$`),
			regexp.MustCompile(`hashicorp/terraform-|^internal/(rotation|clientsecret|vendors)`),
		},
		{
			"what the vendors share imports none of them", regexp.MustCompile(`^internal/(clientsecret|completion|audit|decryptedsecret|vendors)$`),
			regexp.MustCompile(`^internal/vendors/`),
		},
		{"the simulator stands alone", regexp.MustCompile(`^internal/simulator$`), regexp.MustCompile(`\.|^internal/`)},
		{
			"the product links no test code", regexp.MustCompile(`^$|^internal/(rotation|clientsecret|completion|audit|decryptedsecret|vendors(/.*)?|httpapi|provider|proof|coalesce|custody|explain|lifetime|recovery|server|secret|clock)$`),
			regexp.MustCompile(`^testing|^net/http/httptest|terraform-plugin-testing|^internal/(acctest|simulator|httpapi/apitest)`),
		},
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	vendor := regexp.MustCompile(`^internal/vendors/([^/]+)`)
	applied := map[string]bool{}
	for line := range strings.Lines(strings.ReplaceAll(string(out), module, "")) {
		fields := strings.Fields(strings.ReplaceAll(" "+line, " /", " "))
		if strings.HasPrefix(line, " ") { // the program itself
			fields = append([]string{""}, fields...)
		}
		if len(fields) == 0 {
			continue
		}
		for _, imported := range fields[1:] {
			for _, r := range rules {
				if !r.of.MatchString(fields[0]) {
					continue
				}
				applied[r.what] = true
				if r.not.MatchString(imported) {
					t.Errorf("%s imports %s: %s", fields[0], imported, r.what)
				}
			}
			one, other := vendor.FindStringSubmatch(fields[0]), vendor.FindStringSubmatch(imported)
			if one != nil && other != nil && one[1] != other[1] {
				t.Errorf("%s imports %s: vendors know nothing of each other", fields[0], imported)
			}
		}
	}
	if len(applied) != len(rules) {
		t.Errorf("only %d of %d rules had a package", len(applied), len(rules))
	}
}
