# A new value of "quarter" rotates the secret. The one before it stays valid for a day; the first apply after that
# deletes it.
resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { quarter = "2026-Q1" }
  retire_previous_after = "24h"
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_cloudflare_client_secret.billing.client_secret_sha256
}
