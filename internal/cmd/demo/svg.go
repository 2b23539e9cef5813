package main

import (
	"bytes"
	"fmt"
	"html"
)

// Measures of the picture, in pixels.
const (
	svgLeft   = 120
	svgPlot   = 720
	svgRight  = 24
	svgTop    = 64
	svgRow    = 22
	svgBar    = 12
	svgHeader = 26
)

// svg draws the plot for a web page, readable on light and dark ground.
func (t timeline) svg() []byte {
	height := svgTop + 16
	for _, l := range t.lanes {
		height += svgHeader + svgRow*len(l.bars) + svgRow
	}
	width := svgLeft + svgPlot + svgRight
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Which client secret was valid when">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; fill: #57606a }
.grid { stroke: #8c959f; stroke-opacity: .4; stroke-dasharray: 2 3 }
.made { fill: #1a7f37 } .foreign { fill: #bf8700 } .call { fill: #57606a }
@media (prefers-color-scheme: dark) { text, .title, .call { fill: #9da7b1 } .made { fill: #3fb950 } .foreign { fill: #d29922 } }
</style>
`, width, height, width, height)
	x := func(f float64) float64 { return svgLeft + f*svgPlot }
	free := 0.0
	for _, m := range t.steps {
		at := x(t.fraction(m.at))
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", at, svgTop-16, at, height-12)
		label := max(at, free)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" transform="rotate(-28 %.1f %d)">%s %s</text>`+"\n",
			label, svgTop-20, label, svgTop-20, html.EscapeString(m.label), html.EscapeString(m.title))
		free = label + 16
	}
	y := svgTop
	for _, l := range t.lanes {
		fmt.Fprintf(&b, `<text class="title" x="8" y="%d">%s</text>`+"\n", y+14, html.EscapeString(l.title))
		y += svgHeader
		for _, s := range l.bars {
			y = s.draw(&b, x(t.fraction(s.from)), x(t.fraction(s.to)), y)
		}
		for _, c := range l.calls {
			fmt.Fprintf(&b, `<circle class="call" cx="%.1f" cy="%d" r="3"><title>step %s: %s</title></circle>`+"\n",
				x(t.fraction(c.at)), y+8, html.EscapeString(c.step), html.EscapeString(c.name))
		}
		fmt.Fprintf(&b, `<text x="24" y="%d">calls</text>`+"\n", y+12)
		y += svgRow
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// draw adds one bar and returns where the next row begins.
func (s bar) draw(b *bytes.Buffer, from, to float64, y int) int {
	class := "made"
	if s.foreign {
		class = "foreign"
	}
	fmt.Fprintf(b, `<text x="24" y="%d">%s</text>`+"\n", y+10, html.EscapeString(s.name))
	fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", class, from, y, max(to-from, 2), svgBar)
	if s.open {
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %d l10 %d l-10 %d z"/>`+"\n", class, to, y-2, svgBar/2+2, svgBar/2+2)
	}
	return y + svgRow
}
