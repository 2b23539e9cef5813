package httpapi

import (
	"math"
	"time"
)

// How the pacer looks for the vendor's limit after the first refusal.
const (
	ceilingMargin = 1.05 // on the measured rate at a refusal, for its error
	firstFloor    = 0.5  // share of the average before the first refusal that is tried next: a part of it was a burst
	boldness      = 0.6  // between the lowest and the highest rate that are possible, on a logarithmic scale
	narrow        = 1.1  // highest over lowest possible rate that is taken for knowledge
	fewest        = 20   // accepted requests before anything is taken for knowledge
	enoughRounds  = 5    // refusals after which the search ends in any case
)

// How the pacer keeps below a limit that it knows.
const (
	belowLimit   = 0.99
	belowCeiling = 0.95
	burstShare   = 0.8  // of the level that the vendor is known to accept
	slightCut    = 0.97 // after a refusal
	deepCut      = 0.9  // after a refusal within quickly requests
	quickly      = 10
	hopeRequests = 1500 // accepted requests, and
	hopeTime     = 150 * time.Second
)

// explore chooses a rate between those that are still possible. While requests are accepted at it, lower ones become
// impossible, so that it rises by itself; a refusal makes higher ones impossible.
func (p *pacer) explore() {
	low, high := p.fit.rates(p.ceiling, p.latency)
	lowest := low.rate
	if p.rounds == 1 {
		lowest = max(lowest, firstFloor*min(p.average, p.ceiling))
	}
	p.burst = 1
	known := high.rate < lowest*narrow && p.explored > fewest
	if known || p.rounds >= enoughRounds {
		p.limit = min(p.ceiling*belowCeiling, math.Sqrt(lowest*high.rate)*belowLimit)
		// What gathers in a pause may leave at once after it.
		p.burst = max(1, low.accepted*burstShare-1)
		return
	}
	chosen := math.Pow(lowest, 1-boldness) * math.Pow(high.rate, boldness)
	p.rate = min(p.bound, max(lowest, min(chosen, p.window(restartWindow, restartGrowth))))
}

// yield lowers the limit after a refusal.
func (p *pacer) yield() {
	cut := slightCut
	if p.run < quickly {
		cut = deepCut
	}
	p.limit = max(fitLowest, p.rate*cut)
	p.burst = max(1, p.burst/2)
}

// hope is the factor on the limit that a long time without refusal justifies: nearly 1 at first, then growing ever
// faster, because the limit seems to have risen.
func (p *pacer) hope(now time.Time) float64 {
	share := min(float64(p.earned)/hopeRequests, now.Sub(p.began).Seconds()/hopeTime.Seconds())
	return 1 + share*share
}
