package verify

import (
	"fmt"
	"strings"
)

// Outcome is what one answer says about the secret that was sent.
type Outcome int

const (
	// NoAnswer is an outage.
	NoAnswer Outcome = iota
	// Impossible means: this client cannot be asked in this way; nothing was sent.
	Impossible
	// Unclear means: the answer says nothing about the secret, whatever a wrong one gets (403, a challenge page).
	Unclear
	// Authenticated means: only a client that was authenticated gets this answer (an access token).
	Authenticated
	// Indicated means: an authenticated client gets this answer, but a server that authenticates nobody gives it too.
	Indicated
	// Complaint is about something other than the client (its grant, the request). Some servers complain only to clients that
	// they have authenticated.
	Complaint
	// Refusal is the endpoint's own word for a client that is not authenticated (invalid_client).
	Refusal
	// PossibleRefusal is one when a wrong secret gets the same answer.
	PossibleRefusal
	// WrongMethod is a refusal of the way in which the client authenticated, whatever its secret.
	WrongMethod
)

// Answer is one answer of a token endpoint, as far as it matters here.
type Answer struct {
	Outcome Outcome
	Status  int
	// Code is the endpoint's error code, "" for none. It is shown to people.
	Code string
	// Text is compared and never shown: what tells two answers without a code apart.
	Text string
}

// String is how people are told of the answer: "401 invalid_client".
func (a Answer) String() string {
	if a.Status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Code))
}

// refuses tells whether a server may count the answer as a failed login. In doubt it does: a challenge page in front of it
// hides what the server behind it counted.
func (a Answer) refuses() bool {
	return a.Outcome == Refusal || a.Outcome == PossibleRefusal || a.Outcome == WrongMethod || a.Outcome == Unclear
}

// kind is what answers have in common that the same control explains. A server words every refusal of a secret alike as
// far as that matters; a complaint is explained only by the same complaint, because another client may get another one.
func (a Answer) kind() Answer {
	if a.Outcome == Refusal || a.Outcome == Indicated || a.Outcome == Authenticated {
		return Answer{Outcome: a.Outcome}
	}
	return a
}

// judge holds an answer against what a surely wrong secret got from the same endpoint in the same way.
func judge(a, control Answer) Verdict {
	refused := control.Outcome == Refusal || control.Outcome == PossibleRefusal
	switch a.Outcome {
	case Authenticated:
		if control.Outcome != Authenticated && control.Outcome != Indicated {
			return Accepted
		}
	case Indicated, Complaint:
		if refused {
			return Accepted
		}
	case Refusal:
		if control.Outcome == Refusal {
			return Refused
		}
	case PossibleRefusal:
		if control == a {
			return Refused
		}
	}
	return Inconclusive
}
