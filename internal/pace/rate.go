package pace

import "time"

// How the rate follows the answers. The figures are those with which the simulations of this package hold their bounds.
const (
	firstRequests = 10  // may be on their way at once at first, as many as Terraform has workers; each answer adds one
	slowest       = 0.2 // requests per second
	decrease      = 0.7
	firstIncrease = 0.25    // share by which the rate grows per second after the first refusal;
	increase      = 1. / 20 // after the second one, and half of it after each further one,
	leastIncrease = 1. / 256
	shortest      = 0.1             // seconds between two refusals
	briefly       = 3 * time.Second // is how long a vendor refuses that limits the rate, and not a window of minutes
)

// rate is the number of requests per second that the refusals leave. Before the first one there is no limit but the number of
// requests on their way. After that it is what the vendor took between two refusals, pause included, and a little more with
// each answer.
type rate struct {
	perSecond float64 // 0: nothing was refused yet
	opened    float64 // perSecond after the latest refusal
	growth    float64
	span      float64   // seconds between the latest two refusals
	last      time.Time // when a request left
	since     time.Time // of the latest refusal; the beginning before that
	opens     time.Time // end of the pause after it
	accepted  int       // since then
}

func (r *rate) unknown() bool { return r.perSecond == 0 }

func (r *rate) due(now time.Time) time.Duration {
	if r.unknown() {
		return 0
	}
	return r.last.Add(time.Duration(float64(time.Second) / r.perSecond)).Sub(now)
}

// accept raises the rate. It tells whether a refusal was over soon.
func (r *rate) accept(passed, now time.Time) bool {
	if !r.unknown() && passed.Before(r.opens) {
		// The refusal overtook it: it belongs to what was taken before.
		r.perSecond += 1 / r.span
		r.opened = r.perSecond
		return false
	}
	r.accepted++
	if r.unknown() {
		return false
	}
	r.perSecond += r.growth // comes perSecond times a second
	return now.Sub(r.since) < briefly
}

// refuse lowers the rate, once for all that were refused together, and returns how many were accepted since the last time.
func (r *rate) refuse(now, opens time.Time, first bool) int {
	if !first {
		r.opens = opens
		return 0
	}
	accepted := r.accepted
	// Before the first refusal the vendor's bucket was full; the pause fills as much of it again.
	if r.span = now.Sub(r.since).Seconds(); r.unknown() {
		r.span = opens.Sub(r.since).Seconds()
	}
	r.span = max(r.span, shortest)
	taken := float64(r.accepted) / r.span
	switch {
	case r.unknown():
		r.growth = firstIncrease
	case r.growth == firstIncrease:
		r.growth = increase
	default:
		r.growth = max(r.growth/2, leastIncrease)
	}
	// A rate that was too high from the start shows what the vendor takes. One that was raised until it was too high only
	// shows that the limit was met.
	if r.opened <= taken {
		taken = max(taken, decrease*r.perSecond)
	}
	r.perSecond = max(slowest, taken)
	r.opened, r.since, r.opens, r.accepted = r.perSecond, now, opens, 0
	return accepted
}
