package httpapi

import (
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A secret that this process does not know is in no text of a vendor, however it is written.
func TestWordsHideWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	const value = "cfnew46LG3YrQ9xT7kPwZ2mNb8vJhD5sKaEcR1uW"
	for name, text := range encodings(value) {
		for _, frame := range []string{"%s", "the value %s is wrong", `unexpected "%s"`, "[%s]", "secret=%s;", "a%sz"} {
			shown := plainWords(fmt.Sprintf(frame, text), nil)
			if reveals(shown, value) || reveals(shown, text) {
				t.Errorf("%s in %q: %q", name, frame, shown)
			}
		}
		if shown := PlainCode(text); shown != "" {
			t.Errorf("%s: the code %q", name, shown)
		}
		if shown := plainID(text); shown != "" {
			t.Errorf("%s: the request id %q", name, shown)
		}
	}
}

// reveals tells that six signs in a row of value are left, in either case, whatever stands between them.
func reveals(shown, value string) bool {
	signs := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, strings.ToLower(s))
	}
	shown, value = signs(shown), signs(value)
	for i := 0; i+6 <= len(value); i++ {
		if strings.Contains(shown, value[i:i+6]) {
			return true
		}
	}
	return false
}

func encodings(value string) map[string]string {
	spell := func(between string) string { return strings.Join(strings.Split(value, ""), between) }
	each := func(form, between string) string {
		var all []string
		for _, b := range []byte(value) {
			all = append(all, fmt.Sprintf(form, b))
		}
		return strings.Join(all, between)
	}
	backwards := []byte(value)
	slices.Reverse(backwards)
	var printable, five strings.Builder
	w := quotedprintable.NewWriter(&printable)
	_, _ = w.Write([]byte(value))
	_ = w.Close()
	a := ascii85.NewEncoder(&five)
	_, _ = a.Write([]byte(value))
	_ = a.Close()
	return map[string]string{
		"raw": value, "upper": strings.ToUpper(value), "lower": strings.ToLower(value), "backwards": string(backwards),
		"base64": base64.StdEncoding.EncodeToString([]byte(value)), "base64url": base64.RawURLEncoding.EncodeToString([]byte("x" + value)),
		"base32": base32.StdEncoding.EncodeToString([]byte(value)), "base32, lower": strings.ToLower(base32.HexEncoding.EncodeToString([]byte(value))),
		"hex": hex.EncodeToString([]byte(value)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(value))), "ascii85": five.String(),
		"percent": url.QueryEscape(url.QueryEscape(value + "+")), "percent, all": each("%%%02x", ""), "JSON": each(`\u%04x`, ""), "HTML": html.EscapeString(each("&#%d;", "")),
		"HTML, bare": each("&#%d", ""), "decimal": each("%d", " "), "decimal, commas": each("%d", ", "), "binary": each("%08b", " "), "hex, colons": each("%02x", ":"), "hex, 0x": each("0x%02x", " "),
		"printable": printable.String(), "spaces": spell(" "), "dashes": spell("-"), "dots": spell("."), "commas": spell(","), "quotes": spell(`","`), "slashes": spell(`\/`), "lines": spell("\n"),
		"first half": value[:20], "second half": value[20:], "in two": value[:20] + " " + value[20:], "in fours": strings.Join([]string{value[:4], value[4:8], value[8:12], value[12:16]}, " "),
	}
}

// What people need of a text is left.
func TestWordsShowWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A rotation is already in progress for this client.":                            "A rotation is already in progress for this client.",
		"Field 'clientSecret' must be between 8 and 64 characters; got 3":               "Field … must be between 8 and 64 characters; got 3",
		"OAuth client a1b2c3d4e5f6 not found (HTTP 404)":                                "OAuth client a1b2c3d4e5f6 not found (HTTP 404)",
		"Unable to serialize access, see https://developers.example/x9y8z7a6b5c4d3e2f1": "Unable to serialize access, see …",
		"org_id/oauth_app_id is read-only":                                              "org_id/oauth_app_id is read-only",
		"Das Geheimnis ist zu kurz: mindestens 12 Zeichen":                              "Das Geheimnis ist zu kurz: mindestens 12 Zeichen",
		"x9y8z7a6b5c4d3e2f1": "",
		"":                   "",
	} {
		if got := plainWords(text, []string{"a1b2c3d4e5f6"}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, shown := range []string{"10000", "250.100", "540.120-340.800", "invalid_client", "unauthorized_client", "E1001", "InvalidToken", "RATE_LIMIT", "7"} {
		if PlainCode(shown) != shown {
			t.Errorf("the code %q is hidden", shown)
		}
	}
	for _, shown := range []string{"8d1f6a7c9e2b4a10-FRA", "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11", "4bf92f3577b34da6a3ce929d0e0e4736"} {
		if plainID(shown) != shown {
			t.Errorf("the request id %q is hidden", shown)
		}
	}
}
