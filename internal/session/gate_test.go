package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/secret"
)

// own is an object of app with two slots that was rotated at t0.
func own() rotation.View {
	v := rotation.View{Object: "own", Record: rotation.NewRecord("own", t0)}
	v.State = rotation.State{Version: 2, RotatedAt: ptr(t0), HasPrevious: true}
	v.Record.Window = &rotation.Window{Before: t0.Add(-time.Hour), Answered: t0}
	return v
}

func facts(has bool, changed time.Time) rotation.Facts {
	return rotation.Facts{At: t0.Add(24 * time.Hour), HasPrevious: &has, ChangedAt: &changed}
}

func refused(err error) bool {
	var r *rotation.RefusedError
	return errors.As(err, &r)
}

func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func TestGate_Make(t *testing.T) {
	t.Parallel()
	v := &vendor{issued: rotation.Issued{Value: secret.New("one")}}
	c, g := open(t, v)
	issued, err := g.Make(t.Context(), flagged, rotation.Order{Mode: rotation.Overlap})
	if err != nil || issued.Value.Reveal() != "one" || v.loginSecret.Reveal() != "one" {
		t.Errorf("%v", err)
	}
	v.sent(t, "issue overlap")
	if c.Registry.Replaced(app, secret.New("one").SHA256()) || !c.Registry.Replaced(app, secret.New("zero").SHA256()) {
		t.Error("the registry does not know the newest secret")
	}
	// A client with two slots gets one in a process, however it is spelled.
	if _, err = g.Make(t.Context(), flagged, rotation.Order{}); !refused(err) {
		t.Errorf("%v", err)
	}
	g.Close()
	other, err := c.Open(t.Context(), spelled)
	if err != nil {
		t.Fatal(err)
	}
	other.gone = g.gone
	if _, err = other.Make(t.Context(), blind, rotation.Order{}); !refused(err) {
		t.Errorf("%v", err)
	}
	g.release = other.release
	v.sent(t)
}

func TestGate_MakeMany(t *testing.T) {
	t.Parallel()
	v := &vendor{}
	_, g := open(t, v)
	for range 3 {
		if _, err := g.Make(t.Context(), many, rotation.Order{}); err != nil {
			t.Error(err)
		}
	}
	v.sent(t, "issue ", "issue ", "issue ")
}

// A call that was surely not carried out may be made again; one whose outcome nobody knows stops everything else.
func TestGate_MakeFails(t *testing.T) {
	t.Parallel()
	v := &vendor{issueErr: errors.New("no")}
	c, g := open(t, v)
	if _, err := g.Make(t.Context(), flagged, rotation.Order{}); err == nil || c.Registry.Replaced(app, "") || !v.loginSecret.Empty() {
		t.Error("a failure counts as a secret")
	}
	v.sent(t, "issue ")
	v.issueErr = &rotation.LostError{Cause: errors.New("lost"), Pending: &rotation.Pending{}}
	if _, err := g.Make(t.Context(), flagged, rotation.Order{}); err == nil || refused(err) {
		t.Errorf("%v", err)
	}
	v.sent(t, "issue ")
	v.issueErr = nil
	if _, err := g.Make(t.Context(), flagged, rotation.Order{}); !refused(err) {
		t.Errorf("a second one was made: %v", err)
	}
	view := own()
	v.facts = []rotation.Facts{facts(true, t0)}
	if _, err := g.End(t.Context(), flagged, rotation.Ending{View: &view}); !refused(err) {
		t.Errorf("one was ended: %v", err)
	}
	if err := g.Revoke(t.Context(), blind, view, ""); !refused(err) {
		t.Errorf("all were revoked: %v", err)
	}
	v.sent(t)
	if _, err := g.Make(t.Context(), flagged, rotation.Order{Pending: &rotation.Pending{}}); err != nil { // which settles it
		t.Error(err)
	}
	v.sent(t, "issue ")
}

// Nothing that changes a client is sent when Terraform is gone or the operation has ended, also not where that happens during
// the look right before.
func TestGate_Gone(t *testing.T) {
	t.Parallel()
	view := own()
	calls := map[string]func(context.Context, *Gate) error{
		"make": func(ctx context.Context, g *Gate) error { _, err := g.Make(ctx, flagged, rotation.Order{}); return err },
		"end": func(ctx context.Context, g *Gate) error {
			_, err := g.End(ctx, flagged, rotation.Ending{View: &view})
			return err
		},
		"revoke":   func(ctx context.Context, g *Gate) error { return g.Revoke(ctx, blind, view, "") },
		"complete": func(ctx context.Context, g *Gate) error { _, err := g.End(ctx, flagged, rotation.Ending{}); return err },
		"delete": func(ctx context.Context, g *Gate) error {
			_, err := g.End(ctx, many, rotation.Ending{SecretID: "id", View: &rotation.View{Object: "own", State: rotation.State{SecretID: "id"}}})
			return err
		},
	}
	for name, call := range calls {
		for _, when := range []string{"before", "during the look"} {
			for _, what := range []string{"gone", "ended"} {
				v := &vendor{facts: []rotation.Facts{facts(true, t0)}}
				_, g := open(t, v)
				ctx, cancel := context.WithCancel(t.Context())
				gone := false
				g.gone = func() bool { return gone }
				happen := func() {
					if what == "gone" {
						gone = true
					} else {
						cancel()
					}
				}
				if when == "before" {
					happen()
				} else {
					v.before = func(call string) {
						if call == "look" {
							happen()
						}
					}
				}
				err := call(ctx, g)
				looks := name == "end" || name == "complete"
				if when == "before" || looks {
					if what == "gone" && !errors.Is(err, ErrTerraformGone) || what == "ended" && !errors.Is(err, context.Canceled) {
						t.Errorf("%s, %s %s: %v", name, what, when, err)
					}
					for _, sent := range v.calls {
						if sent != "look" {
							t.Errorf("%s, %s %s: sent %v", name, what, when, v.calls)
						}
					}
				}
				cancel()
			}
		}
	}
}

func TestGate_End(t *testing.T) {
	t.Parallel()
	view, changed := own(), t0.Add(time.Hour)
	lagging := rotation.Facts{At: t0.Add(time.Minute), HasPrevious: ptr(false), ChangedAt: ptr(t0.Add(-time.Hour))}
	held := rotation.View{Object: "own", State: rotation.State{Version: 1, SecretID: "new", PreviousSecretID: "old", HasPrevious: true}}
	sibling := rotation.View{Object: "sibling", State: rotation.State{Version: 1, SecretID: "theirs"}}
	list := rotation.Facts{At: t0, Secrets: []rotation.Entry{{ID: "new"}, {ID: "old"}, {ID: "theirs"}}}
	for name, c := range map[string]struct {
		traits rotation.Traits
		ending rotation.Ending
		facts  []rotation.Facts
		others []rotation.View
		calls  []string
		ended  bool
		fails  bool
	}{
		"its own":                     {flagged, rotation.Ending{View: &view}, []rotation.Facts{facts(true, t0)}, nil, []string{"look", `retire ""`}, true, false},
		"none is there":               {flagged, rotation.Ending{View: &view}, []rotation.Facts{facts(false, t0)}, nil, []string{"look"}, false, false},
		"changed since":               {flagged, rotation.Ending{View: &view}, []rotation.Facts{facts(true, changed)}, nil, []string{"look"}, false, true},
		"lagged, then there":          {flagged, rotation.Ending{View: &view}, []rotation.Facts{lagging, facts(true, t0)}, nil, []string{"look", "look", `retire ""`}, true, false},
		"lags on":                     {flagged, rotation.Ending{View: &view}, []rotation.Facts{lagging}, nil, []string{"look", "look", "look"}, false, true},
		"completion, lagged":          {flagged, rotation.Ending{}, []rotation.Facts{lagging, facts(true, t0)}, []rotation.View{view}, []string{"look", "look", `retire ""`}, true, false},
		"completion, lags on":         {flagged, rotation.Ending{}, []rotation.Facts{lagging}, []rotation.View{view}, []string{"look", "look", "look"}, false, true},
		"completion":                  {flagged, rotation.Ending{}, []rotation.Facts{facts(true, t0)}, []rotation.View{view}, []string{"look", `retire ""`}, true, false},
		"completion, nobody is known": {flagged, rotation.Ending{}, []rotation.Facts{facts(true, t0)}, nil, []string{"look", `retire ""`}, true, false},
		"completion, nobody is known, and changed since the process began": {flagged, rotation.Ending{}, []rotation.Facts{facts(true, changed)}, nil, []string{"look"}, false, true},
		"completion, nobody is known, and it says since when":              {flagged, rotation.Ending{Since: changed}, []rotation.Facts{facts(true, changed)}, nil, []string{"look", `retire ""`}, true, false},
		"completion, changed":      {flagged, rotation.Ending{}, []rotation.Facts{facts(true, changed)}, []rotation.View{view}, []string{"look"}, false, true},
		"blind":                    {blind, rotation.Ending{View: &view}, nil, nil, []string{"look", `retire ""`}, true, false},
		"an id of its own":         {many, rotation.Ending{SecretID: "old", View: &held}, nil, nil, []string{`retire "old"`}, true, false},
		"no id":                    {many, rotation.Ending{View: &held}, nil, nil, nil, false, false},
		"an id of nobody's":        {many, rotation.Ending{SecretID: "strange", View: &held}, nil, nil, nil, false, true},
		"an id of another's":       {many, rotation.Ending{SecretID: "theirs", View: &held}, nil, []rotation.View{sibling}, nil, false, true},
		"completion, an id":        {many, rotation.Ending{SecretID: "old"}, []rotation.Facts{list}, []rotation.View{held}, []string{"look", `retire "old"`}, true, false},
		"completion, a current id": {many, rotation.Ending{SecretID: "NEW"}, []rotation.Facts{list}, []rotation.View{held}, []string{"look"}, false, true},
		"completion, not listed":   {many, rotation.Ending{SecretID: "gone"}, []rotation.Facts{list}, []rotation.View{held}, []string{"look"}, false, false},
		"completion, no id":        {many, rotation.Ending{}, []rotation.Facts{list}, []rotation.View{held}, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &vendor{facts: c.facts}
			connection, g := open(t, v)
			for _, other := range c.others {
				connection.Registry.Saw(app, Object{View: other}, nil)
			}
			if c.ending.View != nil { // the gate writes into it
				view := *c.ending.View
				c.ending.View = &view
			}
			ended, err := g.End(t.Context(), c.traits, c.ending)
			if ended != c.ended || (err != nil) != c.fails || err != nil && !refused(err) {
				t.Errorf("%t, %v", ended, err)
			}
			v.sent(t, c.calls...)
		})
	}
}

// What a look or a call answers is handed on; only a success is written down.
func TestGate_EndFails(t *testing.T) {
	t.Parallel()
	view := own()
	v := &vendor{prepareErr: errors.New("no look")}
	c, g := open(t, v)
	c.Registry.Saw(app, Object{View: view}, &rotation.Facts{})
	if _, err := g.End(t.Context(), flagged, rotation.Ending{View: &view}); err == nil || !strings.Contains(err.Error(), "no look") {
		t.Errorf("%v", err)
	}
	v.prepareErr, v.retireErr, v.facts = nil, errors.New("no call"), []rotation.Facts{facts(true, t0)}
	if ended, err := g.End(t.Context(), flagged, rotation.Ending{View: &view}); ended || err == nil {
		t.Errorf("%t %v", ended, err)
	}
	if !c.Registry.Objects(app)[0].State.HasPrevious || c.Registry.Facts(app) == nil {
		t.Error("a failure is written down as an end")
	}
	v.retireErr = nil
	if ended, err := g.End(t.Context(), flagged, rotation.Ending{View: &view}); !ended || err != nil {
		t.Errorf("%t %v", ended, err)
	}
	if rec := view.Record; rec.EndedAt == nil || rec.EndedFrom == nil || !rec.EndedFrom.Equal(t0) {
		t.Errorf("the record does not hold the end: %+v", rec)
	}
	if c.Registry.Objects(app)[0].State.HasPrevious || c.Registry.Facts(app) != nil {
		t.Error("an end is not written down")
	}
}

func TestGate_Revoke(t *testing.T) {
	t.Parallel()
	holder := own()
	for name, c := range map[string]struct {
		traits rotation.Traits
		before func(*Connection)
		fails  bool
	}{
		"alone":                 {blind, func(*Connection) {}, false},
		"cannot":                {flagged, func(*Connection) {}, true},
		"beside another":        {blind, func(c *Connection) { c.Registry.Saw(spelled, Object{View: rotation.View{Object: "x"}}, nil) }, true},
		"beside one that goes":  {blind, func(c *Connection) { c.Registry.Saw(app, Object{View: rotation.View{Object: "x"}, Fate: Goes}, nil) }, false},
		"a newer one was made":  {blind, func(c *Connection) { c.Registry.made(app, "newer") }, true},
		"its own is the newest": {blind, func(c *Connection) { c.Registry.made(app, "its own") }, false},
	} {
		v := &vendor{}
		connection, g := open(t, v)
		c.before(connection)
		err := g.Revoke(t.Context(), c.traits, holder, "its own")
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if c.fails {
			v.sent(t)
		} else {
			v.sent(t, "issue regenerate")
		}
	}
}

// A secret that nobody will learn of is taken back, where ids tell it from all others, and only then.
func TestGate_TakeBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits rotation.Traits
		gone   bool
		id     string
		calls  []string
	}{
		"gone":               {many, true, "new", []string{"look", `retire "new"`}},
		"Terraform is there": {many, false, "new", nil},
		"id not known":       {many, true, "", nil},
		"two slots":          {flagged, true, "new", nil},
	} {
		v := &vendor{}
		_, g := open(t, v)
		g.gone = func() bool { return c.gone }
		g.TakeBack(ended(t.Context()), c.traits, c.id)
		t.Log(name)
		v.sent(t, c.calls...)
		if g.Gone() != c.gone {
			t.Error(name)
		}
	}
}
