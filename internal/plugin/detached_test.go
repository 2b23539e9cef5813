package plugin

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

type key struct{}

// What a context says is what its request's context says, until that was answered.
func TestLent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, "value"), time.Now().Add(time.Hour))
	defer cancel()
	var kept context.Context
	_, err := lend(ctx, "", func(ctx context.Context, _ string) (string, error) {
		kept = ctx
		if until, ok := ctx.Deadline(); !ok || time.Until(until) < time.Minute || ctx.Value(key{}) != "value" || ctx.Err() != nil {
			t.Errorf("%v %v %v %v", until, ok, ctx.Value(key{}), ctx.Err())
		}
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-kept.Done():
	default:
		t.Error("not done after the answer")
	}
	if kept.Err() == nil || kept.Value(key{}) != nil {
		t.Errorf("%v %v after the answer", kept.Err(), kept.Value(key{}))
	}
}

// A panic outside the provider's own code ends its request with an error that holds nothing of the value.
func TestServer_SurvivesAPanic(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"a text": "canary", "an error": errors.New("canary"), "out of range": nil} {
		_, err := lend(t.Context(), "", func(context.Context, string) (string, error) {
			if value == nil {
				var none []string
				return none[len(name)], nil
			}
			panic(value)
		})
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "SurvivesAPanic") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnheard(t *testing.T) {
	t.Parallel()
	all := func(level string) map[string]string {
		return map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": level, "TF_LOG_SDK": level, "TF_LOG_SDK_FRAMEWORK": level, "TF_LOG_SDK_PROTO": level}
	}
	for name, c := range map[string]struct {
		env, want map[string]string
	}{
		"nobody listens":                  {nil, all("OFF")},
		"only the core is listened to":    {map[string]string{"TF_LOG_CORE": "TRACE"}, all("OFF")},
		"everything":                      {map[string]string{"TF_LOG": "TRACE"}, nil},
		"as JSON":                         {map[string]string{"TF_LOG": "JSON"}, nil},
		"a level that Terraform corrects": {map[string]string{"TF_LOG": "1"}, nil},
		"from a level on":                 {map[string]string{"TF_LOG": "warn"}, all("WARN")},
		"providers above the rest":        {map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "TRACE"}, nil},
		"providers below the rest":        {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "OFF"}, all("OFF")},
		"this provider has its own level": {
			map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "INFO"},
			map[string]string{"TF_LOG_SDK": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF", "TF_LOG_SDK_PROTO": "OFF"},
		},
		"the SDK has its own level": {map[string]string{"TF_LOG_SDK": "DEBUG"}, map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "OFF"}},
		"a part of the SDK has": {
			map[string]string{"TF_LOG_SDK_PROTO": "DEBUG"},
			map[string]string{"TF_LOG_PROVIDER_OAUTHSECRET": "OFF", "TF_LOG_SDK": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF"},
		},
	} {
		if got := unheard(func(name string) string { return c.env[name] }); !maps.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
