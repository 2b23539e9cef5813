# A client that is in use already: nothing is called now, and the secret in use stays. The first rotation is due 90 days
# after this apply.
resource "oauthsecret_cloudflare_client_secret" "adopted" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  on_create             = "adopt"
  rotate_after          = "90d"
  retire_previous_after = "24h"
}
