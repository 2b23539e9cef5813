package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Operations of Cloudflare.
const (
	opCloudflareGet           = "cloudflare.get"
	opCloudflareList          = "cloudflare.list"
	opCloudflareCreate        = "cloudflare.create"
	opCloudflareUpdate        = "cloudflare.update"
	opCloudflareDelete        = "cloudflare.delete"
	opCloudflareRotate        = "cloudflare.rotate"
	opCloudflareDeleteRotated = "cloudflare.delete_rotated"
	opCloudflareToken         = "cloudflare.token"
	opCloudflareRevoke        = "cloudflare.revoke"
)

func (v *CloudflareState) route(c *call, parts []string) {
	if len(parts) < 3 || len(parts) > 5 || parts[0] != "accounts" || parts[2] != "oauth_clients" {
		return
	}
	c.parent = parts[1]
	type handler = func(*call, time.Time) reply
	type clientHandler = func(*call, *cloudflareClient, time.Time) reply
	collection := func(op string, do handler) {
		c.op = op
		c.run = func(c *call, now time.Time) reply {
			return v.guarded(c, cloudflarePermission(op), func() reply { return do(c, now) })
		}
	}
	client := func(op string, do clientHandler) {
		collection(op, func(c *call, now time.Time) reply {
			x := v.find(c.parent, c.target)
			if x == nil {
				return cloudflareFailure(http.StatusNotFound, 1000, "OAuth client not found")
			}
			return do(c, x, now)
		})
	}
	if len(parts) == 3 {
		switch c.method {
		case http.MethodGet:
			collection(opCloudflareList, v.handleList)
		case http.MethodPost:
			collection(opCloudflareCreate, v.handleCreate)
		default:
			c.run = methodNotAllowed(v.sim)
		}
		return
	}
	c.target = parts[3]
	if len(parts) == 5 && parts[4] != "rotate_secret" {
		c.target = ""
		return
	}
	switch key := c.method + " " + strings.Join(parts[4:], "/"); key {
	case "GET ":
		client(opCloudflareGet, v.handleGet)
	case "PATCH ":
		client(opCloudflareUpdate, v.handleUpdate)
	case "DELETE ":
		client(opCloudflareDelete, v.handleDelete)
	case "POST rotate_secret":
		client(opCloudflareRotate, v.handleRotate)
	case "DELETE rotate_secret":
		client(opCloudflareDeleteRotated, v.handleDeleteRotated)
	default:
		c.run = methodNotAllowed(v.sim)
	}
}

func methodNotAllowed(s *Simulator) func(*call, time.Time) reply {
	return func(c *call, _ time.Time) reply {
		return s.failure(c, http.StatusMethodNotAllowed, "Method not allowed")
	}
}

// cloudflarePermission returns which permission an operation needs.
func cloudflarePermission(op string) func(CloudflarePermissions) bool {
	switch op {
	case opCloudflareList:
		return func(p CloudflarePermissions) bool { return p.List }
	case opCloudflareGet:
		return func(p CloudflarePermissions) bool { return p.Read }
	case opCloudflareCreate:
		return func(p CloudflarePermissions) bool { return p.Create }
	case opCloudflareUpdate, opCloudflareRotate:
		return func(p CloudflarePermissions) bool { return p.Update }
	}
	return func(p CloudflarePermissions) bool { return p.Delete }
}

// guarded checks credential, account and permission, in this order.
func (v *CloudflareState) guarded(c *call, permitted func(CloudflarePermissions) bool, do func() reply) reply {
	if r, ok := cloudflareCredential(c); !ok {
		return r
	}
	if !v.accounts[c.parent] || !permitted(v.Switches.Permissions) {
		return cloudflareFailure(http.StatusForbidden, 10000, "Authentication error")
	}
	return do()
}

func cloudflareCredential(c *call) (reply, bool) {
	email, key := c.header.Get("X-Auth-Email"), c.header.Get("X-Auth-Key")
	switch {
	case c.header.Get("Authorization") != "":
		token, ok := bearer(c.header)
		if !ok {
			return cloudflareMalformedHeader(), false
		}
		if token != CloudflareAPIToken {
			return cloudflareFailure(http.StatusUnauthorized, 9109, "Invalid access token"), false
		}
	case email == "" || key == "":
		return cloudflareFailure(http.StatusBadRequest, 9106,
			"Missing X-Auth-Key, X-Auth-Email or Authorization headers"), false
	case email != CloudflareEmail || key != CloudflareAPIKey:
		return cloudflareFailure(http.StatusForbidden, 9109, "Unauthorized to access requested resource"), false
	}
	return reply{}, true
}

func (v *CloudflareState) handleGet(_ *call, x *cloudflareClient, now time.Time) reply {
	return cloudflareResult(v.body(x, x.read(now, false), false))
}

func (v *CloudflareState) handleList(c *call, now time.Time) reply {
	keys := slices.SortedFunc(maps.Keys(v.clients), func(a, b pair) int { return strings.Compare(a.id, b.id) })
	items := []cloudflareBody{}
	for _, k := range keys {
		if x := v.clients[k]; k.parent == c.parent && !x.deleted {
			items = append(items, v.body(x, x.read(now, true), true))
		}
	}
	e := newCloudflareEnvelope()
	e.Result = items
	pages := map[string]int{ResultInfoOnePage: 1, ResultInfoTwoPages: 2}[v.Switches.ResultInfo]
	if pages > 0 {
		e.ResultInfo = map[string]int{
			"page": 1, "per_page": max(len(items), 1), "count": len(items),
			"total_count": len(items) * pages, "total_pages": pages,
		}
	}
	return jsonReply(http.StatusOK, e)
}

func (v *CloudflareState) handleRotate(_ *call, x *cloudflareClient, now time.Time) reply {
	if r, ok := v.refuseRotationCall(x); !ok {
		return r
	}
	if race := v.Switches.RotationRace; race > 0 && !x.rotated.IsZero() && now.Sub(x.rotated) < race {
		v.touchRotated(x, now)
		return v.rotationAnswer(x, v.sim.issue("fake-cf-secret"), now)
	}
	refused := v.Switches.RotateWhenRotated != RotateKeepsOld && v.Switches.RotateWhenRotated != RotateDropsOldest
	if refused && len(x.secrets.live(now)) > 1 {
		return cloudflareFailure(v.Switches.RotateRefusalStatus, 1000, "A rotated secret exists; delete it first")
	}
	return v.rotationAnswer(x, v.rotate(x, OriginAPI, v.keep(), now), now)
}

func (v *CloudflareState) rotationAnswer(x *cloudflareClient, secret string, now time.Time) reply {
	switch v.Switches.RotateAnswer {
	case RotateAnswerSuccessFalse:
		return cloudflareFailure(http.StatusOK, 1000, "Something went wrong").changed()
	case RotateAnswerNullResult:
		return cloudflareResult(nil).changed()
	case RotateAnswerNoSecret:
		return cloudflareResult(map[string]any{}).changed()
	case RotateAnswerEmptySecret:
		secret = ""
	case RotateAnswerClient:
		body := v.body(x, x.view(now), false)
		body.ClientSecret = secret
		return cloudflareResult(body).changed()
	}
	return cloudflareResult(map[string]any{"client_secret": secret}).changed()
}

func (v *CloudflareState) handleDeleteRotated(c *call, x *cloudflareClient, now time.Time) reply {
	if r, ok := v.refuseRotationCall(x); !ok {
		return r
	}
	changed := v.deleteRotated(x, now)
	if !changed && v.Switches.DeleteWhenNone >= http.StatusBadRequest {
		return cloudflareFailure(v.Switches.DeleteWhenNone, 1000, "There is no rotated secret")
	}
	var result any
	switch v.Switches.DeleteResult {
	case DeleteResultClientID:
		result = map[string]any{"id": c.target}
	case DeleteResultOtherID:
		result = map[string]any{"id": v.sim.opaque("cloudflare.result")}
	}
	r := cloudflareResult(result)
	r.effect = changed
	return r
}

// refuseRotationCall is what either rotation call may be refused with.
func (v *CloudflareState) refuseRotationCall(x *cloudflareClient) (reply, bool) {
	if x.AuthMethod == AuthMethodNone && v.Switches.NoneClientStatus >= http.StatusBadRequest {
		return cloudflareFailure(v.Switches.NoneClientStatus, 1000, "The client has no secret"), false
	}
	if v.Switches.SerializationFailures > 0 {
		v.Switches.SerializationFailures--
		return cloudflareFailure(http.StatusBadRequest, 1000, "Unable to serialize access"), false
	}
	return reply{}, true
}

func (v *CloudflareState) handleDelete(c *call, x *cloudflareClient, now time.Time) reply {
	v.remove(x, now)
	return cloudflareResult(map[string]any{"id": c.target}).changed()
}

func (v *CloudflareState) handleCreate(c *call, now time.Time) reply {
	fields, ok := c.object()
	spec, method, bad := cloudflareSpec(fields, CloudflareClientSpec{})
	for _, name := range []string{
		"client_name", "grant_types", "redirect_uris", "response_types", "scopes", "token_endpoint_auth_method",
	} {
		if _, present := fields[name]; !present && bad == "" {
			bad = name
		}
	}
	if !ok || bad != "" {
		return cloudflareInvalid(bad)
	}
	spec.AuthMethod = method
	x, secret := v.add(c.parent, v.sim.opaque("cloudflare.client"), spec, OriginAPI)
	body := v.body(x, x.read(now, false), false)
	body.ClientSecret = secret
	return cloudflareResult(body).changed()
}

func (v *CloudflareState) handleUpdate(c *call, x *cloudflareClient, now time.Time) reply {
	fields, ok := c.object()
	spec, method, bad := cloudflareSpec(fields, x.CloudflareClientSpec)
	if raw, present := fields["visibility"]; present && string(raw) != `"public"` {
		bad = "visibility"
	}
	if !ok || bad != "" {
		return cloudflareInvalid(bad)
	}
	x.CloudflareClientSpec = spec
	if method != x.AuthMethod {
		v.setAuthMethod(x, method, now)
	}
	x.touch(now)
	return cloudflareResult(v.body(x, x.read(now, false), false)).changed()
}

// cloudflareSpec applies the fields of a body to a spec, except the
// authentication method, which is returned. It names the first bad field.
func cloudflareSpec(fields map[string]json.RawMessage, s CloudflareClientSpec) (CloudflareClientSpec, string, string) {
	method := s.AuthMethod
	// Decoding into a slice writes to its array, which the stored client uses.
	s.GrantTypes, s.ResponseTypes = slices.Clone(s.GrantTypes), slices.Clone(s.ResponseTypes)
	s.RedirectURIs, s.Scopes = slices.Clone(s.RedirectURIs), slices.Clone(s.Scopes)
	targets := map[string]any{
		"client_name": &s.Name, "visibility": &s.Visibility, "token_endpoint_auth_method": &method,
		"grant_types": &s.GrantTypes, "response_types": &s.ResponseTypes,
		"redirect_uris": &s.RedirectURIs, "scopes": &s.Scopes,
	}
	for _, ignored := range []string{
		"client_uri", "logo_uri", "policy_uri", "tos_uri", "post_logout_redirect_uris", "allowed_cors_origins",
	} {
		targets[ignored] = new(any)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		target, known := targets[name]
		if !known || json.Unmarshal(fields[name], target) != nil {
			return s, method, name
		}
	}
	if method != "" && !slices.Contains([]string{AuthMethodNone, AuthMethodBasic, AuthMethodPost}, method) {
		return s, method, "token_endpoint_auth_method"
	}
	return s, method, ""
}
