package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ControlPath is where the program serves [Simulator.Control].
const ControlPath = "/_simulator/"

// Control returns plain endpoints below ControlPath, with which shell scripts
// drive a simulator. They show secrets, and so answer only on loopback names.
//
//	GET  journal                 the journal as JSON
//	GET  secrets                 the history of every secret as JSON
//	POST act?do=ACTION&target=ID what somebody else does; see actions
//	POST fault                   inject a fault given as JSON
//	POST switch?vendor=V         set the switches given as JSON, by the names
//	                             of their fields; durations in nanoseconds
//	POST seed?vendor=V&parent=P&target=ID
func (s *Simulator) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackName(r.Host) {
			http.Error(w, "only on loopback", http.StatusForbidden)
			return
		}
		var answer any
		var err error
		switch key := r.Method + " " + strings.TrimPrefix(r.URL.Path, ControlPath); key {
		case "GET journal":
			answer = controlJournal(s.Journal())
		case "GET secrets":
			answer = s.Timeline()
		case "POST act":
			answer, err = s.act(r.URL.Query())
		case "POST fault":
			err = s.injectJSON(r)
		case "POST switch":
			err = s.switchJSON(Vendor(r.URL.Query().Get("vendor")), r)
		case "POST seed":
			q := r.URL.Query()
			answer, err = s.seed(Vendor(q.Get("vendor")), q.Get("parent"), q.Get("target"))
		default:
			http.NotFound(w, r)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out := jsonReply(http.StatusOK, answer)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(out.body, '\n'))
	})
}

func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// controlJournal names the fields as shell scripts expect them.
func controlJournal(entries []Entry) []map[string]any {
	out := make([]map[string]any, 0, len(entries))
	for _, e := range entries {
		out = append(out, map[string]any{
			"seq": e.Seq, "time": e.Time, "vendor": e.Vendor, "operation": e.Operation, "method": e.Method,
			"path": e.Path, "query": e.Query, "has_body": e.HasBody, "fields": e.Fields, "sent": e.Sent,
			"header_names": e.HeaderNames, "status": e.Status, "effect": e.Effect, "fault": e.Fault,
			"target": e.Target, "user_agent": e.UserAgent,
		})
	}
	return out
}

// seed adds a client and returns its secret.
func (s *Simulator) seed(v Vendor, parent, target string) (any, error) {
	if parent == "" || target == "" {
		return nil, errors.New("parent and target are required")
	}
	var secret string
	switch v {
	case Cloudflare:
		secret = s.Cloudflare.AddClient(parent, target)
	case CSP:
		secret = s.CSP.AddApp(parent, target, AppSpec{})
	case IdentityService:
		secret = s.IdentityService.AddApplication(parent, target)
	default:
		return nil, fmt.Errorf("unknown vendor %q", v)
	}
	return map[string]string{"secret": secret}, nil
}

func (s *Simulator) injectJSON(r *http.Request) error {
	var wire struct {
		Operation string      `json:"operation"`
		Target    string      `json:"target"`
		Skip      int         `json:"skip"`
		Times     int         `json:"times"`
		After     bool        `json:"after"`
		Kind      FaultKind   `json:"kind"`
		Status    int         `json:"status"`
		Body      string      `json:"body"`
		Header    http.Header `json:"header"`
		Delay     string      `json:"delay"` // As "1.5s".
		Location  string      `json:"location"`
		Size      int64       `json:"size"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&wire); err != nil {
		return err
	}
	switch wire.Kind {
	case Refuse, Drop, Timeout, Truncate, Answer, Delay, NullSecret, EmptyBody, HTML, Huge, Redirect:
	default:
		return fmt.Errorf("unknown kind %q", wire.Kind)
	}
	f := Fault{
		Operation: wire.Operation, Target: wire.Target, Skip: wire.Skip, Times: wire.Times, After: wire.After,
		Kind: wire.Kind, Status: wire.Status, Body: wire.Body, Header: wire.Header, Location: wire.Location, Size: wire.Size,
	}
	if wire.Delay != "" {
		var err error
		if f.Delay, err = time.ParseDuration(wire.Delay); err != nil {
			return err
		}
	}
	s.Inject(f)
	return nil
}

// switchJSON changes the switches that the body names, or none.
func (s *Simulator) switchJSON(v Vendor, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch v {
	case Cloudflare:
		return decodeSwitches(r, &s.Cloudflare.Switches)
	case CSP:
		return decodeSwitches(r, &s.CSP.Switches)
	case IdentityService:
		return decodeSwitches(r, &s.IdentityService.Switches)
	}
	return fmt.Errorf("unknown vendor %q", v)
}

func decodeSwitches[T any](r *http.Request, switches *T) error {
	changed := *switches
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&changed); err != nil {
		return err
	}
	*switches = changed
	return nil
}

// act runs one mutator. Its result is what the mutator returns.
func (s *Simulator) act(q url.Values) (any, error) {
	name, target, value := q.Get("do"), q.Get("target"), q.Get("value")
	a, ok := actions[name]
	if !ok {
		return nil, fmt.Errorf("unknown action %q", name)
	}
	var parent string
	if a.vendor != "" {
		if parent = q.Get("parent"); parent == "" {
			parent = s.parentOf(a.vendor, target)
		}
		if parent == "" {
			return nil, fmt.Errorf("no %s client %q", a.vendor, target)
		}
	}
	for _, option := range []string{"overlap", "expires_in"} {
		if text := q.Get(option); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil {
				return nil, err
			}
			return map[string]any{"result": a.do(s, parent, target, value, d)}, nil
		}
	}
	return map[string]any{"result": a.do(s, parent, target, value, 0)}, nil
}

// parentOf finds the account, organization or tenant of a client id.
func (s *Simulator) parentOf(v Vendor, target string) string {
	for _, h := range s.Timeline() {
		if h.Vendor == v && h.Target == target && !h.Removed {
			return h.Parent
		}
	}
	return ""
}
