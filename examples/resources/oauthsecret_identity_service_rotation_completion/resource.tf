resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id           = "my-new-app"
  rotate_when_changed = { quarter = "2026-Q1" }
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_identity_service_client_secret.billing.client_secret_sha256
}

# Deletes the previous secret after the consumer has the new one, in the same apply. When the consumer fails, the previous
# secret stays, and the next apply completes.
resource "oauthsecret_identity_service_rotation_completion" "billing" {
  client_id          = oauthsecret_identity_service_client_secret.billing.client_id
  version            = oauthsecret_identity_service_client_secret.billing.version
  previous_secret_id = oauthsecret_identity_service_client_secret.billing.previous_secret_id
  depends_on         = [terraform_data.consumer]
}
