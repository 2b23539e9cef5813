package httpapi

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// CheckURL refuses what is not an absolute https URL (http on loopback is allowed) or holds user info, a query or a
// fragment. It returns the URL without a trailing slash. Its errors never repeat the URL, which may hold a password.
func CheckURL(raw string) (string, error) {
	if err := CheckEndpoint(raw); err != nil {
		return "", err
	}
	if strings.Contains(raw, "?") {
		return "", errors.New("the URL must not hold a query")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", errUnparsable
	}
	return strings.TrimRight(u.String(), "/"), nil
}

var errUnparsable = errors.New("the URL cannot be parsed")

// CheckEndpoint refuses the same, except that the URL of an endpoint may have a query, and that a slash at its end belongs to
// it: it is sent as it is written (RFC 6749 section 3.2).
func CheckEndpoint(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errUnparsable
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the URL must start with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return errors.New("the URL names no host")
	case u.User != nil:
		return errors.New("the URL must not hold a user name or password")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return errors.New("the URL must not hold a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("the URL must start with https://; plain http is allowed for loopback addresses only")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// target is the URL of r.
func (c *Client) target(r Request) (string, error) {
	if r.URL != "" {
		return withQuery(r.URL, r.Query), CheckEndpoint(r.URL)
	}
	var b strings.Builder
	b.WriteString(c.base)
	for _, element := range r.Path {
		if element == "" || element == "." || element == ".." {
			return "", errors.New(`an element of its path is empty, "." or ".."`)
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(element))
	}
	return withQuery(b.String(), r.Query), nil
}

func withQuery(address string, query url.Values) string {
	if len(query) == 0 {
		return address
	}
	switch {
	case !strings.Contains(address, "?"):
		address += "?"
	case !strings.HasSuffix(address, "?") && !strings.HasSuffix(address, "&"):
		address += "&"
	}
	return address + query.Encode()
}
