package simulator

import (
	"net/http"
	"strings"
	"time"
)

// loginPagePath serves a page for people, the usual end of a redirect.
const loginPagePath = "/login"

// Operations that belong to no vendor.
const (
	opUnknown   = "unknown"
	opLoginPage = "login_page"
)

// outcome is what becomes of a request, apart from the wire.
type outcome struct {
	kind  FaultKind // Refuse, Drop, Timeout, Truncate, Huge, or empty.
	reply reply
	size  int64
	err   error // The wait ended early, mostly because the client gave up.
}

// BeforeRequest adds a hook that is called with each request before it is
// processed, and before the fault for it is chosen: another actor acting in
// the middle. A nil hook removes all. Hooks may call any method.
func (s *Simulator) BeforeRequest(hook func(Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = addHook(s.before, hook)
}

// AfterRequest adds a hook that is called after a request was processed and
// before its answer leaves, for example to cancel the client's context. A nil
// hook removes all.
func (s *Simulator) AfterRequest(hook func(Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = addHook(s.after, hook)
}

// addHook copies, since callHooks iterates without the lock.
func addHook(hooks []func(Entry), hook func(Entry)) []func(Entry) {
	if hook == nil {
		return nil
	}
	return append(hooks[:len(hooks):len(hooks)], hook)
}

func (s *Simulator) callHooks(e *Entry, which *[]func(Entry)) {
	s.mu.Lock()
	hooks, snapshot := *which, e.clone()
	s.mu.Unlock()
	for _, hook := range hooks {
		hook(snapshot)
	}
}

// process takes a request through journal, hooks, faults, limit and vendor.
// canRefuse tells whether the front door can refuse a connection; sent is
// called once it is certain that the request left the client.
func (s *Simulator) process(c *call, canRefuse bool, sent func()) outcome {
	s.route(c)
	e := s.record(c)
	s.callHooks(e, &s.before)
	fault := s.takeFault(c, e)
	if fault != nil && fault.Kind == Refuse && canRefuse {
		s.mu.Lock()
		e.Sent = false
		s.mu.Unlock()
		return outcome{kind: Refuse}
	}
	if fault != nil && fault.Kind == Refuse {
		fault.After = false
	}
	sent()
	if err := s.wait(c, fault, false); err != nil {
		return outcome{err: err}
	}
	var answer reply
	processed := fault.performs(c.op)
	if processed {
		answer = s.perform(c, e)
		s.callHooks(e, &s.after)
	}
	if err := s.wait(c, fault, true); err != nil {
		return outcome{err: err}
	}
	out := outcome{reply: answer}
	if fault != nil {
		out = fault.spoil(c, answer, processed)
	}
	s.complete(e, &out)
	return out
}

func (s *Simulator) wait(c *call, f *Fault, after bool) error {
	if f == nil || f.Delay <= 0 || f.After != after {
		return nil
	}
	return s.sleep(c.ctx, f.Delay)
}

// perform lets the vendor answer, unless its limit forbids it.
func (s *Simulator) perform(c *call, e *Entry) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	limit := s.limits[c.vendor]
	wait, ok := limit.take(now)
	var r reply
	if ok {
		r = c.run(c, now)
	} else {
		r = s.failure(c, http.StatusTooManyRequests, "")
		limit.limit.retryAfter(r.header, now, wait)
		e.Fault = strings.TrimPrefix(e.Fault+",limit", ",")
	}
	limit.decorate(r.header, now)
	e.Effect = r.effect
	return r
}

// complete closes the entry and dates the answer.
func (s *Simulator) complete(e *Entry, out *outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if out.reply.header == nil {
		return
	}
	e.Status = out.reply.status
	out.reply.header.Set("Date", s.now().UTC().Format(http.TimeFormat))
}

// route decides what a request means.
func (s *Simulator) route(c *call) {
	c.op = opUnknown
	c.run = notFoundPage
	if parts, ok := c.elements(CloudflareBasePath); ok {
		c.vendor = Cloudflare
		s.Cloudflare.route(c, parts)
	} else if parts, ok := c.elements(CSPBasePath + "/csp/gateway/am/api"); ok {
		c.vendor = CSP
		s.CSP.route(c, parts)
	} else if parts, ok := c.elements(IdentityServiceBasePath); ok {
		c.vendor = IdentityService
		s.IdentityService.route(c, parts)
	}
	switch c.path {
	case CloudflareTokenPath, CloudflareRevokePath:
		c.vendor = Cloudflare
		s.Cloudflare.routeOAuth(c)
	case loginPagePath:
		c.op = opLoginPage
		c.run = loginPage
	}
}

func notFoundPage(*call, time.Time) reply {
	return htmlReply(http.StatusNotFound, "")
}

func loginPage(*call, time.Time) reply {
	return htmlReply(http.StatusOK, "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>")
}
