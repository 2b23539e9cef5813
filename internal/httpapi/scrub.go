package httpapi

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// removed stands in a message where a secret would have been.
const removed = "(redacted)"

// scrub makes a text from outside fit for an error: one line, no control characters, none of the secrets in any form
// that a server is likely to echo, and at most limit bytes.
func scrub(text string, secrets []string, limit int) string {
	// On one line first: a secret that control characters break up is whole only then.
	text = oneLine(text)
	if text == "" {
		return ""
	}
	for _, form := range secretForms(secrets, len(text)) {
		text = strings.ReplaceAll(text, form, removed)
	}
	return truncate(text, limit)
}

// oneLine turns every run of white space into one space and drops what is invisible: control characters, direction
// marks and bytes that are not UTF-8.
func oneLine(text string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}

func truncate(text string, limit int) string {
	const ellipsis = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// secretForms lists every secret as oneLine leaves it and as JSON, URLs and base64 write it, the longest first: a form that holds
// another one goes as a whole. No form is shorter than what oneLine leaves, so that a text of at most longest bytes cannot hold
// a longer secret; a run may know thousands, and the usual text is a request id.
func secretForms(secrets []string, longest int) []string {
	var forms []string
	for _, secret := range secrets {
		plain := oneLine(secret)
		if secret == "" || len(plain) > longest {
			continue
		}
		raw := []byte(secret)
		forms = append(forms, plain, jsonText(secret, true), jsonText(secret, false),
			url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
			base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return form == "" })
	slices.SortFunc(forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(forms)
}

// jsonText is the inside of text as a JSON string.
func jsonText(text string, escapeHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(text); err != nil {
		return ""
	}
	return strings.Trim(strings.TrimSuffix(b.String(), "\n"), `"`)
}
