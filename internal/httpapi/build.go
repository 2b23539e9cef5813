package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/hashicorp/go-retryablehttp"
)

// build makes the request without its credential, which each attempt adds on its own. Its errors hold no value of r.
func (c *Client) build(ctx context.Context, r Request) (*retryablehttp.Request, error) {
	address, err := c.target(r)
	if err != nil {
		return nil, err
	}
	body, contentType, err := encodeBody(r)
	if err != nil {
		return nil, err
	}
	var raw any
	if body != nil {
		raw = body
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, r.Method, address, raw)
	if err != nil {
		return nil, errors.New("its method or URL is not valid")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.options.UserAgent)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return request, nil
}

func encodeBody(r Request) (body []byte, contentType string, err error) {
	switch {
	case r.JSON != nil && r.Form != nil:
		return nil, "", errors.New("it has both a JSON and a form body")
	case r.JSON != nil:
		body, err := json.Marshal(r.JSON)
		if err != nil {
			return nil, "", errors.New("its body cannot be written as JSON")
		}
		return body, "application/json", nil
	case r.Form != nil:
		return []byte(r.Form.Encode()), "application/x-www-form-urlencoded", nil
	}
	return nil, "", nil
}

// plainFields are the form fields whose values are no secrets. Every other value is one until proven otherwise.
var plainFields = map[string]bool{
	"audience": true, "client_id": true, "grant_type": true, "orgId": true, "redirect_uri": true, "resource": true,
	"response_type": true, "scope": true, "token_type_hint": true,
}

// requestSecrets are the texts of r that no message may repeat.
func requestSecrets(r Request) []string {
	var texts []string
	if r.Basic != nil {
		password := r.Basic.Password.Reveal()
		texts = append(texts, password, base64.StdEncoding.EncodeToString([]byte(r.Basic.Username+":"+password)))
	}
	for field, values := range r.Form {
		if !plainFields[field] {
			texts = append(texts, values...)
		}
	}
	return texts
}
