package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Operations of the Identity Service.
const (
	opIdentityServiceDiscovery  = "identity_service.discovery"
	opIdentityServiceToken      = "identity_service.token"
	opIdentityServiceIntrospect = "identity_service.introspect"
	opIdentityServiceRevoke     = "identity_service.revoke"
	opIdentityServiceAdd        = "identity_service.add"
	opIdentityServiceList       = "identity_service.list"
	opIdentityServiceDelete     = "identity_service.delete"
)

func (v *IdentityServiceState) route(c *call, parts []string) {
	if v.routeOIDC(c, strings.Join(parts, "/")) {
		return
	}
	if len(parts) < 6 || len(parts) > 7 ||
		parts[0] != "api" || parts[1] != "tenants" || parts[3] != "applications" || parts[5] != "secrets" {
		return
	}
	c.parent = parts[2]
	to := func(op string, do func(*call, *application, time.Time) reply) {
		c.op, c.target = op, parts[4]
		c.run = func(c *call, now time.Time) reply { return v.guarded(c, now, do) }
	}
	switch key := c.method + " " + strconv.Itoa(len(parts)); key {
	case "POST 6":
		to(opIdentityServiceAdd, v.handleAdd)
	case "GET 6":
		to(opIdentityServiceList, v.handleList)
	case "DELETE 7":
		c.id = parts[6]
		to(opIdentityServiceDelete, v.handleDelete)
	default:
		c.run = methodNotAllowed(v.sim)
	}
}

// guarded checks token, role and application.
func (v *IdentityServiceState) guarded(
	c *call, now time.Time, do func(*call, *application, time.Time) reply,
) reply {
	raw, ok := bearer(c.header)
	token := v.sim.tokens[raw]
	if !ok || !token.valid(IdentityService, now) {
		r := v.failure(c, http.StatusUnauthorized, "Unauthorized")
		r.header.Set("WWW-Authenticate", "Bearer")
		return r
	}
	if !token.manage || v.Switches.Forbidden {
		return v.failure(c, http.StatusForbidden, "Access denied")
	}
	x := v.find(c.parent, c.target)
	if x == nil {
		return v.failure(c, v.Switches.UnknownApplication, "The application is not available")
	}
	return do(c, x, now)
}

func (v *IdentityServiceState) handleAdd(c *call, x *application, now time.Time) reply {
	exp, problem := v.expirationOf(c, now)
	if problem != "" {
		return v.failure(c, http.StatusBadRequest, problem)
	}
	live := x.secrets.live(now)
	if v.Switches.Maximum > 0 && len(live) >= v.Switches.Maximum {
		return v.failure(c, http.StatusBadRequest, "The maximum number of client secrets is reached")
	}
	s := v.addSecret(x, v.sim.issue("fake-ids-secret"), OriginAPI, exp, now, v.Switches.PropagationDelay)
	s.hiddenReads, s.hiddenUntil = v.Switches.ListAfterReads, now.Add(v.Switches.ListDelay)
	var shown any = s.value
	switch v.Switches.AddAnswer {
	case AddAnswerNull:
		shown = nil
	case AddAnswerEmpty:
		shown = ""
	case AddAnswerOlder:
		shown = x.secrets[0].value
	}
	return jsonReply(v.Switches.AddStatus, applicationBody(x.id, x.tenant, shown)).changed()
}

// expirationOf reads the body of a request to add a secret.
func (v *IdentityServiceState) expirationOf(c *call, now time.Time) (*time.Time, string) {
	var fields map[string]json.RawMessage
	if len(c.body) > 0 || !v.Switches.AcceptEmptyBody {
		var ok bool
		if fields, ok = c.object(); !ok || !onlyFields(fields, "expirationDate") {
			return nil, "The body must be a JSON object with an optional expirationDate"
		}
	}
	var text *string
	if raw, present := fields["expirationDate"]; present && json.Unmarshal(raw, &text) != nil {
		return nil, "expirationDate must be a string"
	}
	if text == nil {
		if v.Switches.DefaultLifetime == 0 {
			return nil, ""
		}
		exp := now.Add(v.Switches.DefaultLifetime)
		return &exp, ""
	}
	exp, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return nil, "expirationDate is not a date-time"
	}
	if v.Switches.DateEcho == DateDay {
		exp = exp.UTC().Truncate(24 * time.Hour)
	}
	if !exp.After(now) {
		return nil, "expirationDate must be in the future"
	}
	return &exp, ""
}

func (v *IdentityServiceState) handleList(_ *call, x *application, now time.Time) reply {
	items := []map[string]any{}
	for _, s := range v.listed(x, now) {
		items = append(items, map[string]any{
			"clientSecretId": s.id, "clientSecretExpirationDate": v.dateEcho(s.expires), "deleted": s.deleted,
		})
	}
	switch v.Switches.List {
	case ListSingle:
		if len(items) == 1 {
			return jsonReply(http.StatusOK, items[0])
		}
	case ListItems:
		return jsonReply(http.StatusOK, map[string]any{"items": items})
	case ListNullWhenEmpty:
		if len(items) == 0 {
			return jsonReply(http.StatusOK, nil)
		}
	case List204WhenEmpty:
		if len(items) == 0 {
			return emptyReply(http.StatusNoContent)
		}
	}
	return jsonReply(http.StatusOK, items)
}

func (v *IdentityServiceState) dateEcho(t *time.Time) any {
	if t == nil {
		return nil
	}
	layout := map[string]string{
		DateMilliseconds: "2006-01-02T15:04:05.000Z07:00",
		DateOffset:       "2006-01-02T15:04:05-07:00",
		DateNoZone:       "2006-01-02T15:04:05",
	}[v.Switches.DateEcho]
	if layout == "" {
		layout = time.RFC3339Nano
	}
	return t.UTC().Format(layout)
}

func (v *IdentityServiceState) handleDelete(c *call, x *application, now time.Time) reply {
	sw := v.Switches
	s := x.secret(c.id)
	changed := false
	switch {
	case s == nil:
		if sw.UnknownSecret >= http.StatusBadRequest {
			return v.failure(c, sw.UnknownSecret, "The client secret does not exist")
		}
	case s.deleted:
		if sw.SecondDelete >= http.StatusBadRequest {
			return v.failure(c, sw.SecondDelete, "The client secret is already deleted")
		}
	default:
		if sw.RefuseLastSecret && s.live(now) && len(x.secrets.live(now)) == 1 {
			return v.failure(c, http.StatusBadRequest, "The last client secret cannot be deleted")
		}
		s.softDelete(now, sw.PropagationDelay)
		changed = true
	}
	r := emptyReply(sw.DeleteStatus)
	if sw.DeleteStatus != http.StatusNoContent {
		var shown any
		if sw.DeleteAnswerSecret {
			shown = x.secrets[0].value
		}
		r = jsonReply(sw.DeleteStatus, applicationBody(x.id, x.tenant, shown))
	}
	r.effect = changed
	return r
}

// applicationBody is the documented Application with all of its fields.
func applicationBody(clientID, tenant string, clientSecret any) any {
	return struct {
		DisplayName            *string `json:"displayName"`
		ClientID               string  `json:"clientId"`
		ClientSecret           any     `json:"clientSecret"`
		Theme                  *string `json:"theme"`
		RedirectURIs           *string `json:"redirectUris"`
		PostLogoutRedirectURIs *string `json:"postLogoutRedirectUris"`
		ConsentType            *string `json:"consentType"`
		Type                   string  `json:"type"`
		GrantTypes             *string `json:"grantTypes"`
		Endpoints              *string `json:"endpoints"`
		Scopes                 *string `json:"scopes"`
		HomepageURL            *string `json:"homepageUrl"`
		SampleHomepageURL      *string `json:"sampleHomepageUrl"`
		AllowUnregistered      bool    `json:"allowUnregisteredUsersToSignIn"`
		HideTenantDisplayName  bool    `json:"hideTenantDisplayNameDuringLogIn"`
		AllowRegister          bool    `json:"allowRegister"`
		DisableLoginAlerts     bool    `json:"disableLoginAlerts"`
		AppSwitcherProductID   *string `json:"appSwitcherProductId"`
		AdditionalLinks        *string `json:"additionalLinks"`
		Tenant                 string  `json:"tenant"`
		DefinedRoles           *string `json:"definedRoles"`
		Roles                  *string `json:"roles"`
		Tenants                *string `json:"tenants"`
	}{ClientID: clientID, ClientSecret: clientSecret, Type: "confidential", Tenant: tenant}
}

// failure picks between the two documented shapes.
func (v *IdentityServiceState) failure(c *call, status int, message string) reply {
	if message == "" {
		message = http.StatusText(status)
	}
	problem := status == http.StatusBadRequest && c.op != opIdentityServiceList
	switch v.Switches.ErrorShape {
	case ErrorShapeOther:
		problem = !problem
	case ErrorShapeHTML:
		return htmlReply(status, "")
	case ErrorShapeEmpty:
		return emptyReply(status)
	}
	if problem {
		return jsonReply(status, map[string]any{
			"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": message, "instance": nil,
		})
	}
	return jsonReply(status, map[string]any{
		"type": strings.ReplaceAll(http.StatusText(status), " ", ""), "identifier": v.sim.uuid("ids.error"),
		"message": message, "responseCode": strconv.Itoa(status), "errors": []string{},
	})
}
