package simulator

import (
	"net/http"
	"time"
)

// FaultKind is what a fault does to a request.
type FaultKind string

// The kinds of faults.
const (
	// Refuse refuses the connection: the request is never sent. A real server
	// cannot refuse a connection it has accepted, so there Refuse behaves
	// like Drop before the effect.
	Refuse FaultKind = "refuse"
	// Drop resets the connection instead of answering. On a real connection
	// that was used before, net/http by itself repeats a dropped read.
	Drop FaultKind = "drop"
	// Timeout keeps the client waiting until it gives up.
	Timeout FaultKind = "timeout"
	// Truncate announces the whole answer and sends half of its body. Before
	// the effect of a changing operation there is no answer to cut, so Status
	// and Body are used, or a stand-in.
	Truncate FaultKind = "truncate"
	// Answer sends Status, Header and Body, which may be empty.
	Answer FaultKind = "answer"
	// Delay waits for Fault.Delay and goes on as usual.
	Delay FaultKind = "delay"
	// NullSecret answers 2xx in the vendor's shape with a null secret.
	NullSecret FaultKind = "null_secret"
	// EmptyBody answers Status (default 200) with no body.
	EmptyBody FaultKind = "empty_body"
	// HTML answers Status (default 503) with a page for people.
	HTML FaultKind = "html"
	// Huge answers Status (default 200) with a body of Size bytes.
	Huge FaultKind = "huge"
	// Redirect answers Status (default 302) with Location (default a login
	// page of the simulator).
	Redirect FaultKind = "redirect"
)

// Fault is one counted disturbance.
type Fault struct {
	// Operation is an exact operation name, empty for any, or a prefix that
	// ends in "*", such as "csp.*".
	Operation string
	// Target is a client id, empty for any.
	Target string
	// Skip lets the first matching requests pass. A match counts even when
	// another fault disturbs that request.
	Skip int
	// Times is how often the fault applies: 0 means once, negative always.
	Times int
	// After lets the request take effect first; otherwise nothing happens.
	After bool
	Kind  FaultKind

	Status int
	Body   string
	Header http.Header
	// Delay is waited for by the kind Delay, and by every other kind before it
	// does its work.
	Delay    time.Duration
	Location string
	// Size is the length of a Huge body in bytes: 0 means 64 MiB, negative
	// means without end.
	Size int64
}

// Inject adds a fault. The oldest fault that is due applies to a request.
func (s *Simulator) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	f.Header = f.Header.Clone()
	s.faults = append(s.faults, &f)
}

// ClearFaults removes every fault.
func (s *Simulator) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// PendingFaults returns how many faults may still apply. A test that expects a
// fault to have happened checks that it is 0.
func (s *Simulator) PendingFaults() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults)
}

// takeFault returns the fault that is due for this request, counted, or nil.
func (s *Simulator) takeFault(c *call, e *Entry) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due *Fault
	kept := s.faults[:0:0]
	for _, f := range s.faults {
		if matchOperation(f.Operation, c.op) && (f.Target == "" || f.Target == c.target) {
			switch {
			case f.Skip > 0:
				f.Skip--
			case due == nil:
				taken := *f
				due = &taken
				if f.Times > 0 {
					f.Times--
				}
			}
		}
		if f.Times != 0 {
			kept = append(kept, f)
		}
	}
	s.faults = kept
	if due != nil {
		e.Fault = string(due.Kind) + "/before"
		if due.After {
			e.Fault = string(due.Kind) + "/after"
		}
	}
	return due
}

// performs tells whether the request is processed despite the fault.
func (f *Fault) performs(op string) bool {
	return f == nil || f.After || f.Kind == Delay || f.Kind == Truncate && !changingOperations[op]
}

// spoil turns the answer of the vendor into what the fault lets through. The
// answer is empty when the request was not processed.
func (f *Fault) spoil(c *call, answer reply, processed bool) outcome {
	refused := processed && answer.status >= http.StatusMultipleChoices
	switch f.Kind {
	case Refuse, Drop, Timeout:
		return outcome{kind: f.Kind}
	case Truncate:
		if !processed {
			answer = rawReply(orDefault(f.Status, http.StatusOK), []byte(f.Body))
		}
		if len(answer.body) == 0 {
			answer.body = []byte(`{"note": "the second half of this never arrives"}`)
		}
		return outcome{kind: Truncate, reply: answer}
	case Answer:
		answer = rawReply(orDefault(f.Status, http.StatusInternalServerError), []byte(f.Body))
	case NullSecret:
		if !refused {
			answer = nullSecretReply(c, answer, processed)
		}
	case EmptyBody:
		if !refused {
			answer = rawReply(orDefault(f.Status, http.StatusOK), nil)
		}
	case HTML:
		answer = htmlReply(orDefault(f.Status, http.StatusServiceUnavailable), f.Body)
	case Huge:
		answer = rawReply(orDefault(f.Status, http.StatusOK), nil)
		answer.header.Set("Content-Type", "application/json")
		return outcome{kind: Huge, reply: f.decorate(answer), size: f.size()}
	case Redirect:
		location := f.Location
		if location == "" {
			location = loginPagePath
		}
		answer = rawReply(orDefault(f.Status, http.StatusFound), []byte(f.Body))
		answer.header.Set("Location", location)
	case Delay:
	}
	return outcome{reply: f.decorate(answer)}
}

func (f *Fault) decorate(r reply) reply {
	for name, values := range f.Header {
		r.header[http.CanonicalHeaderKey(name)] = values
	}
	return r
}

func (f *Fault) size() int64 {
	if f.Size == 0 {
		return 64 << 20
	}
	return f.Size
}

func orDefault(status, fallback int) int {
	if status == 0 {
		return fallback
	}
	return status
}

// nullSecretReply is the shape of an answer whose secret got lost on the way.
func nullSecretReply(c *call, answer reply, processed bool) reply {
	switch c.op {
	case opCloudflareRotate, opCloudflareCreate:
		return cloudflareResult(map[string]any{"client_secret": nil})
	case opCSPRegenerate:
		return jsonReply(http.StatusOK, map[string]any{"clientId": c.target, "clientSecret": nil})
	case opIdentityServiceAdd:
		return jsonReply(http.StatusOK, applicationBody(c.target, c.parent, nil))
	case opCSPLoginAPIToken, opCSPLoginClientCredentials, opCSPToken, opIdentityServiceToken:
		return jsonReply(http.StatusOK, map[string]any{"access_token": nil, "token_type": "bearer", "expires_in": 1799})
	}
	if processed {
		return answer
	}
	return jsonReply(http.StatusOK, map[string]any{})
}
