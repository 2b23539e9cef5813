package verify

import (
	"context"
	"slices"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// attempt is one try of one secret. The turn of its ration is held while it runs.
type attempt struct {
	verifier *Verifier
	client   Client
	secret   secret.Value
	terms    Terms
	ration   *ration
}

// run asks for one grant after the other until an answer says something about the secret.
func (a *attempt) run(ctx context.Context) finding {
	nothing := finding{reason: reasonImpossible, final: true}
	for _, ways := range a.verifier.order(a.client) {
		if a.verifier.givenUp(ways[0].Grant, a.terms) {
			return finding{reason: reasonGivenUp, final: true}
		}
		way, answer, open := a.ask(ctx, ways)
		switch {
		case answer.Outcome == Impossible:
			continue
		case open:
			return finding{answer: answer, grant: way.Grant, reason: reasonUnconfirmed}
		}
		f := a.conclude(ctx, way, answer)
		if f.reason != reasonAlike {
			return f
		}
		nothing = f
	}
	return nothing
}

// ask tries one method after the other until one is not refused, or none is left. Where a refusal has consequences, each try
// takes one method, so that a secret is not called dead for what happened within one second: open tells that another method
// is left for the next try.
func (a *attempt) ask(ctx context.Context, ways []Way) (way Way, answer Answer, open bool) {
	answer.Outcome = Impossible
	for _, next := range ways {
		switch {
		case a.ration.spent >= MaxRefusals:
			return way, answer, false
		case a.terms.Confirm && slices.Contains(a.ration.tried, next):
			continue
		case open:
			return way, answer, true
		}
		got := a.client.Ask(ctx, next, a.secret)
		a.ration.count(got)
		if got.Outcome == Impossible {
			continue
		}
		way, answer = next, got
		if got.Outcome == WrongMethod {
			continue
		}
		if got.Outcome != Refusal && got.Outcome != PossibleRefusal {
			return way, answer, false
		}
		a.ration.refusing = append(a.ration.refusing, next)
		if a.terms.Confirm {
			a.ration.tried, a.ration.last, open = append(a.ration.tried, next), got, true
		}
	}
	if n := len(a.ration.tried); n > 0 && answer.Outcome == Impossible && a.ration.tried[n-1].Grant == ways[0].Grant {
		// The methods that seemed to be left cannot be used.
		way, answer = a.ration.tried[n-1], a.ration.last
	}
	a.ration.tried = nil // all were refused: the next try begins anew
	return way, answer, false
}

// conclude says what an answer shows, where necessary beside the answer to a wrong secret.
func (a *attempt) conclude(ctx context.Context, way Way, answer Answer) finding {
	f := finding{answer: answer, grant: way.Grant}
	switch {
	case answer.Outcome == NoAnswer:
		f.reason, f.final = reasonOutage, a.terms.GiveUp
		return f
	case answer.Outcome == Unclear, answer.Outcome == WrongMethod:
		f.reason = reasonUnclear
		return f
	case answer.Outcome == Authenticated && (!a.terms.Compare || slices.Contains(a.ration.refusing, way)):
		f.verdict, f.reason = Accepted, reasonPlain
	case answer.Outcome == Refusal && !a.terms.Confirm:
		f.verdict, f.reason = Refused, reasonPlain
	default:
		control, ok := a.control(ctx, way, answer)
		switch {
		case !ok:
			f.reason = reasonUnconfirmed
			return f
		case control.Outcome == NoAnswer:
			f.answer, f.reason, f.final = control, reasonOutage, a.terms.GiveUp
			return f
		}
		f.reason = reasonCompared
		switch f.verdict = judge(answer, control); {
		case f.verdict == Inconclusive:
			f.reason, f.final = reasonAlike, true
		case f.verdict == Refused && len(a.ration.refusing) < 2: // it may be one node, or one moment
			f.verdict, f.reason = Inconclusive, reasonOnce
		}
	}
	if f.verdict == Accepted {
		a.verifier.accepted(a.client, way)
	}
	return f
}

// control is what a surely wrong secret gets in the same way. It is asked once for each kind of answer that needs it, for the
// client that needs it: a client that does not exist may be refused before anything else is looked at. ok is false when
// asking would provoke a refusal too many.
func (a *attempt) control(ctx context.Context, way Way, answer Answer) (_ Answer, ok bool) {
	c := a.verifier.comparison(comparison{way, answer.kind()})
	if c.turn.take(ctx) != nil {
		return Answer{}, true
	}
	defer c.turn.give()
	if c.known {
		return c.answer, true
	}
	if a.ration.spent >= MaxRefusals {
		return Answer{}, false
	}
	wrong, err := a.client.Wrong()
	if err != nil {
		return Answer{}, true
	}
	c.answer = a.client.Ask(ctx, way, wrong)
	a.ration.count(c.answer)
	c.known = c.answer.Outcome != NoAnswer
	return c.answer, true
}

// order groups the ways of a client by what is asked for. A method that the client was accepted with is the only one; else
// the one that the last client was accepted with comes first, which saves refusals.
func (v *Verifier) order(c Client) (grants [][]Way) {
	v.mu.Lock()
	defer v.mu.Unlock()
	known := v.methods[c.ID]
	for _, way := range c.Ways {
		if known != "" && way.Method != known {
			continue
		}
		if n := len(grants); n > 0 && grants[n-1][0].Grant == way.Grant {
			grants[n-1] = append(grants[n-1], way)
			continue
		}
		grants = append(grants, []Way{way})
	}
	for _, ways := range grants {
		slices.SortStableFunc(ways, func(x, y Way) int { return v.rank(x) - v.rank(y) })
	}
	return grants
}

func (v *Verifier) rank(w Way) int {
	if w.Method == v.usual {
		return 0
	}
	return 1
}

// accepted remembers what worked.
func (v *Verifier) accepted(c Client, w Way) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.methods[c.ID], v.usual = w.Method, w.Method
	delete(v.silent, w.Grant)
}

// givenUp tells whether the endpoint behind a grant is left alone.
func (v *Verifier) givenUp(grant string, t Terms) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	since, silent := v.silent[grant]
	return silent && (t.GiveUp || v.clock.Now().Sub(since) < rest)
}

// giveUp leaves the endpoint behind a grant alone from now on.
func (v *Verifier) giveUp(grant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.silent[grant] = v.clock.Now()
}

// ration is how many refusals of one secret were provoked.
type ration struct {
	turn  turn // tries of one secret follow each other, so that together they provoke no more than one would
	spent int
	tried []Way  // that were refused since all of them were
	last  Answer // of the last of them
	// refusing are the ways of the refusals that were about this secret, one for each. Where it is accepted in the same way later, no
	// control is needed to know that the endpoint refuses what it does not know.
	refusing []Way
	refused  finding // the last refusal
}

func (r *ration) count(a Answer) {
	if a.refuses() {
		r.spent++
	}
}

// turn is a lock that a context can leave.
type turn chan struct{}

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turn) give() { <-t }
