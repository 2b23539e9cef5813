package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// App is what the vendor tells about an OAuth app of an organization; a secret is never part of it. Every field but ID may
// be absent.
type App struct {
	ID                      string
	DisplayName             string
	OrganizationID          string
	GrantTypes              []string
	PublicClient            *bool // true: there is no secret
	Immutable               *bool
	OwnerOnlySecretRotation *bool // false: the app may rotate its own secret
	// SecretAge has no documented unit. Only a decrease means anything: somebody rotated.
	SecretAge     *float64
	CreatedAt     *time.Time // nil when absent or unreadable
	LastUpdatedAt *time.Time // nil when absent or unreadable; any edit moves it
	LastUpdatedBy string
	// SecretRotationExpiration is the app's default overlap in seconds, not what is left of an open rotation.
	SecretRotationExpiration *int64
}

// appWire is App as it is sent (OrgOAuthAppResponse).
type appWire struct {
	ID                                string        `json:"id"`
	DisplayName                       string        `json:"displayName"`
	OrganizationID                    string        `json:"organizationId"`
	GrantTypes                        []string      `json:"grantTypes"`
	PublicClient                      *bool         `json:"publicClient"`
	Immutable                         *bool         `json:"immutable"`
	OwnerOnlySecretRotation           *bool         `json:"ownerOnlySecretRotation"`
	SecretAge                         lenientNumber `json:"secretAge"`
	CreatedAt                         lenientNumber `json:"createdAt"`
	LastUpdatedAt                     lenientNumber `json:"lastUpdatedAt"`
	LastUpdatedBy                     string        `json:"lastUpdatedBy"`
	SecretRotationExpirationInSeconds lenientNumber `json:"secretRotationExpirationInSeconds"`
}

// identified tells that an object without an id is an app all the same.
func (w appWire) identified() bool {
	return w.DisplayName != "" || w.OrganizationID != "" || w.GrantTypes != nil || w.PublicClient != nil
}

func (w appWire) app() App {
	return App{
		ID:                       w.ID,
		DisplayName:              w.DisplayName,
		OrganizationID:           w.OrganizationID,
		GrantTypes:               w.GrantTypes,
		PublicClient:             w.PublicClient,
		Immutable:                w.Immutable,
		OwnerOnlySecretRotation:  w.OwnerOnlySecretRotation,
		SecretAge:                w.SecretAge.number,
		CreatedAt:                w.CreatedAt.time(),
		LastUpdatedAt:            w.LastUpdatedAt.time(),
		LastUpdatedBy:            w.LastUpdatedBy,
		SecretRotationExpiration: w.SecretRotationExpirationInSeconds.whole(),
	}
}

const (
	problemNoApp    = "the answer describes no app"
	problemOtherApp = "the answer is about another app"
	problemNoAppID  = "an app in the answer has no id"
	problemNoList   = "the answer holds no list of apps"
	problemNextLink = "the link to the next page cannot be followed, so the list would be incomplete"
	problemEndless  = "the list does not end"
)

// App reads one app. An app that is not there is an error that matches httpapi.ErrNotFound.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/orgs/orgId/oauth-apps/oauthAppId/get/
func (c *Client) App(ctx context.Context, orgID, appID string) (App, error) {
	r := httpapi.Request{
		Operation: "read the OAuth app",
		Template:  "/orgs/{orgId}/oauth-apps/{oauthAppId}",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      []string{"orgs", orgID, "oauth-apps", appID},
	}
	resp, err := c.http.Do(ctx, r)
	if err != nil {
		return App{}, err
	}
	app, problem := oneApp(resp.Body, appID)
	if problem != "" {
		return App{}, c.http.Unusable(r, problem)
	}
	return app, nil
}

func oneApp(body []byte, appID string) (App, string) {
	var w appWire
	switch err := httpapi.Unmarshal(body, &w); {
	case err != nil:
		return App{}, problemShape
	case w.ID == "" && !w.identified():
		return App{}, problemNoApp
	case w.ID == "":
		w.ID = appID
	case !strings.EqualFold(w.ID, appID):
		return App{}, problemOtherApp
	}
	return w.app(), ""
}

const (
	// pageLimit is the size of a page that is asked for; the neighbouring client list documents 200.
	pageLimit = 200
	// maxPages ends a list that would go on for ever.
	maxPages = 1000
)

// Apps lists the apps of an organization, all pages of it; searchTerm filters by display name or client id, "" does not. A
// list that cannot be read to its end is an *httpapi.AnswerError, never a part of the list. No error of it matches
// httpapi.ErrNotFound: it says nothing about a single app.
//
// https://developer.broadcom.com/xapis/identity-and-access-management-cloud-services-platform/latest/csp/gateway/am/api/orgs/orgId/oauth-apps/get/
func (c *Client) Apps(ctx context.Context, orgID, searchTerm string) ([]App, error) {
	var apps []App
	err := c.EachPage(ctx, orgID, searchTerm, func(page []App) bool {
		apps = append(apps, page...)
		return true
	})
	if err != nil {
		return nil, err
	}
	return apps, nil
}

// EachPage is Apps page by page: the next one is fetched when yield has returned true for the one before. After an error
// the list is incomplete.
func (c *Client) EachPage(ctx context.Context, orgID, searchTerm string, yield func([]App) bool) error {
	r := httpapi.Request{
		Operation: "list the OAuth apps of the organization",
		Template:  "/orgs/{orgId}/oauth-apps",
		Class:     httpapi.ReadOnly,
		Method:    http.MethodGet,
		Path:      []string{"orgs", orgID, "oauth-apps"},
		Query:     url.Values{"pageLimit": {strconv.Itoa(pageLimit)}},
	}
	if searchTerm != "" {
		r.Query.Set("searchTerm", searchTerm)
	}
	followed := map[string]bool{}
	for range maxPages {
		resp, err := c.http.Do(ctx, r)
		if err != nil {
			return httpapi.Indefinite(err)
		}
		page, problem := readPage(resp.Body)
		if problem != "" {
			return c.http.Unusable(r, problem)
		}
		if !yield(page.apps) || page.next == "" {
			return nil
		}
		query, ok := nextQuery(page.next, r.Query)
		if !ok {
			return c.http.Unusable(r, problemNextLink)
		}
		// The encoded query, not the link: only it is followed. A link that comes again ends the list.
		if followed[query.Encode()] {
			return nil
		}
		followed[query.Encode()] = true
		r.Query = query
	}
	return c.http.Unusable(r, problemEndless)
}

// page is one page of a list; next is "" on the last one.
type page struct {
	apps []App
	next string
}

func readPage(body []byte) (page, string) {
	var w struct {
		NextLink     string        `json:"nextLink"`
		Results      []appWire     `json:"results"`
		TotalResults lenientNumber `json:"totalResults"`
	}
	if httpapi.Unmarshal(body, &w) != nil {
		return page{}, problemShape
	}
	if w.Results == nil && (w.TotalResults.number == nil || *w.TotalResults.number != 0) {
		return page{}, problemNoList
	}
	apps := make([]App, 0, len(w.Results))
	for _, wire := range w.Results {
		if wire.ID == "" {
			return page{}, problemNoAppID
		}
		apps = append(apps, wire.app())
	}
	return page{apps: apps, next: strings.TrimSpace(w.NextLink)}, ""
}

// nextQuery takes the paging parameters out of a link and nothing else: its host and path are the vendor's internal ones,
// and a token must not follow them. What the link leaves out stays as it was.
func nextQuery(link string, current url.Values) (url.Values, bool) {
	parsed, err := url.Parse(link)
	if err != nil {
		return nil, false
	}
	given, err := url.ParseQuery(parsed.RawQuery)
	if err != nil || given.Get("pageStart") == "" {
		return nil, false
	}
	next := url.Values{}
	for _, name := range []string{"pageStart", "pageLimit", "searchTerm"} {
		if value := given.Get(name); value != "" {
			next.Set(name, value)
		} else if current.Get(name) != "" {
			next.Set(name, current.Get(name))
		}
	}
	return next, true
}
