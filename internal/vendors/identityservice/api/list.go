package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// ClientSecret is one entry of an application's list of secrets. The vendor never shows its value again.
type ClientSecret struct {
	ID        string     // as the vendor writes it; ids are equal whatever their case
	ExpiresAt *time.Time // nil for none
	Deleted   bool
}

const (
	problemNoList    = "the answer is not a list of secrets in any form that is known"
	problemNoID      = "a secret in the answer has no clientSecretId"
	problemAmbiguous = "a secret in the answer names the same property twice"
	problemDeleted   = "a secret in the answer does not say clearly whether it is deleted"
	problemDate      = "a secret in the answer has an expiration date that cannot be read"
)

// emptyLooks is how often a list without a body is asked for again before it counts as an empty one.
const emptyLooks = 2

// Secrets lists the secrets of an application; deleted and expired ones may or may not be among them. An answer that is no
// list is an *httpapi.AnswerError and never an empty list, which would mean that every secret is gone. A 403 may mean a
// missing role or an unknown application.
//
// https://docs.vancoplatform.com/key-rotation
func (c *Client) Secrets(ctx context.Context, tenant, clientID string) ([]ClientSecret, error) {
	r := httpapi.Request{
		Operation: "list the client secrets",
		Template:  secretsTemplate,
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      secretsPath(tenant, clientID),
	}
	resp, err := c.http.Do(ctx, r)
	// An empty list may look like that; so does one whose body was lost.
	for look := 0; look < emptyLooks && err == nil && resp.Status != http.StatusNoContent && len(bytes.TrimSpace(resp.Body)) == 0; look++ {
		resp, err = c.http.Do(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	switch resp.Status {
	case http.StatusNoContent:
		return []ClientSecret{}, nil
	case http.StatusPartialContent:
		return nil, c.http.Unusable(r, "a part of the list only")
	}
	list, problem := readList(resp.Body)
	if problem != "" {
		return nil, c.http.Unusable(r, problem)
	}
	return list, nil
}

// envelopes are the members under which a list may be wrapped.
var envelopes = map[string]bool{
	"items": true, "data": true, "value": true, "results": true, "secrets": true, "clientsecrets": true,
}

// readList reads every form that the list could have, told apart by the first byte: the vendor prints a single object
// under a title in the plural.
func readList(body []byte) (list []ClientSecret, problem string) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0 || string(body) == "null":
		return []ClientSecret{}, ""
	case body[0] == '[':
		return readElements(body)
	case body[0] != '{':
		return nil, problemNoList
	}
	object, problem := foldKeys(body)
	if problem != "" {
		return nil, problem
	}
	if _, single := object[keyID]; single {
		element, problem := readElement(object)
		if problem != "" {
			return nil, problem
		}
		return []ClientSecret{element}, ""
	}
	var wrapped json.RawMessage
	for name, member := range object {
		if !envelopes[name] || member[0] != '[' {
			continue
		}
		if wrapped != nil {
			return nil, problemNoList
		}
		wrapped = member
	}
	if wrapped == nil {
		return nil, problemNoList
	}
	return readElements(wrapped)
}

func readElements(raw json.RawMessage) (list []ClientSecret, problem string) {
	var elements []json.RawMessage
	if httpapi.Unmarshal(raw, &elements) != nil {
		return nil, problemShape
	}
	list = make([]ClientSecret, 0, len(elements))
	for _, raw := range elements {
		object, problem := foldKeys(raw)
		if problem != "" {
			return nil, problem
		}
		element, problem := readElement(object)
		if problem != "" {
			return nil, problem
		}
		list = append(list, element)
	}
	return list, ""
}

// The properties of an element, in lower case.
const (
	keyID      = "clientsecretid"
	keyExpires = "clientsecretexpirationdate"
	keyDeleted = "deleted"
)

// foldKeys reads an object whose property names may come in any case.
func foldKeys(raw json.RawMessage) (object map[string]json.RawMessage, problem string) {
	var given map[string]json.RawMessage
	if httpapi.Unmarshal(raw, &given) != nil {
		return nil, problemShape
	}
	object = make(map[string]json.RawMessage, len(given))
	for name, value := range given {
		name = strings.ToLower(name)
		if _, twice := object[name]; twice {
			return nil, problemAmbiguous
		}
		object[name] = value
	}
	return object, ""
}

func readElement(object map[string]json.RawMessage) (element ClientSecret, problem string) {
	if httpapi.Unmarshal(object[keyID], &element.ID) != nil || strings.TrimSpace(element.ID) == "" || secret.OneLine(element.ID) != element.ID {
		return ClientSecret{}, problemNoID
	}
	if raw, given := object[keyDeleted]; given && httpapi.Unmarshal(raw, &element.Deleted) != nil {
		return ClientSecret{}, problemDeleted
	}
	if raw, given := object[keyExpires]; given {
		var text string
		if httpapi.Unmarshal(raw, &text) != nil {
			return ClientSecret{}, problemDate
		}
		if text = strings.TrimSpace(text); text != "" {
			at, ok := parseDate(text)
			if !ok {
				// "No expiry" would be a guess on the unsafe side.
				return ClientSecret{}, problemDate
			}
			element.ExpiresAt = &at
		}
	}
	return element, ""
}

// dateLayouts are tried in turn. A fraction of a second needs no layout of its own, and a date without a zone is UTC.
var dateLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00",
	time.DateOnly,
}

func parseDate(text string) (time.Time, bool) {
	text = strings.ToUpper(text)
	for _, layout := range dateLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
