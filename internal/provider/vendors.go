package provider

import (
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendor"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/cloudflare"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/csp"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/vendors/identityservice"
)

// registered are the vendors of this provider: a new one is a folder and a line.
var registered = []vendor.Registration{
	cloudflare.Vendor,
	csp.Vendor,
	identityservice.Vendor,
}
