resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id        = "billing-worker"
  rotate_when_changed = { quarter = "2026-Q1" }

  # The service does not tell that the completion ended the previous secret. Without this, the next rotation is refused
  # until previous_secret_expires_at.
  on_pending_rotation = "retire_first"
}

# Whatever needs the secret takes client_secret. terraform_data stands for it here, and takes the fingerprint: it would print
# a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_csp_client_secret.billing.client_secret_sha256
}

# Ends the previous secret after the consumer has the new one, in the same apply. When the consumer fails, the previous
# secret stays until its overlap is over, and the next apply completes.
resource "oauthsecret_csp_rotation_completion" "billing" {
  oauth_app_id = oauthsecret_csp_client_secret.billing.oauth_app_id
  version      = oauthsecret_csp_client_secret.billing.version
  depends_on   = [terraform_data.consumer]
}
