package rotation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

func TestConsumersHold(t *testing.T) {
	t.Parallel()
	const current, previous = "the-current-secret", "the-previous-secret"
	fingerprint := secret.New(current).SHA256()
	type held map[string]string
	for name, c := range map[string]struct {
		fingerprint string
		held        held
		says        []string // words of the reason; none where the consumers hold the secret
		silent      []string // consumers that must not be named
	}{
		"all of them":           {fingerprint, held{"billing": current, "reports": current}, nil, nil},
		"in upper case":         {strings.ToUpper(fingerprint), held{"billing": current}, nil, nil},
		"one has the previous":  {fingerprint, held{"billing": previous, "reports": current}, []string{`Consumer "billing" holds a secret that is not the current one`}, []string{"reports"}},
		"several have others":   {fingerprint, held{"c": "x", "a": previous, "b": "y", "reports": current}, []string{`Consumers "a", "b" and "c" hold a secret that is not`}, []string{"reports"}},
		"with a line end":       {fingerprint, held{"billing": current + "\n"}, []string{`"billing" holds a secret that is not`}, nil},
		"null or empty":         {fingerprint, held{"billing": "", "reports": current}, []string{`Consumer "billing" holds no secret`, "null or empty"}, []string{"reports"}},
		"both":                  {fingerprint, held{"billing": "", "mail": previous}, []string{`Consumer "mail" holds a secret that is not`, `Consumer "billing" holds no secret`}, nil},
		"no consumer":           {fingerprint, held{}, []string{"no consumer in consumer_secrets_wo"}, nil},
		"no fingerprint":        {"", held{"billing": current}, []string{"client_secret_sha256 is null"}, []string{"billing"}},
		"nothing on both sides": {"", held{"billing": ""}, []string{"client_secret_sha256 is null"}, nil},
		"not a fingerprint":     {current, held{"billing": current}, []string{"client_secret_sha256 is not a SHA-256 fingerprint"}, nil},
		"cut off":               {fingerprint[:62], held{"billing": current}, []string{"client_secret_sha256 is not a SHA-256 fingerprint"}, nil},
		"a strange name":        {fingerprint, held{"a\nb": ""}, []string{`Consumer "a\nb" holds no secret`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]secret.Value{}
			for consumer, text := range c.held {
				values[consumer] = secret.New(text)
			}
			err := rotation.ConsumersHold(c.fingerprint, values)
			if (err == nil) != (c.says == nil) {
				t.Fatalf("%v", err)
			}
			if err == nil {
				return
			}
			var refused *rotation.RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("%T", err)
			}
			for _, words := range c.says {
				if !strings.Contains(refused.Reason, words) {
					t.Errorf("%q does not say %q", refused.Reason, words)
				}
			}
			for _, name := range c.silent {
				if strings.Contains(err.Error(), name) {
					t.Errorf("%q names %s", err, name)
				}
			}
			for _, value := range []string{current, previous} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("%q holds a value", err)
				}
			}
			if c.fingerprint == fingerprint && len(c.held) > 0 && !strings.Contains(refused.Remedy, "-replace") {
				t.Errorf("%q has no way out", refused.Remedy)
			}
		})
	}
}
