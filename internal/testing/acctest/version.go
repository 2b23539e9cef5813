package acctest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// A version starts at the second of the first secret that was made here. Tests count from there: 1 is the first, 2 the next.
// 0 stays 0.
type firstVersions struct {
	mu sync.Mutex
	of map[string]int64
}

// roundedTo is by how much the time that the provider knows and that of the simulator's record can differ.
const roundedTo = 2 * time.Second

// CheckVersion checks that a resource has the nth version since the first secret made here. The first must be the second in
// which one of the client's secrets was made; the others are counted from the first that was checked, without any tolerance.
func (w *World) CheckVersion(address string, n int, version any) error {
	got, err := strconv.ParseInt(fmt.Sprint(whole(version)), 10, 64)
	if err != nil {
		return fmt.Errorf("the version is %v, want the %d. since the first", version, n)
	}
	if n == 0 || got == 0 {
		if int(got) != n {
			return fmt.Errorf("the version is %d, want the %d. since the first", got, n)
		}
		return nil
	}
	first := got - int64(n) + 1
	w.versions.mu.Lock()
	defer w.versions.mu.Unlock()
	if known, ok := w.versions.of[address]; ok && (first == known || n > 1) {
		if first != known {
			return fmt.Errorf("the version is %d, want %d", got, known+int64(n)-1)
		}
		return nil
	}
	for _, made := range w.everySecret() {
		if apart := time.Unix(first, 0).Sub(made.CreatedAt.Truncate(time.Second)); apart.Abs() <= roundedTo {
			if w.versions.of == nil {
				w.versions.of = map[string]int64{}
			}
			w.versions.of[address] = first
			return nil
		}
	}
	return fmt.Errorf("the version is %d, so the first was %d: no secret was made in that second", got, first)
}

// everySecret is what the vendors ever made for the clients of every World.
func (w *World) everySecret() []simulator.SecretRecord {
	return slices.Concat(w.Cloudflare.Secrets(Account, OAuthClient), w.CSP.Secrets(Org, OAuthApp),
		w.CSP.Secrets(simulator.CSPLoginOrgID, simulator.CSPLoginClientID), w.IdentityService.Secrets(Tenant, Application))
}

// whole writes a number of decoded JSON without an exponent.
func whole(version any) any {
	if f, ok := version.(float64); ok {
		return int64(f)
	}
	return version
}

// VersionIs is CheckVersion as a check of a state.
func (w *World) VersionIs(address string, n int) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got, err := Attr(s, address, "version")
		if err != nil {
			return err
		}
		return w.CheckVersion(address, n, got)
	}
}

// VersionValue is CheckVersion as a check of one value.
func (w *World) VersionValue(address string, n int) knownvalue.Check {
	return versionValue{w, address, n}
}

type versionValue struct {
	world   *World
	address string
	n       int
}

// CheckValue implements knownvalue.Check.
func (v versionValue) CheckValue(got any) error {
	number, ok := got.(json.Number)
	if !ok {
		return fmt.Errorf("the version is %v", got)
	}
	return v.world.CheckVersion(v.address, v.n, number.String())
}

// String implements knownvalue.Check.
func (v versionValue) String() string { return fmt.Sprintf("the %d. version", v.n) }

// Version checks the version in state.
func (c *Terminal) Version(address string, n int) {
	c.t.Helper()
	if err := c.w.CheckVersion(address, n, c.Attribute(address, "version")); err != nil {
		c.t.Error(err)
	}
}

// PlannedVersion checks that the saved plan shows the nth version.
func (c *Terminal) PlannedVersion(address string, n int) {
	c.t.Helper()
	if err := c.w.CheckVersion(address, n, c.Saved(address).After["version"]); err != nil {
		c.t.Error(err)
	}
}
