package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRunServesUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-csp-app", "seeded-app"}, writer, io.Discard)
		_ = writer.Close()
		done <- err
	}()
	environment := map[string]string{}
	lines := bufio.NewScanner(reader)
	for len(environment) < 11 && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !ok {
			t.Fatalf("unexpected line %q", lines.Text())
		}
		environment[name] = strings.Trim(value, "'")
	}
	get := func(url string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if status, _ := get(environment["CLOUDFLARE_BASE_URL"] + "/accounts/x/oauth_clients"); status != http.StatusBadRequest {
		t.Errorf("without credentials: status %d", status)
	}
	status, body := get(environment["SIMULATOR_URL"] + "/_simulator/secrets")
	if status != http.StatusOK || !strings.Contains(body, "seeded-app") {
		t.Errorf("secrets: status %d, body %s", status, body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-listen", "0.0.0.0:0"},
		{"-listen", ":0"},
		{"-listen", "localhost:0"},
		{"-listen", "192.0.2.1:80"},
		{"-listen", "127.0.0.1"},
		{"extra"},
		{"-unknown"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
