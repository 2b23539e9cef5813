package secret

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of the search for encodings.
const (
	maxDepth = 4 // encodings on top of each other
	maxViews = 400
	maxBytes = 1 << 20 // of all views together
)

// decodings are v and everything that it decodes to, again and again. They are not complete (ok is false) when there are more
// than the bounds allow.
func decodings(v view) (all []view, ok bool) {
	all = []view{v}
	seen, size := map[string]bool{string(v.text): true}, len(v.text)
	for depth, next := 0, all; depth < maxDepth; depth++ {
		level := next
		next = nil
		for _, v := range level {
			for _, decode := range decoders {
				decoded := decode(v).squeezed()
				if len(decoded.text) < shortest || seen[string(decoded.text)] {
					continue
				}
				if size += len(decoded.text); size > maxBytes || len(all) == maxViews {
					return all, false
				}
				seen[string(decoded.text)] = true
				next = append(next, decoded)
				all = append(all, decoded)
			}
		}
	}
	return all, true
}

// decoders are the encodings in which a server may repeat what it was sent. Each decodes what it can and leaves the rest.
var decoders = []func(view) view{
	escapes(plus), escapes(percent), escapes(entity), escapes(backslash), escapes(quotedPrintable),
	runs(base64Sextet, 8, 4, 0, sextets), runs(base64Sextet, 8, 4, 1, sextets), runs(base64Sextet, 8, 4, 2, sextets), runs(base64Sextet, 8, 4, 3, sextets),
	runs(isHex, 2*shortest, 2, 0, hexBytes), runs(isHex, 2*shortest, 2, 1, hexBytes),
}

// escapes decodes what decode finds at the beginning of a text: n bytes of it stand for what is decoded.
func escapes(decode func(text []byte) (decoded []byte, n int)) func(view) view {
	return func(v view) (out view) {
		for i := 0; i < len(v.text); {
			decoded, n := decode(v.text[i:])
			if n == 0 {
				out.add(v.of[i], v.text[i])
				i++
				continue
			}
			out.add(v.part(i, i+n), decoded...)
			i += n
		}
		return out
	}
}

// plus decodes the spaces of a form, which are not looked at.
func plus(text []byte) ([]byte, int) {
	if text[0] == '+' {
		return nil, 1
	}
	return nil, 0
}

// percent decodes URLs: %2f, and %u00e9 of old browsers.
func percent(text []byte) ([]byte, int) {
	if text[0] != '%' {
		return nil, 0
	}
	if len(text) > 1 && text[1] == 'u' {
		if r, ok := hexRune(text, 2, 4); ok {
			return utf8.AppendRune(nil, r), 6
		}
	}
	return oneByte(text, 1)
}

// quotedPrintable decodes mail: =2F.
func quotedPrintable(text []byte) ([]byte, int) {
	if text[0] != '=' {
		return nil, 0
	}
	return oneByte(text, 1)
}

// oneByte decodes two hexadecimal digits behind a prefix.
func oneByte(text []byte, prefix int) ([]byte, int) {
	if r, ok := hexRune(text, prefix, 2); ok {
		return []byte{byte(r)}, prefix + 2 //nolint:gosec // G115: two digits make one byte
	}
	return nil, 0
}

// hexRune reads digits hexadecimal digits.
func hexRune(text []byte, from, digits int) (rune, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[from:from+digits]), 16, 32)
	return rune(n), err == nil && n <= utf8.MaxRune //nolint:gosec // G115: of what is larger nobody takes the rune
}

// maxEntity is longer than the name of any entity.
const maxEntity = 36

// entity decodes HTML and XML: &lt; &#60; &#x3c;.
func entity(text []byte) ([]byte, int) {
	if text[0] != '&' {
		return nil, 0
	}
	for n := 1; n < len(text) && n < maxEntity; n++ {
		if text[n] == ';' {
			name := string(text[:n+1])
			if decoded := html.UnescapeString(name); decoded != name {
				return []byte(decoded), n + 1
			}
			return nil, 0
		}
	}
	return nil, 0
}

// backslash decodes strings of JSON and of programming languages: \/ \" \u00e9 \u{e9} \U000000e9 \xe9 \057.
func backslash(text []byte) ([]byte, int) {
	if len(text) < 2 || text[0] != '\\' {
		return nil, 0
	}
	switch c := text[1]; {
	case c == 'n', c == 'r', c == 't', c == 'b', c == 'f':
		return nil, 2 // white space and control characters are not looked at
	case c == 'x':
		return oneByte(text, 2)
	case c == 'U':
		if r, ok := hexRune(text, 2, 8); ok {
			return utf8.AppendRune(nil, r), 10
		}
	case c == 'u':
		return unicodeEscape(text)
	case c >= '0' && c <= '7':
		if len(text) >= 4 {
			if n, err := strconv.ParseUint(string(text[1:4]), 8, 8); err == nil {
				return []byte{byte(n)}, 4
			}
		}
	case c < utf8.RuneSelf && !isLetterOrDigit(c):
		return []byte{c}, 2
	}
	return nil, 0
}

func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func unicodeEscape(text []byte) ([]byte, int) {
	if r, ok := hexRune(text, 2, 4); ok {
		if utf16.IsSurrogate(r) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
			if low, ok := hexRune(text, 8, 4); ok {
				return utf8.AppendRune(nil, utf16.DecodeRune(r, low)), 12
			}
		}
		return utf8.AppendRune(nil, r), 6
	}
	if len(text) > 3 && text[2] == '{' {
		for n := 4; n < len(text) && n < 10; n++ {
			if text[n] == '}' {
				if r, ok := hexRune(text, 3, n-3); ok {
					return utf8.AppendRune(nil, r), n + 1
				}
				break
			}
		}
	}
	return nil, 0
}

// runs decodes each run of at least shortest digits, beginning skip digits after its start: an encoded text may stand within a
// longer one, and begin at any place of a group. What cannot be decoded stays.
func runs(isDigit func(byte) bool, shortest, group, skip int, decode func(v view, out *view)) func(view) view {
	return func(v view) (out view) {
		for i := 0; i < len(v.text); {
			end := i
			for end < len(v.text) && isDigit(v.text[end]) {
				end++
			}
			switch {
			case end-i < shortest:
				end = max(end, i+1)
				out.copy(v, i, end)
			default:
				out.copy(v, i, i+skip)
				for at := i + skip; at < end; at += group {
					stop := min(at+group, end)
					decode(view{v.text[at:stop], v.of[at:stop]}, &out)
				}
			}
			i = end
		}
		return out
	}
}

func (v *view) copy(from view, i, j int) {
	v.text, v.of = append(v.text, from.text[i:j]...), append(v.of, from.of[i:j]...)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// base64Sextet tells a digit of base64, in the usual and in the URL's alphabet.
func base64Sextet(c byte) bool {
	return isLetterOrDigit(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

func hexBytes(v view, out *view) {
	if decoded, err := hex.DecodeString(string(v.text)); err == nil {
		out.add(v.part(0, len(v.text)), decoded...)
		return
	}
	out.copy(v, 0, len(v.text))
}

// sextets decodes a group of base64: two digits are one byte, and each further one is one more.
func sextets(v view, out *view) {
	digits := make([]byte, len(v.text))
	for i, c := range v.text {
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		digits[i] = c
	}
	decoded, err := base64.RawStdEncoding.DecodeString(string(digits))
	if err != nil { // a single digit
		out.copy(v, 0, len(v.text))
		return
	}
	for i, b := range decoded {
		out.add(v.part(i, i+2), b)
	}
}
