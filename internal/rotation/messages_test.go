package rotation

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var updateMessages = flag.Bool("update", false, "write the golden file of messages")

// The messages in their rarer forms, in one place to be read aloud. The common ones are in the plans of the guides and in the
// situations of the diagnostics.
func TestMessages(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Messages\n\nWritten by `go test ./internal/rotation -run TestMessages -update`.\n")
	say := func(title string, messages ...Message) {
		fmt.Fprintf(&b, "\n## %s\n", title)
		for _, m := range messages {
			fmt.Fprintf(&b, "\n%s\n: %s\n", m.Title, m.Detail)
		}
		if len(messages) == 0 {
			t.Errorf("%s: nothing is said", title)
		}
	}
	refuse := func(title string, refused ...*RefusedError) {
		fmt.Fprintf(&b, "\n## %s\n", title)
		for _, r := range refused {
			fmt.Fprintf(&b, "\n%s\n: %s\n", r.Reason, r.Remedy)
		}
	}
	st := State{Version: 2, RotatedAt: at(0), HasPrevious: true, PreviousEndsAt: at(48 * time.Hour)}
	listed := State{Version: 2, RotatedAt: at(0), HasPrevious: true, SecretID: "new", PreviousSecretID: "old"}
	rec := NewRecord("object", t0.Add(day))
	rec.PreviousVersion = 1
	seen := rec
	seen.Evidence = "The client has a previous secret that this resource did not leave behind: somebody else rotated"
	own := rec
	own.Evidence = answerLost
	zero := time.Duration(0)

	drifted := func(drift string) State { s := st; s.Drift = drift; return s }
	say("Drift", DriftWarning(flagged, Settings{}, drifted(Rotated), seen, false, false), DriftWarning(flagged, Settings{}, drifted(Rotated), own, false, false),
		DriftWarning(blind, Settings{Chosen: true}, drifted(Rotated), Record{}, false, false), DriftWarning(blind, Settings{}, drifted(Dead), seen, true, false),
		DriftWarning(flagged, Settings{}, State{Drift: Possible}, Record{}, false, false))
	open := Settings{Unknown: Unknown{OnPending: true, Mode: true, RetireAfter: true}}
	due := Decision{Rotate: Yes, Reason: Reason{Kind: BecauseTriggers, Keys: []string{"q"}}}
	say("Endings while settings are not known", endings(blind, open, st, rec, due)...)
	say("Endings while only retire_previous_after is not known", endings(flagged, Settings{Unknown: Unknown{RetireAfter: true}}, State{Version: 2, RotatedAt: at(0)}, rec, due)...)
	for _, kind := range []Reason{{Kind: BecauseChosen}, {Kind: BecauseTriggers, Keys: []string{"q"}}, {Kind: BecauseSchedule, DueAt: at(day)}, {Kind: BecauseDrift, Drift: Rotated}, {Kind: BecausePending}} {
		say("An apply that may rotate: "+kind.Why(), endsAtRotation(kind.If()+", ", currentName(st), Decision{Rotate: Maybe, Reason: kind}), regenerates(kind.If()+", ", State{}), mayBeRefused(kind, DoubtfulRefusal(flagged)))
	}
	say("A creation", append(CreationEndings(flagged, Settings{RetireAfter: &zero}, State{}), CreationRoom(View{}, true), CreationRoom(View{State: drifted(Rotated), Record: rec}, true), CreationMayMakeRoom(true))...)
	say("Retirement that waits", *currentInDoubt(), *unverifiableWarning(), mayRetire([]string{"a", "b"}), notOurs(flagged, st), notOurs(many, listed), endlessWarning([]string{"a"}), leftBehind(listed))
	say("Schedule", postponed(Reason{Kind: BecauseSchedule, DueAt: at(day)}, PendingRefusal(flagged, at(day))), *Collides(blind, Settings{RotateAfter: day}), replacedTriggers())
	say("Secrets that nobody is known to hold", UnclaimedMessage(State{Version: 2}, rec, []string{"a"}), UnclaimedMessage(listed, Record{Lost: true}, []string{"a"}), AddedMessage(2))
	say("A lost record", lostWarning(flagged, st), lostWarning(blind, State{}), conflictWarning())
	other := []View{{Object: "other", State: State{Version: 3}, Record: rec}}
	for _, action := range []string{DestroyKeep, DestroyRetirePrevious, DestroyRevoke} {
		say("Destroy, "+action, append(DestroyMessages(blind, action, st, rec, nil, nil), DestroyMessages(blind, action, st, rec, nil, &Replacement{})...)...)
		say("Destroy beside another object, "+action, DestroyMessages(blind, action, st, rec, other, nil)...)
	}
	say("Destroy, delete", append(DestroyMessages(many, DestroyDelete, listed, rec, nil, &Replacement{}), DestroyMessages(many, DestroyDelete, State{Version: 2}, rec, nil, nil)...)...)
	unsettled, asked := rec, rec
	unsettled.Pending, asked.Pending = &Pending{}, &Pending{Dates: []time.Time{t0.Add(90 * day)}}
	say("A rotation that is not settled", append(append(DestroyMessages(blind, DestroyKeep, st, unsettled, nil, nil), DestroyMessages(flagged, DestroyRetirePrevious, st, unsettled, nil, &Replacement{Elsewhere: true, Perhaps: true})...),
		append(DestroyMessages(many, DestroyDelete, listed, asked, nil, nil)[1:], endings(many, Settings{}, listed, asked, due)...)...)...)
	say("A replacement whose settings are not known", DestroyMessages(flagged, DestroyKeep, st, rec, nil, &Replacement{Settings: Settings{Unknown: Unknown{RetireAfter: true}}})...)
	say("Room beside a dead secret", roomWarning(flagged, "", Settings{}, drifted(Dead), rec, due))
	say("An imported secret of many", endings(many, Settings{RetireAfter: &zero}, State{SecretID: "new"}, rec, due)...)
	say("A shorter retire_previous_after", DueNext(st, rec))
	say("Another client", *TakesOver(blind, Settings{}))
	say("Survivors", append(append(SurvivorMessages(blind, DestroyRevoke, st, rec, Destruction{}), SurvivorMessages(flagged, DestroyRetirePrevious, st, rec, Destruction{})...),
		SurvivorMessages(many, DestroyDelete, listed, Record{}, Destruction{Nameless: true, Unknown: []string{"old"}})...)...)
	say("Completions", CompletionMessage(flagged, "", []View{{State: st, Record: rec}}, false, false, false), CompletionMessage(flagged, "", []View{{State: State{HasPrevious: true}, Record: rec}}, false, true, false),
		CompletionMessage(flagged, "", []View{{State: st, Record: rec}}, true, true, false), CompletionMessage(many, "old", []View{{State: listed, Record: rec}}, false, false, false), CompletionMessage(flagged, "", []View{{State: st, Record: rec}}, true, false, true), RotatedAfterCompletion(),
		NothingToCompleteYet(), CompletionStarts([]View{{State: st, Record: rec}}), CompletionStarted())
	refuse("Refusals", PendingReplaced(blind, st, unsettled), PendingRefusal(blind, nil), DoubtfulRefusal(blind), PendingRefusal(flagged, at(day)), PendingRefusal(blind, at(day)), DoubtfulRefusal(flagged), lastWorkingRefusal(Settings{}, st), onlyPreviousRefusal(Settings{OnPending: PendingRetireFirst}, st), unverifiedRefusal(),
		UnsupportedRefusal("it is a public client"), SelfRefusal(), ChangedSincePlan(), AppearedSincePlan(), NotLookedAt(), changedSinceRotation(), RevokedAndAdopted(),
		MayBeInUse(flagged, st, seen), MayBeInUse(many, listed, Record{}), isCurrent("new", []View{{State: listed}}), MayPlanAction(many, "stranger", []View{{State: listed, Record: rec}}), MayPlanAction(many, "stranger", nil))
	_, lagging := MayEnd(flagged, Ending{View: &View{State: st, Record: Record{Form: form, Known: t0, Window: &Window{Before: t0.Add(-day), Answered: t0}}}},
		Facts{At: t0, HasPrevious: new(bool), ChangedAt: at(-day)}, nil)
	_, silent := MayEnd(flagged, Ending{}, Facts{At: t0}, nil)
	_, stranger := MayEnd(many, Ending{SecretID: "stranger", View: &View{State: listed, Record: rec}}, Facts{At: t0}, nil)
	_, last := MayEnd(many, Ending{SecretID: "old"}, Facts{At: t0, Secrets: []Entry{{ID: "old"}}}, nil)
	refuse("Refusals right before an end", lagging, silent, stranger, last)

	const file = "testdata/MESSAGES.md"
	if *updateMessages {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("%s is not what is said now; -update writes it", file)
	}
}
