package simulator

import (
	"net/http"
	"slices"
	"time"
)

// cloudflareEnvelope is around every answer of the API.
type cloudflareEnvelope struct {
	Success    bool                `json:"success"`
	Errors     []cloudflareMessage `json:"errors"`
	Messages   []cloudflareMessage `json:"messages"`
	Result     any                 `json:"result"`
	ResultInfo map[string]int      `json:"result_info,omitempty"`
}

type cloudflareMessage struct {
	Code       int                 `json:"code"`
	Message    string              `json:"message"`
	Source     *cloudflareSource   `json:"source,omitempty"`
	ErrorChain []cloudflareMessage `json:"error_chain,omitempty"`
}

type cloudflareSource struct {
	Pointer string `json:"pointer"`
}

func newCloudflareEnvelope() cloudflareEnvelope {
	return cloudflareEnvelope{Success: true, Errors: []cloudflareMessage{}, Messages: []cloudflareMessage{}}
}

func cloudflareResult(result any) reply {
	e := newCloudflareEnvelope()
	e.Result = result
	return jsonReply(http.StatusOK, e)
}

func cloudflareFailure(status, code int, message string) reply {
	return cloudflareErrors(status, cloudflareMessage{Code: code, Message: message})
}

func cloudflareErrors(status int, m cloudflareMessage) reply {
	e := newCloudflareEnvelope()
	e.Success, e.Errors = false, []cloudflareMessage{m}
	return jsonReply(status, e)
}

// cloudflareStatusFailure picks the code that is known for a status.
func cloudflareStatusFailure(status int, message string) reply {
	switch status {
	case http.StatusTooManyRequests:
		return cloudflareFailure(status, 971, "Please wait and consider throttling your request speed")
	case http.StatusUnauthorized, http.StatusForbidden:
		return cloudflareFailure(status, 10000, "Authentication error")
	}
	return cloudflareFailure(status, 1000, message)
}

func cloudflareMalformedHeader() reply {
	return cloudflareErrors(http.StatusBadRequest, cloudflareMessage{
		Code: 6003, Message: "Invalid request headers",
		ErrorChain: []cloudflareMessage{{Code: 6103, Message: "Invalid format for X-Auth-Key header"}},
	})
}

func cloudflareInvalid(field string) reply {
	m := cloudflareMessage{Code: 1000, Message: "Invalid request body"}
	if field != "" {
		m.Source = &cloudflareSource{Pointer: "/" + field}
	}
	return cloudflareErrors(http.StatusBadRequest, m)
}

// cloudflareBody is a client as the API shows it.
type cloudflareBody struct {
	ClientID         string   `json:"client_id"`
	Visibility       string   `json:"visibility"`
	ClientName       string   `json:"client_name"`
	GrantTypes       []string `json:"grant_types"`
	ResponseTypes    []string `json:"response_types"`
	RedirectURIs     []string `json:"redirect_uris"`
	Scopes           []string `json:"scopes"`
	AuthMethod       string   `json:"token_endpoint_auth_method"`
	HasRotatedSecret *bool    `json:"has_rotated_secret,omitempty"`
	CreatedAt        string   `json:"created_at"`
	UpdatedAt        string   `json:"updated_at"`
	ClientSecret     string   `json:"client_secret,omitempty"`
}

func (v *CloudflareState) body(x *cloudflareClient, view cloudflareView, inList bool) cloudflareBody {
	b := cloudflareBody{
		ClientID: x.id, Visibility: x.Visibility, ClientName: x.Name, GrantTypes: x.GrantTypes,
		ResponseTypes: x.ResponseTypes, RedirectURIs: x.RedirectURIs, Scopes: x.Scopes, AuthMethod: x.AuthMethod,
		CreatedAt: cloudflareTime(x.created), UpdatedAt: cloudflareTime(view.updated),
	}
	if v.Switches.Scopes == ScopesAugmented {
		for _, extra := range []string{"offline_access", "openid"} {
			if !slices.Contains(b.Scopes, extra) {
				b.Scopes = append(slices.Clone(b.Scopes), extra)
			}
		}
	}
	if v.Switches.Flag != FlagAbsent && (v.Switches.Flag != FlagAbsentInList || !inList) {
		b.HasRotatedSecret = &view.rotated
	}
	return b
}

func cloudflareTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}
