package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// reply is what a vendor answers.
type reply struct {
	status int
	header http.Header
	body   []byte
	effect bool
}

// changed marks a reply to a request that changed something.
func (r reply) changed() reply {
	r.effect = true
	return r
}

// jsonReply encodes v without HTML escapes, which no vendor is known to use.
func jsonReply(status int, v any) reply {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // The simulator only encodes its own plain types.
	}
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   bytes.TrimRight(b.Bytes(), "\n"),
	}
}

func emptyReply(status int) reply {
	return reply{status: status, header: http.Header{}}
}

// rawReply guesses the media type of a body that came from a fault.
func rawReply(status int, body []byte) reply {
	r := reply{status: status, header: http.Header{}, body: body}
	switch trimmed := strings.TrimSpace(string(body)); {
	case trimmed == "":
	case strings.ContainsRune(`{["`, rune(trimmed[0])):
		r.header.Set("Content-Type", "application/json")
	case trimmed[0] == '<':
		r.header.Set("Content-Type", "text/html; charset=utf-8")
	default:
		r.header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return r
}

func htmlReply(status int, body string) reply {
	if body == "" {
		text := http.StatusText(status)
		body = "<!DOCTYPE html><html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>"
	}
	r := rawReply(status, []byte(body))
	r.header.Set("Content-Type", "text/html; charset=utf-8")
	return r
}

// ErrorBody returns the body of an error answer in the shape of a vendor, for
// faults of the kind Answer.
func (s *Simulator) ErrorBody(v Vendor, status int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.failure(&call{vendor: v}, status, http.StatusText(status)).body)
}

// failure is an error answer in the shape of the vendor of c.
func (s *Simulator) failure(c *call, status int, message string) reply {
	switch c.vendor {
	case Cloudflare:
		return cloudflareStatusFailure(status, message)
	case CSP:
		return s.CSP.failure(status, "", message)
	case IdentityService:
		return s.IdentityService.failure(c, status, message)
	}
	return htmlReply(status, "")
}
