package session

import (
	"slices"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/rotation"
)

func object(mark string, fate Fate) Object {
	return Object{View: rotation.View{Object: mark}, Fate: fate}
}

func marks(views []rotation.View) (all []string) {
	for _, v := range views {
		all = append(all, v.Object)
	}
	return all
}

func TestRegistry_Saw(t *testing.T) {
	t.Parallel()
	var r Registry
	r.Saw(app, object("a", Seen), nil)
	if r.Facts(app) != nil || r.Objects(app)[0].Fate != Seen {
		t.Errorf("%+v", r.Objects(app))
	}
	r.Saw(spelled, object("a", Stays), &rotation.Facts{Name: "x"})
	if got := r.Objects(app); len(got) != 1 || got[0].Fate != Stays || r.Facts(app).Name != "x" {
		t.Errorf("%+v", got)
	}
	// A further read takes back neither what was decided nor what was read.
	again := object("a", Seen)
	again.State.Version = 7
	if r.Saw(app, again, nil); r.Objects(app)[0].Fate != Stays || r.Objects(app)[0].State.Version != 7 || r.Facts(spelled).Name != "x" {
		t.Errorf("%+v", r.Objects(app))
	}
	r.Saw(app, object("a", Goes), nil)
	r.Saw(app, object("b", Stays), nil)
	r.Saw(app, object("c", Seen), nil)
	if got := marks(r.Others(spelled, "b")); !slices.Equal(got, []string{"c"}) {
		t.Errorf("others %v", got)
	}
	if got := marks(r.Others(app, "")); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("others %v", got)
	}
	if r.Forget(spelled, "b"); len(r.Objects(app)) != 2 {
		t.Errorf("%+v", r.Objects(app))
	}
	if got := r.Others(rotation.Client{Scope: app.Scope, ID: "other"}, ""); got != nil {
		t.Errorf("another client has %v", got)
	}
}

func TestRegistry_Crowded(t *testing.T) {
	t.Parallel()
	stays := func(mark string) func(*Registry) { return func(r *Registry) { r.Saw(app, object(mark, Stays), nil) } }
	seen := func(mark string) func(*Registry) { return func(r *Registry) { r.Saw(app, object(mark, Seen), nil) } }
	goes := func(mark string) func(*Registry) { return func(r *Registry) { r.Saw(app, object(mark, Goes), nil) } }
	create := func(replaces string) func(*Registry) { return func(r *Registry) { r.Create(spelled, replaces, false) } }
	for name, c := range map[string]struct {
		do   []func(*Registry)
		want bool
	}{
		"nobody":                         {nil, false},
		"one stays":                      {[]func(*Registry){stays("a")}, false},
		"one stays, planned twice":       {[]func(*Registry){stays("a"), stays("a")}, false},
		"two stay":                       {[]func(*Registry){stays("a"), stays("b")}, true},
		"one stays, one was read":        {[]func(*Registry){stays("a"), seen("b")}, false},
		"one stays, one goes":            {[]func(*Registry){stays("a"), goes("b")}, false},
		"a creation":                     {[]func(*Registry){create("")}, false},
		"two creations":                  {[]func(*Registry){create(""), create("")}, true},
		"two creations that replace":     {[]func(*Registry){seen("a"), seen("b"), create("a"), create("b")}, true},
		"a creation beside one":          {[]func(*Registry){stays("a"), create("")}, true},
		"one beside a creation":          {[]func(*Registry){create(""), stays("a")}, true},
		"a replacement":                  {[]func(*Registry){seen("a"), create("a")}, false},
		"a replacement of what stayed":   {[]func(*Registry){stays("a"), create("a")}, false},
		"a replacement of a tainted one": {[]func(*Registry){seen("a"), create("")}, false},
		"a rename: one goes, one comes":  {[]func(*Registry){goes("a"), create("")}, false},
		"a replacement beside another":   {[]func(*Registry){stays("b"), seen("a"), create("a")}, true},
		"one beside a deposed one":       {[]func(*Registry){goes("deposed"), stays("a")}, false},
	} {
		var r Registry
		for _, do := range c.do {
			do(&r)
		}
		if got := r.Crowded(app); (got != "") != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if got := r.Crowded(rotation.Client{Scope: app.Scope, ID: "other"}); got != "" {
			t.Errorf("%s: another client: %q", name, got)
		}
	}
}

func TestRegistry_Held(t *testing.T) {
	t.Parallel()
	var r Registry
	o := object("a", Goes) // what goes holds its own all the same
	o.State.SecretID, o.State.PreviousSecretID, o.Record.Older = "New", "Old", []rotation.Older{{ID: "Older"}}
	r.Saw(app, o, nil)
	r.Saw(app, object("b", Stays), nil) // holds nothing
	for id, want := range map[string]bool{"NEW": true, "old": true, "older": true, "other": false, "": false} {
		if got := r.Held(spelled, id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
	if r.Held(rotation.Client{ID: "other"}, "new") {
		t.Error("another client holds it")
	}
}

// What a plan is about to rotate is known to those that come after, until the rotation was carried out.
func TestRegistry_Rotates(t *testing.T) {
	t.Parallel()
	var r Registry
	r.Rotates(app, "a") // was never seen
	r.Saw(app, object("a", Stays), nil)
	r.Saw(app, object("b", Stays), nil)
	r.Rotates(spelled, "b")
	for _, o := range r.Objects(app) {
		if o.Rotates != (o.Object == "b") {
			t.Errorf("%s rotates: %t", o.Object, o.Rotates)
		}
	}
	if r.Saw(app, object("b", Stays), nil); r.Objects(app)[1].Rotates {
		t.Error("what was rotated rotates again")
	}
}

func TestRegistry_Made(t *testing.T) {
	t.Parallel()
	var r Registry
	r.Saw(app, object("a", Stays), &rotation.Facts{})
	if r.Replaced(app, "old") || r.Replaced(app, "") {
		t.Error("nothing was made")
	}
	r.made(spelled, "new")
	if !r.Replaced(app, "old") || !r.Replaced(app, "") || r.Replaced(app, "new") || r.Facts(app) != nil {
		t.Error("what was made is not known")
	}
	if r.Replaced(rotation.Client{ID: "other"}, "old") {
		t.Error("of another client")
	}
}

func TestRegistry_Version(t *testing.T) {
	t.Parallel()
	var r Registry
	if got := r.Version(app, 100); got != 100 {
		t.Error(got)
	}
	for mark, version := range map[string]int64{"a": 7, "b": 200, "c": 0} {
		o := object(mark, Goes)
		o.State.Version = version
		r.Saw(app, o, nil)
	}
	if got := r.Version(spelled, 100); got != 201 {
		t.Error(got)
	}
	if got := r.Version(app, 300); got != 300 {
		t.Error(got)
	}
}

func TestRegistry_Tell(t *testing.T) {
	t.Parallel()
	var r Registry
	if !r.Tell(app, "x") || r.Tell(spelled, "x") || !r.Tell(app, "y") || !r.Tell(rotation.Client{ID: "other"}, "x") {
		t.Error("said twice, or not at all")
	}
}

// An end is one of the object that had the secret, and of all where a client has two slots.
func TestRegistry_Ended(t *testing.T) {
	t.Parallel()
	var r Registry
	for mark, previous := range map[string]string{"a": "old", "b": "other"} {
		o := object(mark, Stays)
		o.State.PreviousSecretID, o.State.HasPrevious = previous, true
		r.Saw(app, o, &rotation.Facts{})
	}
	r.ended(spelled, "OLD")
	if got := r.Objects(app); got[0].State.HasPrevious || !got[1].State.HasPrevious || r.Facts(app) != nil {
		t.Errorf("%+v", got)
	}
	if r.ended(app, ""); r.Objects(app)[1].State.HasPrevious {
		t.Error("it is still there")
	}
}
