resource "oauthsecret_identity_service_client_secret" "this" {
  tenant                = var.tenant
  client_id             = var.client_id
  rotate_when_changed   = var.rotate_when_changed
  rotate_after          = var.rotate_after
  expires_after         = var.expires_after
  encryption_recipients = var.encryption_recipients

  # With complete, the completion below ends the previous secret. Nothing here may depend on the consumers: they depend on it.
  retire_previous_after = var.complete ? null : var.retire_previous_after
}

resource "oauthsecret_identity_service_rotation_completion" "this" {
  count = var.complete ? 1 : 0

  tenant             = oauthsecret_identity_service_client_secret.this.tenant
  client_id          = oauthsecret_identity_service_client_secret.this.client_id
  version            = oauthsecret_identity_service_client_secret.this.version
  previous_secret_id = oauthsecret_identity_service_client_secret.this.previous_secret_id
  depends_on         = [var.consumers]

  lifecycle {
    precondition {
      condition     = length(var.consumers) > 0
      error_message = "complete needs consumers: without them the previous secret would end before anything has the new one."
    }
  }
}
