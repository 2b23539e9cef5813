package httpapi

import (
	"fmt"

	"math"
	"time"
)

// pacer decides how fast requests leave. The caller guards it.
type pacer struct {
	bound     float64 // Pace.PerSecond; +Inf for none
	rate      float64 // requests per second now
	burst     float64 // requests that may leave at once
	tokens    float64
	filled    time.Time // when tokens was right
	ceiling   float64   // the rate at the latest refusal; +Inf before the first one
	fit       fit
	refusals  int           // rounds
	run       int           // accepted since the latest restart
	latency   time.Duration // smoothed
	lastRound time.Time
	sends     [8]time.Time
	taken     int
	average   float64
	base      float64
	total     int
	began     time.Time
	quotaRate float64
	quotaEnd  time.Time
}

func newPacer(now time.Time, pace Pace) pacer {
	p := pacer{bound: pace.PerSecond, burst: max(1, float64(pace.Burst)), filled: now, began: now, ceiling: math.Inf(1), fit: newFit(now)}
	if p.bound <= 0 {
		p.bound, p.burst = math.Inf(1), 1
		p.rate = T.Start
	} else {
		p.rate = p.bound
	}
	p.tokens = p.burst
	return p
}

func (p *pacer) due(now time.Time) time.Duration {
	p.fill(now)
	if p.tokens >= 1 {
		return 0
	}
	return time.Duration(math.Ceil((1 - p.tokens) / p.current(now) * float64(time.Second)))
}

func (p *pacer) current(now time.Time) float64 {
	if now.Before(p.quotaEnd) {
		return min(p.rate, p.quotaRate)
	}
	return p.rate
}

func (p *pacer) fill(now time.Time) {
	if passed := now.Sub(p.filled).Seconds(); passed > 0 {
		p.tokens = min(p.burst, p.tokens+passed*p.current(now))
		p.filled = now
	}
}

func (p *pacer) take(now time.Time) {
	p.tokens--
	copy(p.sends[:], p.sends[1:])
	p.sends[len(p.sends)-1] = now
	p.taken++
}

func (p *pacer) measured() float64 {
	n := min(p.taken, len(p.sends))
	if n < 2 {
		return p.rate
	}
	span := p.sends[len(p.sends)-1].Sub(p.sends[len(p.sends)-n]).Seconds()
	return min(p.rate, float64(n-1)/max(span, 0.001))
}

func (p *pacer) accepted(a answer) {
	p.fit.accept(a.received)
	p.run++
	if p.refusals > 0 {
		p.total++
	}
	if Debug && p.run%50 == 0 && p.refusals > 0 {
		lo, hi, ok := p.fit.rates(p.ceiling)
		fmt.Println("ok     ", a.received.Format("04:05.000"), "rate", p.rate, "base", p.base, "run", p.run, "ceil", p.ceiling, "meas", p.measured(), "lo", lo.rate, lo.accepted, lo.refused, "hi", hi.rate, hi.accepted, hi.refused, ok)
	}
	took := a.received.Sub(a.sent)
	if p.latency == 0 {
		p.latency = took
	}
	p.latency += (took - p.latency) / 8
	p.adapt(a.received)
}

type Tune struct {
	K, G, RunK, RunG, Theta, Floor, Start, Narrow, Back, Catch, CatchMinus, Cut, GrowRun, GrowTime, Slack, SlackP, Enough, Cut2 float64
	Rounds                                                                                                                      int
	First                                                                                                                       time.Duration
}

var Debug bool

var T = Tune{K: 1.5, G: 50, RunK: 1, RunG: 4, Theta: .6, Floor: 0.5, Start: 10, Narrow: 1.1, Back: 0.99, CatchMinus: 1, Cut: 0.97, GrowRun: 2400, GrowTime: 250, Slack: .5, SlackP: 0.05, Enough: 300, Cut2: .9, Rounds: 5, Catch: 0.8, First: 500 * time.Millisecond}

func (p *pacer) adapt(at time.Time) {
	lat := max(p.latency, 20*time.Millisecond).Seconds()
	if math.IsInf(p.ceiling, 1) {
		if math.IsInf(p.bound, 1) {
			p.rate = max(T.Start, (T.K+float64(p.run)/T.G)/lat)
		}
		return
	}
	if p.base == 0 {
		p.identify(lat)
	}
	if p.base > 0 {
		p.rate = min(p.bound, p.base*p.growth(at))
	}
}

func (p *pacer) growth(at time.Time) float64 {
	grown := min(float64(p.run)/T.GrowRun, at.Sub(p.began).Seconds()/T.GrowTime)
	return 1 + grown*grown
}

func (p *pacer) identify(lat float64) {
	low, high, _ := p.fit.rates(p.ceiling)
	lowest := low.rate
	if p.refusals == 1 {
		lowest = max(lowest, T.Floor*min(p.average, p.ceiling))
	}
	p.burst = 1
	if high.rate/lowest < T.Narrow && p.total > 20 || float64(p.total) > T.Enough || p.refusals >= T.Rounds {
		p.base = min(p.ceiling*.95, math.Sqrt(lowest*high.rate)*T.Back)
		p.burst = max(1, T.Catch*low.accepted-T.CatchMinus)
		return
	}
	target := math.Pow(lowest, 1-T.Theta) * math.Pow(high.rate, T.Theta)
	ramp := (T.RunK + float64(p.run)/T.RunG) / lat
	p.rate = min(p.bound, max(lowest, min(target, ramp)))
}

func (p *pacer) refused(a answer, first bool) {
	p.fit.refuse(a.received)
	if Debug {
		lo, hi, ok := p.fit.rates(p.ceiling)
		fmt.Println("refused", a.received.Format("05.000"), "first", first, "rate", p.rate, "run", p.run, "ceil", p.ceiling, "meas", p.measured(), "lo", lo.rate, lo.accepted, lo.refused, "hi", hi.rate, hi.accepted, hi.refused, ok)
	}
	if !first {
		return
	}
	p.refusals++
	if p.base > 0 {
		cut := T.Cut
		if p.run < 10 {
			cut = T.Cut2
		}
		p.base = p.rate * cut
	}
	p.ceiling = p.measured() * 1.05
	p.average = float64(p.run) / max(a.received.Sub(p.began).Seconds(), 0.05)
}

func (p *pacer) restart(at time.Time) {
	p.run = 0
	p.taken = 0
	p.tokens = 0
	p.began = at
	p.adapt(at)
}

func (p *pacer) follow(q quota, now time.Time) {}
