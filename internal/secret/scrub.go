package secret

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// scanned bounds the text that is looked at, in bytes, and shown what of a longer one may be printed: a secret that begins in
	// what is shown ends in what is looked at.
	scanned = 16 << 10
	shown   = 4 << 10
	// shortest is the length from which a secret is looked for behind encodings and across white space, in bytes. A shorter one
	// would be found by chance.
	shortest = 6
)

// Scrub makes a text from outside fit to be printed: one line, no control characters, none of the known secrets, and at most
// limit bytes. A secret is found verbatim, broken by white space, and behind encodings, also several of them: the text is
// decoded and looked at again. In doubt nothing of the text is shown.
func (k *Known) Scrub(text string, limit int) string { return Scrub(text, k.Texts(), limit) }

// Scrub is Known.Scrub for these secrets.
func Scrub(text string, secrets []string, limit int) string {
	text = OneLine(text)
	if text == "" {
		return ""
	}
	end := len(text)
	if len(text) > scanned {
		text, end = text[:scanned], shown
	}
	found, ok := find(text, secrets)
	if !ok {
		return redacted
	}
	var b strings.Builder
	at := 0
	for _, s := range merged(found) {
		if s.from >= end {
			break
		}
		b.WriteString(text[at:s.from])
		b.WriteString(redacted)
		at = s.to
	}
	if at < end {
		b.WriteString(text[at:end])
	}
	return truncate(b.String(), limit)
}

// OneLine turns every run of white space into one space and drops what is invisible: control characters, direction marks and
// bytes that are not UTF-8.
func OneLine(text string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}

func invisible(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }

func truncate(text string, limit int) string {
	const ellipsis = "…"
	if len(text) <= limit {
		return text
	}
	end := max(0, limit-len(ellipsis))
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// find gives the parts of text that are a secret. It is not ok when the text has more forms than can be looked at.
func find(text string, secrets []string) (found []span, ok bool) {
	plain := original(text)
	forms, ok := decodings(plain.squeezed())
	for _, secret := range secrets {
		squeezed := squeeze(secret)
		if len(squeezed) < shortest {
			found = append(found, plain.occurrences(OneLine(secret))...)
			continue
		}
		for _, v := range forms {
			found = append(found, v.occurrences(squeezed)...)
		}
	}
	return found, ok
}

// squeeze is text without white space and without what is invisible.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, text)
}

// span is a part of the original text.
type span struct{ from, to int }

// view is a form of the original text, and for each of its bytes the part that it was made of.
type view struct {
	text []byte
	of   []span
}

func original(text string) view {
	v := view{text: []byte(text), of: make([]span, len(text))}
	for i := range v.of {
		v.of[i] = span{i, i + 1}
	}
	return v
}

// add appends bytes that were made of part.
func (v *view) add(part span, text ...byte) {
	for _, b := range text {
		v.text, v.of = append(v.text, b), append(v.of, part)
	}
}

// part is what the bytes from i to j were made of.
func (v view) part(i, j int) span { return span{v.of[i].from, v.of[j-1].to} }

// squeezed is v without white space and without what is invisible.
func (v view) squeezed() (out view) {
	for i := 0; i < len(v.text); {
		r, n := utf8.DecodeRune(v.text[i:])
		if !unicode.IsSpace(r) && !invisible(r) {
			out.add(v.part(i, i+n), v.text[i:i+n]...)
		}
		i += n
	}
	return out
}

// occurrences are the places of text, in the original.
func (v view) occurrences(text string) (found []span) {
	if text == "" {
		return nil
	}
	for i := 0; i+len(text) <= len(v.text); i++ {
		next := bytes.Index(v.text[i:], []byte(text))
		if next < 0 {
			break
		}
		i += next
		found = append(found, v.part(i, i+len(text)))
	}
	return found
}

// merged puts spans into order, and those that touch together.
func merged(spans []span) (out []span) {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}
