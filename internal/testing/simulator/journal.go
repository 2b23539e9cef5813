package simulator

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Entry is one request in the journal. It is made before the request is
// processed and completed afterwards. It holds names of headers and fields but
// none of their values, so that it can be printed.
type Entry struct {
	Seq         int
	Time        time.Time
	Vendor      Vendor
	Operation   string
	Method      string
	Path        string // As sent, with its escapes.
	Query       url.Values
	HasBody     bool
	Fields      []string // Names of the JSON or form fields present, sorted.
	HeaderNames []string // Sorted.
	// Sent is false for a request whose connection was refused; it never
	// reached the vendor.
	Sent bool
	// Status is that of the answer as it left; 0 while the request is in
	// progress and when no answer left.
	Status int
	// Effect tells whether the request changed a client or its secrets,
	// whatever the client saw of the answer.
	Effect bool
	// Fault is what was done to the request, such as "drop/after", or "limit".
	Fault     string
	Target    string // The client id.
	UserAgent string
}

// changingOperations may change a client or its secrets.
var changingOperations = map[string]bool{
	opCloudflareCreate: true, opCloudflareUpdate: true, opCloudflareDelete: true,
	opCloudflareRotate: true, opCloudflareDeleteRotated: true,
	opCSPRotate: true, opCSPRegenerate: true, opCSPEndRotation: true,
	opIdentityServiceAdd: true, opIdentityServiceDelete: true,
}

// Journal returns a copy of all entries, in the order of arrival.
func (s *Simulator) Journal() []Entry {
	return s.entries(func(*Entry) bool { return true })
}

// Changing returns the requests to changing operations that were sent, whether
// or not they took effect.
func (s *Simulator) Changing() []Entry {
	return s.entries(func(e *Entry) bool { return e.Sent && changingOperations[e.Operation] })
}

// Effects returns the requests that changed something.
func (s *Simulator) Effects() []Entry {
	return s.entries(func(e *Entry) bool { return e.Effect })
}

// Count returns how many entries have this operation, refused connections
// included. The pattern is that of Fault.Operation.
func (s *Simulator) Count(op string) int {
	return len(s.entries(func(e *Entry) bool { return matchOperation(op, e.Operation) }))
}

// ResetJournal forgets the entries made so far. Seq goes on counting.
func (s *Simulator) ResetJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

func (s *Simulator) entries(keep func(*Entry) bool) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for _, e := range s.journal {
		if keep(e) {
			out = append(out, e.clone())
		}
	}
	return out
}

func (e *Entry) clone() Entry {
	out := *e
	out.Fields = slices.Clone(e.Fields)
	out.HeaderNames = slices.Clone(e.HeaderNames)
	out.Query = url.Values{}
	for k, v := range e.Query {
		out.Query[k] = slices.Clone(v)
	}
	return out
}

// record opens the entry of a request.
func (s *Simulator) record(c *call) *Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	e := &Entry{
		Seq: s.seq, Time: s.now(), Vendor: c.vendor, Operation: c.op, Method: c.method, Path: c.path,
		Query: c.query, HasBody: len(c.body) > 0, Fields: c.fieldNames(), HeaderNames: c.headerNames(),
		Sent: true, Target: c.target, UserAgent: c.header.Get("User-Agent"),
	}
	s.journal = append(s.journal, e)
	return e
}

// matchOperation tells whether op is meant by pattern: an exact name, empty
// for any, or a prefix that ends in "*".
func matchOperation(pattern, op string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(op, prefix)
	}
	return pattern == "" || pattern == op
}
