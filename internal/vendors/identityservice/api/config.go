package api

import (
	"errors"
	"fmt"
	"strings"
)

// errNotAHeader never carries the value.
var errNotAHeader = errors.New("the access token of " + Vendor + " holds a line break or another control character; was it read from a file with its line end?")

// check finds what would fail at every request with a less helpful message.
func (cfg Config) check() error {
	hasPair := cfg.ClientID != "" || !cfg.ClientSecret.Empty()
	switch {
	case cfg.AccessToken.Empty() && !hasPair:
		return fmt.Errorf("%s needs an access token, or a client id with a client secret", Vendor)
	case !cfg.AccessToken.Empty() && hasPair:
		return fmt.Errorf("%s takes either an access token or a client id with a client secret, not both", Vendor)
	case (cfg.ClientID == "") != cfg.ClientSecret.Empty():
		return fmt.Errorf("%s takes a client id and a client secret together, and one of them is missing", Vendor)
	case strings.ContainsFunc(cfg.AccessToken.Reveal(), isControl):
		return errNotAHeader
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }
