package rotation

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// ConsumersHold compares what each consumer holds, by its name, with the fingerprint of the current secret, which is "" when it
// is null. nil means that every consumer holds the current secret. Else the error is a *RefusedError: it names the
// consumers and the way out, and no value.
func ConsumersHold(fingerprint string, held map[string]secret.Value) error {
	want, err := hex.DecodeString(fingerprint)
	switch {
	case fingerprint == "":
		return &RefusedError{
			Reason: "The fingerprint client_secret_sha256 is null, so what the consumers hold cannot be compared with anything.",
			Remedy: "It is null for a chosen secret of fewer than 32 characters, and until the first secret was made here. " +
				"Choose a longer secret, or remove consumer_secrets_wo to complete without a proof.",
		}
	case err != nil || len(want) != len(secret.Value{}.SHA256())/2:
		return &RefusedError{
			Reason: "The value of client_secret_sha256 is not a SHA-256 fingerprint in hexadecimal, so what the consumers hold cannot be compared with it.",
			Remedy: "Give it the attribute client_secret_sha256 of the client secret.",
		}
	case len(held) == 0:
		return &RefusedError{
			Reason: "There is no consumer in consumer_secrets_wo, so it proves nothing.",
			Remedy: "Add what each consumer holds, or remove consumer_secrets_wo to complete without a proof.",
		}
	}
	var other, nothing []string
	for _, name := range slices.Sorted(maps.Keys(held)) {
		switch {
		case held[name].Empty():
			nothing = append(nothing, fmt.Sprintf("%q", name))
		case held[name].SHA256() != strings.ToLower(fingerprint):
			other = append(other, fmt.Sprintf("%q", name))
		}
	}
	var reasons []string
	if len(other) > 0 {
		reasons = append(reasons, consumers(other, "holds", "hold")+" a secret that is not the current one.")
	}
	if len(nothing) > 0 {
		reasons = append(reasons, consumers(nothing, "holds", "hold")+" no secret: what was read back is null or empty.")
	}
	if len(reasons) == 0 {
		return nil
	}
	return &RefusedError{
		Reason: strings.Join(reasons, " "),
		Remedy: "Many providers store the planned values although their update failed, and then plan no further change. " +
			"Apply again with -replace=ADDRESS for the resource of each consumer named here; that gives it the current secret, and the completion runs after it.",
	}
}

// consumers is the subject of a sentence.
func consumers(names []string, one, many string) string {
	if len(names) == 1 {
		return "Consumer " + names[0] + " " + one
	}
	last := len(names) - 1
	return "Consumers " + strings.Join(names[:last], ", ") + " and " + names[last] + " " + many
}
