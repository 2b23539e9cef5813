package csp_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

func chosen(value string, version int) string {
	return fmt.Sprintf("  client_secret_wo = %q\n  client_secret_wo_version = %d\n", value, version)
}

const (
	firstChoice  = "Chosen.value-0001-of.32.characters"
	secondChoice = "Chosen.value-0002-of.32.characters"
)

func TestChosenSecret(t *testing.T) {
	w := world(t)
	c.Run(t, w,
		acctest.Step{
			Config: c.HCL(alone + chosen(firstChoice, 1)), Plan: acctest.Create,
			Planned: acctest.Values{"client_secret": nil, "encrypted_client_secret": nil, "client_secret_sha256": acctest.Unknown, "version": acctest.Unknown},
			State:   acctest.Values{"client_secret": nil, "client_secret_wo": nil, "client_secret_sha256": acctest.SHA(1), "version": 1, "client_secret_wo_version": 1},
			Calls:   []string{rotate, retire}, Live: []int{1},
		},
		// Another value under the same version is not sent.
		acctest.Step{Config: c.HCL(alone + chosen(secondChoice, 1)), Plan: acctest.NoOp, State: acctest.Values{"client_secret_sha256": acctest.SHA(1)}, Live: []int{1}},
		acctest.Step{
			Config: c.HCL(alone + chosen(secondChoice, 2)), Plan: acctest.Update, Planned: acctest.Values{"client_secret": nil, "version": 2},
			State: acctest.Values{"client_secret": nil, "client_secret_sha256": acctest.SHA(2), "version": 2}, Calls: []string{rotate, retire}, Live: []int{2},
		},
		// Back to values that are made here: at the next rotation.
		acctest.Step{Config: c.HCL(alone + trigger("1")), Plan: acctest.Update, State: acctest.Values{"client_secret": nil, "version": 2}, Live: []int{2}},
		acctest.Step{Config: c.HCL(alone + trigger("2")), Plan: acctest.Update, State: acctest.Values{"client_secret": acctest.Made(3), "version": 3}, Calls: []string{rotate, retire}},
	)
	for n, want := range map[int]string{1: firstChoice, 2: secondChoice} {
		if c.Secret(w, n) != want {
			t.Errorf("secret %d is not the chosen value", n)
		}
	}
}

func TestChosenSecretIsInNoStateAndNoPlan(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(retireNext+chosen(firstChoice, 1)))
	cli.Apply()
	cli.Configure(c.HCL(retireNext + chosen(secondChoice, 2)))
	cli.Plan()
	change, err := json.Marshal(cli.Saved(c.Address()))
	if err != nil {
		t.Fatal(err)
	}
	plan := string(change)
	// A failing update keeps the object and still nothing of the value.
	w.Inject(refused(rotate, 403))
	if r := cli.ApplySaved(); !r.Failed {
		t.Error("the apply succeeded")
	}
	cli.Sent(rotate, retire, rotate)
	state := cli.StateFile()
	for _, value := range []string{firstChoice, secondChoice} {
		if strings.Contains(state, value) || strings.Contains(plan, value) {
			t.Errorf("%s is in state or plan", value)
		}
	}
	cli.Version(c.Address(), 1)
	if cli.Attribute(c.Address(), "client_secret_sha256") != fingerprint(firstChoice) {
		t.Error("the state lost the object")
	}
	cli.Apply()
	cli.Sent(rotate)
}

// A lost answer: the value is in no state, but the configuration still has it.
func TestLostAnswerOfAChosenSecret(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, c.HCL(alone+chosen(firstChoice, 1)))
	cli.Apply()
	cli.Sent(rotate, retire)
	cli.Configure(c.HCL(alone + chosen(secondChoice, 2)))
	w.Inject(lost(silences["drop"], rotate, true))
	for _, operation := range []string{"csp.token", "csp.introspect"} {
		w.Inject(simulator.Fault{Operation: operation, Kind: simulator.HTML, Times: -1})
	}
	cli.ApplyFails().Errs(t, "Whether it did could not be found out")
	cli.Sent(rotate)
	if strings.Contains(cli.StateFile(), secondChoice) {
		t.Error("the value is in state")
	}
	w.ClearFaults()
	cli.Apply()
	cli.Sent(retire)
	if cli.Attribute(c.Address(), "client_secret_sha256") != fingerprint(secondChoice) {
		t.Error("the state does not hold the new fingerprint")
	}
	cli.Empty()
}

func TestChosenSecretIsChecked(t *testing.T) {
	w := world(t)
	var steps []acctest.Step
	for _, bad := range []string{"Sh0rt.", "nocapital.1", "NOLOWER.1", "NoDigits..", "NoSpecial1"} {
		steps = append(steps, acctest.Step{Config: c.HCL(chosen(bad, 1)), Fails: "Invalid secret", Live: []int{0}})
	}
	steps = append(steps,
		acctest.Step{Config: c.HCL(`client_secret_wo = "` + firstChoice + `"`), Fails: "client_secret_wo_version"},
		acctest.Step{Config: c.HCL(`client_secret_wo_version = 1`), Fails: "client_secret_wo"},
		acctest.Step{Config: c.HCL(chosen(firstChoice, 1) + trigger("1")), Fails: "Conflicting attributes"},
		acctest.Step{Config: c.HCL(chosen(firstChoice, 1) + `rotate_after = "1h"`), Fails: "Conflicting attributes"},
		acctest.Step{Config: c.HCL(chosen(firstChoice, 1) + replaceNow), Fails: "Conflicting attributes"},
	)
	c.Run(t, w, steps...)
}

// A value that is known only at apply is checked before any call.
func TestChosenSecretThatIsKnownLate(t *testing.T) {
	w := world(t)
	config := func(value string) string {
		return `
resource "terraform_data" "source" { input = "` + value + `" }
` + c.HCL("  client_secret_wo = terraform_data.source.output\n  client_secret_wo_version = 1\n")
	}
	c.Run(t, w,
		acctest.Step{Config: config("bad"), Fails: "Invalid secret", Live: []int{0}},
		acctest.Step{Config: config(firstChoice), Plan: acctest.Create, Calls: []string{rotate}, Live: []int{0, 1}, State: acctest.Values{"client_secret_sha256": acctest.SHA(1)}},
	)
}

// A later run knows only the fingerprint of a chosen value. What the service repeats of it is not shown, however it is written.
func TestChosenValueIsNeverRepeated(t *testing.T) {
	w := world(t)
	config := c.HCL(chosen(firstChoice, 1))
	cli := w.Terminal(t, config)
	cli.Apply()
	backwards := []byte(firstChoice)
	slices.Reverse(backwards)
	for name, echo := range map[string]string{
		"raw": firstChoice, "upper": strings.ToUpper(firstChoice), "backwards": string(backwards), "hex": hex.EncodeToString([]byte(firstChoice)),
		"base32": base32.StdEncoding.EncodeToString([]byte(firstChoice)), "base64": base64.StdEncoding.EncodeToString([]byte(firstChoice)), "half": firstChoice[:16],
	} {
		body, _ := json.Marshal(map[string]any{"message": "no such value: " + echo, "statusCode": 400, "cspErrorCode": echo, "requestId": echo})
		w.Inject(simulator.Fault{Operation: "csp.get", Kind: simulator.Answer, Status: 400, Body: string(body), Times: -1})
		r := cli.Run("plan", "-json", "-input=false")
		w.ClearFaults()
		r.Errs(t, "no such value: …")
		if strings.Contains(strings.ReplaceAll(r.Text, config, ""), echo) {
			t.Errorf("%s: the plan repeats it:\n%s", name, r.Text)
		}
	}
}
