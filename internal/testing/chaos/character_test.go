package chaos

import (
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

// listedLate is how late a list shows a new secret at most. An addition is looked for during half a minute; with a list that
// is later than the next command, one would be taken for that of a sibling.
const listedLate = 45 * time.Second

// noticedLate is how late a vendor notices a change at most.
const noticedLate = 20 * time.Second

// character lets the vendor of a history be one of those that its pages leave possible. What makes a vendor end secrets by
// itself is left out.
func (h *history) character() {
	one := func(words ...string) string { return words[h.rand.IntN(len(words))] }
	number := func(numbers ...int) int { return numbers[h.rand.IntN(len(numbers))] }
	defer h.noteCharacter()
	late := time.Duration(number(0, 0, 0, 1, int(noticedLate/time.Second))) * time.Second
	h.Cloudflare.Set(func(s *simulator.CloudflareSwitches) {
		s.RotateRefusalStatus = number(400, 409)
		s.DeleteWhenNone = number(200, 404, 400)
		s.DeleteResult = one(simulator.DeleteResultNull, simulator.DeleteResultClientID, simulator.DeleteResultOtherID)
		s.Flag = one(simulator.FlagPresent, simulator.FlagPresent, simulator.FlagAbsentInList)
		s.UpdatedAt = one(simulator.UpdatedAtMoves, simulator.UpdatedAtMoves, simulator.UpdatedAtMoves, simulator.UpdatedAtStays)
		s.Scopes = one(simulator.ScopesAsSent, simulator.ScopesAugmented)
		s.ResultInfo = one(simulator.ResultInfoAbsent, simulator.ResultInfoOnePage, simulator.ResultInfoTwoPages)
		s.PropagationReads, s.PropagationDelay = number(0, 0, 0, 1), late
		h.blind = h.vendor.name == "cloudflare" && s.UpdatedAt == simulator.UpdatedAtStays
	})
	h.CSP.Set(func(s *simulator.CSPSwitches) {
		s.SecondPost = one(simulator.SecondPostConflict, simulator.SecondPostBadRequest)
		s.DeleteNone = number(400, 200, 404)
		s.Regenerate = one(simulator.RegenerateFull, simulator.RegenerateFull, simulator.RegenerateNoSecret, simulator.RegenerateConflictOnce)
		s.WrongSecretStatus = number(401, 400, 404)
		s.OverlapZero = one(simulator.OverlapZeroBadRequest, simulator.OverlapZeroDefault, simulator.OverlapZeroExpireNow)
		s.SecretAge = one(simulator.SecretAgeAbsent, simulator.SecretAgeResets, simulator.SecretAgeKeeps)
		s.ModuleCode = one(simulator.ModuleCodeNumber, simulator.ModuleCodeString)
		s.Timestamps = one(simulator.TimestampMilliseconds, simulator.TimestampSeconds)
		s.ErrorBody = one(simulator.CSPErrorPlain, simulator.CSPErrorTraced, simulator.CSPErrorEmpty, simulator.CSPErrorHTML)
		s.PropagationDelay = late
	})
	h.IdentityService.Set(func(s *simulator.IdentityServiceSwitches) {
		s.List = one(simulator.ListArray, simulator.ListSingle, simulator.ListItems, simulator.ListNullWhenEmpty, simulator.List204WhenEmpty)
		s.HideDeleted, s.HideExpired, s.HideRegistrationSecret = h.flip(2), h.flip(2), h.flip(2)
		s.DateEcho = one(simulator.DateSame, simulator.DateMilliseconds, simulator.DateOffset, simulator.DateNoZone, simulator.DateDay)
		s.DeleteAnswerSecret = h.flip(2)
		s.SecondDelete = number(200, 400, 404)
		s.UnknownSecret = number(404, 400, 200)
		s.ListDelay = time.Duration(number(0, 0, 0, 1, 20, int(listedLate/time.Second))) * time.Second
		s.AddStatus, s.DeleteStatus = number(200, 201), number(200, 202, 204)
		s.ErrorShape = one(simulator.ErrorShapeDocumented, simulator.ErrorShapeOther, simulator.ErrorShapeHTML, simulator.ErrorShapeEmpty)
		s.PropagationDelay = late
	})
}

func (h *history) noteCharacter() {
	switch h.vendor.id {
	case simulator.Cloudflare:
		h.note("%+v", h.Cloudflare.Switches)
	case simulator.CSP:
		h.note("%+v", h.CSP.Switches)
	default:
		h.note("%+v", h.IdentityService.Switches)
	}
}
