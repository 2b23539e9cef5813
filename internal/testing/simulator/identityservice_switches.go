package simulator

import "time"

// Envelopes of the list of secrets.
const (
	ListArray         = "array"
	ListSingle        = "single" // A bare object when there is exactly one.
	ListItems         = "items"
	ListNullWhenEmpty = "null_when_empty"
	List204WhenEmpty  = "204_when_empty"
)

// How an expiration date comes back.
const (
	DateSame         = "same"
	DateMilliseconds = "milliseconds"
	DateOffset       = "offset"
	DateNoZone       = "no_zone"
	DateDay          = "day" // The date itself is cut to the day as well.
)

// What clientSecret holds after adding a secret.
const (
	AddAnswerNew   = "new"
	AddAnswerNull  = "null"
	AddAnswerEmpty = "empty"
	AddAnswerOlder = "older"
)

// Shapes of the Identity Service's error bodies.
const (
	ErrorShapeDocumented = "documented" // Problem details for 400, the second shape otherwise.
	ErrorShapeOther      = "other"      // The two exchanged.
	ErrorShapeHTML       = "html"
	ErrorShapeEmpty      = "empty"
)

// IdentityServiceSwitches are the points that the Identity Service's page
// leaves open. The comments name the default first.
type IdentityServiceSwitches struct {
	List                   string // array, single, items, null_when_empty, 204_when_empty.
	HideDeleted            bool   // False: deleted entries are listed.
	HideExpired            bool   // False: expired entries are listed.
	HideRegistrationSecret bool   // False: the secret from registration is listed.
	DateEcho               string // same, milliseconds, offset, no_zone, day.
	DefaultLifetime        time.Duration
	AddAnswer              string // new, null, empty, older.
	DeleteAnswerSecret     bool   // False: null. True: the answer of a deletion holds a secret.
	SecondDelete           int    // 200, 400, 404.
	UnknownApplication     int    // 403, 404, 400.
	UnknownSecret          int    // 404, 400, 200.
	RefuseLastSecret       bool   // False. True: 400 for deleting the last live secret.
	Maximum                int    // 0 means none; else 400 beyond so many live secrets.
	ListAfterReads         int    // 0: so many lists still leave a new secret out.
	AddStatus              int    // 200, 201.
	DeleteStatus           int    // 200, 202, 204.
	ErrorShape             string // documented, other, html, empty.
	AcceptEmptyBody        bool   // False: adding a secret needs a JSON object.
	Forbidden              bool   // False. True: no token has a role.
	NoDiscovery            bool   // False. True: the discovery document is missing.
	WrongSecretStatus      int    // 401, 400.
	Basic                  string // url_decoded, raw.
	TokenLifetime          time.Duration
	PropagationDelay       time.Duration // 0: how late authentication notices a change.
	ListDelay              time.Duration // 0: for so long lists leave a new secret out.
	TokenEndpoint          TokenEndpointSwitches
}

func defaultIdentityServiceSwitches() IdentityServiceSwitches {
	return IdentityServiceSwitches{
		List: ListArray, DateEcho: DateSame, AddAnswer: AddAnswerNew, SecondDelete: 200, UnknownApplication: 403,
		UnknownSecret: 404, AddStatus: 200, DeleteStatus: 200, ErrorShape: ErrorShapeDocumented,
		WrongSecretStatus: 401, Basic: BasicURLDecoded, TokenLifetime: 1799 * time.Second,
		TokenEndpoint: defaultTokenEndpointSwitches(),
	}
}

// Set changes the switches. Switches must not be written otherwise.
func (v *IdentityServiceState) Set(change func(*IdentityServiceSwitches)) {
	v.sim.mu.Lock()
	defer v.sim.mu.Unlock()
	change(&v.Switches)
}
