package verify

import (
	"testing"
	"time"
)

// Findings of one letter each.
var letters = map[rune]finding{
	'a': {verdict: Accepted, reason: reasonPlain},
	'r': {verdict: Refused, reason: reasonPlain, answer: Answer{Outcome: Refusal}},
	'u': {reason: reasonUnclear, answer: Answer{Outcome: Unclear}},
	'n': {reason: reasonOutage},
	'f': {reason: reasonAlike, final: true},
}

func TestSeries(t *testing.T) {
	t.Parallel()
	const ms, s = time.Millisecond, time.Second
	tests := map[string]struct {
		terms  Terms
		tries  string // the last one repeats
		takes  time.Duration
		want   Verdict
		tried  int
		pauses []time.Duration // nil: not checked
	}{
		"three accepts":                {Terms{Accepts: 3}, "a", 0, Accepted, 3, []time.Duration{500 * ms, 500 * ms}},
		"one accept":                   {Terms{}, "a", 0, Accepted, 1, []time.Duration{}},
		"a refusal resets the row":     {Terms{Accepts: 3}, "aaraaa", 0, Accepted, 6, nil},
		"after the last allowed pause": {Terms{Accepts: 3}, "rra", 0, Accepted, 5, nil},
		"three refusals, spread over the timeout": {
			Terms{}, "r", 0, Refused, 3, []time.Duration{7500 * ms, 15 * s},
		},
		"at a refresh":                          {AtRefresh(), "r", 0, Refused, 3, []time.Duration{2500 * ms, 5 * s}},
		"refusals need not be in a row":         {Terms{Accepts: 3}, "rarar", 0, Refused, 5, nil},
		"no answer neither counts nor resets":   {Terms{Accepts: 3}, "anana", 0, Accepted, 5, nil},
		"an outage":                             {Terms{Timeout: 2 * s}, "n", 0, Inconclusive, 5, nil},
		"refused, then an outage":               {Terms{}, "rn", 0, Refused, 47, nil},
		"accepted, then an outage":              {Terms{Accepts: 3, Timeout: 2 * s}, "an", 0, Inconclusive, 5, nil},
		"refused, accepted, then an outage":     {Terms{Accepts: 3}, "ran", 0, Inconclusive, 47, nil},
		"accepts that come too late":            {Terms{Accepts: 3, Timeout: 10 * s}, "a", 4 * s, Inconclusive, 3, nil},
		"what will not change is not repeated":  {Terms{Accepts: 3}, "f", 0, Inconclusive, 1, nil},
		"pages that say nothing count as well":  {Terms{}, "u", 0, Inconclusive, 3, []time.Duration{7500 * ms, 15 * s}},
		"refused, then pages that say nothing":  {Terms{}, "ru", 0, Refused, 3, nil},
		"accepted, then pages that say nothing": {Terms{Accepts: 3}, "au", 0, Inconclusive, 4, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			progress := series{terms: test.terms.withDefaults()}
			elapsed, left, tried, pauses := time.Duration(0), MaxRefusals, 0, []time.Duration{}
			for {
				f := letters[rune(test.tries[min(tried, len(test.tries)-1)])]
				tried++
				elapsed += test.takes
				if f.answer.refuses() {
					left--
				}
				verdict, done, pause := progress.next(f, elapsed, left)
				if !done {
					pauses = append(pauses, pause)
					elapsed += pause
					continue
				}
				if verdict != test.want || tried != test.tried {
					t.Errorf("got %v after %d tries, want %v after %d", verdict, tried, test.want, test.tried)
				}
				break
			}
			if test.pauses == nil {
				return
			}
			if len(pauses) != len(test.pauses) {
				t.Fatalf("paused %v, want %v", pauses, test.pauses)
			}
			for n := range pauses {
				if pauses[n] != test.pauses[n] {
					t.Errorf("paused %v, want %v", pauses, test.pauses)
				}
			}
		})
	}
}

// The pauses grow from one refusal to the next and end before the timeout, however many refusals are left.
func TestPausesStayWithinTheTimeout(t *testing.T) {
	t.Parallel()
	for refusals := 1; refusals <= 6; refusals++ {
		terms := Terms{Timeout: time.Minute}.withDefaults()
		elapsed, last := time.Duration(0), time.Duration(0)
		for left := refusals; left > 0; left-- {
			pause := terms.pause(elapsed, left)
			if pause <= last {
				t.Errorf("%d refusals: a pause of %v after one of %v", refusals, pause, last)
			}
			last, elapsed = pause, elapsed+pause
		}
		if elapsed < 44*time.Second || elapsed > 46*time.Second {
			t.Errorf("%d refusals took %v", refusals, elapsed)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	var (
		token     = Answer{Outcome: Authenticated, Status: 200}
		inactive  = Answer{Outcome: Indicated, Status: 200}
		complaint = Answer{Outcome: Complaint, Status: 400, Code: "unauthorized_client"}
		refusal   = Answer{Outcome: Refusal, Status: 401, Code: "invalid_client"}
		bare      = Answer{Outcome: PossibleRefusal, Status: 401}
		coded     = Answer{Outcome: PossibleRefusal, Status: 404, Code: "540.1"}
		page      = Answer{Outcome: Unclear, Status: 403}
		none      = Answer{}
	)
	controls := []Answer{token, inactive, complaint, refusal, bare, coded, page, none}
	// One letter for each control: accepted, refused, or nothing.
	for answer, want := range map[Answer]string{
		// A token proves something where not everybody gets one.
		token: "--aaaaaa",
		// Where a surely wrong secret is refused, an answer that is none proves the right one.
		inactive:  "---aaa--",
		complaint: "---aaa--",
		// A refusal is one where a wrong secret is refused, and not where it passes.
		refusal: "---r----",
		// What is not worded as a refusal must be the very same.
		bare:  "----r---",
		coded: "-----r--",
		page:  "--------",
		none:  "--------",
	} {
		for n, control := range controls {
			if got := map[Verdict]byte{Accepted: 'a', Refused: 'r', Inconclusive: '-'}[judge(answer, control)]; got != want[n] {
				t.Errorf("%v beside %v gives %c, want %c", answer, control, got, want[n])
			}
		}
	}
}
