resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id        = "billing-worker"
  rotate_when_changed = { quarter = "2026-Q1" }
  on_pending_rotation = "retire_first" # the service does not tell that the action ended the previous secret
}

# By hand: terraform apply -invoke=action.oauthsecret_csp_complete_rotation.billing
action "oauthsecret_csp_complete_rotation" "billing" {
  config {
    oauth_app_id = oauthsecret_csp_client_secret.billing.oauth_app_id
    rotated_at   = oauthsecret_csp_client_secret.billing.rotated_at
  }
}

# Or after each update of whatever needs the secret. terraform_data stands for it here, and takes the fingerprint: it would
# print a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_csp_client_secret.billing.client_secret_sha256

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.oauthsecret_csp_complete_rotation.billing]
    }
  }
}
