package api

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestValidateSecret(t *testing.T) {
	t.Parallel()
	const (
		text    = "UTF-8"
		line    = "line break"
		long    = "8 characters"
		lower   = "lower-case"
		upper   = "upper-case"
		digit   = "digit"
		special = "special"
	)
	tests := map[string][]string{
		"Abcdef1_":             nil,
		"Example_new.secret_1": nil,
		"Ab1!Ab1!":             nil,
		`Ab1"Ab1 \~`:           nil,
		"Grün-Abc1?":           nil,
		"":                     {long, lower, upper, digit, special},
		"Abcde1_":              {long},
		"ABCDEF1_":             {lower},
		"abcdef1_":             {upper},
		"Abcdefg_":             {digit},
		"Abcdefg1":             {special},
		"Abcdefg1-":            {special},
		`Abcdefg1"\ `:          {special},
		"ÄÖÜäöü1_":             {lower, upper},
		"Abcdef1_\n":           {line},
		"Abcdef1_\xff":         {text},
		"aaaaaaaa":             {upper, digit, special},
	}
	for _, one := range specials {
		tests["Abcdef1"+string(one)] = nil
	}
	for s, want := range tests {
		err := ValidateSecret(s)
		if (err == nil) != (want == nil) {
			t.Errorf("%q: got %v", s, err)
			continue
		}
		for _, part := range []string{text, line, long, lower, upper, digit, special} {
			named, expected := err != nil && strings.Contains(err.Error(), part), false
			for _, w := range want {
				expected = expected || w == part
			}
			if named != expected {
				t.Errorf("%q: %q named: %t in %v", s, part, named, err)
			}
		}
		if err != nil && s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("the secret is in %q", err)
		}
	}
}

func TestGenerateSecret(t *testing.T) {
	t.Parallel()
	const samples = 4000
	seen, counts := map[string]bool{}, map[rune]int{}
	for range samples {
		s, err := GenerateSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text := s.Reveal()
		if len(text) < 43 || ValidateSecret(text) != nil || !strings.ContainsAny(text, "_.~") || strings.Trim(text, alphabet) != "" {
			t.Fatalf("generated %q", text)
		}
		if seen[text] {
			t.Fatal("generated one twice")
		}
		seen[text] = true
		for _, r := range text {
			counts[r]++
		}
	}
	// Each character is expected about 2646 times, the specials a little more often; a modulo bias would be 20 %.
	mean := float64(samples*generatedLength) / float64(len(alphabet))
	for _, r := range alphabet {
		if share := float64(counts[r]) / mean; share < 0.85 || share > 1.3 {
			t.Errorf("%q comes %d times of %.0f", r, counts[r], mean)
		}
	}
}

func TestGenerateSecretFromABadSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		source io.Reader
		want   error
	}{
		"fails":       {iotest.ErrReader(broken), broken},
		"ends":        {bytes.NewReader(make([]byte, 10)), io.EOF},
		"zeros":       {repeat(0), errNotRandom},
		"never fits":  {repeat(0xff), errNotRandom},
		"one of each": {repeat('_'), errNotRandom},
	} {
		if s, err := GenerateSecret(test.source); !errors.Is(err, test.want) || !s.Empty() {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// repeat is a source of one byte.
type repeat byte

func (r repeat) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r)
	}
	return len(b), nil
}

func FuzzValidateSecret(f *testing.F) {
	f.Add("Abcdef1_")
	f.Add("\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		if ValidateSecret(s) == nil && len(s) < minSecretLength {
			t.Error("a short secret is valid")
		}
	})
}
