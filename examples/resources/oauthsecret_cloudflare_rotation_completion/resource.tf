resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id     = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed = { quarter = "2026-Q1" }
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_cloudflare_client_secret.billing.client_secret_sha256
}

# Deletes the previous secret after the consumer has the new one, in the same apply. When the consumer fails, the previous
# secret stays, and the next apply completes.
resource "oauthsecret_cloudflare_rotation_completion" "billing" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.billing.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.billing.version
  depends_on      = [terraform_data.consumer]
}
