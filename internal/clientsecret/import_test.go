package clientsecret_test

import (
	"regexp"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		cli.Must("import", "-input=false", c.Address(), c.ImportID())
		cli.Empty()
		for name, want := range map[string]any{
			"client_secret": nil, "client_secret_sha256": nil, "version": 0.0, "rotated_at": nil, "id": c.ImportID(),
			c.Scope: c.ScopeValue, c.ID: c.IDValue, "has_previous_secret": false,
			"verify": nil, "timeouts": nil,
		} {
			if got := cli.Attribute(c.Address(), name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		// What the import stored is what a refresh stores: nothing is drift.
		private := regexp.MustCompile(`"private": "[^"]*"`)
		before := private.FindString(cli.StateFile())
		cli.Apply("-refresh-only")
		if after := private.FindString(cli.StateFile()); after != before || before == "" {
			t.Errorf("a refresh changes what is stored from %s to %s", before, after)
		}
		cli.Apply()
		cli.Sent()
		expectLive(t, c, w, 0)
	})
}

// After an import the first change of a trigger rotates; setting the map does not.
func TestRotationAfterAnImport(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(trigger("1")))
		cli.Must("import", "-input=false", c.Address(), c.ImportID())
		cli.Apply()
		cli.Sent()
		cli.Configure(c.HCL(trigger("2")))
		cli.Apply()
		cli.Sent(c.Rotate)
		cli.Version(c.Address(), 1)
		if cli.Attribute(c.Address(), "client_secret") != c.Secret(w, 1) {
			t.Error("the state does not hold the first secret made here")
		}
		cli.Empty()
	})
}

func TestImportBlock(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL("")+`
import {
  to = `+c.Address()+`
  id = "`+c.ImportID()+`"
}`)
		cli.Apply()
		cli.Sent()
		cli.Empty()
	})
}

func TestImportOfAMalformedID(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id    func(c acctest.Client) string
		words string
	}{
		"one part":    {func(c acctest.Client) string { return c.IDValue }, "has 1 part(s), but 2 are needed"},
		"three parts": {func(c acctest.Client) string { return c.ImportID() + "/x" }, "has 3 part(s), but 2 are needed"},
		"no scope":    {func(c acctest.Client) string { return "/" + c.IDValue }, "Part 1"},
		"no client":   {func(c acctest.Client) string { return c.ScopeValue + "/" }, "Part 2"},
		"a space":     {func(c acctest.Client) string { return c.ScopeValue + "/ " + c.IDValue }, "Part 2"},
		"dots":        {func(c acctest.Client) string { return c.ScopeValue + "/.." }, "Part 2"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
				cli := w.Terminal(t, c.HCL(""))
				r := cli.Run("import", "-input=false", "-no-color", c.Address(), test.id(c))
				if !r.Failed || !acctest.Words("Invalid import id").MatchString(r.Text) || !acctest.Words(test.words).MatchString(r.Text) {
					t.Errorf("the import says:\n%s", r.Text)
				}
				if !acctest.Words(c.Scope).MatchString(r.Text) && !acctest.Words(c.ID).MatchString(r.Text) {
					t.Errorf("no part is named:\n%s", r.Text)
				}
				if len(w.Journal()) > 0 {
					t.Error("a request was sent")
				}
			})
		})
	}
}

func TestImportOfAnUnknownClient(t *testing.T) {
	each(t, func(t *testing.T, c acctest.Client, w *acctest.World) {
		cli := w.Terminal(t, c.HCL(""))
		c.Remove(w)
		if r := cli.Run("import", "-input=false", "-no-color", c.Address(), c.ImportID()); !r.Failed {
			t.Errorf("the import succeeded:\n%s", r.Text)
		}
	})
}
