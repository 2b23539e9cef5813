# A configuration to watch: one client of each vendor, taken over without a rotation where the vendor has that.

terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}

resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  on_create       = "adopt"
}

resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id = "billing-worker"
  on_create    = "adopt"
}

resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id     = "my-new-app"
  expires_after = "90d"
}
