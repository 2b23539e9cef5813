package httpapi_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

// A change that waited out a rate limit is not sent for a program that ended meanwhile. A read is.
func TestGone(t *testing.T) {
	t.Parallel()
	for class, sent := range map[httpapi.Class]int{httpapi.Once: 1, httpapi.ReadOnly: 2, takesBack: 2} {
		synctest.Test(t, func(t *testing.T) {
			gone := false
			s := &script{steps: []func(*http.Request) (*http.Response, error){
				func(*http.Request) (*http.Response, error) {
					gone = true
					return respond(http.StatusTooManyRequests, http.Header{"Retry-After": {"30"}}, `{}`), nil
				},
				status(http.StatusOK, `{}`),
			}}
			c := newClient(t, httpapi.Options{Transport: s, Gone: func() bool { return gone }})
			ctx, class := t.Context(), class
			if class == takesBack {
				ctx, class = httpapi.TakingBack(ctx), httpapi.Once
			}
			_, err := c.Do(ctx, httpapi.Request{Operation: "rotate", Template: "/x", Path: []string{"x"}, Method: http.MethodPost, Class: class})
			if len(s.seen) != sent {
				t.Errorf("class %v: %d requests were sent, want %d", class, len(s.seen), sent)
			}
			unsent := (*httpapi.NotSentError)(nil)
			if sent == 1 && !errors.As(err, &unsent) || sent == 2 && err != nil {
				t.Errorf("class %v: %v", class, err)
			}
		})
	}
}

// takesBack stands for a Once call that takes back what nobody will learn of.
const takesBack httpapi.Class = 99
