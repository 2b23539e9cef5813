package simulator

import (
	"maps"
	"slices"
	"time"
)

// action is a mutator by name. The value is a secret, an id or a setting; the
// duration is an overlap or a lifetime.
type action struct {
	vendor Vendor // Empty when the action needs no client.
	do     func(s *Simulator, parent, target, value string, d time.Duration) any
}

var actions = map[string]action{
	"cloudflare.rotate_elsewhere": {Cloudflare, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.Cloudflare.RotateElsewhere(p, t)
	}},
	"cloudflare.delete_rotated_elsewhere": {Cloudflare, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.Cloudflare.DeleteRotatedElsewhere(p, t)
	}},
	"cloudflare.rotate_and_delete_elsewhere": {Cloudflare, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.Cloudflare.RotateAndDeleteElsewhere(p, t)
	}},
	"cloudflare.delete_client": {Cloudflare, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.Cloudflare.DeleteClient(p, t)
	}},
	"cloudflare.set_auth_method": {Cloudflare, func(s *Simulator, p, t, value string, _ time.Duration) any {
		return s.Cloudflare.SetAuthMethod(p, t, value)
	}},
	"csp.rotate_elsewhere": {CSP, func(s *Simulator, p, t, value string, d time.Duration) any {
		return s.CSP.RotateElsewhere(p, t, value, d)
	}},
	"csp.patch_secret_elsewhere": {CSP, func(s *Simulator, p, t, value string, _ time.Duration) any {
		return s.CSP.PatchSecretElsewhere(p, t, value)
	}},
	"csp.regenerate_elsewhere": {CSP, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.CSP.RegenerateElsewhere(p, t)
	}},
	"csp.end_rotation_elsewhere": {CSP, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.CSP.EndRotationElsewhere(p, t)
	}},
	"csp.delete_app": {CSP, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.CSP.DeleteApp(p, t)
	}},
	"csp.make_public": {CSP, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.CSP.MakePublic(p, t)
	}},
	"csp.set_owner_only": {CSP, func(s *Simulator, p, t, value string, _ time.Duration) any {
		return s.CSP.SetOwnerOnly(p, t, value != "false")
	}},
	"identity_service.add_secret_elsewhere": {IdentityService, func(s *Simulator, p, t, _ string, d time.Duration) any {
		var exp *time.Time
		if d != 0 {
			at := s.Now().Add(d)
			exp = &at
		}
		id, secret := s.IdentityService.AddSecretElsewhere(p, t, exp)
		return map[string]string{"id": id, "secret": secret}
	}},
	"identity_service.delete_secret_elsewhere": {"", func(s *Simulator, _, _, id string, _ time.Duration) any {
		return s.IdentityService.DeleteSecretElsewhere(id)
	}},
	"identity_service.purge_secret": {"", func(s *Simulator, _, _, id string, _ time.Duration) any {
		return s.IdentityService.PurgeSecret(id)
	}},
	"identity_service.remove_application": {IdentityService, func(s *Simulator, p, t, _ string, _ time.Duration) any {
		return s.IdentityService.RemoveApplication(p, t)
	}},
	"expire_tokens": {"", func(s *Simulator, _, _, _ string, _ time.Duration) any {
		s.ExpireTokens()
		return true
	}},
	"reset_journal": {"", func(s *Simulator, _, _, _ string, _ time.Duration) any {
		s.ResetJournal()
		return true
	}},
	"clear_faults": {"", func(s *Simulator, _, _, _ string, _ time.Duration) any {
		s.ClearFaults()
		return true
	}},
}

// Actions returns the names the control endpoint act understands, sorted.
func Actions() []string {
	return slices.Sorted(maps.Keys(actions))
}
