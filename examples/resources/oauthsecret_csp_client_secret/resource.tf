# A new value of "quarter" rotates the secret. The service ends the one before it after a day.
resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id          = "billing-worker"
  rotate_when_changed   = { quarter = "2026-Q1" }
  retire_previous_after = "24h"

  # The new secret is tried at the token endpoint before it counts.
  verify {
    timeout = "1m"
  }
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_csp_client_secret.billing.client_secret_sha256
}
