# A new secret every 60 days, by a scheduled apply. Each lives for 90 days, so a missed month ends nothing that is in use.
# The one before it is deleted at the first apply a day after the rotation.
resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id             = "my-new-app"
  rotate_after          = "60d"
  expires_after         = "90d"
  retire_previous_after = "24h"
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_identity_service_client_secret.billing.client_secret_sha256
}
