package simulator

import "time"

// What Cloudflare does with a rotation while another one is open.
const (
	RotateRefused     = "refused"
	RotateKeepsOld    = "keeps_old" // OldSecrets of them, and the oldest goes.
	RotateDropsOldest = "drops_oldest"
)

// What the 200 of a rotation looks like. In all of these but
// the first the rotation has happened and its secret is lost.
const (
	RotateAnswerFull         = "full"
	RotateAnswerSuccessFalse = "success_false"
	RotateAnswerNullResult   = "null_result"
	RotateAnswerNoSecret     = "no_secret"
	RotateAnswerEmptySecret  = "empty_secret"
)

// RotateAnswerClient answers a rotation with the whole client as it is after
// it, new secret and updated_at included, as Ory Hydra does.
const RotateAnswerClient = "client"

// Which of its two secrets the token endpoint accepts while a rotation of a
// client is open. Only the first is documented; the others are field reports.
// What deleting the old secret ends is the same with each of them.
const (
	OverlapBoth        = "both"
	OverlapOldRefused  = "old_refused"
	OverlapNewRefused  = "new_refused"  // For NewRefusedFor after the rotation.
	OverlapBothRefused = "both_refused" // Until the old one is deleted.
)

// What the result of deleting the old secret holds.
const (
	DeleteResultNull     = "null"
	DeleteResultClientID = "client_id"
	DeleteResultOtherID  = "other_id"
)

// Where has_rotated_secret is present.
const (
	FlagPresent      = "present"
	FlagAbsent       = "absent"
	FlagAbsentInList = "absent_in_list"
)

// Whether updated_at moves on rotation calls.
const (
	UpdatedAtMoves = "moves"
	UpdatedAtStays = "stays"
	// UpdatedAtMovesAlways moves it also when a deletion finds no old secret.
	UpdatedAtMovesAlways = "moves_always"
)

// How scopes come back.
const (
	ScopesAsSent    = "as_sent"
	ScopesAugmented = "augmented"
)

// What list says about pages.
const (
	ResultInfoAbsent   = "absent"
	ResultInfoOnePage  = "one_page"
	ResultInfoTwoPages = "two_pages"
)

// CloudflareSwitches are the points that Cloudflare's pages leave open. The
// comments name the default first.
type CloudflareSwitches struct {
	RotateWhenRotated   string // refused, keeps_old, drops_oldest.
	OldSecrets          int    // 5: how many old secrets keeps_old keeps.
	RotateRefusalStatus int    // 400, or another 4xx.
	DeleteWhenNone      int    // 200, 404, 400.
	NoneClientStatus    int    // 400, 200: either rotation call on a client without secrets.
	RotateAnswer        string // full, success_false, null_result, no_secret, empty_secret, client.
	Overlap             string // both, old_refused, new_refused, both_refused.
	DeleteResult        string // null, client_id, other_id.
	Flag                string // present, absent, absent_in_list.
	UpdatedAt           string // moves, stays, moves_always.
	Scopes              string // as_sent, augmented.
	ResultInfo          string // absent, one_page, two_pages.

	// PropagationReads is how many reads still show a client as it was before
	// a change, and PropagationDelay for how long they do; both 0. The delay
	// also holds for secrets at the token endpoint.
	PropagationReads int
	PropagationDelay time.Duration

	// RefusalStatus of the token endpoint: 401, 400.
	RefusalStatus int
	// NewRefusedFor is for how long new_refused refuses a new secret, 1m.
	NewRefusedFor time.Duration
	// ListDelay is for how long the list, and only the list, shows a client as
	// it was before a change, 0.
	ListDelay time.Duration
	// RotationRace is how close two rotations of a client, by anybody, must
	// follow each other to collide, 0 for never. Both are then answered with
	// 200, and the secret of the second never works.
	RotationRace time.Duration
	// SerializationFailures is how many of the next rotation calls are refused
	// with 400 because the database is contended, 0. Each counts it down.
	SerializationFailures int

	// Permissions of the API token and of the key, all granted.
	Permissions CloudflarePermissions
}

// CloudflarePermissions are the fine permissions of OAuth clients. Update
// covers starting a rotation, Delete covers ending it.
type CloudflarePermissions struct {
	List, Read, Create, Update, Delete bool
}

func defaultCloudflareSwitches() CloudflareSwitches {
	return CloudflareSwitches{
		RotateWhenRotated: RotateRefused, RotateRefusalStatus: 400, DeleteWhenNone: 200, NoneClientStatus: 400,
		RotateAnswer: RotateAnswerFull, DeleteResult: DeleteResultNull, Flag: FlagPresent,
		OldSecrets: 5, Overlap: OverlapBoth, NewRefusedFor: time.Minute,
		UpdatedAt: UpdatedAtMoves, Scopes: ScopesAsSent, ResultInfo: ResultInfoAbsent,
		RefusalStatus: 401,
		Permissions:   CloudflarePermissions{List: true, Read: true, Create: true, Update: true, Delete: true},
	}
}

// LikeHydra makes the service behave as Ory Hydra was seen to: nothing that can
// be read tells whether old secrets exist, five of them stay, and every
// rotation call moves updated_at, which the answer to a rotation carries.
func LikeHydra(s *CloudflareSwitches) {
	s.RotateWhenRotated, s.OldSecrets, s.Flag = RotateKeepsOld, 5, FlagAbsent
	s.RotateAnswer, s.UpdatedAt = RotateAnswerClient, UpdatedAtMovesAlways
	s.DeleteWhenNone, s.NoneClientStatus = 200, 400
}

// Set changes the switches. Switches must not be written otherwise.
func (v *CloudflareState) Set(change func(*CloudflareSwitches)) {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	change(&v.Switches)
}
