resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id     = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed = { quarter = "2026-Q1" }
}

# By hand: terraform apply -invoke=action.oauthsecret_cloudflare_complete_rotation.billing
action "oauthsecret_cloudflare_complete_rotation" "billing" {
  config {
    oauth_client_id = oauthsecret_cloudflare_client_secret.billing.oauth_client_id
    rotated_at      = oauthsecret_cloudflare_client_secret.billing.rotated_at
  }
}

# Or after each update of whatever needs the secret. terraform_data stands for it here, and takes the fingerprint: it would
# print a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_cloudflare_client_secret.billing.client_secret_sha256

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.oauthsecret_cloudflare_complete_rotation.billing]
    }
  }
}
