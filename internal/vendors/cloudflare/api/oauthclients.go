package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// OAuthClient is what the vendor tells about an OAuth client. Only ClientID is always there.
type OAuthClient struct {
	ClientID                string
	ClientName              string
	Visibility              string // "public" or "private"
	TokenEndpointAuthMethod string // "none", "client_secret_basic" or "client_secret_post"
	// HasRotatedSecret tells that an old secret is still valid beside the current one; nil when the vendor did not say.
	HasRotatedSecret *bool
	RedirectURIs     []string
	GrantTypes       []string
	CreatedAt        *time.Time // nil when absent or unreadable
	UpdatedAt        *time.Time // nil when absent or unreadable
}

// oauthClientWire is OAuthClient as it is sent.
type oauthClientWire struct {
	ClientID                string      `json:"client_id"`
	ClientName              string      `json:"client_name"`
	Visibility              string      `json:"visibility"`
	TokenEndpointAuthMethod string      `json:"token_endpoint_auth_method"`
	HasRotatedSecret        *bool       `json:"has_rotated_secret"`
	RedirectURIs            []string    `json:"redirect_uris"`
	GrantTypes              []string    `json:"grant_types"`
	CreatedAt               lenientTime `json:"created_at"`
	UpdatedAt               lenientTime `json:"updated_at"`
}

func (w oauthClientWire) client() OAuthClient {
	return OAuthClient{
		ClientID:                w.ClientID,
		ClientName:              w.ClientName,
		Visibility:              w.Visibility,
		TokenEndpointAuthMethod: w.TokenEndpointAuthMethod,
		HasRotatedSecret:        w.HasRotatedSecret,
		RedirectURIs:            w.RedirectURIs,
		GrantTypes:              w.GrantTypes,
		CreatedAt:               w.CreatedAt.at,
		UpdatedAt:               w.UpdatedAt.at,
	}
}

// lenientTime is a date that decides nothing: what is not one counts as absent.
type lenientTime struct{ at *time.Time }

// UnmarshalJSON never fails.
func (l *lenientTime) UnmarshalJSON(b []byte) error {
	l.at = nil
	var text string
	if json.Unmarshal(b, &text) == nil {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			at = at.UTC()
			l.at = &at
		}
	}
	return nil
}

const (
	problemNoClientID    = "a client in the answer has no client_id"
	problemOtherClientID = "the answer is about another client"
)

// ErrPaged is the cause of the *httpapi.AnswerError for a list that is not all in one answer. Cloudflare documents no way to ask
// for the rest.
var ErrPaged = errors.New("the list has more than one page, which the vendor does not document, so it would be incomplete")

// OAuthClient reads one client. A client that is not there is an error that matches httpapi.ErrNotFound.
//
// https://developers.cloudflare.com/api/resources/iam/subresources/oauth_clients/methods/get/
func (c *Client) OAuthClient(ctx context.Context, accountID, clientID string) (OAuthClient, error) {
	r := httpapi.Request{
		Operation: "read the OAuth client",
		Template:  "/accounts/{account_id}/oauth_clients/{oauth_client_id}",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      []string{"accounts", accountID, "oauth_clients", clientID},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return OAuthClient{}, err
	}
	client, problem := oneClient(resp.Body, clientID)
	if problem != "" {
		return OAuthClient{}, c.http.Unusable(r, problem)
	}
	return client, nil
}

// maxList is the largest list that is read, in bytes. Cloudflare sends all clients of an account in one answer, a few
// hundred bytes each: this is room for some fifty thousand.
const maxList = 32 << 20

// OAuthClients lists every client of an account. The vendor does not page this list; an answer that says otherwise matches
// ErrPaged, and is never a part of the list. An answer without a list is an *httpapi.AnswerError too: it does not mean that
// there are none. No error matches httpapi.ErrNotFound: it says nothing about a single client.
//
// https://developers.cloudflare.com/api/resources/iam/subresources/oauth_clients/methods/list/
func (c *Client) OAuthClients(ctx context.Context, accountID string) ([]OAuthClient, error) {
	r := httpapi.Request{
		Operation: "list the OAuth clients of the account",
		Template:  "/accounts/{account_id}/oauth_clients",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      []string{"accounts", accountID, "oauth_clients"},
		MaxBody:   maxList,
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return nil, httpapi.Indefinite(err)
	}
	clients, whole, problem := allClients(resp.Body)
	switch {
	case problem != "":
		return nil, c.http.Unusable(r, problem)
	case !whole:
		return nil, &httpapi.AnswerError{Vendor: Vendor, Operation: r.Operation, Cause: ErrPaged}
	}
	return clients, nil
}

func oneClient(body []byte, clientID string) (OAuthClient, string) {
	e, problem := open[oauthClientWire](body)
	switch {
	case problem != "":
		return OAuthClient{}, problem
	case e.Result.ClientID == "":
		return OAuthClient{}, problemNoClientID
	case !strings.EqualFold(e.Result.ClientID, clientID):
		return OAuthClient{}, problemOtherClientID
	}
	return e.Result.client(), ""
}

// allClients reads a list; whole tells that it is all in this answer.
func allClients(body []byte) (clients []OAuthClient, whole bool, problem string) {
	e, problem := open[[]oauthClientWire](body)
	if problem != "" {
		return nil, false, problem
	}
	clients = make([]OAuthClient, 0, len(*e.Result))
	for _, w := range *e.Result {
		if w.ClientID == "" {
			return nil, false, problemNoClientID
		}
		clients = append(clients, w.client())
	}
	return clients, !paged(e.ResultInfo, len(clients)), ""
}

// paged tells that result_info, in any of the forms that the vendor's other lists have, does not say that the count clients of
// this page are all.
func paged(resultInfo json.RawMessage, count int) bool {
	if len(resultInfo) == 0 {
		return false
	}
	var info struct {
		TotalPages float64 `json:"total_pages"`
		TotalCount float64 `json:"total_count"`
		Cursor     string  `json:"cursor"`
		Cursors    struct {
			After string `json:"after"`
		} `json:"cursors"`
	}
	return httpapi.Unmarshal(resultInfo, &info) != nil ||
		info.TotalPages > 1 || info.TotalCount > float64(count) || info.Cursor+info.Cursors.After != ""
}
