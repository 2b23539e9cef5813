package verify

import "fmt"

// finding is what one try showed.
type finding struct {
	verdict Verdict
	reason  reason
	// answer is what the finding rests on.
	answer Answer
	grant  string
	// final: another try would show the same.
	final bool
}

// reason is why a try ended in its verdict.
type reason int

const (
	reasonImpossible reason = iota
	reasonOutage
	reasonGivenUp
	reasonExhausted
	reasonUnclear
	reasonAlike
	reasonUnconfirmed
	reasonOnce
	reasonPlain    // the answer says it by itself
	reasonCompared // a wrong secret is answered in another way, or, for a refusal, in the same
)

// evidence is one sentence for people. It holds no text of a vendor.
func (f finding) evidence() string {
	switch f.reason {
	case reasonOutage:
		return "The token endpoint did not answer."
	case reasonGivenUp:
		return "The token endpoint was not asked, because it did not answer earlier in this run."
	case reasonExhausted:
		return "The token endpoint was not asked again: further refusals could lock the client."
	case reasonUnclear:
		return fmt.Sprintf("The token endpoint answered %s, which says nothing about the secret.", f.answer)
	case reasonAlike:
		return fmt.Sprintf("The token endpoint answered %s, and how it answers a wrong secret does not tell the two apart.", f.answer)
	case reasonUnconfirmed:
		return fmt.Sprintf("The token endpoint answered %s, which could not be compared with its answer to a wrong secret.", f.answer)
	case reasonOnce:
		return fmt.Sprintf("The token endpoint refused the secret once (%s), as it refuses a wrong one, and gave no clear answer when it was asked again.", f.answer)
	case reasonPlain:
		if f.verdict == Accepted {
			return "The token endpoint accepted the secret."
		}
		return fmt.Sprintf("The token endpoint refused the secret (%s).", f.answer)
	case reasonCompared:
		if f.verdict == Accepted {
			return fmt.Sprintf("The token endpoint accepted the secret: it answered %s, and it refuses a wrong secret.", f.answer)
		}
		return fmt.Sprintf("The token endpoint refused the secret (%s), as it refuses a wrong one.", f.answer)
	default:
		return "The client cannot be asked at the token endpoint."
	}
}
