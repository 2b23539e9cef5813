package clientsecret_test

import (
	"net/http"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// Only a definite "not found" of the client removes the resource.
func TestFailedReadKeepsTheResource(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"401":              {Kind: simulator.Answer, Status: 401, Body: "{}"},
		"403":              {Kind: simulator.Answer, Status: 403, Body: "{}"},
		"404 HTML":         {Kind: simulator.HTML, Status: 404},
		"429":              {Kind: simulator.Answer, Status: 429, Body: "{}", Header: http.Header{"Retry-After": {"7200"}}},
		"500":              {Kind: simulator.Answer, Status: 500, Body: "{}"},
		"503 HTML":         {Kind: simulator.HTML},
		"redirect":         {Kind: simulator.Redirect},
		"no answer":        {Kind: simulator.Drop},
		"truncated":        {Kind: simulator.Truncate},
		"empty":            {Kind: simulator.EmptyBody},
		"nothing but null": {Kind: simulator.Answer, Status: 200, Body: "null"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				fault := fault
				fault.Operation, fault.Times = c.Get, -1
				cli := w.Terminal(t, c.HCL(""))
				cli.Apply()
				cli.Sent(c.Rotate)
				w.Inject(fault)
				cli.ApplyFails("-refresh-only").Errs(t, "Unable to read the client")
				w.ClearFaults()
				if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
					t.Error("the state lost the secret")
				}
				cli.Empty()
				cli.Sent()
			})
		})
	}
}

// A short failure is survived without a word.
func TestShortFailureOfARead(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"429": {Kind: simulator.Answer, Status: 429, Body: "{}", Header: http.Header{"Retry-After": {"2"}}},
		"500": {Kind: simulator.Answer, Status: 500, Body: "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				fault := fault
				fault.Operation, fault.Times = c.Get, 2
				c.Run(t, w,
					acctest.Step{Config: c.HCL(""), Calls: []string{c.Rotate}},
					acctest.Step{Before: func() { w.Inject(fault) }, Config: c.HCL(""), Plan: acctest.NoOp},
				)
			})
		})
	}
}
