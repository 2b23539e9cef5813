package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// cspTexts are the documented texts of each status.
var cspTexts = map[int]string{
	http.StatusBadRequest:          "Invalid request body",
	http.StatusUnauthorized:        "The user is not authorized to use the API",
	http.StatusForbidden:           "The user is forbidden to use the API",
	http.StatusNotFound:            "The requested resource could not be found",
	http.StatusConflict:            "The request could not be processed due to a conflict",
	http.StatusTooManyRequests:     "The user has sent too many requests",
	http.StatusInternalServerError: "An unexpected error has occurred while processing the request",
}

// failure is a CspErrorResponse. An empty message means the documented text,
// an empty code one that is derived from the status.
func (v *CSPState) failure(status int, code, message string) reply {
	if text, ok := cspTexts[status]; ok && message == "" {
		message = text
	}
	if code == "" {
		code = "540." + strconv.Itoa(status)
	}
	module, _, _ := strings.Cut(code, ".")
	n, _ := strconv.Atoi(module) // Every code starts with a number.
	var moduleCode any = n
	if v.Switches.ModuleCode == ModuleCodeString {
		moduleCode = module
	}
	request := fmt.Sprintf("fa4e0000-0000-4000-8000-%012x", v.sim.next("csp.request"))
	body := map[string]any{
		"cspErrorCode": code, "errorCode": strconv.Itoa(status), "message": message,
		"moduleCode": moduleCode, "requestId": request, "statusCode": status,
	}
	switch v.Switches.ErrorBody {
	case CSPErrorTraced:
		delete(body, "errorCode")
		body["traceId"], body["metadata"] = "fake-trace-"+request, nil
	case CSPErrorEmpty:
		return emptyReply(status)
	case CSPErrorHTML:
		return htmlReply(status, "")
	}
	return jsonReply(status, body)
}

// body is an app as the API shows it, never with a secret.
func (v *CSPState) body(x *cspApp, now time.Time) map[string]any {
	stamp := func(t time.Time) int64 {
		if v.Switches.Timestamps == TimestampSeconds {
			return t.Unix()
		}
		return t.UnixMilli()
	}
	b := map[string]any{
		"id": x.id, "displayName": x.DisplayName, "description": x.Description, "organizationId": x.org,
		"grantTypes": x.GrantTypes, "publicClient": x.Public, "immutable": x.Immutable, "isHidden": false,
		"createdAt": stamp(x.created), "createdBy": "owner@example.invalid",
		"lastUpdatedAt": stamp(x.updated), "lastUpdatedBy": x.updatedBy,
		"ownerOnlySecretRotation":           x.OwnerOnly,
		"secretRotationExpirationInSeconds": int64(v.overlapOf(x) / time.Second),
		"accessTokenTTL":                    1800, "refreshTokenTTL": 15552000,
		"allowedScopes": map[string]any{"allScopes": false, "generalScopes": []string{}},
		"redirectUris":  []string{},
	}
	switch v.Switches.SecretAge {
	case SecretAgeResets:
		b["secretAge"] = int64(now.Sub(x.changed) / time.Second)
	case SecretAgeKeeps:
		b["secretAge"] = int64(now.Sub(x.replaced) / time.Second)
	}
	return b
}

// passwordOK is the documented pattern. The hyphen is not among its special
// characters.
func passwordOK(value, pattern string) bool {
	const specials = "!@#$%^&*()_+=[]{|}',./:;<>?`~"
	has := func(in func(r rune) bool) bool { return strings.ContainsFunc(value, in) }
	lower := has(func(r rune) bool { return r >= 'a' && r <= 'z' })
	upper := has(func(r rune) bool { return r >= 'A' && r <= 'Z' })
	digit := has(func(r rune) bool { return r >= '0' && r <= '9' })
	special := strings.ContainsAny(value, specials)
	if pattern == PatternAsPrinted {
		special = special || lower
	}
	// A dot in the pattern matches no line break.
	return len([]rune(value)) >= 8 && lower && upper && digit && special && !strings.ContainsAny(value, "\r\n")
}
