package clientsecret

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// Keys of private state.
const (
	recordKey  = "record"
	pendingKey = "pending"
	// plannedKey holds what a plan hands on; see planned.
	plannedKey = "planned"
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
	Value       string    `json:"value,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Version     *int64    `json:"version,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	SentAt      time.Time `json:"sent_at"`
	EndsAt      time.Time `json:"ends_at,omitzero"`
	// Dates are those of rotation.Pending.
	Dates []time.Time `json:"dates,omitempty"`
}

// newMark is a mark for a new object.
func newMark() string { return rand.Text()[:12] }

// loadRecord reads what was stored beside the object. What cannot be read, or has another form, counts as not there: private
// state is a cache.
func loadRecord(ctx context.Context, from privateReader, diags *diag.Diagnostics) rotation.Record {
	var rec rotation.Record
	if raw, d := from.GetKey(ctx, recordKey); len(raw) > 0 {
		diags.Append(d...)
		if json.Unmarshal(raw, &rec) != nil || !rec.Valid() {
			rec = rotation.Record{}
		}
	}
	if raw, d := from.GetKey(ctx, pendingKey); len(raw) > 0 {
		diags.Append(d...)
		var p *pendingRecord
		if json.Unmarshal(raw, &p) == nil && p != nil {
			rec.Pending = &rotation.Pending{
				Value: secret.New(p.Value), Fingerprint: p.Fingerprint, Version: p.Version, Reason: p.Reason, SentAt: p.SentAt, EndsAt: p.EndsAt, Dates: p.Dates,
			}
		}
	}
	return rec
}

// storeRecord writes rec where it differs from what was there. keepValue: the pending value may lie in state in clear.
func storeRecord(ctx context.Context, to privateWriter, rec rotation.Record, keepValue bool) (diags diag.Diagnostics) {
	rec.Known = rec.Known.UTC().Truncate(time.Second)
	diags.Append(storeKey(ctx, to, recordKey, rec)...)
	var p *pendingRecord
	if sent := rec.Pending; sent != nil {
		p = &pendingRecord{Fingerprint: sent.Fingerprint, Version: sent.Version, Reason: sent.Reason, SentAt: sent.SentAt.UTC(), EndsAt: sent.EndsAt.UTC(), Dates: sent.Dates}
		if keepValue {
			p.Value = sent.Value.Reveal()
		}
	}
	return append(diags, storeKey(ctx, to, pendingKey, p)...)
}

func storeKey(ctx context.Context, to privateWriter, key string, value any) (diags diag.Diagnostics) {
	raw, err := json.Marshal(value)
	if err != nil {
		diags.AddError("Unable to store what is known of the secret", "The record cannot be encoded. Please report this to the provider's developers.")
		return diags
	}
	if from, ok := to.(privateReader); ok {
		if before, _ := from.GetKey(ctx, key); bytes.Equal(before, raw) {
			return nil
		}
	}
	return to.SetKey(ctx, key, raw)
}

// planned is what a plan hands on: to the destruction that it plans, or to the creation that replaces the object.
type planned struct {
	// Occupied: another object manages the client, so nothing is ended.
	Occupied bool `json:"occupied,omitempty"`
	// Object stands for the mark of a record that was lost.
	Object string `json:"object,omitempty"`
	// Destroys: the plan is the destruction itself, and said what it forgets.
	Destroys bool `json:"destroys,omitempty"`
}

func loadPlanned(ctx context.Context, from privateReader) (p planned) {
	if raw, _ := from.GetKey(ctx, plannedKey); len(raw) > 0 {
		_ = json.Unmarshal(raw, &p) // what cannot be read says nothing
	}
	return p
}
