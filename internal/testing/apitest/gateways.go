package apitest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// Gateways are the bodies of a 404 that something in front of an API gives, or a framework that has no such route: none of
// them says anything about a client.
var Gateways = map[string]string{
	"nothing":              "",
	"white space":          " \r\n",
	"Kong":                 `{"message":"no Route matched with those values"}`,
	"Kong 3":               `{"message":"no Route matched with those values","request_id":"67c0fb7f8ae4b65cbd2a5c3b6b2e1d2c"}`,
	"Spring":               `{"timestamp":"2026-11-27T22:00:00.000+00:00","status":404,"error":"Not Found","path":"/x"}`,
	"Spring with message":  `{"timestamp":"2026-11-27T22:00:00.000+00:00","status":404,"error":"Not Found","message":"No message available","path":"/x"}`,
	"Spring WebFlux":       `{"timestamp":"2026-11-27T22:00:00.000+00:00","path":"/x","status":404,"error":"Not Found","message":null,"requestId":"8c1b2e3f-1"}`,
	"AWS API Gateway":      `{"message":"Not Found"}`,
	"AWS, no such method":  `{"message":"Missing Authentication Token"}`,
	"Azure API Management": `{ "statusCode": 404, "message": "Resource not found" }`,
	"Azure Front Door":     `{"error":{"code":"NotFound","message":"The resource was not found."}}`,
	"Apigee":               `{"fault":{"faultstring":"Unable to identify proxy for host: default and url: /x","detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}`,
	"Google endpoints":     `{"code":5,"message":"Method does not exist.","details":[{"@type":"type.googleapis.com/google.rpc.DebugInfo","stackEntries":[],"detail":"service_control"}]}`,
	"Express gateway":      `{"statusCode":404,"message":"Cannot GET /x","error":"Not Found"}`,
	"Fastify":              `{"message":"Route GET:/x not found","error":"Not Found","statusCode":404}`,
	"Tyk":                  `{"error": "Requested endpoint is forbidden"}`,
	"APISIX":               `{"error_msg":"404 Route Not Found"}`,
	"KrakenD, FastAPI":     `{"detail":"Not Found"}`,
	"Laravel":              `{"success":false,"message":"Not found","data":null}`,
	"Rails":                `{"status":404,"error":"Not Found"}`,
	"Cloudflare edge":      `<!DOCTYPE html><html><head><title>Error 1016</title></head><body>Origin DNS error</body></html>`,
	"Cloudflare edge JSON": `{"type":"https://developers.cloudflare.com/support/","title":"Error 1016: Origin DNS error","status":404,"detail":"x","instance":"9d0e","error_code":1016,"ray_id":"9d0e","cloudflare_error":true}`,
	"OAuth server":         `{"error":"not_found","error_description":"There is nothing here"}`,
	"nginx":                "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
	"HAProxy":              "<html><body><h1>404 Not Found</h1>\nThe requested resource is not available.\n</body></html>\n",
	"Traefik, Go":          "404 page not found\n",
	"Envoy":                "no healthy upstream",
	"Kubernetes ingress":   "default backend - 404",
	"text as JSON":         `"Not Found"`,
	"null":                 "null",
	"an empty object":      "{}",
	"an empty list":        "[]",
	"a number":             "404",
	"a status and no more": `{"status":404}`,
	"success, no errors":   `{"success":false}`,
	"success, no list":     `{"success":false,"errors":null,"messages":[],"result":null}`,
	"a router, no route":   `{"success":false,"errors":[{"code":7003,"message":"Could not route to /a, perhaps your object identifier is invalid?"},{"code":7000,"message":"No route for that URI"}],"messages":[],"result":null}`,
	"errors as texts":      `{"success":false,"errors":["Not Found"]}`,
	"errors as an object":  `{"success":false,"errors":{"path":"Not Found"}}`,
}

// CheckNotFound holds every operation to what a 404 and a 410 mean: with one of the bodies in own, in the vendor's own form, the
// client is gone, but for the operations named in lists, which are about no single client. Any other body says nothing.
func CheckNotFound[C any](t *testing.T, operations []Operation[C], own map[string]string, lists []string, connect func(*testing.T, *Vendor) C) {
	t.Helper()
	check := func(op Operation[C], name, body string, want bool) {
		t.Run(op.Name+"/"+name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{http.StatusNotFound, http.StatusGone} {
				err := op.Call(t.Context(), connect(t, NewVendor(t, Always(status, body))), "a", "b", "d")
				if Kind(err) != "refused" || errors.Is(err, httpapi.ErrNotFound) != want {
					t.Errorf("%d counts as gone: %t; %v", status, !want, err)
				}
			}
		})
	}
	for _, op := range operations {
		for name, body := range Gateways {
			check(op, name, body, false)
		}
		for name, body := range own {
			check(op, name, body, !slices.Contains(lists, op.Name))
		}
	}
}

// CheckIgnored holds operations that need nothing from their answer to what may be in it: nothing, or JSON. A page for people,
// such as a sign-on page or a captive portal's, leaves the outcome open.
func CheckIgnored[C any](t *testing.T, operations []Operation[C], statuses []int, connect func(*testing.T, *Vendor) C) {
	t.Helper()
	for _, op := range operations {
		for body, want := range map[string]string{
			"": "none", " \r\n": "none", "{}": "none", "null": "none", `{"clientId": "b", "clientSecret": null}`: "none",
			"<!DOCTYPE html><title>Sign in</title>" + Canary: "outcome unknown",
			"\n<html></html>": "outcome unknown", "OK": "outcome unknown", `{"clientId": `: "outcome unknown",
			strings.Repeat("[", 1000) + strings.Repeat("]", 1000): "outcome unknown",
		} {
			for _, status := range statuses {
				v := NewVendor(t, Always(status, body))
				err := op.Call(t.Context(), connect(t, v), "a", "b", "d")
				if Kind(err) != want || len(v.Got()) != 1 {
					t.Errorf("%s, %d %.20q: got %v after %d requests, want %s", op.Name, status, body, err, len(v.Got()), want)
				}
				LeakFree(t, err)
			}
		}
	}
}
