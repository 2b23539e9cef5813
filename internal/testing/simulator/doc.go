// Package simulator imitates the secret management of three vendors in memory:
// Cloudflare IAM OAuth clients, VMware Cloud Services Platform (CSP)
// organization OAuth apps, and applications of the Vanco Identity Service.
//
// Goals. It is strict (credentials, permissions, bodies and password rules are
// checked), stateful (each vendor is the state machine its pages describe),
// observable (a journal of requests and a history of every secret), and
// hostile on request: counted faults before or after the effect, changes made
// by somebody else, rate limits, and one switch for each point that the
// vendors leave open. Time comes from an injected clock, and two simulators
// driven alike issue the same secrets.
//
// Limitations. It is no reference for the vendors: where their pages are
// silent it offers the plausible variants, and the default is a choice. It
// keeps everything in memory, every credential is an obviously fake constant,
// and it must never be reachable from outside the machine. It shares no types
// with the clients it is used to test, since a mistake in a shared type would
// prove itself right.
package simulator
