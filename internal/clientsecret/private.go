package clientsecret

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Keys of private state.
const (
	notedKey   = "noted"
	pendingKey = "pending"
)

// privateReader and privateWriter are the two sides of a resource's private state.
type privateReader interface {
	GetKey(context.Context, string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(context.Context, string, []byte) diag.Diagnostics
}

// pendingRecord is a rotation.Pending as private state keeps it. Like client_secret it lies in the state file in clear,
// so it holds the value only where that does too.
type pendingRecord struct {
	Value  string    `json:"value,omitempty"`
	SentAt time.Time `json:"sent_at"`
	EndsAt time.Time `json:"ends_at"`
}

// recall reads what the last read or apply noted. Unreadable notes count as none: private state is a cache.
func recall(ctx context.Context, from privateReader, diags *diag.Diagnostics) rotation.Noted {
	var noted rotation.Noted
	if raw, d := from.GetKey(ctx, notedKey); len(raw) > 0 {
		diags.Append(d...)
		if json.Unmarshal(raw, &noted) != nil {
			noted = rotation.Noted{}
		}
	}
	if raw, d := from.GetKey(ctx, pendingKey); len(raw) > 0 {
		diags.Append(d...)
		var record *pendingRecord
		if json.Unmarshal(raw, &record) == nil && record != nil {
			noted.Pending = &rotation.Pending{Value: secret.New(record.Value), SentAt: record.SentAt, EndsAt: record.EndsAt}
		}
	}
	return noted
}

// note writes n. keepValue: the pending value may lie in state in clear.
func note(ctx context.Context, to privateWriter, n rotation.Noted, keepValue bool) diag.Diagnostics {
	n.At = n.At.UTC().Truncate(time.Second)
	raw, err := json.Marshal(n)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to note the state of the secret", err.Error())}
	}
	diags := to.SetKey(ctx, notedKey, raw)
	var record *pendingRecord
	if n.Pending != nil {
		record = &pendingRecord{SentAt: n.Pending.SentAt, EndsAt: n.Pending.EndsAt}
		if keepValue {
			record.Value = n.Pending.Value.Reveal()
		}
	}
	raw, err = json.Marshal(record)
	if err != nil {
		return append(diags, diag.NewErrorDiagnostic("Unable to note the state of the secret", "the pending rotation cannot be encoded"))
	}
	return append(diags, to.SetKey(ctx, pendingKey, raw)...)
}
