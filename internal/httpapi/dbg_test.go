package httpapi_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

func TestDbg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		httpapi.Debug = true
		l := &limiter{rate: 5, burst: 10, tokens: 10, style: "seconds", latency: 50 * time.Millisecond, filled: time.Now()}
		c, _ := httpapi.New(httpapi.Options{Vendor: "v", BaseURL: "https://x.test", Transport: l})
		took := drive(t, c, 1000, 50)
		t.Log(took, l.refused, l.requests)
	})
}
