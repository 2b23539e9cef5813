package simulator_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	rotate := cfClient + "/rotate_secret"
	for name, tc := range map[string]struct {
		fault simulator.Fault
		check func(t *testing.T, a answer, err error)
	}{
		"drop": {simulator.Fault{Kind: simulator.Drop}, func(t *testing.T, _ answer, err error) {
			equal(t, "reset", errors.Is(err, syscall.ECONNRESET), true)
		}},
		"truncate": {simulator.Fault{Kind: simulator.Truncate}, func(t *testing.T, a answer, err error) {
			equal(t, "unexpected EOF", errors.Is(err, io.ErrUnexpectedEOF), true)
			equal(t, "some", a.status == 200 && len(a.text) > 0, true)
		}},
		"answer": {simulator.Fault{
			Kind: simulator.Answer, Status: 429, Body: `{"x":1}`, Header: http.Header{"Retry-After": {"300"}},
		}, func(t *testing.T, a answer, _ error) {
			equal(t, "status", a.status, 429)
			equal(t, "header", a.header.Get("Retry-After")+a.header.Get("Content-Type"), "300application/json")
			equal(t, "body", a.text, `{"x":1}`)
		}},
		"null_secret": {simulator.Fault{Kind: simulator.NullSecret}, func(t *testing.T, a answer, _ error) {
			secret, present := a.result(t)["client_secret"]
			equal(t, "null", present && secret == nil && a.status == 200, true)
		}},
		"empty_body": {simulator.Fault{Kind: simulator.EmptyBody}, func(t *testing.T, a answer, _ error) {
			equal(t, "empty", a.status == 200 && a.text == "", true)
		}},
		"html": {simulator.Fault{Kind: simulator.HTML, Status: 502}, func(t *testing.T, a answer, _ error) {
			equal(t, "page", a.status == 502 && strings.HasPrefix(a.text, "<!DOCTYPE"), true)
		}},
		"huge": {simulator.Fault{Kind: simulator.Huge, Size: 3 << 20}, func(t *testing.T, a answer, _ error) {
			equal(t, "size", len(a.text), 3<<20)
		}},
		"redirect": {simulator.Fault{Kind: simulator.Redirect}, func(t *testing.T, a answer, _ error) {
			equal(t, "followed to the login page", a.status == 200 && strings.Contains(a.text, "Sign in"), true)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, after := range []bool{false, true} {
				eachDoor(t, func(t *testing.T, w *world) {
					fault := tc.fault
					fault.Operation, fault.After = "cloudflare.rotate", after
					w.Inject(fault)
					w.call(200, "GET", cfClient, "") // Another operation passes.
					a, err := w.send("POST", rotate, "")
					tc.check(t, a, err)
					effects := 0
					if after {
						effects = 1
					}
					equal(t, "effects", len(w.Effects()), effects)
					equal(t, "changing", len(w.Changing()), 1)
					equal(t, "pending", w.PendingFaults(), 0)
					rest := "/before"
					if after {
						rest = "/after"
					}
					equal(t, "journal", w.Changing()[0].Fault, string(fault.Kind)+rest)
				})
			}
		})
	}
}

func TestFaultRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Inject(simulator.Fault{Kind: simulator.Refuse, After: true})
	_, err := w.send("POST", cfClient+"/rotate_secret", "")
	var op *net.OpError
	equal(t, "dial", errors.As(err, &op) && op.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED), true)
	equal(t, "changing", len(w.Changing()), 0)
	equal(t, "count", w.Count("cloudflare.rotate"), 1)
	equal(t, "sent", w.Journal()[0].Sent, false)
}

func TestFaultRefuseOverServer(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.Refuse, After: true, Operation: "cloudflare.rotate"})
		_, err := w.send("POST", cfClient+"/rotate_secret", "")
		equal(t, "failed", err != nil, true)
		equal(t, "effects", len(w.Effects()), 0)
	})
}

func TestFaultTimeout(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.Timeout, After: true})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.AfterRequest(func(simulator.Entry) { cancel() })
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.root+cfClient+"/rotate_secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+simulator.CloudflareAPIToken)
		_, err = w.do(r)
		equal(t, "canceled", errors.Is(err, context.Canceled), true)
		equal(t, "effects", len(w.Effects()), 1)
	})
}

func TestFaultDelayUsesTheInjectedSleep(t *testing.T) {
	t.Parallel()
	c := newClock()
	var slept []time.Duration
	s := simulator.New(simulator.Options{Now: c.Now, Sleep: func(_ context.Context, d time.Duration) error {
		slept = append(slept, d)
		c.Advance(d)
		return nil
	}})
	w := &world{Simulator: s, t: t, clock: c, root: "http://sim.invalid", client: &http.Client{Transport: s.Transport()}}
	s.Cloudflare.AddClient(account, cfID)
	s.Inject(simulator.Fault{Kind: simulator.Delay, Delay: time.Hour})
	s.Inject(simulator.Fault{Kind: simulator.HTML, Delay: time.Minute, After: true})
	w.call(200, "POST", cfClient+"/rotate_secret", "")
	equal(t, "effect after the wait", s.Cloudflare.Secrets(account, cfID)[1].CreatedAt, c.Now())
	w.call(503, "DELETE", cfClient+"/rotate_secret", "")
	equal(t, "effect before the wait", s.Cloudflare.Secrets(account, cfID)[0].EndedAt.Add(time.Minute), c.Now())
	equal(t, "waits", len(slept), 2)
}

func TestFaultCounting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(status int) { t.Helper(); w.call(status, "GET", cfClient, "") }
	w.Inject(simulator.Fault{Operation: "cloudflare.*", Skip: 1, Times: 2, Kind: simulator.HTML, Status: 500})
	w.Inject(simulator.Fault{Operation: "cloudflare.get", Target: cfID, Skip: 3, Kind: simulator.HTML, Status: 501})
	w.Inject(simulator.Fault{Operation: "cloudflare.get", Target: "another", Kind: simulator.HTML, Status: 502})
	w.Inject(simulator.Fault{Operation: "csp.*", Times: -1, Kind: simulator.HTML, Status: 503})
	for _, status := range []int{200, 500, 500, 501, 200} {
		get(status)
	}
	for range 3 {
		w.call(503, "GET", cspApps, "")
	}
	equal(t, "pending", w.PendingFaults(), 2)
	w.ClearFaults()
	equal(t, "pending", w.PendingFaults(), 0)
	w.call(200, "GET", cspApps, "")
}

func TestFaultLeavesRefusalsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Inject(simulator.Fault{Kind: simulator.NullSecret, After: true})
	w.Inject(simulator.Fault{Kind: simulator.EmptyBody, After: true})
	w.call(404, "POST", cfClients+"/unknown/rotate_secret", "")
	w.call(404, "POST", cfClients+"/unknown/rotate_secret", "")
}

func TestFaultTruncateOfAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Operation: "csp.rotate", Kind: simulator.Truncate, After: true})
		a, err := w.send("POST", cspSecret, `{"newClientSecret":"Example_new.secret_1"}`)
		equal(t, "unexpected EOF", errors.Is(err, io.ErrUnexpectedEOF) && a.status == 200, true)
		equal(t, "accepted", w.CSP.Accepts(org, appID, "Example_new.secret_1"), true)
	})
}

func TestNullSecretOfEveryVendor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Inject(simulator.Fault{Kind: simulator.NullSecret, After: true, Times: -1})
	a := w.call(200, "PUT", cspSecret, `{}`)
	sameKeys(t, a.body, `{"clientId": "", "clientSecret": ""}`)
	equal(t, "csp", a.body["clientSecret"], nil)
	a = w.call(200, "POST", idsList, `{}`)
	equal(t, "fields", len(a.body), 23)
	equal(t, "identity service", a.body["clientSecret"], nil)
	equal(t, "effects", len(w.Effects()), 2)
	w.call(200, "GET", cfClient, "")
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for vendor, want := range map[simulator.Vendor]string{
		simulator.Cloudflare: `"code":971`, simulator.CSP: `"moduleCode":540`, simulator.IdentityService: `"identifier"`,
	} {
		if body := w.ErrorBody(vendor, 429); !strings.Contains(body, want) {
			t.Errorf("%s: %s has no %s", vendor, body, want)
		}
	}
}
