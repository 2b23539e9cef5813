package rotation

import (
	"fmt"
	"strings"
)

// currentName is how messages call the current secret.
func currentName(st State) string {
	switch {
	case st.SecretID != "" && st.Version > 0:
		return fmt.Sprintf("secret %s (the current one, version %d)", st.SecretID, st.Version)
	case st.SecretID != "":
		return fmt.Sprintf("secret %s (the current one)", st.SecretID)
	case st.Version > 0:
		return fmt.Sprintf("the current secret (version %d)", st.Version)
	default:
		return "the secret in use now"
	}
}

// replacedName is how messages call the secret that a rotation replaces.
func replacedName(traits Traits, st State) string {
	switch {
	case traits.ManySecrets:
		return currentName(st)
	case st.Drift == Rotated:
		return "the secret that somebody else made"
	case st.Drift == Dead:
		return "the secret that is current at the vendor"
	case st.Drift == Possible:
		return currentName(st) + ", or a newer one that somebody else made"
	}
	return currentName(st)
}

// previousName is how messages call the previous secret.
func previousName(st State, rec Record) string {
	which := "the one before version " + fmt.Sprint(st.Version)
	switch {
	case st.Drift == Rotated && st.PreviousSecretID == "" && st.Version > 0:
		which = fmt.Sprintf("version %d, the one in this state", st.Version)
	case st.Drift == Dead && st.PreviousSecretID == "" && st.Version > 0: // which may be older or newer than the one in this state
		return "the previous secret (which one is not known)"
	case rec.PreviousVersion > 0:
		which = fmt.Sprintf("version %d", rec.PreviousVersion)
	case st.Version == 0:
		which = "the one before the secret in use"
	}
	if st.PreviousSecretID != "" {
		return fmt.Sprintf("secret %s (the previous one, %s)", st.PreviousSecretID, which)
	}
	return "the previous secret (" + which + ")"
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
