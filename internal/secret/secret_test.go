package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

const canary = `can"ary\value`

// Whatever prints a value, alone or inside something else, prints none of it.
func TestValue_NeverPrints(t *testing.T) {
	t.Parallel()
	type holder struct {
		Secret secret.Value
		hidden secret.Value
	}
	value := secret.New(canary)
	all := map[string]any{
		"value": value, "pointer": &value, "slice": []secret.Value{value}, "map": map[string]secret.Value{"k": value},

		"holder": holder{value, value}, "pointer to holder": &holder{value, value}, "error": fmt.Errorf("failed with %w", fmt.Errorf("%v", value)),
	}
	for name, v := range all {
		printed := map[string]string{}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			printed[verb] = fmt.Sprintf(verb, v)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed["json"] = string(raw)
		var text, object bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("canary?", "v", v, slog.Group("g", "v", v))
		slog.New(slog.NewJSONHandler(&object, nil)).Info("canary?", "v", v, slog.Group("g", "v", v))
		printed["slog text"], printed["slog json"] = text.String(), object.String()
		for how, out := range printed {
			for _, form := range []string{"ary", fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
				if strings.Contains(strings.ReplaceAll(out, "canary?", ""), form) {
					t.Errorf("%s with %s prints the secret: %s", name, how, out)
				}
			}
		}
	}
	if raw, err := json.Marshal(map[secret.Value]bool{value: true}); err != nil || string(raw) != `{"(redacted)":true}` {
		t.Errorf("as a key: %s, %v", raw, err)
	}
	if value != secret.New(canary) || value == secret.New("other") {
		t.Error("equality is not that of the texts")
	}
	if got := value.Reveal(); got != canary {
		t.Errorf("Reveal gives %q", got)
	}
}

// A secret is wrapped while it is decoded, and an answer with something else in its place is not repeated.
func TestValue_Decode(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{`"abc"`: "abc", `null`: "", `""`: "", `"\u0061"`: "a"} {
		var v secret.Value
		if err := json.Unmarshal([]byte(raw), &v); err != nil || v.Reveal() != want || v.Empty() != (want == "") {
			t.Errorf("%s gives %q, %v", raw, v.Reveal(), err)
		}
	}
	for _, raw := range []string{`["canary"]`, `{"s":"canary"}`, `1234567`, `true`} {
		var v secret.Value
		err := json.Unmarshal([]byte(raw), &v)
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "1234567") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestValue_SHA256(t *testing.T) {
	t.Parallel()
	if got := secret.New("abc").SHA256(); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("got %s", got)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	var k secret.Known
	k.Remember(secret.New("a"), secret.Value{}, secret.New("a"))
	if got := k.Texts(); len(got) != 1 || got[0] != "a" {
		t.Errorf("knows %q", got)
	}
}
