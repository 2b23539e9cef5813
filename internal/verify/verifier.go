package verify

import (
	"context"
	"sync"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/clock"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Way is one way to ask: what for, and how the secret is sent.
type Way struct {
	Grant  string // what is asked for; the endpoint that is asked follows from it
	Method string // how the client authenticates
}

// Client is one OAuth client as it can be asked about.
type Client struct {
	// ID tells clients apart within one Verifier.
	ID string
	// Ways to ask, the best first; those of one grant follow each other. A client that is refused with one method is asked with
	// the next, because servers refuse a right secret that is sent in another way than the client is registered for.
	Ways []Way
	// Ask sends one request with a secret.
	Ask func(ctx context.Context, w Way, s secret.Value) Answer
	// Wrong makes a random secret of the vendor's form, which is nobody's.
	Wrong func() (secret.Value, error)
}

// Result is what a verification showed.
type Result struct {
	Verdict Verdict
	// Evidence is one sentence for people. It holds no text of a vendor.
	Evidence string
}

// MaxRefusals is how many failed logins are ever provoked for one secret in one run, the comparison with a wrong secret
// included: it is sent for the client that needs it. RFC 6749 section 2.3.1 asks servers to protect themselves from guesses,
// and a client that is locked is an outage.
const MaxRefusals = 3

// Verifier finds out for one vendor whether secrets work. It remembers, for as long as the process lives, what a wrong
// secret is answered, which endpoint does not answer, and how often each secret was refused. It is safe for concurrent use.
type Verifier struct {
	clock clock.Clock

	mu       sync.Mutex
	rations  map[rationed]*ration
	methods  map[string]string    // that a client was accepted with
	usual    string               // the method of the last accepted client
	silent   map[string]time.Time // since when what is behind a grant is left alone
	controls map[comparison]*control
}

// rationed is what refusals are counted for.
type rationed struct {
	client string
	secret secret.Value
}

// comparison is what one control explains.
type comparison struct {
	way  Way
	kind Answer
}

// control is the answer to a wrong secret.
type control struct {
	turn   turn
	known  bool
	answer Answer
}

// New is a Verifier that waits on c.
func New(c clock.Clock) *Verifier {
	return &Verifier{
		clock: c, rations: map[rationed]*ration{}, methods: map[string]string{}, silent: map[string]time.Time{},
		controls: map[comparison]*control{},
	}
}

// Verify tries s until the verdict is clear. It is Accepted after Terms.Accepts accepts within the timeout without a refusal
// between them; a try without a verdict between them neither counts nor resets the row. It is Refused when no further refusal
// may be provoked, or at the timeout after a refusal. Everything else is Inconclusive, also the end of ctx.
func (v *Verifier) Verify(ctx context.Context, c Client, s secret.Value, t Terms) Result {
	if s.Empty() || len(c.Ways) == 0 {
		return Result{Evidence: finding{}.evidence()}
	}
	t = t.withDefaults()
	// The timer bounds a request that hangs; the clock bounds the series.
	bounded, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()

	r := v.ration(rationed{c.ID, s})
	progress := series{terms: t}
	start := v.clock.Now()
	for {
		f, left := v.try(bounded, c, s, t, r)
		if ctx.Err() != nil {
			return interrupted
		}
		verdict, done, pause := progress.next(f, v.clock.Now().Sub(start), left)
		if !done && v.clock.Sleep(bounded, pause) != nil {
			if ctx.Err() != nil {
				return interrupted
			}
			verdict, done = progress.ended(), true
		}
		if !done {
			continue
		}
		if f.reason == reasonOutage {
			v.giveUp(f.grant)
		}
		return Result{Verdict: verdict, Evidence: progress.evidence(f, verdict)}
	}
}

var interrupted = Result{Evidence: "The verification was interrupted."}

// try asks once, in as many ways as it takes to learn something. left is how many refusals may still be provoked.
func (v *Verifier) try(ctx context.Context, c Client, s secret.Value, t Terms, r *ration) (f finding, left int) {
	if r.turn.take(ctx) != nil {
		return finding{reason: reasonGivenUp}, 0
	}
	defer r.turn.give()
	switch {
	case r.spent < MaxRefusals:
		a := attempt{verifier: v, client: c, secret: s, terms: t, ration: r}
		f = a.run(ctx)
		if f.verdict == Refused {
			r.refused = f
		}
	case r.refused.verdict == Refused && (!t.Confirm || r.refused.reason == reasonCompared):
		f = r.refused
	default:
		f = finding{reason: reasonExhausted, final: true}
	}
	return f, MaxRefusals - r.spent
}

func (v *Verifier) ration(of rationed) *ration {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.rations[of]
	if r == nil {
		r = &ration{turn: make(turn, 1)}
		v.rations[of] = r
	}
	return r
}

func (v *Verifier) comparison(of comparison) *control {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.controls[of]
	if c == nil {
		c = &control{turn: make(turn, 1)}
		v.controls[of] = c
	}
	return c
}
