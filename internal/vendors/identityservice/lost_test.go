package identityservice_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// lostAnswers are the ways in which the outcome of a change stays unknown.
func lostAnswers() map[string]simulator.Fault {
	faults := map[string]simulator.Fault{}
	for _, after := range []bool{false, true} {
		suffix := "/before"
		if after {
			suffix = "/after"
		}
		faults["drop"+suffix] = simulator.Fault{Kind: simulator.Drop, After: after}
		faults["truncate"+suffix] = simulator.Fault{Kind: simulator.Truncate, After: after}
		faults["500"+suffix] = simulator.Fault{Kind: simulator.Answer, Status: 500, After: after}
		faults["502 html"+suffix] = simulator.Fault{Kind: simulator.HTML, Status: 502, After: after}
		faults["200 html"+suffix] = simulator.Fault{Kind: simulator.HTML, Status: 200, After: after}
		faults["408"+suffix] = simulator.Fault{Kind: simulator.Answer, Status: 408, After: after}
	}
	return faults
}

// lostValues are the ways to lose the new secret as well.
func lostValues() map[string]simulator.Fault {
	faults := lostAnswers()
	for _, kind := range []simulator.FaultKind{simulator.NullSecret, simulator.EmptyBody} {
		faults[string(kind)+"/before"] = simulator.Fault{Kind: kind}
		faults[string(kind)+"/after"] = simulator.Fault{Kind: kind, After: true}
	}
	return faults
}

const expiring = `expires_after = "720h"`

// The answer to an addition is lost: in the end there is exactly one live new secret, and the orphan is deleted.
func TestLostAdd_Create(t *testing.T) {
	t.Parallel()
	for name, fault := range lostValues() {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			fault.Operation = add
			changes, n, works := []string{add, add}, 0, "yes"
			if fault.After {
				changes, n, works = []string{add, remove, add}, 1, "no yes"
			}
			w.Inject(fault)
			w.Run(t, resource.TestStep{
				Config: app(expiring),
				Check: all(w.Changed(changes...), holds(w, n), version(w, 1), accepted(w, works),
					warned(w, "apply", "no usable answer to the first request")),
			})
			if w.PendingFaults() > 0 {
				t.Error("the fault did not happen")
			}
		})
	}
}

func TestLostAdd_Rotation(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			w := world(t)
			changes, n, works := []string{add, add, remove}, 1, "no yes"
			if after {
				changes, n, works = []string{add, remove, add, remove}, 2, "no no yes"
			}
			zero := `retire_previous_after = "0s"`
			w.Run(t,
				resource.TestStep{Config: app(q("1"), expiring, zero)},
				resource.TestStep{
					PreConfig: func() {
						w.ResetJournal()
						w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: after})
					},
					Config: app(q("2"), expiring, zero), ConfigPlanChecks: rotating(w, 2),
					Check: all(w.Changed(changes...), holds(w, n), noPrevious, accepted(w, works)),
				})
		})
	}
}

// An addition that shows up late is still found.
func TestLostAdd_VisibleLate(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 4 })
	w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: true})
	w.Run(t, resource.TestStep{Config: app(expiring), Check: all(w.Changed(add, remove, add), holds(w, 1), accepted(w, "no yes"))})
}

// Twice is given up, with nothing left behind and nothing in state; a rotation keeps what it had.
func TestLostAdd_Twice(t *testing.T) {
	w := world(t)
	lost := func() {
		w.ResetJournal()
		w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: true, Times: 2})
	}
	w.Run(t,
		resource.TestStep{PreConfig: lost, Config: app(q("1"), expiring), ExpectError: matching("No new secret is listed")},
		resource.TestStep{
			PreConfig: check(t, w, w.Changed(add, remove, add, remove), accepted(w, "no no")), Config: app(q("1"), expiring),
			Check: all(w.Changed(add), holds(w, 2), version(w, 1)),
		},
		resource.TestStep{PreConfig: lost, Config: app(q("2"), expiring), ExpectError: matching("The secrets that worked before still")},
		resource.TestStep{
			PreConfig: check(t, w, w.Changed(add, remove, add, remove), accepted(w, "no no yes no no")), Config: app(q("1"), expiring),
			ConfigPlanChecks: nothing, Check: all(w.Changed(), holds(w, 2), version(w, 1)),
		},
		resource.TestStep{Config: app(q("2"), expiring), Check: all(w.Changed(add), holds(w, 5), previous(w, 2), version(w, 2))},
	)
}

// Where the list does not answer either, the date stays known: the next apply finds the secret that nobody has, names it before and
// deletes it, and a destruction says that it leaves it behind.
func TestLostAdd_FoundByTheNextApply(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1"), expiring))
	cli.Apply()
	w.ResetJournal()
	w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: true})
	calls := 0
	w.BeforeRequest(func(e simulator.Entry) {
		if calls++; e.Operation == add {
			w.Inject(simulator.Fault{Operation: list, Kind: simulator.HTML, Times: -1})
		}
	})
	cli.Configure(app(q("2"), expiring))
	orphan := func() simulator.SecretRecord { return made(w)[1] }
	cli.ApplyFails().Errs(t, "a secret that expires at")
	expires := orphan().ExpiresAt.UTC().Format(time.RFC3339)
	cli.Sent(add)
	w.BeforeRequest(nil)
	w.ClearFaults()
	cli.Plan("-destroy").Warns(t, "it is the one that expires at "+expires)
	cli.ApplyFails("-replace="+address).Errs(t, "replacing it would leave that secret behind")
	cli.Configure(app(q("1"), expiring)) // the user gives up the rotation: it is settled all the same
	cli.Plan().Warns(t, "it is the one that expires at "+expires)
	cli.ApplySaved()
	cli.Sent(remove, add)
	if live := accepted(w, "yes no yes"); live(nil) != nil {
		t.Error(live(nil))
	}
	cli.Empty()
}

// Without a date nobody can tell whose the new entry is: it is named and left alone.
func TestLostAdd_WithoutADate(t *testing.T) {
	w := world(t)
	w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: true})
	w.Run(t,
		resource.TestStep{Config: app(), ExpectError: matching("New secrets appeared that cannot be told apart")},
		resource.TestStep{
			PreConfig: func() {
				if said := acctest.Saying(w.Said(), "apply", made(w)[0].ID); len(said) != 1 {
					t.Errorf("the error does not name the id: %+v", said)
				}
				check(t, w, w.Changed(add), accepted(w, "yes"))()
			},
			Config: app(), Check: all(w.Changed(add), holds(w, 1)),
		},
	)
}

func TestLostAdd_OrphanCannotBeDeleted(t *testing.T) {
	w := world(t)
	w.Inject(simulator.Fault{Operation: add, Kind: simulator.Drop, After: true})
	refuseDeletions(w, true)
	w.Run(t, resource.TestStep{Config: app(expiring), ExpectError: matching("could not be deleted")})
	if said := acctest.Saying(w.Said(), "apply", made(w)[0].ID, "nobody knows its value", "The secrets that worked before still work"); len(said) != 1 {
		t.Errorf("the error does not name the orphan: %+v", said)
	}
	check(t, w, w.Changed(add, remove))()
}

// A secret whose id was not found was deleted by somebody else; what somebody adds later is not taken for it, and survives.
func TestUnknownIDIsNotGuessed(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 99 })
	cli := w.Terminal(t, app())
	cli.Apply().Warns(t, "find the id of the new secret")
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListAfterReads = 0 })
	w.IdentityService.DeleteSecretElsewhere(made(w)[0].ID)
	w.Clock.Advance(time.Hour)
	cli.Apply()
	w.Clock.Advance(time.Hour)
	_, theirs := addElsewhere(w)
	cli.Apply().Warns(t, "the id of the current secret is not known")
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, theirs) {
		t.Error("somebody else's secret was deleted")
	}
}

// guessedNothing requires that so many objects are in state, all without an id.
func guessedNothing(t *testing.T, cli *acctest.Terminal, objects int) {
	t.Helper()
	for _, name := range []string{"one", "two"} {
		for _, instance := range cli.Instances("oauthsecret_identity_service_client_secret." + name) {
			objects--
			if id := instance.Attributes["secret_id"]; id != nil {
				t.Errorf("the id of %s was guessed: %v", name, id)
			}
		}
	}
	if objects != 0 {
		t.Errorf("%d objects are missing", objects)
	}
}

// An addition whose entry nobody has seen may be listed at any moment; it is not taken for that of the next one.
func TestUnknownIDIsNotASibling(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListDelay = 40 * time.Second })
	// The looks for the first take half a minute, and all fail.
	w.Inject(simulator.Fault{Operation: list, Kind: simulator.Answer, Status: 403, Skip: 3, Times: 6})
	cli := w.Terminal(t, named("one")+named("two", "depends_on = [oauthsecret_identity_service_client_secret.one]"))
	cli.Apply().Warns(t, "which was not listed when it was made")
	guessedNothing(t, cli, 2)
}

// An addition that was given up may be listed at any moment as well.
func TestUnknownIDIsNotAGivenUpOne(t *testing.T) {
	t.Parallel()
	drop := simulator.Fault{Operation: add, Kind: simulator.Drop, Times: 1}
	for name, faults := range map[string][]simulator.Fault{
		"twice without an answer": {drop, drop},
		"refused at last":         {drop, {Operation: add, Kind: simulator.Answer, Status: 403, Times: 1}},
		"not looked for":          {drop, {Operation: list, Kind: simulator.Answer, Status: 403, Skip: 3, Times: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			for _, fault := range faults {
				w.Inject(fault)
			}
			cli := w.Terminal(t, named("one")+named("two"))
			cli.ApplyFails().Warns(t, "which was not listed when it was made")
			guessedNothing(t, cli, 1)
			if n := len(made(w)); n != 1 || w.PendingFaults() > 0 {
				t.Errorf("%d secrets were made, and %d faults did not happen", n, w.PendingFaults())
			}
		})
	}
}

// Of two who do not know theirs, none takes what is left of both.
func TestUnknownIDsOfTwo(t *testing.T) {
	w := world(t)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListDelay = 100 * time.Second })
	cli := w.Terminal(t, named("one")+named("two"))
	cli.Apply().Warns(t, "find the id of the new secret")
	w.IdentityService.DeleteSecretElsewhere(made(w)[0].ID)
	w.Clock.Advance(2 * time.Minute)
	cli.Apply().Warns(t, "the id of the current secret is not known")
	guessedNothing(t, cli, 2)
}

// A list whose body was lost is not an empty one: what it should have shown is not taken for the new secret.
func TestEmptyBodyIsNoEmptyList(t *testing.T) {
	w := world(t)
	_, theirs := addElsewhere(w)
	w.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) { s.ListDelay = time.Second })
	w.Inject(simulator.Fault{Operation: list, Kind: simulator.EmptyBody, Times: 2})
	cli := w.Terminal(t, app())
	cli.Apply()
	if got, want := cli.Attribute("oauthsecret_identity_service_client_secret.app", "secret_id"), made(w)[0].ID; got != want {
		t.Errorf("secret_id is %v, want %s", got, want)
	}
	cli.Must("destroy", "-json", "-auto-approve", "-input=false")
	if !w.IdentityService.Accepts(acctest.Tenant, acctest.Application, theirs) {
		t.Error("somebody else's secret was deleted")
	}
}

// What was listed before a rotation cannot be its secret, whose id is found when it is listed.
func TestUnknownIDIsNotAnEarlierOne(t *testing.T) {
	w := world(t)
	cli := w.Terminal(t, app(q("1"), expiring))
	cli.Apply()
	addElsewhere(w)
	cli.Configure(app(q("2"), expiring))
	w.Inject(simulator.Fault{Operation: list, Kind: simulator.Answer, Status: 403, Skip: 2, Times: 6})
	cli.ApplyFails().Errs(t, "find the id of the new secret")
	cli.Apply()
	if got, want := cli.Attribute("oauthsecret_identity_service_client_secret.app", "secret_id"), made(w)[1].ID; got != want {
		t.Errorf("secret_id is %v, want %s", got, want)
	}
}

// Refused additions have no effect and are not sent again.
func TestRefusedAdd(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 409} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			w := world(t)
			w.Run(t,
				resource.TestStep{Config: app(q("1"))},
				resource.TestStep{
					PreConfig: func() {
						w.ResetJournal()
						w.Inject(simulator.Fault{Operation: add, Kind: simulator.Answer, Status: status, Body: `{"message": "the vendor's own words"}`})
					},
					Config: app(q("2")), ExpectError: matching("the vendor's own words"),
				},
				resource.TestStep{PreConfig: check(t, w, w.Changed(add), accepted(w, "yes")), Config: app(q("1")), ConfigPlanChecks: nothing, Check: holds(w, 0)},
			)
		})
	}
}

// A 429 was not processed: it is waited out and sent again.
func TestAdd_TooManyRequests(t *testing.T) {
	w := world(t)
	w.Inject(simulator.Fault{Operation: add, Kind: simulator.Answer, Status: 429, Header: map[string][]string{"Retry-After": {"7"}}})
	w.Run(t, resource.TestStep{Config: app(), Check: all(w.Changed(add, add), holds(w, 0), accepted(w, "yes"))})
}

// Somebody adds a secret between our addition and the list.
func TestForeignAdd(t *testing.T) {
	intrude := func(w *acctest.World) *atomic.Int32 {
		var intruded atomic.Int32
		w.BeforeRequest(func(e simulator.Entry) {
			if e.Operation == list && w.Count(add) > 0 && len(made(w)) == 1 && intruded.CompareAndSwap(0, 1) {
				addElsewhere(w)
			}
		})
		return &intruded
	}
	t.Run("found by its date", func(t *testing.T) {
		w := world(t)
		intruded := intrude(w)
		w.Run(t, resource.TestStep{Config: app(expiring), Check: all(w.Changed(add), holds(w, 0), accepted(w, "yes"))})
		if intruded.Load() == 0 {
			t.Error("nobody intruded")
		}
	})
	// Without a date: the value is kept, the ids are named, nothing is guessed.
	t.Run("ambiguous", func(t *testing.T) {
		w := world(t)
		intrude(w)
		w.Run(t,
			resource.TestStep{Config: app(q("1")), Check: all(
				w.Changed(add),
				func(s *terraform.State) error { return is("client_secret", made(w)[0].Value)(s) },
				version(w, 1), is("secret_id", "", "id", acctest.Tenant+"/"+acctest.Application),
				acctest.Do(func() error {
					var ids []string
					for _, r := range records(w) {
						ids = append(ids, r.ID)
					}
					said := acctest.Saying(w.Said(), "apply", ids...)
					if len(ids) != 2 || len(said) != 1 || !said[0].Warning {
						return fmt.Errorf("no warning names %s", strings.Join(ids, " and "))
					}
					return nil
				}),
			)},
			// The next rotation has an id again; nothing is deleted that may be somebody else's.
			resource.TestStep{PreConfig: after(w, 0), Config: app(q("2"), `retire_previous_after = "0s"`), Check: all(w.Changed(add), holds(w, 1), noPrevious, accepted(w, "yes yes"))},
		)
	})
	t.Run("ambiguous rotation", func(t *testing.T) {
		w := world(t)
		armed := func() {
			w.ResetJournal()
			w.BeforeRequest(func(e simulator.Entry) {
				if e.Operation == list && w.Count(add) > 0 && len(records(w)) == 2 {
					addElsewhere(w)
				}
			})
		}
		w.Run(t,
			resource.TestStep{Config: app(q("1"))},
			resource.TestStep{PreConfig: armed, Config: app(q("2"), `retire_previous_after = "0s"`), ExpectError: matching("Candidates")},
			resource.TestStep{
				PreConfig: func() { w.BeforeRequest(nil) }, RefreshState: true,
				Check: all(func(s *terraform.State) error {
					return all(version(w, 2), is("client_secret", made(w)[1].Value, "secret_id", ""))(s)
				}),
			},
		)
	})
}
