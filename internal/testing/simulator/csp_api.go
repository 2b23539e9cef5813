package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operations of CSP.
const (
	opCSPLoginAPIToken          = "csp.login_api_token"
	opCSPLoginClientCredentials = "csp.login_client_credentials"
	opCSPToken                  = "csp.token"
	opCSPIntrospect             = "csp.introspect"
	opCSPGet                    = "csp.get"
	opCSPList                   = "csp.list"
	opCSPRotate                 = "csp.rotate"
	opCSPRegenerate             = "csp.regenerate"
	opCSPEndRotation            = "csp.end_rotation"
)

func (v *CSPState) route(c *call, parts []string) {
	if parts[0] == "auth" {
		v.routeAuth(c, strings.Join(parts[1:], "/"))
		return
	}
	if len(parts) < 3 || len(parts) > 5 || parts[0] != "orgs" || parts[2] != "oauth-apps" {
		return
	}
	if len(parts) == 5 && parts[4] != "secret" {
		return
	}
	c.parent = parts[1]
	app := func(op string, do func(*call, *cspApp, time.Time) reply) {
		c.op, c.target = op, parts[3]
		c.run = func(c *call, now time.Time) reply {
			return v.guarded(c, now, func() reply {
				x := v.find(c.parent, c.target)
				if x == nil {
					return v.failure(v.Switches.UnknownAppStatus, "", "")
				}
				return do(c, x, now)
			})
		}
	}
	switch key := c.method + " " + strconv.Itoa(len(parts)); key {
	case "GET 3":
		c.op = opCSPList
		c.run = func(c *call, now time.Time) reply {
			return v.guarded(c, now, func() reply { return v.handleList(c, now) })
		}
	case "GET 4":
		app(opCSPGet, v.handleGet)
	case "POST 5":
		app(opCSPRotate, v.handleRotate)
	case "PUT 5":
		app(opCSPRegenerate, v.handleRegenerate)
	case "DELETE 5":
		app(opCSPEndRotation, v.handleEndRotation)
	default:
		c.run = methodNotAllowed(v.sim)
	}
}

// guarded checks token, role and organization.
func (v *CSPState) guarded(c *call, now time.Time, do func() reply) reply {
	raw, ok := bearer(c.header)
	token := v.sim.tokens[raw]
	if !ok || !token.valid(CSP, now) {
		return v.failure(http.StatusUnauthorized, "", "")
	}
	if !token.manage || v.Switches.Forbidden {
		return v.failure(http.StatusForbidden, "", "")
	}
	if !v.orgs[c.parent] || token.parent != "" && token.parent != c.parent {
		return v.failure(v.Switches.ForeignOrgStatus, "", "")
	}
	return do()
}

func (v *CSPState) handleGet(_ *call, x *cspApp, now time.Time) reply {
	return jsonReply(http.StatusOK, v.body(x, now))
}

// handleRotate is POST: the caller brings the new secret.
func (v *CSPState) handleRotate(c *call, x *cspApp, now time.Time) reply {
	sw := v.Switches
	value, seconds, ok := v.rotationRequest(c)
	if !ok || x.Public || x.Immutable {
		return v.failure(http.StatusBadRequest, "", "")
	}
	overlap := v.overlapOf(x)
	switch {
	case seconds == nil:
	case *seconds > 0:
		overlap = time.Duration(*seconds) * time.Second
	case sw.OverlapZero == OverlapZeroDefault:
	case sw.OverlapZero == OverlapZeroExpireNow:
		overlap = 0
	default:
		return v.failure(http.StatusBadRequest, "", "")
	}
	if sw.MaxOverlap > 0 && overlap > sw.MaxOverlap {
		return v.failure(http.StatusBadRequest, "", "")
	}
	until := now.Add(overlap)
	replaceNew := false
	if x.rotating(now) {
		switch sw.SecondPost {
		case SecondPostBadRequest:
			return v.failure(http.StatusBadRequest, "", "")
		case SecondPostReplace:
			replaceNew = true
		case SecondPostShift:
		default:
			return v.failure(http.StatusConflict, "", "")
		}
	}
	if replaceNew {
		v.replaceNew(x, value, until, now)
	} else {
		v.rotate(x, value, OriginAPI, until, now)
	}
	x.touch(now, "provider@example.invalid")
	return emptyReply(http.StatusOK).changed()
}

// rotationRequest reads the body of a POST.
func (v *CSPState) rotationRequest(c *call) (value string, seconds *int32, ok bool) {
	fields, ok := c.object()
	if !ok || v.Switches.RejectUnknownFields && !onlyFields(fields, "newClientSecret", "secretRotationExpirationInSeconds") {
		return "", nil, false
	}
	if json.Unmarshal(fields["newClientSecret"], &value) != nil || !passwordOK(value, v.Switches.Pattern) {
		return "", nil, false
	}
	if raw, present := fields["secretRotationExpirationInSeconds"]; present {
		if json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds < 0 {
			return "", nil, false
		}
	}
	return value, seconds, true
}

func onlyFields(fields map[string]json.RawMessage, names ...string) bool {
	for name := range fields {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// handleRegenerate is PUT: the server makes the secret and all others end.
func (v *CSPState) handleRegenerate(c *call, x *cspApp, now time.Time) reply {
	fields, ok := c.object()
	if len(c.body) == 0 && v.Switches.RegenerateWithoutBodyOK {
		ok = true
	}
	if !ok || v.Switches.RejectUnknownFields && len(fields) > 0 || x.Public || x.Immutable {
		return v.failure(http.StatusBadRequest, "", "")
	}
	if v.Switches.Regenerate == RegenerateConflictOnce {
		v.Switches.Regenerate = RegenerateFull
		return v.failure(http.StatusConflict, "", "")
	}
	value := v.sim.issue("fake-csp-secret")
	v.replace(x, value, OriginAPI, now)
	x.touch(now, "provider@example.invalid")
	body := map[string]string{"clientId": x.id, "clientSecret": value}
	if v.Switches.Regenerate == RegenerateNoSecret {
		delete(body, "clientSecret")
	}
	return jsonReply(http.StatusOK, body).changed()
}

// handleEndRotation is DELETE: the new secret becomes the only one.
func (v *CSPState) handleEndRotation(_ *call, x *cspApp, now time.Time) reply {
	if !x.rotating(now) {
		if v.Switches.DeleteNone >= http.StatusBadRequest {
			return v.failure(v.Switches.DeleteNone, "", "")
		}
		return emptyReply(http.StatusOK)
	}
	v.endRotation(x, now)
	x.touch(now, "provider@example.invalid")
	return emptyReply(http.StatusOK).changed()
}

// handleList pages by item: pageStart counts from 1, as the documented links
// suggest.
func (v *CSPState) handleList(c *call, now time.Time) reply {
	start, ok1 := positive(c.query.Get("pageStart"), 1)
	limit, ok2 := positive(c.query.Get("pageLimit"), v.Switches.ListDefaultLimit)
	if !ok1 || !ok2 || limit > v.Switches.ListMaxLimit {
		return v.failure(http.StatusBadRequest, "", "")
	}
	term := strings.ToLower(c.query.Get("searchTerm"))
	found := []map[string]any{}
	for _, x := range v.apps {
		if x.org == c.parent && !x.deleted && strings.Contains(strings.ToLower(x.id+"\n"+x.DisplayName), term) {
			found = append(found, v.body(x, now))
		}
	}
	slices.SortFunc(found, func(a, b map[string]any) int {
		return strings.Compare(a["id"].(string), b["id"].(string))
	})
	total := len(found)
	first := min(start-1, total)
	last := min(first+limit, total)
	body := map[string]any{"results": found[first:last], "totalResults": total}
	link := func(from int) string {
		q := url.Values{"pageStart": {strconv.Itoa(from)}, "pageLimit": {strconv.Itoa(limit)}}
		if term != "" {
			q.Set("searchTerm", c.query.Get("searchTerm"))
		}
		return "/csp/gateway/am/api/orgs/" + url.PathEscape(c.parent) + "/oauth-apps?" + q.Encode()
	}
	if last < total {
		body["nextLink"] = link(start + limit)
	}
	if start > 1 {
		body["prevLink"] = link(max(1, start-limit))
	}
	return jsonReply(http.StatusOK, body)
}

func positive(text string, fallback int) (int, bool) {
	if text == "" {
		return fallback, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0
}
