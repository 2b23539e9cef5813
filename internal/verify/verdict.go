// Package verify finds out whether a token endpoint accepts a secret. A verdict has three values, and nothing is ever
// changed on the third.
//
// What an answer means depends on the server: some look at the grant before they look at the secret, some authenticate
// nobody. So an answer that is not clear by itself is compared with what the same server answers to a secret that is
// surely wrong. Refusals are rationed, because a server may lock a client after a few of them.
package verify

// Verdict is what one answer, or a series of them, showed.
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
