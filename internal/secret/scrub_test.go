package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// eachByte and eachRune write every byte or character in one form.
func eachByte(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
}

func eachRune(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

func inJSON(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw[1 : len(raw)-1])
}

// encodings are the forms in which a server may repeat a secret.
var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"raw", func(s string) string { return s }},
	{"JSON", inJSON},
	{"JSON with slashes", func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) }},
	{"JSON in ASCII", func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) }},
	{"escapes of a language", eachByte(`\x%02x`)},
	{"octal", eachByte(`\%03o`)},
	{"URL", url.QueryEscape},
	{"path", url.PathEscape},
	{"percent", eachByte("%%%02X")},
	{"lower-case percent", eachByte("%%%02x")},
	{"HTML", html.EscapeString},
	{"decimal entities", eachRune("&#%d;")},
	{"hexadecimal entities", eachRune("&#x%x;")},
	{"mail", eachByte("=%02X")},
	{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"upper-case hex", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 of a URL", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 after one byte", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u" + s + ":more")) }},
	{"base64 after two bytes", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s + "&x=1")) }},
	{"lines", func(s string) string { return spread(s, "\r\n\t") }},
	{"spaces", func(s string) string { return spread(s, " ") }},
	{"invisible", func(s string) string { return spread(s, "\u200b\x1b") }},
}

// spread puts something between every two characters.
func spread(s, between string) string { return strings.Join(strings.Split(s, ""), between) }

const known = `s3cr3t+/"&<\%=é~Zz`

// A secret is taken out of what stands around it, whatever it was encoded in, also in two encodings on top of each other.
func TestScrub_Encodings(t *testing.T) {
	t.Parallel()
	for _, outer := range encodings {
		for _, inner := range encodings {
			encoded := outer.encode(inner.encode(known))
			got := secret.Scrub("the value "+encoded+" is wrong", []string{"another one", known}, 10_000)
			if !strings.HasPrefix(got, "the value ") || !strings.HasSuffix(got, " is wrong") || !strings.Contains(got, "(redacted)") {
				t.Errorf("%s in %s: %q", inner.name, outer.name, got)
			}
			// The padding of base64 may stay, in the outer encoding.
			if whole := !strings.Contains(outer.name+inner.name, "byte"); whole && len(got) > len("the value (redacted) is wrong")+12 {
				t.Errorf("%s in %s leaves more: %q of %q", inner.name, outer.name, got, encoded)
			}
		}
	}
}

// What is no secret stays as it is, on one line.
func TestScrub_LeavesTheRest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "",
		"100% of \\d and &amp; \u00e9":      "100% of \\d and &amp; é",
		"two\nlines,\ttab, \x1b[31mred\x00": "two lines, tab, [31mred",
		"dGhlIHF1aWNrIGJyb3duIGZveA== 0badc0de0badc0de": "dGhlIHF1aWNrIGJyb3duIGZveA== 0badc0de0badc0de",
		"short pw here, spwx":                           "short (redacted) here, s(redacted)x",
		"p w":                                           "p w",
		"\u202egnp.exe":                                 "gnp.exe",
	} {
		if got := secret.Scrub(text, []string{"pw", known}, 300); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
	if got := secret.Scrub(strings.Repeat("ä", 300), nil, 101); len(got) > 101 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}

// One secret within another, and two that overlap, go as a whole.
func TestScrub_Overlaps(t *testing.T) {
	t.Parallel()
	got := secret.Scrub("x abcdefghijkl y", []string{"abcdefgh", "efghijkl", "cdefgh"}, 300)
	if got != "x (redacted) y" {
		t.Errorf("got %q", got)
	}
}

// Neither the text nor the number of secrets makes it slow, and a text that has too many forms is not shown.
func TestScrub_Bounds(t *testing.T) {
	t.Parallel()
	var secrets []string
	for i := range 2000 {
		secrets = append(secrets, fmt.Sprintf("%032x", i*7919))
	}
	texts := map[string]string{
		"letters":   strings.Repeat("abcdefghijklmnopqrstuvwxyz", 1<<20/26),
		"percent":   strings.Repeat("%25", 1<<18),
		"entities":  strings.Repeat("&amp;", 1<<18),
		"backslash": strings.Repeat(`\\`, 1<<18),
		"nested":    nested("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 12),
		"hex":       strings.Repeat("0123456789abcdef", 1<<16),
	}
	for name, text := range texts {
		began := time.Now()
		if got := secret.Scrub(text, secrets, 300); len(got) > 300 {
			t.Errorf("%s: %d bytes", name, len(got))
		}
		t.Logf("%s: %s", name, time.Since(began))
	}
	// A secret across the end of what is looked at is not shown in half.
	for at := 4000; at < 17_000; at += 911 {
		if got := secret.Scrub(strings.Repeat("-", at)+known+strings.Repeat("-", 40_000), []string{known}, 1<<20); strings.Contains(got, "s3c") {
			t.Fatalf("at %d it shows %q", at, got[len(got)-40:])
		}
	}
}

func nested(text string, depth int) string {
	for range depth {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

// A secret that was put through encodings, one after the other, never comes out, in whatever text it stands.
func FuzzScrub(f *testing.F) {
	f.Add(known, "the value ", " is wrong", []byte{0, 1})
	f.Add("Password-1.", "%", ";", []byte{6, 16})
	f.Add("0123456789abcdef", "0", "a", []byte{14, 18, 2})
	f.Add("exa mple of words", "&", "=", []byte{19, 10})
	f.Fuzz(func(t *testing.T, value, before, after string, how []byte) {
		if len(value) > 200 || len(before)+len(after) > 500 || len(how) > 3 {
			return
		}
		core := strings.Join(strings.Fields(secret.OneLine(value)), "")
		if len(core) < 8 || core != value {
			return // what is invisible in a secret is lost in some encodings
		}
		encoded := value
		for _, i := range how {
			encoded = encodings[int(i)%len(encodings)].encode(encoded)
		}
		if len(encoded) > 8<<10 {
			return
		}
		got := secret.Scrub(before+" "+encoded+" "+after, []string{value}, 1<<20)
		if strings.Contains(got, strings.Join(strings.Fields(encoded), " ")) && !strings.Contains(before+after, encoded) {
			t.Errorf("%q in the encodings %v comes out: %q", value, how, got)
		}
	})
}
