// Package proof establishes whether a token endpoint accepts a secret. A verdict has three values, and nothing is ever
// changed on the third.
package verify

// Verdict is what one probe, or a series of them, showed.
type Verdict int

const (
	// Inconclusive says that the endpoint said nothing about the secret (an outage, a challenge page, a missing grant).
	Inconclusive Verdict = iota
	// Accepted says that the endpoint authenticated the client with this secret.
	Accepted
	// Refused says that the endpoint refused this secret, and would not have refused a right one in the same way.
	Refused
)

// String names the verdict for diagnostics.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	default:
		return "inconclusive"
	}
}
