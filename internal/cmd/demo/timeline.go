package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// timeline is what happened to every secret, drawn from the simulator's books.
type timeline struct {
	from, to time.Time
	steps    []mark
	lanes    []lane
}

// mark is the beginning of a step.
type mark struct {
	at           time.Time
	label, title string
}

// lane is one client with its secrets and the calls that changed it.
type lane struct {
	title string
	bars  []bar
	calls []call
}

// bar is the life of one secret. open: it outlives the demo.
type bar struct {
	name     string
	from, to time.Time
	open     bool
	foreign  bool
}

// call is one changing request.
type call struct {
	at         time.Time
	step, name string
}

// timeline collects the picture.
func (d *demo) timeline() timeline {
	t := timeline{from: d.began, to: d.sim.Now(), steps: d.steps}
	for _, c := range d.clients {
		l := lane{title: c.title}
		for _, s := range c.secrets() {
			b := bar{name: d.name(s.Value), from: s.CreatedAt, to: t.to, open: true, foreign: s.Origin == simulator.OriginElsewhere}
			if b.from.Before(t.from) {
				b.from = t.from
			}
			if s.EndedAt != nil {
				b.to, b.open = *s.EndedAt, false
			}
			l.bars = append(l.bars, b)
		}
		for _, e := range d.sim.Effects() {
			if e.Vendor == c.vendor {
				l.calls = append(l.calls, call{at: e.Time, step: t.stepAt(e.Time), name: callName(e.Operation)})
			}
		}
		t.lanes = append(t.lanes, l)
	}
	return t
}

func (t timeline) stepAt(at time.Time) string {
	label := ""
	for _, m := range t.steps {
		if !m.at.After(at) {
			label = m.label
		}
	}
	return label
}

// fraction is the place of a time between the two ends.
func (t timeline) fraction(at time.Time) float64 {
	return float64(at.Sub(t.from)) / float64(t.to.Sub(t.from))
}

// byStep says what changed in each step, such as "1 +v1 · 3 −initial +v2".
func (t timeline) byStep(l lane) string {
	type change struct {
		at   time.Time
		text string
	}
	var changes []change
	for _, b := range l.bars {
		if b.from.After(t.from) {
			changes = append(changes, change{b.from, "+" + b.name})
		}
		if !b.open {
			changes = append(changes, change{b.to, "−" + b.name})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	var parts []string
	last := ""
	for _, c := range changes {
		step := t.stepAt(c.at)
		if step == last {
			parts[len(parts)-1] += " " + c.text
			continue
		}
		last = step
		parts = append(parts, step+" "+c.text)
	}
	return strings.Join(parts, " · ")
}

// width of the plot in characters, and of the names left of it.
const (
	plotWidth = 64
	nameWidth = 12
)

// timeline draws the plot in characters.
func (r *report) timeline(t timeline) {
	column := func(at time.Time) int { return min(max(int(t.fraction(at)*plotWidth), 0), plotWidth-1) }
	r.printf("\n%s\n", r.style(bold, "Which secret was valid when"))
	ruler := []rune(strings.Repeat(" ", plotWidth))
	free := 0
	for _, m := range t.steps {
		at := max(column(m.at), free)
		for i, c := range m.label {
			if at+i < plotWidth {
				ruler[at+i] = c
			}
		}
		free = at + utf8.RuneCountInString(m.label) + 1
	}
	r.printf("%s%s\n", pad("  step", nameWidth), strings.TrimRight(string(ruler), " "))
	for _, l := range t.lanes {
		r.printf("%s\n", r.style(bold, l.title))
		for _, b := range l.bars {
			from, to := column(b.from), max(column(b.to), column(b.from)+1)
			line := strings.Repeat("━", to-from)
			end := "╸"
			if b.open {
				end = "▶"
			}
			style := green
			if b.foreign {
				style = amber
			}
			r.printf("%s%s%s\n", pad("  "+b.name, nameWidth), strings.Repeat(" ", from), r.style(style, line+end))
		}
		r.printf("  %s\n", r.style(faint, t.byStep(l)))
	}
	r.printf("%s\n", r.style(faint, fmt.Sprintf("%.0f seconds from left to right; ▶ is still valid. Terraform made v1, v2, ..., and unknown to revoke the others: nobody\n"+
		"has its value. Others made initial and foreign. Below each plot: what began (+) and ended (−) in which step.", t.to.Sub(t.from).Seconds())))
}

// pad fills up with blanks to a width in characters, not bytes.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 1))
}
