package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// report prints what happens, for people. It has colours on a terminal only.
type report struct {
	w      io.Writer
	colour bool
	failed int
}

func newReport(w io.Writer) *report {
	r := &report{w: w}
	if file, ok := w.(*os.File); ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		info, err := file.Stat()
		r.colour = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return r
}

// Styles, as the terminal knows them.
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	amber = "33"
	blue  = "36"
)

func (r *report) style(code, text string) string {
	if !r.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(r.w, format, args...) }

func (r *report) title(text string) { r.printf("%s\n", r.style(bold, text)) }

func (r *report) fact(name, text string) { r.printf("  %-9s %s\n", name, text) }

func (r *report) step(number int, title, text string) {
	r.printf("\n%s %s\n", r.style(bold, fmt.Sprintf("%d. %s.", number, title)), text)
}

func (r *report) command(name string, args []string) {
	line := name + " " + strings.ReplaceAll(strings.Join(args, " "), "-var=", "-var ")
	r.printf("   %s\n", r.style(blue, "$ "+line))
}

// said is a line of the program itself.
func (r *report) said(text string) { r.printf("     %s\n", text) }

func (r *report) note(text string) { r.printf("     %s\n", r.style(faint, text)) }

// diagnostic shows a warning by its first sentence and an error in full.
func (r *report) diagnostic(g diagnostic) {
	style, line := amber, "Warning: "+g.summary
	if g.severity == "error" {
		style, line = red, "Error: "+g.summary
	}
	r.printf("     %s\n", r.style(style, line))
	for _, about := range g.about {
		detail := about.detail
		if g.severity != "error" {
			detail, _, _ = strings.Cut(detail, "\n")
			detail, _, _ = strings.Cut(detail, ". ")
		}
		if about.address != "" {
			r.printf("       %s\n", about.address)
		}
		r.printf("         %s\n", r.style(faint, strings.ReplaceAll(detail, "\n", "\n         ")))
	}
}

func (r *report) sign(ok bool) string {
	if ok {
		return r.style(green, "✔")
	}
	r.failed++
	return r.style(red, "✘")
}

func (r *report) check(ok bool, text string) { r.printf("   %s %s\n", r.sign(ok), text) }

// holding is what one vendor did and holds after a step.
func (r *report) holding(ok bool, title string, calls, valid []string, consumer string) {
	holder := ""
	if consumer != "" {
		holder = "consumer: " + consumer
	}
	r.printf("   %s %-17s %-29s %-14s %s\n", r.sign(ok), title, "valid: "+orNone(valid, ", "), holder, r.style(faint, "calls: "+orNone(calls, ", ")))
}

func orNone(words []string, separator string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, separator)
}
