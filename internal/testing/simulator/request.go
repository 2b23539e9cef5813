package simulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxRequestBody is far above anything a client of these APIs has to say.
const maxRequestBody = 1 << 20

// call is one request, taken apart.
type call struct {
	ctx    context.Context
	method string
	scheme string
	host   string
	path   string // With its escapes.
	query  url.Values
	header http.Header
	body   []byte

	// Set by routing.
	vendor Vendor
	op     string
	parent string // Account, organization or tenant.
	target string // Client id.
	id     string // Secret id.
	// run answers the request; it is called with the mutex held.
	run func(c *call, now time.Time) reply
}

func newCall(r *http.Request, scheme, host string) (*call, error) {
	c := &call{
		ctx: r.Context(), method: r.Method, scheme: scheme, host: host,
		path: r.URL.EscapedPath(), query: r.URL.Query(), header: r.Header,
	}
	if c.method == "" {
		c.method = http.MethodGet
	}
	if r.Body != nil {
		var err error
		if c.body, err = io.ReadAll(io.LimitReader(r.Body, maxRequestBody)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *call) mediaType() string {
	t, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// form returns the form fields of the body; query parameters never count.
func (c *call) form() url.Values {
	if c.mediaType() != "application/x-www-form-urlencoded" {
		return url.Values{}
	}
	v, err := url.ParseQuery(string(c.body))
	if err != nil {
		return url.Values{}
	}
	return v
}

// object returns the body as a JSON object. It insists on the media type, on
// an object, and on nothing after it.
func (c *call) object() (map[string]json.RawMessage, bool) {
	if c.mediaType() != "application/json" {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	var v map[string]json.RawMessage
	if d.Decode(&v) != nil || v == nil {
		return nil, false
	}
	_, err := d.Token()
	return v, errors.Is(err, io.EOF)
}

func (c *call) fieldNames() []string {
	var out []string
	if v, ok := c.object(); ok {
		for name := range v {
			out = append(out, name)
		}
	}
	for name := range c.form() {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (c *call) headerNames() []string {
	out := make([]string, 0, len(c.header))
	for name := range c.header {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// basic returns the credentials of an Authorization header as sent. With
// decode they are form-URL-decoded, as RFC 6749 wants it.
func (c *call) basic(decode bool) (id, secret string, ok bool) {
	scheme, value, found := strings.Cut(c.header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(raw), ":")
	if !ok || !decode {
		return id, secret, ok
	}
	plainID, err1 := url.QueryUnescape(id)
	plainSecret, err2 := url.QueryUnescape(secret)
	return plainID, plainSecret, err1 == nil && err2 == nil
}

// elements returns the unescaped elements of the path below prefix, or false
// when the path is elsewhere or has an element no client should ever send.
func (c *call) elements(prefix string) ([]string, bool) {
	rest, ok := strings.CutPrefix(c.path, prefix+"/")
	if !ok {
		return nil, false
	}
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil || plain == "" || plain == "." || plain == ".." {
			return nil, false
		}
		parts[i] = plain
	}
	return parts, true
}
