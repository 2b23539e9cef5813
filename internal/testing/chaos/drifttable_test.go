package chaos

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// driftGuide holds the tables that the matrix fills.
const driftGuide = "../../../templates/guides/drift-detection.md.tmpl"

// driftTable gathers what was seen in the cells of the matrix, for the guide.
type driftTable struct {
	mu sync.Mutex
	// seen is what was said by vendor, configuration, act and whether a night was stored.
	seen map[driftRow]string
}

type driftRow struct {
	vendor, configuration, act string
	stored                     bool
}

// driftColumns are the configurations that the guide shows of each vendor, with their headings.
var driftColumns = map[string][][2]string{
	"cloudflare": {
		{"no previous secret", "no previous secret"}, {"bare", "previous secret kept"}, {"completion", "with a completion"},
		{"on_refresh, no previous secret", "no previous secret, `on_refresh`"}, {"on_refresh", "previous secret kept, `on_refresh`"},
	},
	"csp": {
		{"bare", "no age shown"}, {"bare, age", "age shown"}, {"on_refresh", "no age shown, `on_refresh`"}, {"on_refresh, age", "age shown, `on_refresh`"},
	},
	"identity_service": {{"bare", "without `on_refresh`"}, {"on_refresh", "with `on_refresh`"}},
}

func (d *driftTable) add(c driftCell, s seen) {
	d.mu.Lock()
	defer d.mu.Unlock()
	said := "`" + s.drift + "`"
	switch {
	case s.result.failed():
		said = "the plan fails"
	case s.gone:
		said = "removed from state"
	case s.drift == "":
		said = "–"
	}
	row := driftRow{c.v.name, c.name, c.act.name, c.stored != notStored}
	if d.seen == nil {
		d.seen = map[driftRow]string{}
	}
	if before, ok := d.seen[row]; ok && !strings.Contains(before, said) {
		said = before + " or " + said
	}
	d.seen[row] = said
}

// markdown is the table of a vendor.
func (d *driftTable) markdown(v vendor) string {
	var b strings.Builder
	heads, rule := "| somebody else |", "| --- |"
	for _, column := range driftColumns[v.name] {
		heads, rule = heads+" "+column[1]+" |", rule+" --- |"
	}
	fmt.Fprintf(&b, "%s\n%s\n", heads, rule)
	for _, a := range acts(v) {
		fmt.Fprintf(&b, "| %s |", strings.ReplaceAll(a.name, ", ", ", then "))
		for _, column := range driftColumns[v.name] {
			row := driftRow{v.name, column[0], a.name, false}
			said := d.seen[row]
			row.stored = true
			if stored := d.seen[row]; stored != said {
				said += "; stored: " + stored
			}
			fmt.Fprintf(&b, " %s |", said)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// check holds the guide to what was seen.
func (d *driftTable) check(t *testing.T) {
	if t.Failed() || len(d.seen) == 0 {
		return
	}
	guide, err := os.ReadFile(driftGuide)
	if err != nil {
		t.Fatal(err)
	}
	text := string(guide)
	for _, v := range vendors {
		begin, end := fmt.Sprintf("<!-- drift matrix: %s -->\n", v.name), "<!-- end of the drift matrix -->"
		before, rest, ok := strings.Cut(text, begin)
		shown, after, ended := strings.Cut(rest, end)
		if !ok || !ended {
			t.Fatalf("the guide has no table of %s", v.name)
		}
		if want := "\n" + d.markdown(v) + "\n"; shown != want {
			if !*updateDiagnostics {
				t.Errorf("the table of %s in the guide is not what the matrix shows; run with -update. The matrix shows:%s", v.name, want)
			}
			text = before + begin + want + end + after
		}
	}
	if *updateDiagnostics && text != string(guide) {
		if err := os.WriteFile(driftGuide, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
