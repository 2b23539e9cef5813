package rotation

// RefusedError is a decision not to act: nothing was sent.
type RefusedError struct {
	// Reason completes "the secret was not rotated: …" or the like, as a sentence.
	Reason string
	// Remedy is what to do, in full sentences.
	Remedy string
	// NotLookedAt: nothing was compared because nothing is known of the client's last change; the next plan looks at it.
	NotLookedAt bool
}

// Error is the reason and the way out.
func (e *RefusedError) Error() string { return e.Reason + " " + e.Remedy }

// LostError says that a change was sent, that nobody can tell what became of it or nobody has its result, and what
// still holds.
type LostError struct {
	Cause error
	// StillValid says which secrets work now, in full sentences.
	StillValid string
	// Remedy is what to do, in full sentences.
	Remedy string
	// Happened: a new secret was made and its value is lost, so that the secret in state is not the current one any more.
	Happened bool
	// Pending is set when the next apply can settle the matter.
	Pending *Pending
}

// Error is one paragraph.
func (e *LostError) Error() string { return e.Cause.Error() + ". " + e.StillValid + " " + e.Remedy }

// Unwrap gives the cause.
func (e *LostError) Unwrap() error { return e.Cause }
