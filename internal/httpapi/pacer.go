package httpapi

import (
	"math"
	"time"
)

// pacer is the rate at which requests leave: a token bucket whose rate follows the answers. The caller guards it.
//
// Where nobody wishes for a Pace it starts slowly and grows while nothing is refused, within what the vendor publishes. After
// the first refusals it looks for the vendor's limit with fit, and from then on it keeps just below the limit, trying for
// more now and then.
type pacer struct {
	bound     float64 // the wished Pace.PerSecond; +Inf for none
	rate      float64 // requests per second
	burst     float64 // requests that may leave at once
	quota     quotaPace
	published *allowance // nil when there is none, or none any more

	tokens float64
	filled time.Time // when tokens was right

	latency   time.Duration // of answers, smoothed
	meter     meter
	fit       fit
	began     time.Time // the current run: the time since the latest refusal
	run       int       // accepted in it
	earned    int       // those of run that came at the full rate: only they justify a higher one
	rounds    int       // refusals, those of one moment counted once
	explored  int       // accepted since the first refusal
	ceiling   float64   // a little more than the rate at the latest refusal
	average   float64   // accepted per second in the run before it
	limit     float64   // the vendor's limit as far as known; 0: not yet
	unbounded bool      // no wish and no refusal so far
	lasting   bool      // a refusal was for longer than briefly
}

const (
	startRate = 15 // requests per second before the latency is known

	// Requests on their way at once, before the first refusal and after it, and how many accepted requests add one. What
	// is refused when the limit is met for the first time stays in proportion to what was accepted.
	startWindow, startGrowth     = 1.5, 30
	restartWindow, restartGrowth = 1, 4

	// With slower answers one more request on its way is a smaller step, so there are more such steps.
	growthLatency = 70 * time.Millisecond

	shortestLatency = 20 * time.Millisecond // taken for shorter ones, so that the window still means a rate

	// briefly is how long a vendor refuses that limits the rate. One that blocks for longer limits a window of minutes, and
	// to look for that limit would cost such a block each time.
	briefly = 5 * time.Second
)

// allowance is a token bucket with a fixed rate.
type allowance struct {
	rate, burst, tokens float64
	filled              time.Time
}

// due is how long it takes until there is a token.
func (a *allowance) due(now time.Time) time.Duration {
	a.tokens, a.filled = min(a.burst, a.tokens+max(0, now.Sub(a.filled).Seconds())*a.rate), now
	if a.tokens >= 1 {
		return 0
	}
	return time.Duration(math.Ceil((1 - a.tokens) / a.rate * float64(time.Second)))
}

func newPacer(now time.Time, pace Pace) pacer {
	p := pacer{bound: pace.PerSecond, burst: max(1, float64(pace.Burst)), filled: now, began: now, fit: newFit(now)}
	if pace.Published && pace.PerSecond > 0 {
		p.published = &allowance{rate: pace.PerSecond, burst: p.burst, tokens: p.burst, filled: now}
	}
	if p.rate = p.bound; p.bound <= 0 || p.published != nil {
		p.bound, p.burst, p.rate, p.unbounded = math.Inf(1), 1, startRate, true
	}
	p.tokens = p.burst
	return p
}

// due is how long it takes until a request may leave.
func (p *pacer) due(now time.Time) time.Duration {
	rate, burst := p.quota.apply(now, p.rate, p.burst)
	passed := max(0, now.Sub(p.filled).Seconds())
	p.tokens, p.filled = min(burst, p.tokens+passed*rate), now
	wait := time.Duration(0)
	if p.tokens < 1 {
		wait = time.Duration(math.Ceil((1 - p.tokens) / rate * float64(time.Second)))
	}
	if p.published != nil {
		wait = max(wait, p.published.due(now))
	}
	return wait
}

// take lets a request leave that is due.
func (p *pacer) take(now time.Time) {
	p.tokens--
	if p.published != nil {
		p.published.tokens--
	}
	p.meter.add(now)
}

// accepted learns from an answer other than 429.
func (p *pacer) accepted(a answer) {
	p.fit.accept(a.received)
	if p.rounds > 0 && !p.lasting && !a.sent.Before(p.began) {
		p.published = nil // what is accepted soon after a refusal shows the limit itself
	}
	p.run++
	if p.meter.rate() >= p.rate/2 {
		p.earned++
	}
	if p.rounds > 0 {
		p.explored++
	}
	took := a.received.Sub(a.sent)
	if p.latency == 0 {
		p.latency = took
	}
	p.latency += (took - p.latency) / 8
	p.adapt(a.received)
}

// refused learns from a 429 that lasts as long as was asked. Only the first of those that were on their way together counts
// as a round.
func (p *pacer) refused(now time.Time, first bool, asked time.Duration) {
	p.fit.refuse(now)
	p.lasting = p.lasting || asked > briefly
	if !first {
		return
	}
	p.rounds++
	p.unbounded = false
	if p.lasting && p.published != nil && p.run > 0 {
		p.published.rate *= deepCut // others use it as well
	}
	p.ceiling = max(fitLowest, min(p.rate, p.meter.rate())*ceilingMargin)
	p.average = float64(p.run) / max(now.Sub(p.began).Seconds(), p.latency.Seconds(), shortestLatency.Seconds())
	if p.limit > 0 {
		p.yield()
	}
}

// restart begins a run at the given time, after a pause.
func (p *pacer) restart(at time.Time) {
	p.began, p.run, p.earned, p.tokens = at, 0, 0, 0
	p.meter = meter{}
	p.adapt(at)
}

// adapt sets the rate.
func (p *pacer) adapt(now time.Time) {
	switch {
	case p.unbounded:
		p.rate = max(startRate, p.window(startWindow, startGrowth))
	case p.rounds == 0:
		return
	case p.lasting && p.published != nil:
		p.rate, p.burst = startRate, 1
		return
	case p.limit == 0:
		p.explore()
	}
	if p.limit > 0 {
		p.rate = min(p.bound, p.limit*p.hope(now))
	}
}

// window is the rate at which so many requests are on their way at once, plus one for each growth accepted ones; with answers
// slower than growthLatency the rate grows as fast as at that one.
func (p *pacer) window(base, growth float64) float64 {
	latency := max(p.latency, shortestLatency)
	return base/latency.Seconds() + float64(p.earned)/growth/min(latency, growthLatency).Seconds()
}

// meter measures the rate at which requests leave, from the latest few.
type meter struct {
	sent  [8]time.Time
	count int
}

func (m *meter) add(now time.Time) {
	m.sent[m.count%len(m.sent)] = now
	m.count++
}

// rate is +Inf until there are two requests.
func (m *meter) rate() float64 {
	n := min(m.count, len(m.sent))
	if n < 2 {
		return math.Inf(1)
	}
	last, first := m.sent[(m.count-1)%len(m.sent)], m.sent[(m.count-n)%len(m.sent)]
	return float64(n-1) / max(last.Sub(first).Seconds(), 0.001)
}
