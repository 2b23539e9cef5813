package simulator

import "time"

// What CSP does with a second POST while a rotation is open.
const (
	SecondPostConflict   = "409"
	SecondPostBadRequest = "400"
	SecondPostReplace    = "replace" // The new secret is replaced, the old one stays.
	SecondPostShift      = "shift"   // The new secret becomes the old one.
)

// What a PUT answers.
const (
	RegenerateFull         = "full"
	RegenerateNoSecret     = "no_secret"
	RegenerateConflictOnce = "conflict_once" // Turns into full after one 409.
)

// Texts for a wrong client secret.
const (
	WrongSecretInvalidClient = "invalid_client"
	WrongSecretUnknownText   = "unknown"
)

// How Basic credentials are read.
const (
	BasicRaw        = "raw"
	BasicURLDecoded = "url_decoded"
)

// How the documented password pattern is enforced.
const (
	PatternStrict    = "strict"
	PatternAsPrinted = "as_printed" // Its range contains all lower-case letters.
)

// What an overlap of 0 seconds means.
const (
	OverlapZeroBadRequest = "400"
	OverlapZeroDefault    = "default"
	OverlapZeroExpireNow  = "expire_now"
)

// What secretAge in an app shows: seconds since the last change of the secret.
const (
	SecretAgeAbsent = "absent"
	SecretAgeResets = "resets" // A POST resets it.
	SecretAgeKeeps  = "keeps"  // A POST does not; PUT and PATCH do.
)

// JSON types of moduleCode.
const (
	ModuleCodeNumber = "number"
	ModuleCodeString = "string"
)

// Units of timestamps.
const (
	TimestampMilliseconds = "ms"
	TimestampSeconds      = "s"
)

// Shapes of CSP's error bodies.
const (
	CSPErrorPlain  = "plain"
	CSPErrorTraced = "traced" // With traceId and metadata.
	CSPErrorEmpty  = "empty"
	CSPErrorHTML   = "html"
)

// CSPSwitches are the points that CSP's pages leave open. The comments name
// the default first.
type CSPSwitches struct {
	SecondPost                string // 409, 400, replace, shift.
	DeleteNone                int    // 400, 200, 404.
	Regenerate                string // full, no_secret, conflict_once.
	RegenerateWithoutBodyOK   bool   // False: 400 without the documented {}.
	RejectUnknownFields       bool   // True: 400 for fields that POST and PUT do not document.
	RefusedAPITokenStatus     int    // 400, 404.
	WrongSecretStatus         int    // 401, 400, 404.
	WrongSecretMessage        string // invalid_client, unknown.
	Basic                     string // raw, url_decoded.
	Pattern                   string // strict, as_printed.
	OverlapZero               string // 400, default, expire_now.
	DefaultOverlap            time.Duration
	MaxOverlap                time.Duration // 0 means none; above it 400.
	SecretAge                 string        // absent, resets, keeps.
	ModuleCode                string        // number, string.
	Timestamps                string        // ms, s.
	ErrorBody                 string        // plain, traced, empty, html.
	PropagationDelay          time.Duration // 0: how late the login endpoints notice a change.
	ListDefaultLimit          int           // 20.
	ListMaxLimit              int           // 200; above it 400.
	Forbidden                 bool          // True: no token has a role, 403 everywhere.
	ForeignOrgStatus          int           // 403, 404: an organization that is unknown or not the token's.
	UnknownAppStatus          int           // 404, 403.
	TokenLifetime             time.Duration // 1799 s.
	GrantFirst                bool          // True: the grant of an app is looked at before its secret.
	IntrospectIgnoresPassword bool          // True: introspect answers 200 to any secret of a known client.
}

func defaultCSPSwitches() CSPSwitches {
	return CSPSwitches{
		SecondPost: SecondPostConflict, DeleteNone: 400, Regenerate: RegenerateFull, RejectUnknownFields: true,
		RefusedAPITokenStatus: 400, WrongSecretStatus: 401, WrongSecretMessage: WrongSecretInvalidClient,
		Basic: BasicRaw, Pattern: PatternStrict, OverlapZero: OverlapZeroBadRequest, DefaultOverlap: 48 * time.Hour,
		SecretAge: SecretAgeAbsent, ModuleCode: ModuleCodeNumber, Timestamps: TimestampMilliseconds,
		ErrorBody: CSPErrorPlain, ListDefaultLimit: 20, ListMaxLimit: 200, ForeignOrgStatus: 403,
		UnknownAppStatus: 404, TokenLifetime: 1799 * time.Second,
	}
}

// Set changes the switches. Switches must not be written otherwise.
func (v *CSPState) Set(change func(*CSPSwitches)) {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	change(&v.Switches)
}
