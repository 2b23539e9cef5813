package api

import (
	"errors"
	"fmt"
	"strings"
)

// errNotAHeader never carries the value.
var errNotAHeader = errors.New("the credential of " + Vendor + " holds a line break or another control character; was it read from a file with its line end?")

// check finds what would fail at every request with a less helpful message.
func (cfg Config) check() error {
	logins := 0
	for _, given := range []bool{
		!cfg.APIToken.Empty(),
		!cfg.AccessToken.Empty(),
		cfg.ClientID != "" || !cfg.ClientSecret.Empty(),
	} {
		if given {
			logins++
		}
	}
	switch {
	case logins == 0:
		return fmt.Errorf("%s needs an API token, a client id with a client secret, or an access token", Vendor)
	case logins > 1:
		return fmt.Errorf("%s takes one of API token, client id with client secret, and access token, not several", Vendor)
	case (cfg.ClientID == "") != cfg.ClientSecret.Empty():
		return fmt.Errorf("%s takes a client id and a client secret together, and one of them is missing", Vendor)
	case strings.Contains(cfg.ClientID, ":"):
		return fmt.Errorf("the client id of %s holds a colon, which Basic authentication cannot send", Vendor)
	}
	for _, text := range []string{cfg.APIToken.Reveal(), cfg.AccessToken.Reveal(), cfg.ClientID, cfg.ClientSecret.Reveal()} {
		if strings.ContainsFunc(text, isControl) {
			return errNotAHeader
		}
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }
