package clientsecret_test

import (
	"fmt"
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
		"404 of a gateway": {Kind: simulator.Answer, Status: 404, Body: `{"message":"no Route matched with those values"}`},
		"404 and no body":  {Kind: simulator.Answer, Status: 404},
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

// A gateway in front of the vendors lost its routes: that says nothing about any client, however many are read.
func TestGatewayKeepsEveryClient(t *testing.T) {
	t.Parallel()
	acctest.NeedCLI(t)
	w := acctest.NewWorld(t)
	config := acctest.Cloudflare.HCL("") + acctest.CSP.HCL("") +
		fmt.Sprintf("resource \"oauthsecret_identity_service_client_secret\" \"app\" {\n  client_id = %q\n}\n", acctest.Application)
	addresses := []string{acctest.Cloudflare.Address(), acctest.CSP.Address(), "oauthsecret_identity_service_client_secret.app"}
	for _, c := range []acctest.Client{acctest.Cloudflare, acctest.CSP} {
		c.IDValue = "another-client"
		config += c.Named("other", "")
		addresses = append(addresses, c.Type()+".other")
	}
	w.Cloudflare.AddClient(acctest.Account, "another-client")
	w.CSP.AddApp(acctest.Org, "another-client", simulator.AppSpec{})
	cli := w.Terminal(t, config)
	cli.Apply()
	held := map[string]any{}
	for _, address := range addresses {
		held[address] = cli.Attribute(address, "client_secret")
	}
	w.ResetJournal()
	for _, operation := range []string{"cloudflare.list", "cloudflare.get", "csp.list", "csp.get", "identity_service.list"} {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.Answer, Status: 404, Body: `{"message":"no Route matched with those values"}`, Times: -1})
	}
	failed := cli.ApplyFails("-refresh-only")
	failed.Errs(t, "this answer is not the API's word on the client")
	for _, operation := range []string{"cloudflare.get", "csp.get"} {
		if n := w.Count(operation); n > 0 {
			t.Errorf("after the list was refused, %d requests of %s followed", n, operation)
		}
	}
	w.ClearFaults()
	for address, secret := range held {
		if secret == nil || cli.Attribute(address, "client_secret") != secret {
			t.Errorf("the state lost the secret of %s", address)
		}
	}
	cli.Empty()
	cli.Sent()
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
