// Package rotation is the pure part of the kernel: what is known of a client's secrets (Record), what that means (State and
// drift), and what may be done about it (Decide and the rules beside it), in one vocabulary for every vendor. It knows
// neither Terraform nor HTTP, asks nobody and reads no clock.
package rotation

import (
	"context"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/verify"
)

// Client names one OAuth client: the organization, account or tenant that it lives in, and its own id there.
type Client struct{ Scope, ID string }

// String is the client's part of an import id.
func (c Client) String() string { return c.Scope + "/" + c.ID }

// Key is the form of a client under which locks and registries keep it. Vendors take ids without regard to case, so two
// spellings of one id are one client.
func (c Client) Key() Client {
	return Client{Scope: strings.ToLower(c.Scope), ID: strings.ToLower(c.ID)}
}

// Traits are the facts of a vendor's API that decisions depend on.
type Traits struct {
	// ManySecrets: a client has any number of secrets, each with an id (add, list, delete); list.go has their rules.
	// Otherwise it has two slots, the current secret and the previous one, and ending "the previous" never ends the
	// current; slots.go has their rules.
	ManySecrets bool
	// ShowsPrevious: reading the client tells whether a previous secret is still valid.
	ShowsPrevious bool
	// EndsOverlap: the vendor ends the previous secret by itself when the overlap is over.
	EndsOverlap bool
	// DefaultOverlap is the overlap of a vendor that EndsOverlap when none is asked for.
	DefaultOverlap time.Duration
	// CallerChooses: the caller may choose the value of a new secret.
	CallerChooses bool
	// LogsIn: a client of this kind can be the credential that the provider itself logs in with.
	LogsIn bool
	// Regenerates: there is a call that replaces every secret at once, without overlap.
	Regenerates bool
	// Name is how sentences call the vendor, "VMware Cloud Services".
	Name string
}

// Facts are what a vendor shows about a client at one moment.
type Facts struct {
	// At is the vendor's time of the answer.
	At time.Time
	// Name is the client's display name, "" when unknown; for messages only.
	Name string
	// HasPrevious tells whether a previous secret is valid; nil when the vendor does not say.
	HasPrevious *bool
	// ChangedAt is when anybody last changed the client; nil when the vendor does not say.
	ChangedAt *time.Time
	// CreatedAt is when the client was made; nil when the vendor does not say.
	CreatedAt *time.Time
	// SecretAge grows while nobody changes the secret, in a unit that the vendor does not document; nil when it does not say.
	SecretAge *float64
	// Secrets are the entries of a vendor with many secrets.
	Secrets []Entry
	// Unsupported says why this client cannot have its secret rotated ("it is a public client"); "" when it can.
	Unsupported string
	// NoSecret: a client of this kind authenticates without a secret, so none that it had works.
	NoSecret bool
}

// Entry is one secret in a vendor's list; never its value.
type Entry struct {
	ID        string
	ExpiresAt *time.Time
	Deleted   bool
}

// Is compares ids as vendors do, without regard to case.
func (e Entry) Is(id string) bool { return strings.EqualFold(e.ID, id) }

// Live tells whether e still authenticates at the time now.
func (e Entry) Live(now time.Time) bool {
	return !e.Deleted && (e.ExpiresAt == nil || e.ExpiresAt.After(now))
}

// Mode is how a new secret comes to be.
type Mode string

const (
	// Overlap keeps the previous secret valid beside the new one.
	Overlap Mode = "overlap"
	// Regenerate replaces every secret at once.
	Regenerate Mode = "regenerate"
)

// Order asks for one new secret.
type Order struct {
	Mode Mode
	// Chosen is the value that the user chose; empty lets the provider or the vendor make one.
	Chosen secret.Value
	// Overlap is how long the vendor shall keep the previous secret; 0 leaves it to the vendor. Only vendors that
	// EndsOverlap are told.
	Overlap time.Duration
	// ExpiresAfter is the life of the new secret; 0 asks for none.
	ExpiresAfter time.Duration
	// Version is the client_secret_wo_version of Chosen.
	Version *int64
	// Current is the secret in use, when it is known: a lost answer can then be judged.
	Current secret.Value
	// Pending is an earlier order whose outcome nobody knows; it is cleared up before anything new is sent.
	Pending *Pending
	// Before are the facts read right before.
	Before Facts
}

// Pending is a rotation that was sent and never answered.
type Pending struct {
	// Value is what was sent, empty when it is not kept (write-only or encrypted).
	Value secret.Value
	// Fingerprint is the SHA-256 of what was sent, also where the value is not kept: only that value clears it up.
	Fingerprint string
	// Version is the client_secret_wo_version that was sent; nil for a value that was made here.
	Version *int64
	// Dates are the expiration dates that were asked for, at a vendor with many secrets: by them the secret that nobody has is told
	// from others.
	Dates []time.Time
	// Reason is the reason of the rotation.
	Reason string
	SentAt time.Time
	// EndsAt is when the previous secret dies if the rotation was carried out.
	EndsAt time.Time
}

// Issued is a new secret. Its value exists nowhere else: it is stored before anything else is done.
type Issued struct {
	Value secret.Value
	// At is the vendor's time of the rotation.
	At time.Time
	// ChangedAt is when the rotation changed the client, by the vendor's own clock and exactly what Facts.ChangedAt shows until
	// the next change; nil when the answer does not say.
	ChangedAt *time.Time
	// PreviousEndsAt is when the vendor ends the previous secret; nil when it does not.
	PreviousEndsAt *time.Time
	// Requested is the expiration date that was asked for; with the Before facts it finds the new secret in the list.
	Requested *time.Time
	// Before are the facts of right before, for Locate and for later reads.
	Before Facts
	// Notes are remarks for the user about how it went.
	Notes []string
}

// Vendor carries out what was decided. Implementations know their API and how its lost answers are cleared up; they
// decide nothing else. All methods are safe for concurrent use; calls that change one client are serialised by the caller.
// Only the gate of package session calls Issue and Retire.
type Vendor interface {
	// Now is the time at the vendor.
	Now() time.Time
	// Read gives the facts about c, possibly shared with other readers and as old as one plan or apply. The error matches
	// httpapi.ErrNotFound only when the client is definitely gone.
	Read(ctx context.Context, c Client) (Facts, error)
	// Prepare gives the facts that must hold right before a change, read anew. Vendors that show nothing of use make no call.
	Prepare(ctx context.Context, c Client) (Facts, error)
	// Issue makes a new secret. A lost answer is cleared up as far as the vendor allows; *LostError is what remains.
	Issue(ctx context.Context, c Client, order Order) (Issued, error)
	// Retire ends the previous secret: the one with that id, or on a vendor with two slots the only one. Nothing to end is
	// success; the result tells whether there was something. before are facts from Prepare under the same lock.
	Retire(ctx context.Context, c Client, secretID string, before Facts) (bool, error)
	// Verify finds out whether the token endpoint accepts s. What cannot be found out is verify.Inconclusive.
	Verify(ctx context.Context, c Client, s secret.Value, t verify.Terms) verify.Result
	// LoginClientID is the client that the provider itself logs in as; "" when that is not known. It makes no call.
	LoginClientID() string
	// UseLoginSecret makes later logins as client id use s.
	UseLoginSecret(id string, s secret.Value)
}

// Locator is a vendor whose answer to Issue does not name the new secret.
type Locator interface {
	// Locate finds the entry of a secret just issued. Several candidates are an error, never a guess.
	Locate(ctx context.Context, c Client, issued Issued) (Entry, []string, error)
}

// followUp bounds what must still be read or undone after a change was sent, when the operation itself was cancelled.
const followUp = time.Minute

// Detached is a context for finding out what became of a change that was sent: it outlives the cancellation of ctx.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), followUp)
}
