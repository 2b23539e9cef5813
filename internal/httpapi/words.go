package httpapi

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// What a vendor says may repeat a secret, and this process does not know all of them: of some it holds only a fingerprint, and an
// encoding hides any. So a text is shown as far as it is plain words, a code where it looks like one, and a request id where it
// looks like an id of the usual kinds. Nothing that is long enough to be a secret looks like any of these.

var (
	plainWord = regexp.MustCompile(`^(?:\p{L}?\p{Ll}{0,20}|OAuth2?|OpenID|\p{Lo}{1,20}|[A-Z]{1,10}s?|[0-9]{1,6})$`)
	joints    = regexp.MustCompile(`[-_/.:'’]+`)
	codeWord  = regexp.MustCompile(`^(?:[A-Za-z]?[a-z]{0,20}|(?:[A-Z][a-z]{1,20}){2,4}|[A-Z]{1,10}|[A-Z]{0,5}[0-9]{1,6})$`)
	// A number in hexadecimal digits, as traces and Cf-Ray have it, a UUID, or what is too short to be more than a piece of a secret.
	requestID = regexp.MustCompile(`^(?:[0-9A-Za-z-]{1,6}|[0-9A-Fa-f]{1,32}(?:-[A-Z]{3})?|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$`)
)

const (
	// aside stands for what is not shown.
	aside = "…"
	// A secret can be spelled, letter by letter or in numbers, and one that somebody chose can be joined words.
	maxSpelled   = 4
	maxJoined    = 24
	maxCodeParts = 4
	around       = `.,:;!?()[]{}<>"'` + "`"
)

// plainWords is what may be shown of a vendor's text. A word may be anything when it is one of the names that the request gave.
func plainWords(text string, names []string) string {
	all := strings.Fields(text)
	spelled := 0
	for _, word := range all {
		if core := strings.Trim(word, around); len(core) == 1 || core != "" && strings.Trim(core, "0123456789") == "" {
			spelled++
		}
	}
	var shown []string
	for _, word := range all {
		core := strings.Trim(word, around)
		switch {
		case slices.Contains(names, core), isPlain(core, spelled > maxSpelled):
			shown = append(shown, word)
		case len(shown) == 0 || shown[len(shown)-1] != aside:
			shown = append(shown, aside)
		}
	}
	if len(shown) == 1 && shown[0] == aside {
		return ""
	}
	return strings.Join(shown, " ")
}

// isPlain tells a word, a number, or a few of one kind that are joined, from what may be a part of a secret.
func isPlain(word string, spells bool) bool {
	parts := joints.Split(word, -1)
	numbers, letters := 0, 0
	for _, part := range parts {
		if !plainWord.MatchString(part) {
			return false
		}
		switch {
		case part != "" && part[0] <= '9':
			numbers++
		case len(part) == 1:
			letters++
		}
	}
	joined := len(parts) > 1
	switch {
	case spells && numbers+letters > 0, letters > 1, joined && len(word) > maxJoined:
		return false
	case numbers > 0:
		return numbers == len(parts) && numbers <= 2
	}
	return true
}

// PlainCode is what may be shown of a vendor's error code, "" for nothing.
func PlainCode(text string) string {
	if len(text) > maxJoined {
		return ""
	}
	parts := joints.Split(text, -1)
	numbers := 0
	for _, part := range parts {
		if !codeWord.MatchString(part) {
			return ""
		}
		if part != "" && part[len(part)-1] <= '9' {
			numbers++
		}
	}
	if len(parts) > maxCodeParts || numbers > 0 && numbers < len(parts) {
		return ""
	}
	return text
}

// plainID is what may be shown of a request id, "" for nothing.
func plainID(text string) string {
	if !requestID.MatchString(text) {
		return ""
	}
	return text
}

// namesIn are the words of a request's address: the ids of what it is about.
func namesIn(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
}
