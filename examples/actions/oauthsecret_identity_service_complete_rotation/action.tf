resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id           = "my-new-app"
  rotate_when_changed = { quarter = "2026-Q1" }
}

# By hand: terraform apply -invoke=action.oauthsecret_identity_service_complete_rotation.billing
action "oauthsecret_identity_service_complete_rotation" "billing" {
  config {
    client_id          = oauthsecret_identity_service_client_secret.billing.client_id
    previous_secret_id = oauthsecret_identity_service_client_secret.billing.previous_secret_id
  }
}

# Or after each update of whatever needs the secret. terraform_data stands for it here, and takes the fingerprint: it would
# print a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = oauthsecret_identity_service_client_secret.billing.client_secret_sha256

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.oauthsecret_identity_service_complete_rotation.billing]
    }
  }
}
