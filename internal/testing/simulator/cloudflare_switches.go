package simulator

import "time"

// What Cloudflare does with a rotation while another one is open.
const (
	RotateRefused     = "refused"
	RotateKeepsFive   = "keeps_five"
	RotateDropsOldest = "drops_oldest"
)

// What the 200 of a rotation looks like. In all but the first case the
// rotation has happened and its secret is lost.
const (
	RotateAnswerFull         = "full"
	RotateAnswerSuccessFalse = "success_false"
	RotateAnswerNullResult   = "null_result"
	RotateAnswerNoSecret     = "no_secret"
	RotateAnswerEmptySecret  = "empty_secret"
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
	RotateWhenRotated   string // refused, keeps_five, drops_oldest.
	RotateRefusalStatus int    // 400, or another 4xx.
	DeleteWhenNone      int    // 200, 404, 400.
	NoneClientStatus    int    // 400, 200: either rotation call on a client without secrets.
	RotateAnswer        string // full, success_false, null_result, no_secret, empty_secret.
	DeleteResult        string // null, client_id, other_id.
	Flag                string // present, absent, absent_in_list.
	UpdatedAt           string // moves, stays.
	Scopes              string // as_sent, augmented.
	ResultInfo          string // absent, one_page, two_pages.

	// PropagationReads is how many reads still show a client as it was before
	// a change, and PropagationDelay for how long they do; both 0. The delay
	// also holds for secrets at the token endpoint.
	PropagationReads int
	PropagationDelay time.Duration

	// RefusalStatus of the token endpoint: 401, 400.
	RefusalStatus int

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
		UpdatedAt: UpdatedAtMoves, Scopes: ScopesAsSent, ResultInfo: ResultInfoAbsent,
		RefusalStatus: 401,
		Permissions:   CloudflarePermissions{List: true, Read: true, Create: true, Update: true, Delete: true},
	}
}

// Set changes the switches. Switches must not be written otherwise.
func (v *CloudflareState) Set(change func(*CloudflareSwitches)) {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	change(&v.Switches)
}
